"""How good a suggestion is: the loss, the error in dB, and the rules a network has to beat.

The error of a cure is the mean distance in dB, over 55 bands from 31 Hz to 16 kHz with the level removed, between the
equaliser's curve and the curve that undoes the fault.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawg_ai.plugins.auto_eq.examples import FIX, REFERENCE, STYLE, TESTING, Circumstances, draw
from dawg_ai.plugins.auto_eq.model import response_db
from dawg_ai.training.batches import Song

Array = NDArray[np.float64]

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
    by_mode = [song_errors(network_cures(model, cases), cases) for cases in validation(songs, seed)]
    return float(np.mean(by_mode))


def validation(songs: Sequence[Song], seed: int) -> list[dict[str, NDArray[np.float32]]]:
    """The cases that weights and rules are chosen by."""
    return [cases(songs, mode, seed, each=max(4, 400 // len(songs))) for mode in (FIX, REFERENCE)]


def cases(
    songs: Sequence[Song], mode: int, seed: int, each: int, how: Circumstances = TESTING
) -> dict[str, NDArray[np.float32]]:
    """`each` faults for every song, the songs one after another; the same for the same seed."""
    picks = np.repeat(np.arange(len(songs)), each)
    rng = np.random.default_rng([seed, mode, each])
    made = draw(songs, picks, np.full(len(picks), mode), rng, how)
    return {**made, "song": picks.astype(np.float32)}


def song_errors(cures_db: Array, cases: Mapping[str, NDArray[np.float32]]) -> Array:
    """Mean error of each song in dB, from cures (cases, 55)."""
    missed = cures_db + cases["fault_db"]
    missed = np.abs(missed - missed.mean(1, keepdims=True)).mean(1)
    song = cases["song"].astype(np.int64)
    return np.asarray(np.bincount(song, missed) / np.bincount(song))


@torch.no_grad()
def network_cures(model: nn.Module, cases: Mapping[str, NDArray[np.float32]], what: str = "bands") -> Array:
    """Curves (cases, 55) in dB of the network's six bands, or its free curve (`what="curve"`)."""
    curves = []
    for start in range(0, len(cases["fault_db"]), 512):
        some = {k: torch.from_numpy(v[start : start + 512]) for k, v in cases.items()}
        outputs = model(some)
        if what == "curve":
            curves.append(outputs["curve_db"].double())
        else:
            curves.append(response_db(outputs["center_hz"], outputs["gain_db"], outputs["q"]))
    return np.asarray(torch.cat(curves).numpy())


__all__ = ["FIX", "REFERENCE", "STYLE", "cases", "error", "leveled", "loss", "network_cures", "song_errors"]
