"""The training loss, the error on the validation part, and what the network says of windows."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.beats import examples
from dawg_ai.plugins.beats.examples import HIT_KNOWN, VALUE_KNOWN
from dawg_ai.plugins.beats.grid import DRUMS, OFFSET_BINS, STEPS, VELOCITY_BINS

HIT_SHARE, VELOCITY_SHARE, OFFSET_SHARE = 10.0, 0.5, 0.5
VALIDATION = 1024  # windows

Arrays = dict[str, NDArray[np.float32]]


def loss(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Negative log-likelihood of hits that are not known, and of velocity and offset of strokes whose hit is known.

    Mean over cells and over strokes, in nats, weighted so that the three weigh about the same.
    """
    hit = batch["hit"]
    cells = batch["cells"].reshape(-1, STEPS, DRUMS, 5)
    unknown = 1.0 - cells[..., HIT_KNOWN]
    hits = nn.functional.binary_cross_entropy_with_logits(outputs["hit_logits"], hit, reduction="none")
    struck = hit * cells[..., HIT_KNOWN] * (1.0 - cells[..., VALUE_KNOWN])
    velocity = (batch["velocity"] * VELOCITY_BINS).long().clamp(0, VELOCITY_BINS - 1)
    late = batch["offset"] - outputs["center"]
    offset = (late * 32.0 + OFFSET_BINS / 2).floor().long().clamp(0, OFFSET_BINS - 1)
    total = struck.sum().clamp_min(1.0)
    return (
        HIT_SHARE * (hits * unknown).sum() / unknown.sum().clamp_min(1.0)
        + VELOCITY_SHARE * (_nll(outputs["velocity_logits"], velocity) * struck).sum() / total
        + OFFSET_SHARE * (_nll(outputs["offset_logits"], offset) * struck).sum() / total
    )


def _nll(logits: Tensor, target: Tensor) -> Tensor:
    return -logits.log_softmax(3).gather(3, target[..., None])[..., 0]


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """The loss on windows of `items`; the weights with the lowest are kept."""
    drawn = examples.batch(items, np.random.default_rng([seed, 1]), VALIDATION)
    found = []
    for first in range(0, VALIDATION, 128):
        part = {name: torch.from_numpy(value[first : first + 128]) for name, value in drawn.items()}
        found.append(float(loss(model(part), part)))
    return float(np.mean(found))


@torch.no_grad()
def network(model: nn.Module, given: Arrays) -> Arrays:
    """All outputs of the network, by name."""
    model.eval()
    pieces = []
    for first in range(0, len(given["cells"]), 256):
        part = {name: torch.from_numpy(value[first : first + 256]) for name, value in given.items()}
        pieces.append({name: value.numpy() for name, value in model(part).items()})
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
