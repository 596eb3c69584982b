"""Excerpts of songs, turned up or down; the target is the trim that undoes it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item

FRAMES = 4
FIX_DB, STYLE_DB = -18.0, (-24.0, -12.0)
MAX_TRIM_DB = 12.0


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Inputs as declared, and `target_db` (size, 1)."""
    return draw(items, rng, rng.integers(3, size=size), rng.uniform(0.0, 1.5, (size, 1)))


def draw(
    items: Sequence[Item], rng: np.random.Generator, mode: NDArray[Any], strength: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """One example for each of `mode`."""
    size = len(mode)
    style = rng.integers(2, size=size)
    power, reference = (np.stack([_excerpt(items, rng) for _ in range(size)]) for _ in range(2))
    target_db = np.choose(mode, [np.full(size, FIX_DB), level_db(reference), np.array(STYLE_DB)[style]])
    target_db = (target_db - level_db(power)) * strength[:, 0]
    reference[mode != 1] = 0.0
    made = {
        "song_power": power,
        "reference_power": reference,
        "mode": np.eye(3)[mode],
        "style": np.eye(3)[np.where(mode == 2, 1 + style, 0)],
        "strength": strength,
        "target_db": np.clip(target_db, -MAX_TRIM_DB, MAX_TRIM_DB)[:, None],
    }
    return {name: value.astype(np.float32) for name, value in made.items()}


def level_db(power: NDArray[Any]) -> NDArray[Any]:
    """Mean level of power (size, frames, 1)."""
    return 10 * np.log10(power.mean(axis=(1, 2)) + 1e-9)


def _excerpt(items: Sequence[Item], rng: np.random.Generator) -> NDArray[Any]:
    power = items[rng.integers(len(items))].features["song_power"]
    gain_db = rng.uniform(-6, 6)
    return power[rng.integers(len(power), size=FRAMES)] * 10 ** (gain_db / 10)
