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

import numpy as np
import torch
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.nn import trees
from dawg_ai.plugins.reverb.bands import RANGES
from dawg_ai.plugins.reverb.examples import DRIEST_DB, SINGLE, TRUTHS, WET_DB, batch
from dawg_ai.plugins.reverb.model import PERCENTILES, WINDOWS, Measures

Array = NDArray[np.float64]
Inputs = Mapping[str, NDArray[np.float32]]
Rule = Callable[[Array], Array]  # measured (cases, measures) -> (cases, TRUTHS)

EXAMPLES, VALID_EXAMPLES, AT_ONCE = 3000, 320, 40
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
FORESTS = ((100, 4), (250, 5))


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
    """What the network measures of its inputs, (cases, measures)."""
    levels, profile = (torch.from_numpy(inputs[f"reference_{name}"]) for name in ("bands", "profile"))
    return np.asarray(Measures()(levels, profile).double().numpy())


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
