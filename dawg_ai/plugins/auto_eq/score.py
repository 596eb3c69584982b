"""The training loss, the error in dB, and the cases it is measured on.

The error of a correction is the mean distance in dB, over 55 bands from 31 Hz to 16 kHz with the level removed,
between the equaliser's curve and the curve that undoes the fault.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING, Circumstances, draw
from dawg_ai.plugins.auto_eq.model import response_db

Array = NDArray[np.float64]
Cases = dict[str, NDArray[np.float32]]

SPARSITY = 0.02  # dB of error that a dB of gain must at least be worth
CURVE_SHARE, DOUBT_SHARE, STYLE_SHARE = 0.5, 0.1, 0.05


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Mean error in dB, a small L1 penalty on gain, and auxiliary losses (free curve, expected error, style)."""
    wanted = leveled(-batch["fault_db"].double())
    curve = leveled(response_db(outputs["center_hz"], outputs["gain_db"], outputs["q"]))
    missed = (curve - wanted).abs()
    free = (leveled(outputs["curve_db"].double()) - wanted).abs().mean()
    doubt = (outputs["doubt_db"].double() - missed.detach()).abs().mean()
    # Negative log-likelihood of the clean song under its style: a mean and a spread (Laplace) for each band.
    clean = outputs["song_db"] - leveled(batch["fault_db"])
    distance = (clean - outputs["style_mean_db"]).abs() / outputs["style_spread_db"]
    surprise = (distance + outputs["style_spread_db"].log()) * batch["mode"][:, STYLE:]
    return (
        missed.mean()
        + SPARSITY * outputs["gain_db"].double().abs().mean()
        + CURVE_SHARE * free
        + DOUBT_SHARE * doubt
        + STYLE_SHARE * surprise.double().mean()
    )


def leveled(curve_db: Tensor) -> Tensor:
    """The curve without its level: (..., 55) in dB, mean 0."""
    return curve_db - curve_db.mean(-1, keepdim=True)


def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """Mean error in dB over the modes fix and reference; the weights with the lowest are kept."""
    by_mode = [item_errors(network_curves(model, held), held) for held in validation(items, seed)]
    return float(np.mean([each.mean() for each in by_mode]))


def validation(items: Sequence[Item], seed: int) -> list[Cases]:
    """The validation cases for model selection: fix, reference."""
    return [cases(items, mode, seed, each=max(4, 400 // len(items))) for mode in (FIX, REFERENCE)]


def cases(items: Sequence[Item], mode: int, seed: int, each: int, how: Circumstances = TESTING) -> Cases:
    """`each` faults for every item, the items one after another; the same for the same seed."""
    picks = np.repeat(np.arange(len(items)), each)
    made = draw(items, picks, np.full(len(picks), mode), np.random.default_rng([seed, mode, each]), how)
    return {**made, "item": picks.astype(np.float32)}


def item_errors(curves_db: Array, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Mean error of each item in dB, from correction curves (cases, 55)."""
    missed = curves_db + cases["fault_db"]
    missed = np.abs(missed - missed.mean(1, keepdims=True)).mean(1)
    item = cases["item"].astype(np.int64)
    return np.asarray(np.bincount(item, missed) / np.bincount(item))


def network_curves(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Responses of the six bands with knobs rounded to their steps, (cases, 55) in dB."""
    declared = PLUGIN.chain[0].knobs
    raw = network(model, cases)["knobs"].astype(np.float64)
    knobs = np.array([[knob.nearest(value) for knob, value in zip(declared, row, strict=True)] for row in raw])
    center_hz, gain_db, q = (torch.from_numpy(knobs[:, i:-1:4]) for i in (1, 2, 3))
    return np.asarray(response_db(center_hz, gain_db, q).numpy())


@torch.no_grad()
def network(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """All outputs of the network, by name."""
    model.eval()
    pieces = []
    for start in range(0, len(cases["song_bands"]), 512):
        pieces.append(model({k: torch.from_numpy(v[start : start + 512]) for k, v in cases.items()}))
    return {name: torch.cat([piece[name] for piece in pieces]).numpy() for name in pieces[0]}
