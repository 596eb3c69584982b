"""Excerpts of songs, turned up or down; the target is the trim that undoes it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.training.batches import Song

FRAMES = 4
FIX_DB, STYLE_DB = -18.0, (-24.0, -12.0)
MOST_DB = 12.0


def batch(songs: Sequence[Song], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Inputs as declared, and `target_db` (size, 1)."""
    mode, style = rng.integers(3, size=size), rng.integers(2, size=size)
    strength = rng.uniform(0.0, 1.5, (size, 1))
    power, reference = (np.stack([_excerpt(songs, rng) for _ in range(size)]) for _ in range(2))
    target_db = np.choose(mode, [np.full(size, FIX_DB), _level_db(reference), np.array(STYLE_DB)[style]])
    target_db = (target_db - _level_db(power)) * strength[:, 0]
    reference[mode != 1] = 0.0
    made = {
        "power": power,
        "reference_power": reference,
        "mode": np.eye(3)[mode],
        "style": np.eye(2)[style] * (mode == 2)[:, None],
        "strength": strength,
        "target_db": np.clip(target_db, -MOST_DB, MOST_DB)[:, None],
    }
    return {name: value.astype(np.float32) for name, value in made.items()}


def _excerpt(songs: Sequence[Song], rng: np.random.Generator) -> NDArray[Any]:
    power = songs[rng.integers(len(songs))].features["power"]
    gain_db = rng.uniform(-6, 6)
    return power[rng.integers(len(power), size=FRAMES)] * 10 ** (gain_db / 10)


def _level_db(power: NDArray[Any]) -> NDArray[Any]:
    return 10 * np.log10(power.mean(axis=(1, 2)) + 1e-9)
