"""Features of stereo OGG with decoding: speed beside librosa and pyloudnorm, two processes, and memory of long files.

    python benchmarks/preprocessing.py

CPU time in interleaved runs. The memory of a worker is the peak of a process of its own that makes one shard.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import numpy as np
import soundfile
from features import RATE, SECONDS, noise, peer
from turns import compared, row, save

from dawg_ai import audio, data, registry, shards, store, workers
from dawg_ai.dsp.instance import Native
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.features import FEATURES

LONG_S = 7_200
WORKER = """
import json, resource, sys, time
from pathlib import Path
from dawg_ai import data, registry, shards, store
(manifest,), _ = store.sharded(registry.load("auto_eq"), data.load("folder:" + sys.argv[1]).clips())
began = time.process_time()
shards.make(manifest, Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([peak / 1024, time.process_time() - began]))
"""


def ours(path: Path) -> np.ndarray:
    return FEATURES.extractor.extract(Native(PLUGIN.module), audio.audible(path))["bands"]


def theirs(path: Path) -> np.ndarray:
    decoded, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return peer(np.ascontiguousarray(decoded.T))[0]


def folder_of(path: Path, seconds: list[int]) -> Path:
    """A folder of songs; long ones are chains of Ogg streams, a minute each."""
    path.mkdir()
    (path / "licence.toml").write_text('licence = "own"\n')
    block = noise()
    for number, length in enumerate(seconds):
        song = path / f"{number}.ogg"
        with soundfile.SoundFile(song, "w", RATE, 2, format="OGG", subtype="VORBIS") as file:
            for start in range(0, block.shape[1], 1 << 16):
                file.write(block[:, start : start + (1 << 16)].T)
        song.write_bytes(song.read_bytes() * (length // SECONDS))
    return path


def worker(songs: Path, out: Path) -> tuple[float, float]:
    """Peak memory in MB and CPU seconds of a process that makes the shard of a folder."""
    out.mkdir()
    command = [sys.executable, "-c", WORKER, str(songs), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    megabytes, seconds = json.loads(done.stdout)
    return megabytes, seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        songs = folder_of(root / "songs", [SECONDS] * 8)
        first = songs / "0.ogg"
        np.testing.assert_allclose(ours(first), theirs(first), atol=0.05)
        speed = compared(
            f"auto_eq's features of {SECONDS} s of stereo OGG, decoding included; peer: librosa and pyloudnorm",
            lambda: ours(first),
            lambda: theirs(first),
        )
        rates = [SECONDS * 1000 / speed[side] for side in ("ours", "peer")]
        rows = [speed, {**speed, "work": "the same, as times real time of one core", "ours": round(rates[0], 1)}]
        rows[1] |= {"peer": round(rates[1], 1), "unit": "x"}

        shards.CLIPS_PER_SHARD = 1
        found, _ = store.sharded(registry.load("auto_eq"), data.load(f"folder:{songs}").clips())
        pairs = []
        for turn in range(4):
            times = []
            for count in (2, 1):
                out = root / f"{turn}-{count}"
                out.mkdir()
                began = time.perf_counter()
                for _ in workers.each(shards.make, [(each, out) for each in found], count):
                    pass
                times.append(time.perf_counter() - began)
            pairs.append((times[0], times[1]))
        load = os.getloadavg()[0]
        rows.append(
            row(f"eight shards by two processes; peer: one (load of the machine {load:.1f})", pairs, "s wall")
        )

        short, long = folder_of(root / "short", [2 * SECONDS]), folder_of(root / "long", [LONG_S])
        few, many = [worker(each, root / f"out-{each.name}") for each in (short, long)]
        rows.append(
            {
                "work": "peak memory of a worker, file of two hours; peer: of two minutes",
                "ours": round(many[0], 1),
                "peer": round(few[0], 1),
                "unit": "MB",
                "ratio": round(few[0] / many[0], 2),
                "runs": 1,
                "spread": 0.0,
            }
        )
        print(f"two hours took {many[1]:.1f} s CPU, {LONG_S / many[1]:.0f} x real time")
    save("preprocessing", rows)


if __name__ == "__main__":
    main()
