"""Training batches: lag maps of excerpts whose echoes are known, and of dry ones.

The maps are those of `echoed.py`, computed once from rendered sound. A delay time has no gradient: the network
classifies lags, with a soft label around the true one, and "no echo" is a class of its own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.plugins.delay.echoed import LAG_MS, VARIANTS
from dawg_ai.plugins.delay.lag_maps import FIRST_LAG_MS, LAGS, LEFT, RIGHT

Batch = dict[str, NDArray[np.float32]]

DRY = 0.3  # share of the examples without an echo
SHIFT_MS = 60


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> Batch:
    """Draw `size` examples.

    Returns:
        The plugin's inputs by name, and `truth` (size, 5), see `dawg_ai.plugins.delay.echoed`.
    """
    maps, truth = [], []
    for pick, dry in zip(rng.integers(len(items), size=size), rng.random(size) < DRY, strict=True):
        features = items[pick].features
        row = int(rng.integers(len(features["echoed_truth"])))
        variant = 0 if dry else int(rng.integers(1, VARIANTS))
        maps.append(features["echoed_variants"][row, variant])
        truth.append(features["echoed_truth"][row, variant])
    return _varied(np.stack(maps), np.stack(truth), rng)


def _varied(maps: NDArray[np.float32], truth: NDArray[np.float32], rng: np.random.Generator) -> Batch:
    """Augmentation: sides swapped, and all lags moved by up to SHIFT_MS, the true one with them."""
    swapped = rng.random(len(maps)) < 0.5
    shifts = rng.integers(-SHIFT_MS, SHIFT_MS + 1, len(maps))
    for row, (swap, shift) in enumerate(zip(swapped, shifts, strict=True)):
        if swap:
            maps[row, [LEFT, RIGHT]] = maps[row, [RIGHT, LEFT]]
        moved = truth[row, LAG_MS] + shift
        if truth[row, LAG_MS] == 0.0 or FIRST_LAG_MS <= moved <= FIRST_LAG_MS + LAGS - 1:
            maps[row] = np.roll(maps[row], shift, axis=1)
            truth[row, LAG_MS] = moved if truth[row, LAG_MS] > 0.0 else 0.0
    return {"reference_maps": maps, "truth": truth}
