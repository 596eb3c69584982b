"""Patterns of which the first sixteenths are known; the target is the whole."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item

STEPS, DRUMS = 32, 3


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Inputs as declared, and `target` (size, 32, 3)."""
    target = np.stack([pattern(items[i]) for i in rng.integers(len(items), size=size)])
    known = np.arange(STEPS)[None, :, None] < 8 * rng.integers(4, size=size)[:, None, None]
    mode = rng.integers(2, size=size)
    made = {
        "pattern_hits": target * (mode == 1)[:, None, None],
        "grid": target * known,
        "mode": np.eye(2)[mode],
        "target": target,
    }
    return {name: value.astype(np.float32) for name, value in made.items()}


def pattern(item: Item) -> NDArray[Any]:
    """The hits of an item, 1 or 0, repeated to 32 sixteenths."""
    hits = np.asarray(item.features["pattern_hits"]) > 0
    return np.tile(hits, (-(-STEPS // len(hits)), 1))[:STEPS].astype(np.float32)
