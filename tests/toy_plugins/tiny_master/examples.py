"""Excerpts of songs; the target is a tone that makes high and low equally strong."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item

FRAMES = 3


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Inputs as declared, and `target_db` (size, 1)."""
    power = np.stack([_excerpt(items[i], rng) for i in rng.integers(len(items), size=size)])
    low, high = (10 * np.log10(power[..., i].mean(1) + 1e-9) for i in range(2))
    target_db = np.clip((high - low) / 4, -6, 6)[:, None]
    return {"song_power": power.astype(np.float32), "target_db": target_db.astype(np.float32)}


def _excerpt(item: Item, rng: np.random.Generator) -> NDArray[Any]:
    power = item.features["song_power"]
    return power[rng.integers(len(power), size=FRAMES)]
