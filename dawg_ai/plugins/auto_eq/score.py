"""The training loss, the error in dB, and the cases it is measured on.

The error of a correction is the mean distance in dB, over 55 bands from 31 Hz to 16 kHz with the level removed,
between the equaliser's curve and the curve that undoes the fault.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.dsp.instance import Native
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING, Circumstances, draw
from dawg_ai.plugins.auto_eq.model import response_db

Array = NDArray[np.float64]
Cases = dict[str, NDArray[np.float32]]

HARM_SHARE, GUESS_SHARE, DOUBT_SHARE, STYLE_SHARE = 0.4, 0.3, 0.2, 0.05


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Mean error of the curve in dB, and losses of harm, first guess, doubt and style.

    Harm is what the error has above doing nothing; it counts where a reference, perhaps the wrong one, is followed.
    """
    wanted = leveled(-batch["fault_db"].double())
    bands = leveled(response_db(outputs["center_hz"], outputs["gain_db"], outputs["q"]))
    curve = leveled(outputs["curve_db"].double())
    missed, guessed = (curve - wanted).abs(), (bands - curve.detach()).abs()
    worse = (missed.mean(1) - wanted.abs().mean(1)).clamp_min(0.0) * batch["mode"][:, REFERENCE]
    # Negative log-likelihood of the error, exponentially distributed: its mean is learned.
    doubt_db = outputs["doubt_db"].double()
    doubt = (missed.detach() / doubt_db + doubt_db.log()).mean()
    # Negative log-likelihood of the clean song under its style: a mean and a spread (Laplace) for each band.
    clean = outputs["song_db"] - leveled(batch["fault_db"])
    distance = (clean - outputs["style_mean_db"]).abs() / outputs["style_spread_db"]
    surprise = (distance + outputs["style_spread_db"].log()) * batch["mode"][:, STYLE:]
    return (
        missed.mean()
        + HARM_SHARE * worse.mean()
        + GUESS_SHARE * guessed.mean()
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


def item_errors(curves_db: NDArray[np.floating], cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Mean error of each item in dB, from correction curves (cases, 55)."""
    return by_item(errors(curves_db, cases), cases)


def errors(curves_db: NDArray[np.floating], cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Error of each case in dB, from correction curves (cases, 55)."""
    missed = np.asarray(curves_db, np.float64) + cases["fault_db"]
    return np.asarray(np.abs(missed - missed.mean(1, keepdims=True)).mean(1))


def by_item(values: NDArray[Any], cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Mean of a value over the cases of each item."""
    item = cases["item"].astype(np.int64)
    return np.asarray(np.bincount(item, values) / np.bincount(item))


def network_curves(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Responses of the six bands with knobs rounded to their steps, (cases, 55) in dB."""
    outputs, declared, solver = network(model, cases), PLUGIN.chain[0].knobs, Native(PLUGIN.module)
    found = []
    for row in range(len(outputs["knobs"])):
        for signal in PLUGIN.outputs:
            solver.set(signal.name, outputs[signal.name][row])
        solver.call("decode", {"strength": 1.0})
        found.append([knob.nearest(value) for knob, value in zip(declared, solver.get("knobs"), strict=True)])
    center_hz, gain_db, q = (torch.from_numpy(np.array(found)[:, i:-1:4].copy()) for i in (1, 2, 3))
    return np.asarray(response_db(center_hz, gain_db, q).numpy())


@torch.no_grad()
def network(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """All outputs of the network, by name."""
    model.eval()
    pieces = []
    for start in range(0, len(cases["song_bands"]), 512):
        pieces.append(model({k: torch.from_numpy(v[start : start + 512]) for k, v in cases.items()}))
    return {name: torch.cat([piece[name] for piece in pieces]).numpy() for name in pieces[0]}
