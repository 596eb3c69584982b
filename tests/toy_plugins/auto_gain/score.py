"""How far the trim is from the one that is asked for, in dB."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.data.item import Item

from . import examples


def loss(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Mean distance in dB."""
    return (outputs["knobs"] - batch["target_db"]).abs().mean()


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """Mean distance in dB on a hundred excerpts of `items`."""
    drawn = examples.batch(items, np.random.default_rng(seed), 100)
    batch = {name: torch.from_numpy(value) for name, value in drawn.items()}
    return float(loss(model(batch), batch))
