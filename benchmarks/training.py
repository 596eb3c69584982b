"""Overhead of the training loop over forward and backward passes on the same batches, in interleaved runs.

    python benchmarks/training.py [PLUGIN]

The loop also updates and averages weights, logs and saves; its target is at most a tenth more. Measured is CPU time
of the training thread, so that other load does not matter; batches are made in another thread.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from turns import row, save

from dawg_ai.audio import held
from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.registry import load
from dawg_ai.training.batches import batch
from dawg_ai.training.loop import train
from dawg_ai.training.run import Run

SONGS, SECONDS, RATE_HZ = 40, 90, 22_050
RUNS, STEPS = 9, 30


def make_run(name: str) -> Run:
    """A run on songs of noise with a random level in each second."""
    plugin = load(name)
    plugin = replace(plugin, settings={**plugin.settings, "steps": 10_000, "evaluate_every": 10_000})
    items = []
    extractor = plugin.sources[0].features.extractor
    for i in range(SONGS):
        rng = np.random.default_rng(i)
        level = np.repeat(rng.uniform(0.01, 0.1, SECONDS), RATE_HZ)
        noise = (rng.normal(size=(2, SECONDS * RATE_HZ)) * level).astype(np.float32)
        found = extractor.extract(Native(plugin.module), held(noise, RATE_HZ))
        features = {f"{plugin.sources[0].name}_{name}": array for name, array in found.items()}
        items.append(Item(f"made/{i}", f"artist {i // 4}", features))
    parts = {"train": items[:-8], "valid": items[-8:-4], "test": items[-4:]}
    return Run(plugin, ("made",), 0, 0, (), parts, {})


def cpu_s(work: Callable[[], object]) -> float:
    """CPU time of this thread."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def bare_s(run: Run, start: int) -> float:
    """One forward and backward pass, on average over the batches of STEPS steps."""
    model, score = run.plugin.part("model").build(run.seed), run.plugin.part("score")
    made = [
        batch(run.plugin, run.items["train"], run.seed, start + i, int(run.settings["batch"])) for i in range(STEPS)
    ]
    batches = [{name: torch.from_numpy(array) for name, array in each.items()} for each in made]

    def passes() -> None:
        for each in batches:
            model.zero_grad()
            score.loss(model(each), each).backward()

    return cpu_s(passes) / STEPS


def loop_s(run: Run, start: int) -> float:
    """One step of the loop, on average over STEPS steps, minus the cost of a session without steps."""
    session_s = cpu_s(lambda: train(run, steps=start))
    return (cpu_s(lambda: train(run, steps=start + STEPS)) - session_s) / STEPS


def main() -> None:
    """Measure, print and save."""
    run = make_run(sys.argv[1] if len(sys.argv) > 1 else "auto_eq")
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAWG_HOME"] = home
        train(run, steps=1)  # one-time initialisation of PyTorch
        starts = [1 + STEPS * turn for turn in range(RUNS)]
        pairs = [(loop_s(run, start), bare_s(run, start)) for start in starts]
    work = f"a training step of {run.plugin.name} beside its forward and backward passes alone"
    save("training", [row(work, [(1e3 * loop, 1e3 * bare) for loop, bare in pairs], "ms CPU")])


if __name__ == "__main__":
    main()
