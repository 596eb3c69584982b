"""The baselines, each fitted on the training songs and tuned on the validation songs.

nothing      no compressor
preset       the mean settings
percentile   the threshold with which the static curve gives the mean reduction of the training songs: the level
             histogram decides it exactly
crest        the threshold at which the song's crest factor comes nearest to the reference's
ridge        ridge regression of the settings on what the network measures of both files
trees        boosted trees on the same

The settings that they give are those of examples.SETTINGS, with ratio and knee, which the network does not have.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.nn import trees
from dawg_ai.plugins.compressor import ballistics, model, score
from dawg_ai.plugins.compressor.envelope import RELATIVE_GATE
from dawg_ai.plugins.compressor.examples import Circumstances, draw

Array = NDArray[np.float64]
Cases = Mapping[str, NDArray[np.float32]]
Rule = Callable[[Cases], Array]  # cases -> settings (cases, 5)

MOST_EXAMPLES, EXAMPLES_PER_SONG, DRAWN_AT_ONCE = 3_000, 8, 400
PENALTIES = tuple(10.0 ** np.arange(0.0, 5.1, 1.0))
THRESHOLDS_DB = np.arange(-30.0, 12.1, 3.0)
CREST = (3.0, 6.0, 5.0, 100.0)  # ratio, knee, attack, release
LOWEST = np.array([-40.0, 1.0, 0.0, 0.1, 5.0])
HIGHEST = np.array([30.0, 20.0, 24.0, 200.0, 2000.0])
_LOGARITHMIC = np.array([False, True, False, True, True])


def fit(items: Sequence[Item], valid: Cases, seed: int, how: Circumstances) -> dict[str, Rule]:
    """Fit every baseline.

    They are fitted on the distribution they are tested on (`how`), an advantage over the network.

    Args:
        items: training items.
        valid: cases of validation items, for tuning, with `measured`.
        seed: of the examples.
        how: distribution of the examples.

    Returns:
        Baseline -> function from cases with `measured` to settings, (cases, 5); "nothing" gives a ratio of 1.
    """
    count = min(MOST_EXAMPLES, EXAMPLES_PER_SONG * len(items))
    rng = np.random.default_rng([seed, count])
    x, y, means = [], [], []
    for start in range(0, count, DRAWN_AT_ONCE):
        drawn = draw(items, rng.integers(len(items), size=min(DRAWN_AT_ONCE, count - start)), rng, how)
        x.append(measured(drawn))
        y.append(_unbounded(drawn["settings"]))
        means.append((drawn["reduction_db"] * drawn["active"]).sum(1) / drawn["active"].sum(1).clip(1.0))
    found, wanted = np.concatenate(x), np.concatenate(y)
    preset = _bounded(wanted.mean(0))
    nothing = np.where(np.arange(5) == 1, 1.0, preset)
    return {
        "nothing": lambda cases: np.repeat(nothing[None], len(cases["settings"]), 0),
        "preset": lambda cases: np.repeat(preset[None], len(cases["settings"]), 0),
        "percentile": _percentile(preset, float(np.concatenate(means).mean())),
        "crest": _best([_nearest_crest(times) for times in (CREST, tuple(preset[1:]))], valid),
        "ridge": _best(_ridges(found, wanted), valid),
        "trees": _best(
            [_regression(predict, fixed) for predict in _forests(found, wanted) for fixed in (None, preset)], valid
        ),
    }


@torch.no_grad()
def measured(cases: Cases) -> Array:
    """What the network measures of song and reference, and the differences, (cases, 3 * MEASURES)."""
    sides = []
    for source in ("song", "reference"):
        pieces = []
        for start in range(0, len(cases["settings"]), 200):
            rows = slice(start, start + 200)
            power, peak = (torch.from_numpy(cases[f"{source}_{name}"][rows]) for name in ("power_db", "peak_db"))
            pieces.append(model.measures(*model.relative(power, peak)).double().numpy())
        sides.append(np.concatenate(pieces))
    return np.concatenate([*sides, sides[1] - sides[0]], 1)


@torch.no_grad()
def reductions(settings: Array, cases: Cases) -> NDArray[np.float32]:
    """Gain reduction (cases, ms) in dB of settings (cases, 5), the threshold relative to the gated level."""
    given = [torch.from_numpy(column.astype(np.float32)) for column in settings.T]
    levels, gates = (torch.from_numpy(cases[name]) for name in ("song_level_db", "gated_level_db"))
    found = ballistics.reduction_db(levels, gates[:, 0] + given[0], *given[1:])
    return np.asarray(found.numpy(), np.float32)


def curve_errors(settings: Array, cases: Cases) -> tuple[Array, Array]:
    """Error of each case's curve and of its mean, in dB, (cases,) each."""
    return reduction_errors(reductions(settings, cases), cases)


