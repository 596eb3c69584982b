"""The training loss, and the error that chooses the weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.delay.echoed import FEEDBACK, HIGH_CUT_OCTAVES, LAG_MS, LEVEL_DB, PING_PONG
from dawg_ai.plugins.delay.lag_maps import FIRST_LAG_MS

SPREAD_MS, REACH_MS = 0.8, 2.5  # of the soft label: standard deviation, and how far it reaches
ALIKE_SHARE = 0.3
LEVEL_SCALE_DB, FEEDBACK_SCALE = 4.0, 0.2  # errors that cost the same


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy over the peaks and "no echo"; at the true lag, absolute errors of what the echo is like."""
    label = labels(outputs["lag"], batch["truth"])
    found = -(label * torch.log_softmax(outputs["heat"], 1)).sum(1)
    return found.mean() + ALIKE_SHARE * _alike(outputs["alike"], label[:, :-1], batch["truth"])


def labels(lag: Tensor, truth: Tensor) -> Tensor:
    """The shares of each peak and of "no echo", (batch, peaks + 1); the latter where no peak is near the true lag."""
    off = lag + FIRST_LAG_MS - truth[:, LAG_MS : LAG_MS + 1]
    near = torch.exp(-0.5 * (off / SPREAD_MS) ** 2) * (off.abs() <= REACH_MS) * (truth[:, :1] > 0)
    none = (near.sum(1, keepdim=True) == 0).to(near.dtype)
    both = torch.cat([near, none], 1)
    return both / both.sum(1, keepdim=True)


def _alike(said: Tensor, label: Tensor, truth: Tensor) -> Tensor:
    """Errors of feedback, level, damping and ping-pong, (batch, 4, peaks), at the peaks that are the echo."""
    feedback, level_db, octaves, crossed = said.unbind(1)
    errors = (feedback - truth[:, FEEDBACK, None]).abs() / FEEDBACK_SCALE
    errors = errors + (level_db - truth[:, LEVEL_DB, None]).abs() / LEVEL_SCALE_DB
    errors = errors + 0.5 * (octaves - truth[:, HIGH_CUT_OCTAVES, None]).abs()
    told = truth[:, PING_PONG, None].expand_as(crossed)
    errors = errors + nn.functional.binary_cross_entropy_with_logits(crossed, told, reduction="none")
    return (errors * label).sum() / label.sum().clamp_min(1.0)


@torch.no_grad()
def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """The loss over all excerpts of all items, dry and echoed alike; `seed` changes nothing."""
    model.eval()
    total = [float(loss(model({"reference_maps": each["reference_maps"]}), each)) for each in map(every, items)]
    return float(np.mean(total))


def every(item: Item) -> dict[str, Tensor]:
    """All variants of all excerpts of an item."""
    maps: NDArray[np.float32] = item.features["echoed_variants"]
    truth: NDArray[np.float32] = item.features["echoed_truth"]
    return {
        "reference_maps": torch.from_numpy(maps.reshape(-1, *maps.shape[2:])),
        "truth": torch.from_numpy(truth.reshape(-1, truth.shape[2])),
    }
