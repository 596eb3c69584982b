"""The baselines, fitted on training examples as the network is.

constant    the median of the training examples
slope       the steepest decay: a percentile of the regression lines' slopes in each range, as the T60 it stands for,
            calibrated by a straight line; length of the lines and percentile are chosen on validation examples
ridge       ridge regression on what is measured of the network's inputs (`measured`), its penalty so chosen
trees       boosted trees on the same, their number and depth so chosen

Each says what the network says: log2 T60 of three ranges, pre-delay, wet level, width, and whether there is one
source in one space.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.nn import trees
from dawg_ai.plugins.reverb.bands import BANDS, RANGES, SIDE, WHOLE
from dawg_ai.plugins.reverb.examples import DRIEST_DB, SINGLE, TRUTHS, WET_DB, batch
from dawg_ai.plugins.reverb.features import LAGS
from dawg_ai.plugins.reverb.model import PER_LINE, SIZES, WINDOWS, Lines

Array = NDArray[np.float64]
Inputs = Mapping[str, NDArray[np.float32]]
Rule = Callable[[Array], Array]  # measured (cases, measures) -> (cases, TRUTHS)

EXAMPLES, VALID_EXAMPLES, AT_ONCE = 4000, 480, 40
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
FORESTS = ((100, 4), (250, 5))
PERCENTILES = (2.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0)
FALLING, STRAIGHT = 0.05, 0.5  # of what `Lines` gives: rates from which on a level falls, and distances of a line


def fit(train: Sequence[Item], valid: Sequence[Item], seed: int) -> dict[str, Rule]:
    """Fit every baseline.

    Args:
        train: training items.
        valid: validation items, for tuning.
        seed: of the examples.
    """
    x, y = _examples(train, seed, EXAMPLES)
    held_x, held_y = _examples(valid, seed, VALID_EXAMPLES)
    wet = _is_wet(y)
    median = np.median(y[wet], 0)
    median[SINGLE] = y[:, SINGLE].mean()

    def best(rules: Sequence[Rule]) -> Rule:
        return min(rules, key=lambda rule: _octaves(rule(held_x), held_y))

    return {
        "constant": lambda measures: np.repeat(median[None], len(measures), 0),
        "slope": best([_slope(x, y, median, column) for column in range(len(WINDOWS) * len(PERCENTILES))]),
        "ridge": best([_ridge(x, y, penalty) for penalty in PENALTIES]),
        "trees": best([_trees(x, y, count, depth) for count, depth in FORESTS]),
    }


def _is_wet(truth: Array) -> NDArray[np.bool_]:
    return np.asarray((truth[:, SINGLE] > 0.5) & (truth[:, WET_DB] > DRIEST_DB))


def _octaves(said: Array, truth: Array) -> float:
    wet = _is_wet(truth)
    return float(np.abs(said[wet, :RANGES] - truth[wet, :RANGES]).mean())


def _examples(items: Sequence[Item], seed: int, count: int) -> tuple[Array, Array]:
    rng, x, y = np.random.default_rng([seed, count, AT_ONCE]), [], []
    for _ in range(-(-count // AT_ONCE)):
        made = batch(items, rng, AT_ONCE)
        x.append(measured(made))
        y.append(made["truth"].astype(np.float64))
    return np.concatenate(x), np.concatenate(y)


@torch.no_grad()
def measured(inputs: Inputs) -> Array:
    """What is measured of the network's inputs, (cases, measures).

    First, for each range, window and percentile: the rate of decay, as `Lines` scales it, of the lines of the range's
    bands that fall. Then the same of straight lines alone, the share of lines that fall and of straight ones, the
    profile, percentiles of the levels, and the side signal beside the whole while levels rise and fall.
    """
    levels = torch.from_numpy(inputs["reference_bands"])
    bands = levels[:, :BANDS]
    own = (bands - bands.amax(2, keepdim=True)).clamp_min(-90.0)
    count = len(WINDOWS)
    lines = Lines()(own.flatten(0, 1)).unflatten(0, (-1, BANDS)).numpy()
    rate, rest = lines[:, :, 1 : 1 + count], lines[:, :, 1 + count : 1 + 2 * count]
    height = lines[:, :, 1 + 2 * count : 1 + PER_LINE * count]
    falls = (rate > FALLING) & (height > -0.25)
    rows = [
        np.stack([_of_range(rate, falls, k), _of_range(rate, falls & (rest < STRAIGHT), k)], 1) for k in range(RANGES)
    ]
    rates = np.stack(rows, 2)  # (cases, 2, RANGES, windows * percentiles)
    shares = [
        mask[:, first:last].mean((1, 3))
        for mask in (falls, falls & (rest < STRAIGHT))
        for first, last in pairwise(SIZES)
    ]
    whole = levels[:, WHOLE:SIDE].numpy()
    side = levels[:, SIDE:].numpy() - whole
    quiet = np.percentile(whole, [10, 25, 50, 75, 90], axis=2).transpose(1, 0, 2).reshape(len(whole), -1)
    change = np.diff(whole, axis=2, prepend=whole[:, :, :1])
    sides = [_mean(side, mask & (whole > -60.0)) for mask in (change < -0.5, change > 0.5)]
    profile = inputs["reference_profile"].reshape(len(levels), RANGES + 1, LAGS // 2, 2).mean(3)
    parts = [rates[:, 0], rates[:, 1], *shares, profile, quiet, *sides]
    return np.concatenate([np.asarray(part, np.float64).reshape(len(levels), -1) for part in parts], 1)


def _of_range(rate: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> Array:
    """Percentiles of the rates of a range, (cases, windows * percentiles); 0 where nothing falls."""
    part = slice(SIZES[k], SIZES[k + 1])
    chosen = np.where(mask[:, part], rate[:, part], np.nan).transpose(0, 2, 1, 3)
    flat = np.sort(chosen.reshape(*chosen.shape[:2], -1), axis=2)  # nan comes last
    number = np.isfinite(flat).sum(2)
    found = [
        np.take_along_axis(flat, np.maximum(np.ceil(0.01 * p * number).astype(np.int64) - 1, 0)[..., None], 2)[..., 0]
        for p in PERCENTILES
    ]
    return np.asarray(np.nan_to_num(np.stack(found, 2)).reshape(len(flat), -1), np.float64)


def _mean(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> Array:
    return np.asarray((values * mask).sum(2) / mask.sum(2).clip(1), np.float64)


def _slope(x: Array, y: Array, median: Array, column: int) -> Rule:
    """One percentile of the decays of each range, calibrated by least squares on the training examples."""
    wet, lines = _is_wet(y), []
    size = len(WINDOWS) * len(PERCENTILES)
    for k in range(RANGES):
        lines.append(np.polyfit(_log_t60(x[wet, k * size + column]), y[wet, k], 1))

    def rule(measures: Array) -> Array:
        found = np.repeat(median[None], len(measures), 0)
        for k, (slope, offset) in enumerate(lines):
            found[:, k] = slope * _log_t60(measures[:, k * size + column]) + offset
        return found

    return rule


def _log_t60(rate: Array) -> Array:
    """Log2 of the T60 of a rate as `Lines` scales it."""
    return -np.log2(np.maximum(np.sinh(2.0 * rate) / 4.0, 0.05))


def _ridge(x: Array, y: Array, penalty: float) -> Rule:
    """Ridge regression; the space by examples that have one, whether there is one by all."""
    mean, scale, wet = x.mean(0), x.std(0) + 1e-6, _is_wet(y)

    def solved(rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        z, offset = (x[rows] - mean) / scale, y[rows].mean(0)
        return np.linalg.solve(z.T @ z + penalty * np.eye(z.shape[1]), z.T @ (y[rows] - offset)), offset

    of_space, of_all = solved(wet), solved(np.ones(len(x), bool))

    def rule(measures: Array) -> Array:
        z = (measures - mean) / scale
        found: Array = z @ of_space[0] + of_space[1]
        found[:, SINGLE] = (z @ of_all[0] + of_all[1])[:, SINGLE]
        return found

    return rule


def _trees(x: Array, y: Array, count: int, depth: int) -> Rule:
    """Boosted trees, as `_ridge`."""
    wet = _is_wet(y)
    of_space = trees.fit(x[wet], y[wet, :SINGLE], trees=count, depth=depth)
    of_all = trees.fit(x, y[:, SINGLE:], trees=count, depth=depth)

    def rule(measures: Array) -> Array:
        found = np.empty((len(measures), TRUTHS))
        found[:, :SINGLE], found[:, SINGLE:] = of_space(measures), of_all(measures)
        return found

    return rule
