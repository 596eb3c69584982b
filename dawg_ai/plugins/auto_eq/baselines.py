"""The baselines, each fitted on the training songs and tuned on the validation songs.

nothing     no correction
match       full-strength match EQ: mean spectrum of the reference minus that of the song
shrunk      the same difference (from the mean song, if there is no reference), smoothed and scaled down
preset      the mean correction
ridge       ridge regression on the spectra that the network gets
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.plugins.auto_eq.examples import REFERENCE, Circumstances, draw
from dawg_ai.plugins.auto_eq.model import spectra
from dawg_ai.plugins.auto_eq.score import item_errors

Array = NDArray[np.float64]
Cases = Mapping[str, NDArray[np.float32]]
Rule = Callable[[Cases], Array]  # cases -> corrections (cases, 55) in dB

FIT_EXAMPLES = 12_000
PENALTIES = tuple(10.0 ** np.arange(1.0, 5.1, 0.5))
STRENGTHS = tuple(np.arange(0.0, 1.01, 0.05))
WIDTHS = (1, 3, 5, 7, 9, 13, 17, 25)  # of smoothing, in bands of a sixth of an octave


def fit(items: Sequence[Item], valid: Cases, mode: int, seed: int, how: Circumstances) -> dict[str, Rule]:
    """Fit every baseline for one mode.

    The baselines are fitted on the distribution they are tested on (`how`), an advantage over the network.

    Args:
        items: training items.
        valid: cases of validation items, for tuning.
        mode: index of the mode.
        seed: of the examples.
        how: distribution of the examples.

    Returns:
        Baseline -> function from cases to corrections, (cases, 55) in dB.
    """
    rng = np.random.default_rng([seed, mode, FIT_EXAMPLES])
    picks = rng.integers(len(items), size=FIT_EXAMPLES)
    training = draw(items, picks, np.full(FIT_EXAMPLES, mode), rng, how)
    rules = {
        "nothing": lambda cases: np.zeros(cases["fault_db"].shape),
        "shrunk": _shrunk(training, valid, mode),
        "preset": _constant(-training["fault_db"].mean(0)),
        "ridge": _ridge(training, valid, mode),
    }
    return {**rules, "match": lambda cases: _difference(cases, mode)} if mode == REFERENCE else rules


def _constant(curve_db: Array) -> Rule:
    return lambda cases: np.broadcast_to(curve_db, cases["fault_db"].shape)


def _spectra(cases: Cases, source: str = "song") -> Array:
    """(cases, 6, 55), level removed, in dB."""
    pieces = []
    for start in range(0, len(cases["song_bands"]), 1000):
        rows = slice(start, start + 1000)
        bands, loudness = (torch.from_numpy(cases[f"{source}_{n}"][rows]) for n in ("bands", "loudness"))
        pieces.append(spectra(bands, loudness)[0].double().numpy())
    return np.concatenate(pieces)


def _difference(cases: Cases, mode: int, mean_db: Array | float = 0.0) -> Array:
    """Mean spectrum of the reference, or of the mean song, minus that of the song, (cases, 55) in dB."""
    target = _spectra(cases, "reference")[:, 0] if mode == REFERENCE else mean_db
    return np.asarray(target - _spectra(cases)[:, 0])


def _smooth(curves_db: Array, width: int) -> Array:
    padded = np.pad(curves_db, ((0, 0), (width // 2, width // 2)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).mean(2))


def _best(rules: Sequence[Rule], valid: Cases) -> Rule:
    return min(rules, key=lambda rule: float(item_errors(rule(valid), valid).mean()))


def _shrunk(training: Cases, valid: Cases, mode: int) -> Rule:
    clean_db = training["fault_db"] - training["fault_db"].mean(1, keepdims=True)
    mean_db = (_spectra(training)[:, 0] - clean_db).mean(0)
    held = _difference(valid, mode, mean_db)
    best = min(
        ((width, s) for width in WIDTHS for s in STRENGTHS),
        key=lambda way: float(item_errors(way[1] * _smooth(held, way[0]), valid).mean()),
    )
    return lambda cases: best[1] * _smooth(_difference(cases, mode, mean_db), best[0])


def _ridge(training: Cases, valid: Cases, mode: int) -> Rule:
    """Ridge regression; validation chooses between two input sets (mean spectra or all) and nine penalties."""
    target = -training["fault_db"].astype(np.float64)
    target -= target.mean(1, keepdims=True)
    rules: list[Rule] = []
    for few in (True, False):
        x = _inputs(training, mode, few)
        mean, scale = x.mean(0), x.std(0) + 1e-9
        z = (x - mean) / scale
        gram, moment = z.T @ z, z.T @ (target - target.mean(0))
        for penalty in PENALTIES:
            weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), moment)
            rules.append(_linear(mode, few, mean, weights / scale[:, None], target.mean(0)))
    return _best(rules, valid)


def _inputs(cases: Cases, mode: int, few: bool) -> Array:
    which = slice(1, 2) if few else slice(None)
    x = _spectra(cases)[:, which]
    parts = [x, _spectra(cases, "reference")[:, which] - x] if mode == REFERENCE else [x]
    return np.concatenate([part.reshape(len(x), -1) for part in parts], 1)


def _linear(mode: int, few: bool, mean: Array, weights: Array, offset: Array) -> Rule:
    return lambda cases: (_inputs(cases, mode, few) - mean) @ weights + offset
