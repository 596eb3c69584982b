"""Every plugin for 120 steps on the device at hand: precision, torch.compile, a SIGKILL half way, and speed.

    python benchmarks/gpu.py [PLUGIN ...] [--data SPEC] [--steps N] [--minutes M]

For each plugin whose data is here: on the CPU; on the GPU with automatic mixed precision as `dawg train` has it; the
same killed by SIGKILL at a third and gone on with, which has to end with the same bits; with torch.compile, which
`dawg train` leaves out, since a resumed run then differs. Prints a line of JSON for each, with its error on the
validation part beside the CPU's, and what `dawg calibrate` would store. Without a GPU it says so, and does on the CPU
what can be done there. Ends after so many minutes, whatever is left; each training is a process of its own.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from dawg_ai import registry
from dawg_ai.errors import DawgError
from dawg_ai.planning.calibrate import calibrate
from dawg_ai.training import checkpoint, loop
from dawg_ai.training.run import Run, gather

TOLERANCE = 0.05  # of the error, between devices: other rounding, and half precision


def made(name: str, specs: list[str], steps: int, root: Path) -> Run:
    """The run of a plugin, over so many steps, in a folder of its own."""
    plugin = registry.load(name)
    run = gather(plugin, specs or list(plugin.data))
    settings = {**plugin.settings, "steps": steps, "evaluate_every": steps}
    return replace(run, plugin=replace(plugin, settings=settings), root=root)


def train(arguments: argparse.Namespace) -> None:
    """One training, in this process; prints its figures."""
    (name,) = arguments.plugins
    if arguments.variant == "CPU":
        torch.cuda.is_available = lambda: False
    run = made(name, arguments.data, arguments.steps, arguments.root)
    assert run.folder.name  # named before anything is replaced that its name depends on
    if "compile" in arguments.variant:
        model = run.plugin.part("model")
        build = model.build

        def compiled(seed: int) -> torch.nn.Module:
            network: torch.nn.Module = build(seed)
            network.compile()
            return network

        model.build = compiled  # type: ignore[attr-defined]
    began_s = time.perf_counter()
    done = loop.train(run, save_every_s=0.5)
    figures = {"error": done.error, "steps_per_second": round(done.steps_per_second, 2)}
    figures |= {"folder": str(done.folder), "seconds": round(time.perf_counter() - began_s, 1)}
    print(json.dumps(figures))


def child(arguments: argparse.Namespace, name: str, variant: str, root: Path, kill_at: int = 0) -> dict[str, Any]:
    """The figures of a training in another process; if it is to be killed, of the one that goes on."""
    words = [name, "--variant", variant, "--root", str(root), "--steps", str(arguments.steps)]
    words += [word for spec in arguments.data for word in ("--data", spec)]
    command = [sys.executable, __file__, *words]
    if kill_at:
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as victim:
            while victim.poll() is None and not any(
                json.loads(path.read_text())["step"] >= kill_at for path in root.rglob("status.json")
            ):
                time.sleep(0.05)
            victim.send_signal(signal.SIGKILL)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def weights(figures: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The weights at the end."""
    state = checkpoint.load(Path(figures["folder"]))
    assert state is not None
    found: dict[str, torch.Tensor] = state["weights"]
    return found


def measure(arguments: argparse.Namespace, name: str) -> None:
    """Print the figures of one plugin."""
    gpu = torch.cuda.is_available()
    variants = ["CPU", "GPU", "GPU, torch.compile"] if gpu else ["CPU"]
    with tempfile.TemporaryDirectory() as folder:
        found = {each: child(arguments, name, each, Path(folder) / each) for each in variants}
        base = found["CPU"]
        for variant, figures in found.items():
            row = {"plugin": name, "variant": variant, **figures}
            if "failed" not in figures and "failed" not in base and variant != "CPU":
                row["speed_over_cpu"] = round(figures["steps_per_second"] / base["steps_per_second"], 2)
                row["error_over_cpu"] = round(figures["error"] / base["error"], 4)
                row["within_tolerance"] = abs(row["error_over_cpu"] - 1) <= TOLERANCE
            print(json.dumps({key: value for key, value in row.items() if key != "folder"}), flush=True)
        kept = "GPU" if gpu else "CPU"
        again = child(arguments, name, kept, Path(folder) / "killed", kill_at=max(1, arguments.steps // 3))
        if "failed" in found[kept] or "failed" in again:
            print(json.dumps({"plugin": name, "variant": f"{kept}, killed", **again}), flush=True)
        else:
            one, other = weights(found[kept]), weights(again)
            same = all(torch.equal(one[each], other[each]) for each in one)
            print(json.dumps({"plugin": name, "variant": f"{kept}, killed", "same_bits": same}), flush=True)
    if arguments.steps >= 120:
        print(json.dumps({"calibrate": asdict(calibrate(registry.load(name), arguments.data or None))}), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plugins", nargs="*")
    parser.add_argument("--data", action="append", default=[])
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--variant", default="", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.variant:
        train(arguments)
        return
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU, since there is no CUDA device"
    print(f"on {device}, PyTorch {torch.__version__}", file=sys.stderr)
    ends_s = time.monotonic() + arguments.minutes * 60
    for name in arguments.plugins or registry.names():
        if time.monotonic() > ends_s:
            print(json.dumps({"plugin": name, "skipped": "the time is up"}), flush=True)
            continue
        try:
            plugin = registry.load(name)
            gather(plugin, arguments.data or list(plugin.data))
            measure(arguments, name)
        except DawgError as error:
            print(json.dumps({"plugin": name, "skipped": str(error)}), flush=True)


if __name__ == "__main__":
    main()
