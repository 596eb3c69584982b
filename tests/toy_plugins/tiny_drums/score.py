"""How surprising patterns are."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.data.item import Item

from . import examples


def loss(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Mean negative log likelihood of a hit or rest, in nats."""
    return nn.functional.binary_cross_entropy_with_logits(outputs["logits"], batch["target"])


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """The same on fifty examples of `items`."""
    drawn = examples.batch(items, np.random.default_rng(seed), 50)
    batch = {name: torch.from_numpy(value) for name, value in drawn.items()}
    return float(loss(model(batch), batch))
