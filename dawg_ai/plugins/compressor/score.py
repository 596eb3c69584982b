"""The training loss, the error in dB, and the cases it is measured on.

The error of settings is how far the gain reduction that they make on the song is from the one that is wanted: the
mean of the absolute difference over the active milliseconds, its own mean removed, since make-up gain takes that
away. The mean reductions are compared apart.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.compressor import ballistics
from dawg_ai.plugins.compressor.examples import TESTING, Circumstances, draw
from dawg_ai.plugins.compressor.model import KNEE_DB, RATIO

Cases = Mapping[str, NDArray[np.float32]]

MEAN_SHARE, DOUBT_SHARE = 0.4, 0.05


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Error of the gain reduction, of its mean, and the likelihood of the error that the network expects."""
    curve_db, mean_db = errors(reductions(outputs["settings"], batch), batch)
    doubt_db = outputs["doubt_db"][:, 0]
    # Negative log-likelihood of the error, exponentially distributed: its mean is learned.
    doubt = curve_db.detach() / doubt_db + doubt_db.log()
    return (curve_db + MEAN_SHARE * mean_db.abs() + DOUBT_SHARE * doubt).mean()


def reductions(settings: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Gain reduction (batch, ms) in dB that the network's settings (batch, 4) make on the songs."""
    threshold_db, attack_ms, release_ms, mix = settings.unbind(1)
    return ballistics.reduction_db(
        batch["song_level_db"],
        batch["gated_level_db"][:, 0] + threshold_db,
        RATIO,
        KNEE_DB,
        attack_ms,
        release_ms,
        mix,
    )


def errors(reduction_db: Tensor, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Error of each case's curve, and of its mean with its sign: (batch,) each, in dB."""
    active = batch["active"]
    count = active.sum(1).clamp_min(1.0)
    missed = (reduction_db - batch["reduction_db"]) * active
    mean = missed.sum(1) / count
    return ((missed - mean[:, None]).abs() * active).sum(1) / count, mean


@torch.no_grad()
def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """Mean error of the curve in dB; the weights with the lowest are kept."""
    held = {name: torch.from_numpy(array) for name, array in cases(items, seed, max(2, 240 // len(items))).items()}
    model.eval()
    curve_db, _ = errors(reductions(model(held)["settings"], held), held)
    return float(curve_db.mean())


def cases(
    items: Sequence[Item], seed: int, each: int, how: Circumstances = TESTING
) -> dict[str, NDArray[np.float32]]:
    """`each` settings for every item, the items one after another; the same for the same seed."""
    picks = np.repeat(np.arange(len(items)), each)
    made = draw(items, picks, np.random.default_rng([seed, each]), how)
    return {**made, "item": picks.astype(np.float32)}
