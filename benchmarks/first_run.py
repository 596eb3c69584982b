"""The first run of each verb, beside another installation of the program, in turns; and how large both are.

python benchmarks/first_run.py [--runs 3] PYTHON [OTHER_PYTHON]     # each of an environment with `pip install .`

A first run finds an empty home and cache (`DAWG_HOME`, `DAWG_CACHE`); the files of the program are in memory.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from turns import RESULTS

RATE_HZ = 44_100
FIVE = ("parametric", "compressor", "saturation", "reverb", "limiter")
ROWS = {  # name: words, song, whether home and cache are empty
    "first render, five effects, 10 s": ("render {short} {out} --recipe {recipe}", True),
    "first apply auto_eq, 10 s": ("apply auto_eq {short} {out}", True),
    "first analyse, 10 s": ("analyse {short}", True),
    "first listen": ("listen --out {page}", True),
    "warm render, five effects, 10 s": ("render {short} {out} --recipe {recipe}", False),
    "warm apply auto_eq, 4 minutes": ("apply auto_eq {long} {out}", False),
    "--help": ("--help", False),
    "--version": ("--version", False),
}


def song(path: Path, seconds: int) -> Path:
    """A tone with beats of noise."""
    t = np.arange(seconds * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).standard_normal((2, len(t))) * (np.sin(4 * np.pi * t) > 0.9)
    sound = 0.1 * np.sin(440 * np.pi * t) * (1 + np.sin(4 * np.pi * t)) + 0.05 * noise
    soundfile.write(path, sound.T.astype(np.float32), RATE_HZ)
    return path


def measured(python: str, words: list[str], home: Path) -> tuple[float, float]:
    """Seconds of a run, by the clock and of the processor."""
    environment = os.environ | {"DAWG_HOME": str(home), "DAWG_CACHE": str(home / "cache")}
    environment |= {"PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": ""}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [python, "-m", "dawg_ai", *words], cwd=home, env=environment, capture_output=True, text=True
    )
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def size_mb(python: str) -> float:
    """Of all packages of an environment but pip and setuptools, with their bytecode."""
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    root = Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())
    skipped = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    files = [path for path in root.rglob("*") if not path.relative_to(root).parts[0].startswith(skipped)]
    return sum(path.lstat().st_size for path in files if path.is_file()) / 1e6


def main(pythons: list[str], runs: int) -> None:
    """Measure and print a table; keep it in `results/first_run.json`."""
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = {"short": song(root / "short.wav", 10), "long": song(root / "long.wav", 240)}
        files |= {"out": root / "out.wav", "page": root / "page.html", "recipe": root / "recipe.json"}
        links = [{"effect": name, "knobs": {}} for name in FIVE]
        files["recipe"].write_text(json.dumps({"format": 1, "chain": links}))
        for name, (command, first) in ROWS.items():
            words = [word.format(**files) for word in command.split()]
            times: list[list[tuple[float, float]]] = [[] for _ in pythons]
            for run in range(runs):
                for index, python in enumerate(pythons):
                    home = root / (f"{index} {name} {run}" if first else f"{index} warm")
                    home.mkdir(exist_ok=True)
                    if not first and run == 0:
                        measured(python, words, home)
                    times[index].append(measured(python, words, home))
            found[name] = [
                {"seconds": statistics.median(wall for wall, _ in each), "cpu": statistics.median(c for _, c in each)}
                for each in times
            ]
            figures = (f"{each['seconds']:.2f} s ({each['cpu']:.2f} s CPU)" for each in found[name])
            print(name, *figures, sep=" | ", flush=True)
    found["installed, MB"] = [{"size": size_mb(python)} for python in pythons]
    print("installed, MB", *(f"{each['size']:.0f}" for each in found["installed, MB"]), sep=" | ")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "first_run.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="*", default=[sys.executable])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    main(given.python, given.runs)
