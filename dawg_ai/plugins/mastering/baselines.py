"""The baselines, each fitted on the training songs and tuned on the validation songs.

nothing     no change; at equal loudness, what only sets the loudness is the same
fixed       the same gentle chain for every song: a low cut, and 2 dB of compression in each region
preset      the mean answer
statistics  spectrum, spread of levels and width moved towards those of the reference, or of the mean training song,
            by a factor that is fitted for each
ridge       ridge regression for each head, on what the network sees of the song and of the differences, clipped too
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ
from dawg_ai.plugins.auto_eq.model import spectra
from dawg_ai.plugins.mastering.examples import REFERENCE, Batch, Circumstances, draw
from dawg_ai.plugins.mastering.features import PERCENTILES, REGIONS
from dawg_ai.plugins.mastering.model import describe, source
from dawg_ai.plugins.mastering.score import ANSWERS, case_errors

Array = NDArray[np.float64]
Answer = dict[str, Array]
Rule = Callable[[Batch], Answer]

FIT_EXAMPLES, CHUNK = 2500, 250
PENALTIES = tuple(10.0 ** np.arange(2.0, 6.1, 0.5))
STRENGTHS = tuple(np.arange(0.0, 1.01, 0.05))
SMOOTHINGS = (0.0, *(10.0 ** np.arange(0.0, 6.1, 1.0)))  # penalty on second differences of a curve
CLIPS_DB = (1.0, 4.0)  # where differences saturate
FIXED_REDUCTION_DB, LOW_CUT_HZ = 2.0, 30.0
MEDIAN, NEAR_PEAK = 2, 5  # of the percentiles: how far levels spread is from the 50th to the 95th


def fit(items: Sequence[Item], valid: Batch, mode: int, seed: int, how: Circumstances) -> dict[str, Rule]:
    """Fit every baseline for one mode.

    The baselines are fitted on the distribution that they are tested on (`how`), an advantage over the network.

    Args:
        items: training items.
        valid: cases of validation items, for tuning.
        mode: index of the mode.
        seed: of the examples.
        how: distribution of the examples.

    Returns:
        Baseline -> function from cases to answers.
    """
    rng = np.random.default_rng([seed, mode, FIT_EXAMPLES])
    inputs: list[Array] = []
    targets: dict[str, list[NDArray[np.float32]]] = {name: [] for name in ANSWERS}
    for _ in range(FIT_EXAMPLES // CHUNK):
        cases = draw(items, rng.integers(len(items), size=CHUNK), np.full(CHUNK, mode), rng, how)
        inputs.append(see(cases, mode))
        for name in ANSWERS:
            targets[name].append(cases[name])
    x, answer = (
        np.concatenate(inputs),
        {name: np.concatenate(each).astype(np.float64) for name, each in targets.items()},
    )
    answer["tone_db"] -= answer["tone_db"].mean(1, keepdims=True)
    held = see(valid, mode)
    return {
        "nothing": lambda cases: {name: np.zeros(cases[name].shape) for name in ANSWERS},
        "fixed": _fixed,
        "preset": lambda cases: {n: np.broadcast_to(each.mean(0), cases[n].shape) for n, each in answer.items()},
        "statistics": _statistics(x, answer, held, valid, mode),
        "ridge": _ridge(x, answer, held, valid, mode),
    }


def _fixed(cases: Batch) -> Answer:
    """A second-order high-pass and the same reduction for every song."""
    low_cut_db = -10.0 * np.log10(1.0 + (LOW_CUT_HZ / CENTERS_HZ) ** 4)
    size = len(cases["mode"])
    return {
        "tone_db": np.broadcast_to(low_cut_db, (size, BANDS)),
        "reduction_db": np.full((size, REGIONS), FIXED_REDUCTION_DB),
        "width_db": np.zeros((size, REGIONS)),
    }


def see(cases: Batch, mode: int) -> Array:
    """What a baseline sees of each case: spectra, width and spreads of the song, then of the differences."""
    song = _described(cases, "song")
    if mode != REFERENCE:
        return song
    difference = _described(cases, "reference") - song
    return np.concatenate([song, difference, *(np.tanh(difference / at_db) for at_db in CLIPS_DB)], 1)


@torch.no_grad()
def _described(cases: Batch, name: str) -> Array:
    """Six spectra, the side against the mid by band, and the network's `overall`, (cases, columns) in dB."""
    pieces = []
    for start in range(0, len(cases["mode"]), CHUNK):
        given = {n: torch.from_numpy(v[start : start + CHUNK]) for n, v in cases.items()}
        found = describe(source(given, name))
        fixed = spectra(found["bands"], given[f"{name}_loudness"])[0].flatten(1)
        pieces.append(torch.cat([fixed, found["side"], found["overall"]], 1).double().numpy())
    return np.concatenate(pieces)


