"""How good a suggestion is: the loss, the error in dB, and the rules a network has to beat.

The error of a cure is the mean distance in dB, over 55 bands from 31 Hz to 16 kHz with the level removed, between the
equaliser's curve and the curve that undoes the fault.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.dsp import effect
from dawg_ai.dsp.effects.eq import KNOBS_PER_BAND
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING, Circumstances, draw
from dawg_ai.plugins.auto_eq.model import response_db
from dawg_ai.training.batches import Song

Array = NDArray[np.float64]
Cases = dict[str, NDArray[np.float32]]

SPARSITY = 0.02  # dB of error that a dB of gain must at least be worth
CURVE_SHARE, DOUBT_SHARE, STYLE_SHARE = 0.5, 0.1, 0.05


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Mean error in dB, plus a little for gain, and the side tasks: free curve, doubt, what styles sound like."""
    cure = leveled(-batch["fault_db"].double())
    curve = leveled(response_db(outputs["center_hz"], outputs["gain_db"], outputs["q"]))
    missed = (curve - cure).abs()
    free = (leveled(outputs["curve_db"].double()) - cure).abs().mean()
    doubt = (outputs["doubt_db"].double() - missed.detach()).abs().mean()
    # How unlike its style, a mean and a spread for each band, the song was before the fault.
    clean = outputs["heard_db"] - leveled(batch["fault_db"])
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


def error(model: nn.Module, songs: Sequence[Song], seed: int) -> float:
    """Error in dB on the songs, over fix and reference alike: what the best weights are chosen by."""
    by_mode = [song_errors(network_cures(model, held), held) for held in validation(songs, seed)]
    return float(np.mean([each.mean() for each in by_mode]))


def validation(songs: Sequence[Song], seed: int) -> list[Cases]:
    """The cases that weights and rules are chosen by: fix, reference."""
    return [cases(songs, mode, seed, each=max(4, 400 // len(songs))) for mode in (FIX, REFERENCE)]


def cases(songs: Sequence[Song], mode: int, seed: int, each: int, how: Circumstances = TESTING) -> Cases:
    """`each` faults for every song, the songs one after another; the same for the same seed."""
    picks = np.repeat(np.arange(len(songs)), each)
    made = draw(songs, picks, np.full(len(picks), mode), np.random.default_rng([seed, mode, each]), how)
    return {**made, "song": picks.astype(np.float32)}


def song_errors(cures_db: Array, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Mean error of each song in dB, from cures (cases, 55)."""
    missed = cures_db + cases["fault_db"]
    missed = np.abs(missed - missed.mean(1, keepdims=True)).mean(1)
    song = cases["song"].astype(np.int64)
    return np.asarray(np.bincount(song, missed) / np.bincount(song))


def network_cures(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Curves (cases, 55) in dB of the six bands as a user sees them: knobs at the steps that they have."""
    declared = effect.load(PLUGIN.effect).knobs
    raw = network(model, cases)["knobs"].astype(np.float64)
    knobs = np.array([[knob.nearest(value) for knob, value in zip(declared, row, strict=True)] for row in raw])
    center_hz, gain_db, q = (torch.from_numpy(knobs[:, i:-1:KNOBS_PER_BAND]) for i in (1, 2, 3))
    return np.asarray(response_db(center_hz, gain_db, q).numpy())


@torch.no_grad()
def network(model: nn.Module, cases: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """All outputs of the network, by name."""
    model.eval()
    pieces = []
    for start in range(0, len(cases["bands"]), 512):
        pieces.append(model({k: torch.from_numpy(v[start : start + 512]) for k, v in cases.items()}))
    return {name: torch.cat([piece[name] for piece in pieces]).numpy() for name in pieces[0]}
