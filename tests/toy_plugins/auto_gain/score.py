"""How far the trim is from the one that is asked for, in dB."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.training.batches import Song

from . import examples


def loss(outputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    """Mean distance in dB."""
    return (_trim_db(outputs) - batch["target_db"]).abs().mean()


def error(model: nn.Module, songs: Sequence[Song], seed: int) -> float:
    """Mean distance in dB on a hundred excerpts of `songs`."""
    drawn = examples.batch(songs, np.random.default_rng(seed), 100)
    batch = {name: torch.from_numpy(value) for name, value in drawn.items()}
    return float(loss(model(batch), batch))


def _trim_db(outputs: dict[str, Tensor]) -> Tensor:
    from dawg_ai.dsp import effect

    index = [knob.name for knob in effect.load("eq").knobs].index("trim_db")
    return outputs["knobs"][:, index : index + 1]
