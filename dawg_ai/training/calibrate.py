"""Measure how fast a plugin trains here: steps of the real model on real batches, by the training loop itself."""

import os
import platform as computer
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import torch

from dawg_ai.training import checkpoint, loop
from dawg_ai.training.run import Run
from dawg_ai.training.seal import NEWEST

WARM_STEPS, STRETCHES, STRETCH_STEPS = 20, 12, 10


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Args:
        hardware: the GPU's name, or the processor's and its number of cores.
        gpu: whether it was on a GPU.
        steps: how many steps were timed.
        steps_per_second: median over stretches of ten steps.
        low_steps_per_second: the speed that nine of ten stretches exceed.
        evaluation_s: an evaluation on the validation part.
        save_s: writing a checkpoint.
        first_step_s: from the call to the first step.
        checkpoint_bytes: its size.
        memory_gib: the most memory that was used.
    """

    hardware: str
    gpu: bool
    steps: int
    steps_per_second: float
    low_steps_per_second: float
    evaluation_s: float
    save_s: float
    first_step_s: float
    checkpoint_bytes: int
    memory_gib: float


def measure(run: Run, threads: int = 1) -> Figures:
    """Train for 20 steps, then for 120 that are timed; nothing of it is kept.

    Args:
        run: what to train.
        threads: of PyTorch.
    """
    steps = WARM_STEPS + STRETCHES * STRETCH_STEPS
    # One evaluation is timed by itself, and none in between.
    settings = {**run.plugin.settings, "steps": max(run.settings["steps"], steps + 1), "evaluate_every": 1e9}
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        timed = replace(run, plugin=replace(run.plugin, settings=settings), root=Path(folder))
        began = time.perf_counter()
        done = loop.train(timed, steps=steps, threads=threads, on_step=lambda: times.append(time.perf_counter()))
        if done.interrupted:
            raise KeyboardInterrupt
        state = checkpoint.load(timed.folder)
        assert state is not None
        before = time.perf_counter()
        checkpoint.save(timed.folder, state)
        save_s = time.perf_counter() - before
        size = (timed.folder / NEWEST).stat().st_size
        model = loop.trained(run.plugin, timed.folder)
    before = time.perf_counter()
    with torch.no_grad():
        run.plugin.part("score").error(model, run.items["valid"], run.seed)
    evaluation_s = time.perf_counter() - before
    edges = times[WARM_STEPS - 1 :: STRETCH_STEPS]
    speeds = [STRETCH_STEPS / (after - start) for start, after in pairwise(edges)]
    return Figures(
        _hardware(),
        torch.cuda.is_available(),
        len(speeds) * STRETCH_STEPS,
        round(median(speeds), 3),
        round(quantiles(speeds, n=10)[0], 3),
        round(evaluation_s, 3),
        round(save_s, 4),
        round(times[0] - began, 3),
        size,
        round(_memory_gib(), 3),
    )


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{computer.processor() or computer.machine()}, {os.cpu_count()} cores"


def _memory_gib() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
