"""The baselines, each fitted on the training songs and tuned on the validation songs.

nothing     no correction
match       match EQ: the spectrum of the reference minus that of the song, smoothed as far as helps
shrunk      the same difference (from the mean song, if there is no reference), smoothed and scaled down
preset      the mean correction
ridge       ridge regression on the spectra that the network gets and their differences
clipped     ridge regression that also gets the differences clipped: a large one is rarely a fault

A difference is smoothed by penalised least squares (E. T. Whittaker, "On a new method of graduation", Proc. Edinburgh
Math. Soc. 41, 1923).
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

FIT_EXAMPLES = 30_000
PENALTIES = tuple(10.0 ** np.arange(2.0, 6.1, 0.5))
STRENGTHS = tuple(np.arange(0.0, 1.01, 0.05))
SMOOTHINGS = (0.0, *(10.0 ** np.arange(0.0, 6.1, 0.5)))  # penalty on second differences of the curve
CLIPS_DB = (3.0, 8.0)  # where the differences of the clipped ridge saturate
INPUTS = ("mean", "all", "clipped")  # what a ridge may get: mean spectra, all spectra, all and clipped differences


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
    rules: dict[str, Rule] = {
        "nothing": lambda cases: np.zeros(cases["fault_db"].shape),
        "shrunk": _matched(training, valid, mode, STRENGTHS),
        "preset": _constant(-training["fault_db"].mean(0)),
        "ridge": _ridge(training, valid, mode, INPUTS[:2]),
    }
    if mode == REFERENCE:
        rules["match"] = _matched(training, valid, mode, (1.0,))
        rules["clipped"] = _ridge(training, valid, mode, INPUTS[2:])
    return rules


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


def _difference(cases: Cases, mode: int, which: int, mean_db: Array | float = 0.0) -> Array:
    """A spectrum of the reference, or of the mean song, minus that of the song, (cases, 55) in dB."""
    target = _spectra(cases, "reference")[:, which] if mode == REFERENCE else mean_db
    return np.asarray(target - _spectra(cases)[:, which])


def _smoother(penalty: float) -> Array:
    """The matrix that smooths a curve of 55 points.

    >>> line = np.arange(55.0)
    >>> bool(np.allclose(_smoother(1e4) @ line, line))  # a straight line is smooth already
    True
    """
    bend = np.diff(np.eye(55), 2, axis=0)
    return np.asarray(np.linalg.inv(np.eye(55) + penalty * bend.T @ bend))


def _matched(training: Cases, valid: Cases, mode: int, strengths: Sequence[float]) -> Rule:
    """A match EQ. Validation chooses the spectrum (of mean power or mean level), the smoothing and the strength."""
    clean_db = training["fault_db"] - training["fault_db"].mean(1, keepdims=True)
    ways = []
    for which in (0, 1):
        mean_db = (_spectra(training)[:, which] - clean_db).mean(0)
        held = _difference(valid, mode, which, mean_db)
        for smoother in map(_smoother, SMOOTHINGS):
            smooth = held @ smoother
            errors = [float(item_errors(strength * smooth, valid).mean()) for strength in strengths]
            best = int(np.argmin(errors))
            ways.append((errors[best], which, mean_db, strengths[best] * smoother))
    _, which, mean_db, matrix = min(ways, key=lambda way: way[0])
    return lambda cases: _difference(cases, mode, which, mean_db) @ matrix


def _ridge(training: Cases, valid: Cases, mode: int, inputs: Sequence[str]) -> Rule:
    """Ridge regression; validation chooses the inputs and the penalty."""
    target = -training["fault_db"].astype(np.float64)
    target -= target.mean(1, keepdims=True)
    rules: list[Rule] = []
    for kind in inputs:
        x = _inputs(training, mode, kind)
        mean, scale = x.mean(0), x.std(0) + 1e-6
        x -= mean
        x /= scale
        gram, moment = x.T @ x, x.T @ (target - target.mean(0))
        for penalty in PENALTIES:
            weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), moment)
            rules.append(_linear(mode, kind, mean, weights / scale[:, None], target.mean(0)))
    return min(rules, key=lambda rule: float(item_errors(rule(valid), valid).mean()))


def _inputs(cases: Cases, mode: int, kind: str) -> Array:
    which = slice(1, 2) if kind == "mean" else slice(None)
    x = _spectra(cases)[:, which]
    parts = [x]
    if mode == REFERENCE:
        difference = _spectra(cases, "reference")[:, which] - x
        clipped = [np.tanh(difference / at_db) for at_db in CLIPS_DB] if kind == "clipped" else []
        parts += [difference, *clipped]
    return np.concatenate([part.reshape(len(x), -1) for part in parts], 1)


def _linear(mode: int, kind: str, mean: Array, weights: Array, offset: Array) -> Rule:
    return lambda cases: (_inputs(cases, mode, kind) - mean) @ weights + offset
