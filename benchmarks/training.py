"""What the training loop costs beside bare forward and backward passes on the same batch, turn by turn.

    python benchmarks/training.py [PLUGIN]

The loop makes batches, steps, averages, logs and saves besides; it may cost a tenth more.
"""

import os
import sys
import tempfile
from dataclasses import replace
from statistics import median, quantiles

import numpy as np
from turns import save

from dawg_ai.plugin import load
from dawg_ai.training.batches import Song
from dawg_ai.training.loop import train
from dawg_ai.training.run import Run

SONGS, SECONDS, RATE_HZ = 40, 90, 22_050
RUNS, STEPS = 9, 40


def make_run(name: str) -> Run:
    """A run on songs of noise whose level wanders."""
    plugin = load(name)
    plugin = replace(plugin, settings={**plugin.settings, "steps": RUNS * STEPS, "evaluate_every": 10**9})
    songs = []
    for i in range(SONGS):
        rng = np.random.default_rng(i)
        level = np.repeat(rng.uniform(0.01, 0.1, SECONDS), RATE_HZ)
        noise = (rng.normal(size=(2, SECONDS * RATE_HZ)) * level).astype(np.float32)
        songs.append(Song(f"made/{i}", f"artist {i // 4}", None, plugin.features.extract(noise, RATE_HZ)))
    parts = {"train": songs[:-8], "valid": songs[-8:-4], "test": songs[-4:]}
    return Run(plugin, ("made",), 0, 0, (), parts, {})


def main() -> None:
    """Measure, print and save."""
    run = make_run(sys.argv[1] if len(sys.argv) > 1 else "auto_eq")
    with tempfile.TemporaryDirectory() as home:
        os.environ["DAWG_HOME"] = home
        train(run, steps=1)  # whatever PyTorch does only once
        results = [train(run, steps=STEPS * turn) for turn in range(1, RUNS)]
    low, ratio, high = quantiles([r.steps_per_second / r.floor_steps_per_second for r in results], n=4)
    row = {
        "work": f"a training step of {run.plugin.name} beside its forward and backward passes alone",
        "ours": round(median(1e3 / result.steps_per_second for result in results), 3),
        "peer": round(median(1e3 / result.floor_steps_per_second for result in results), 3),
        "unit": "ms",
        "ratio": round(ratio, 3),
        "runs": len(results),
        "spread": round((high - low) / ratio, 3),
    }
    save("training", [row])


if __name__ == "__main__":
    main()
