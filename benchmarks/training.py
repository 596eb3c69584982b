"""What the training loop costs beside bare forward and backward passes over the same batches, turn by turn.

    python benchmarks/training.py [PLUGIN]

The loop steps, averages, logs and saves besides; it may cost a tenth more. Counted is the CPU time of the thread that
trains, so that a busy machine does not blur it; batches are made in another thread meanwhile.
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

from dawg_ai.plugin import load
from dawg_ai.training.batches import Song, batch
from dawg_ai.training.loop import train
from dawg_ai.training.run import Run

SONGS, SECONDS, RATE_HZ = 40, 90, 22_050
RUNS, STEPS = 9, 30


def make_run(name: str) -> Run:
    """A run on songs of noise whose level wanders."""
    plugin = load(name)
    plugin = replace(plugin, settings={**plugin.settings, "steps": 10_000, "evaluate_every": 10_000})
    songs = []
    for i in range(SONGS):
        rng = np.random.default_rng(i)
        level = np.repeat(rng.uniform(0.01, 0.1, SECONDS), RATE_HZ)
        noise = (rng.normal(size=(2, SECONDS * RATE_HZ)) * level).astype(np.float32)
        songs.append(Song(f"made/{i}", f"artist {i // 4}", None, plugin.features.extract(noise, RATE_HZ)))
    parts = {"train": songs[:-8], "valid": songs[-8:-4], "test": songs[-4:]}
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
        batch(run.plugin, run.songs["train"], run.seed, start + i, int(run.settings["batch"])) for i in range(STEPS)
    ]
    batches = [{name: torch.from_numpy(array) for name, array in each.items()} for each in made]

    def passes() -> None:
        for each in batches:
            model.zero_grad()
            score.loss(model(each), each).backward()

    return cpu_s(passes) / STEPS


def loop_s(run: Run, start: int) -> float:
    """One step of the loop, on average over STEPS steps; what a sitting costs that takes none is subtracted."""
    sitting_s = cpu_s(lambda: train(run, steps=start))
    return (cpu_s(lambda: train(run, steps=start + STEPS)) - sitting_s) / STEPS


def main() -> None:
    """Measure, print and save."""
    run = make_run(sys.argv[1] if len(sys.argv) > 1 else "auto_eq")
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAWG_HOME"] = home
        train(run, steps=1)  # whatever PyTorch does only once
        starts = [1 + STEPS * turn for turn in range(RUNS)]
        pairs = [(loop_s(run, start), bare_s(run, start)) for start in starts]
    work = f"a training step of {run.plugin.name} beside its forward and backward passes alone"
    save("training", [row(work, [(1e3 * loop, 1e3 * bare) for loop, bare in pairs], "ms CPU")])


if __name__ == "__main__":
    main()
