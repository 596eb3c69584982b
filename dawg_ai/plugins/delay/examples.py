"""Training batches: lag maps of excerpts whose echoes are known, and of dry ones.

The maps are those of `echoed.py`, computed once from rendered sound. A delay time has no gradient: the network
classifies lags, with a soft label around the true one, and "no echo" is a class of its own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.plugins.delay.echoed import VARIANTS

Batch = dict[str, NDArray[np.float32]]

DRY = 0.3  # share of the examples without an echo


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
    return {"reference_maps": np.stack(maps), "truth": np.stack(truth)}
