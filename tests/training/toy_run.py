"""A run that trains in a fraction of a second: the toy plugin, and items that are a few numbers each."""

import dataclasses

import numpy as np

from dawg_ai.data.item import Item
from dawg_ai.registry import load
from dawg_ai.training.run import Run


def make_run(seed=0, **settings):
    """A run of the toy; `settings` overrule its own."""
    rng = np.random.default_rng(1)
    powers = [rng.uniform(1e-4, 1e-1, (9, 1)).astype(np.float32) for _ in range(12)]
    items = [Item(f"made/{i}", f"artist {i}", {"song_power": power}) for i, power in enumerate(powers)]
    toy = load("auto_gain")
    toy = dataclasses.replace(toy, settings={**toy.settings, **settings})
    parts = {"train": items[:8], "valid": items[8:10], "test": items[10:]}
    return Run(toy, ("made",), 0, seed, (), parts, {}, "features", {item.id: f"content {item.id}" for item in items})
