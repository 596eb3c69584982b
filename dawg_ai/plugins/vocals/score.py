"""How far predicted envelopes are from those of a recording, in dB."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.data.item import Item

from . import examples

VOICING_DB = 20.0  # what being certain of the wrong voicing counts


def loss(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Mean absolute error of both envelopes in dB, that of the harmonics where there are any, and of voicing."""
    weight, voiced = batch["weight"], batch["voiced"]
    harmonic = (outputs["harmonic_db"] - batch["harmonic"]).abs().mean(-1, keepdim=True)
    noise = (outputs["noise_db"] - batch["noise"]).abs().mean(-1, keepdim=True)
    voicing = nn.functional.binary_cross_entropy(outputs["voicing"], voiced, reduction="none")
    each = harmonic * voiced + 0.5 * noise + 0.25 * VOICING_DB * voicing
    return (each * weight).sum() / weight.sum()


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """The same on whole songs, frames counting alike."""
    total, frames = 0.0, 0
    for item in items:
        song = {name: torch.from_numpy(np.array(array))[None] for name, array in examples.aligned(item).items()}
        count = song["voiced"].shape[1]
        song["weight"] = torch.ones(1, count, 1)
        total += count * float(loss(model({"score_frames": song["score_frames"]}), song))
        frames += count
    return total / frames