def reduction_errors(reduction_db: NDArray[np.float32], cases: Cases) -> tuple[Array, Array]:
    """The same, of gain reductions (cases, ms)."""
    held = {name: torch.from_numpy(cases[name]) for name in ("active", "reduction_db")}
    curve_db, mean_db = score.errors(torch.from_numpy(reduction_db), held)
    return curve_db.double().numpy(), mean_db.double().abs().numpy()


def _unbounded(settings: NDArray[np.floating]) -> Array:
    values = np.asarray(settings, np.float64)
    return np.where(_LOGARITHMIC, np.log(np.maximum(values, 1e-3)), values)


def _bounded(values: Array) -> Array:
    bounded = np.clip(values, _unbounded(LOWEST), _unbounded(HIGHEST))
    return np.clip(np.where(_LOGARITHMIC, np.exp(np.where(_LOGARITHMIC, bounded, 0.0)), bounded), LOWEST, HIGHEST)


def _best(rules: Sequence[Rule], valid: Cases) -> Rule:
    return min(rules, key=lambda rule: float(curve_errors(rule(valid), valid)[0].mean()))


def _regression(predict: trees.Predictor, fixed: Array | None) -> Rule:
    """Settings by regression; where `fixed` is given, ratio and knee are those, as they can hardly be told."""

    def rule(cases: Cases) -> Array:
        found = _bounded(predict(np.asarray(cases["measured"], np.float64)))
        if fixed is not None:
            found[:, 1:3] = fixed[1:3]
        return found

    return rule


def _forests(x: Array, y: Array) -> list[trees.Predictor]:
    """Boosted trees of two sizes."""
    return [trees.fit(x, y, trees=count, depth=depth) for count, depth in ((60, 3), (150, 4))]


def _ridges(x: Array, y: Array) -> list[Rule]:
    """Ridge regressions of several penalties, with ratio and knee and without."""
    mean, scale, offset = x.mean(0), x.std(0) + 1e-6, y.mean(0)
    z = (x - mean) / scale
    gram, moment = z.T @ z, z.T @ (y - offset)
    rules = []
    for penalty in PENALTIES:
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), moment) / scale[:, None]
        for fixed in (None, _bounded(offset)):
            rules.append(_regression(lambda given, w=weights: (given - mean) @ w + offset, fixed))  # type: ignore[misc]
    return rules


def _percentile(preset: Array, wanted_db: float) -> Rule:
    """The threshold for a mean reduction of the static curve, by bisection."""

    def rule(cases: Cases) -> Array:
        over = cases["song_level_db"] - cases["gated_level_db"]
        active = cases["active"]
        low, high = np.full(len(over), LOWEST[0]), np.full(len(over), HIGHEST[0])
        for _ in range(20):
            middle = 0.5 * (low + high)
            above = over - middle[:, None]
            inside = np.clip(above + 0.5 * preset[2], 0.0, preset[2])
            static = inside**2 / (2.0 * preset[2]) + np.maximum(above - 0.5 * preset[2], 0.0)
            mean = (1.0 - 1.0 / preset[1]) * (static * active).sum(1) / active.sum(1).clip(1.0)
            low, high = np.where(mean > wanted_db, middle, low), np.where(mean > wanted_db, high, middle)
        found = np.repeat(preset[None], len(over), 0)
        found[:, 0] = 0.5 * (low + high)
        return found

    return rule


def _nearest_crest(times: Sequence[float]) -> Rule:
    """The threshold at which the crest factor is nearest to the reference's, for a ratio, knee, attack, release."""

    def rule(cases: Cases) -> Array:
        wanted = _crest_db(cases["reference_power_db"], cases["reference_peak_db"])
        count = len(wanted)
        nearest, found = np.full(count, np.inf), np.zeros(count)
        for threshold_db in THRESHOLDS_DB[::-1]:
            settings = np.repeat(np.array([[threshold_db, *times]]), count, 0)
            reduced = reductions(settings, cases).reshape(cases["song_power_db"].shape)
            crest = _crest_db(cases["song_power_db"] - reduced, cases["song_peak_db"] - reduced)
            better = np.abs(crest - wanted) < nearest - 1e-6
            nearest, found = np.where(better, np.abs(crest - wanted), nearest), np.where(better, threshold_db, found)
        return np.concatenate([found[:, None], np.repeat(np.array([times]), count, 0)], 1)

    return rule


def _crest_db(power_db: NDArray[np.float32], peak_db: NDArray[np.float32]) -> Array:
    """Mean crest factor of the seconds that are less than 10 dB below the mean power, (cases,)."""
    power = (10.0 ** (power_db / 10.0)).mean(2)
    counts = power > RELATIVE_GATE * power.mean(1, keepdims=True)
    crest = peak_db.max(2) - 10.0 * np.log10(power + 1e-12)
    return np.asarray((crest * counts).sum(1) / counts.sum(1).clip(1), np.float64)