SPECTRA = 6 * BANDS
OWN = slice(SPECTRA + BANDS, SPECTRA + BANDS + REGIONS * len(PERCENTILES))  # levels against the power of their region
COLUMNS = SPECTRA + BANDS + REGIONS * (len(PERCENTILES) + 3 + 3) + 3 + REGIONS  # of one song


def _spread(x: Array) -> Array:
    """How far the levels of each region spread, (cases, 3) in dB."""
    own = x[:, OWN].reshape(len(x), REGIONS, len(PERCENTILES))
    return np.asarray(own[:, :, NEAR_PEAK] - own[:, :, MEDIAN])


def _statistics(x: Array, answer: Mapping[str, Array], held: Array, valid: Batch, mode: int) -> Rule:
    """Move each statistic towards its target; validation chooses smoothing and strength."""
    undone = {
        "tone_db": x[:, :BANDS] + answer["tone_db"],
        "reduction_db": _spread(x),
        "width_db": x[:, COLUMNS - REGIONS : COLUMNS] + answer["width_db"],
    }
    # Only songs that were not expanded show how far the levels of finished songs spread.
    finished = (answer["reduction_db"] == 0.0).all(1)
    typical = {
        name: each[finished if name == "reduction_db" else slice(None)].mean(0) for name, each in undone.items()
    }

    def differences(seen: Array) -> Answer:
        song, other = seen[:, :COLUMNS], seen[:, COLUMNS : 2 * COLUMNS]
        if mode == REFERENCE:
            return {
                "tone_db": other[:, :BANDS],
                "reduction_db": -_spread(other),
                "width_db": other[:, COLUMNS - REGIONS :],
            }
        return {
            "tone_db": typical["tone_db"] - song[:, :BANDS],
            "reduction_db": _spread(song) - typical["reduction_db"],
            "width_db": typical["width_db"] - song[:, COLUMNS - REGIONS :],
        }

    chosen: dict[str, Array] = {}
    for name, difference in differences(held).items():
        ways = []
        for penalty in SMOOTHINGS if name == "tone_db" else (0.0,):
            smoother = _smoother(difference.shape[1], penalty)
            for strength in STRENGTHS:
                given = _within(name, strength * difference @ smoother)
                ways.append((_error(name, given, valid), strength * smoother))
        chosen[name] = min(ways, key=lambda way: way[0])[1]
    return lambda cases: {n: _within(n, each @ chosen[n]) for n, each in differences(see(cases, mode)).items()}


def _smoother(points: int, penalty: float) -> Array:
    """The matrix that smooths a curve by penalised least squares (Whittaker 1923)."""
    bend = np.diff(np.eye(points), 2, axis=0)
    return np.asarray(np.linalg.inv(np.eye(points) + penalty * bend.T @ bend))


def _ridge(x: Array, answer: Mapping[str, Array], held: Array, valid: Batch, mode: int) -> Rule:
    """Ridge regression; validation chooses the penalty and how much of the answer counts, for each head."""
    mean, scale = x.mean(0), x.std(0) + 1e-6
    normal = (x - mean) / scale
    gram = normal.T @ normal
    values, vectors = np.linalg.eigh(gram)
    chosen: dict[str, tuple[Array, Array]] = {}
    for name, target in answer.items():
        offset = target.mean(0)
        moment = vectors.T @ (normal.T @ (target - offset))
        ways = []
        for penalty in PENALTIES:
            weights = vectors @ (moment / (values + penalty)[:, None])
            raw = (held - mean) / scale @ weights + offset
            for strength in STRENGTHS:
                ways.append((_error(name, _within(name, strength * raw), valid), strength, weights))
        _, strength, weights = min(ways, key=lambda way: way[0])
        chosen[name] = strength * weights / scale[:, None], strength * offset
    return lambda cases: {
        name: _within(name, (see(cases, mode) - mean) @ weights + offset)
        for name, (weights, offset) in chosen.items()
    }


def _within(name: str, values: Array) -> Array:
    """A compressor reduces and never expands."""
    return np.maximum(values, 0.0) if name == "reduction_db" else values


def _error(name: str, given: Array, valid: Batch) -> float:
    """Mean error of one answer on the validation cases."""
    return float(case_errors({**{n: valid[n] for n in ANSWERS}, name: given}, valid)[name].mean())
