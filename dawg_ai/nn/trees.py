"""Gradient-boosted regression trees on histograms, small and for baselines alone.

Features are cut into bins of equal count; a tree grows level by level, each leaf split where the squared error falls
most, and each tree is fitted to what those before it have missed (J. H. Friedman, "Greedy function approximation: a
gradient boosting machine", Annals of Statistics 29, 2001). `tests/nn/test_trees.py` holds it against a closed
form and a least-squares fit.
"""

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Predictor = Callable[[Array], Array]

BINS = 32


def fit(
    x: Array, y: Array, *, trees: int = 150, depth: int = 4, rate: float = 0.08, smallest: int = 20, seed: int = 0
) -> Predictor:
    """Fit one ensemble for each target.

    Args:
        x: (examples, features).
        y: (examples, targets).
        trees: number of trees.
        depth: splits from the root to a leaf.
        rate: share of a tree's answer that is taken (shrinkage).
        smallest: examples of a leaf, at least.
        seed: of the half of the examples and the third of the features that each tree is grown on.

    Returns:
        A function from (examples, features) to (examples, targets).
    """
    edges = np.quantile(x, np.arange(1, BINS) / BINS, axis=0).T.copy()
    binned = _binned(x, edges)
    rng = np.random.default_rng(seed)
    mean = y.mean(0)
    features = np.zeros((y.shape[1], trees, 2**depth - 1), np.int64)
    cuts = np.full(features.shape, BINS, np.int64)
    leaves = np.zeros((y.shape[1], trees, 2**depth))
    for target in range(y.shape[1]):
        missed = y[:, target] - mean[target]
        for tree in range(trees):
            rows = rng.permutation(len(x))[: max(len(x) // 2, 1)]
            columns = rng.permutation(x.shape[1])[: max(x.shape[1] // 3, 1)]
            grown = features[target, tree], cuts[target, tree], leaves[target, tree]
            _grow(binned, missed, rows, columns, depth, smallest, *grown)
            leaves[target, tree] *= rate
            missed -= _answers(binned, *grown)

    def predict(given: Array) -> Array:
        found = np.repeat(mean[None], len(given), 0)
        cells = _binned(given, edges)
        for target in range(len(mean)):
            for tree in range(trees):
                found[:, target] += _answers(cells, features[target, tree], cuts[target, tree], leaves[target, tree])
        return found

    return predict


def _binned(x: Array, edges: Array) -> NDArray[np.int64]:
    return np.stack([np.searchsorted(edge, column, side="right") for edge, column in zip(edges, x.T, strict=True)], 1)


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _answers(binned: NDArray[np.int64], features: NDArray[np.int64], cuts: NDArray[np.int64], leaves: Array) -> Array:
    found = np.empty(len(binned))
    for row in range(len(binned)):
        node = 0
        while node < len(features):
            node = 2 * node + (2 if binned[row, features[node]] >= cuts[node] else 1)
        found[row] = leaves[node - len(features)]
    return found


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _grow(
    binned: NDArray[np.int64],
    y: Array,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    depth: int,
    smallest: int,
    features: NDArray[np.int64],
    cuts: NDArray[np.int64],
    leaves: Array,
) -> None:
    """Grow a complete binary tree; a node that is not worth a split sends everything to the left."""
    nodes = np.zeros(len(rows), np.int64)
    for level in range(depth):
        first, count = 2**level - 1, 2**level
        best = np.zeros(count)
        sums, numbers = np.zeros((count, BINS)), np.zeros((count, BINS))
        for column in columns:
            sums[:], numbers[:] = 0.0, 0.0
            for i, row in enumerate(rows):
                node, cell = nodes[i] - first, binned[row, column]
                sums[node, cell] += y[row]
                numbers[node, cell] += 1.0
            for node in range(count):
                total, n = sums[node].sum(), numbers[node].sum()
                left, m = 0.0, 0.0
                for cut in range(1, BINS):
                    left += sums[node, cut - 1]
                    m += numbers[node, cut - 1]
                    if m < smallest or n - m < smallest:
                        continue
                    gain = left * left / m + (total - left) ** 2 / (n - m) - total * total / n
                    if gain > best[node]:
                        best[node], features[first + node], cuts[first + node] = gain, column, cut
        for i, row in enumerate(rows):
            node = nodes[i]
            nodes[i] = 2 * node + (2 if binned[row, features[node]] >= cuts[node] else 1)
    totals, counts = np.zeros(2**depth), np.zeros(2**depth)
    for i, row in enumerate(rows):
        totals[nodes[i] - len(features)] += y[row]
        counts[nodes[i] - len(features)] += 1.0
    for leaf in range(len(leaves)):
        leaves[leaf] = totals[leaf] / counts[leaf] if counts[leaf] > 0.0 else 0.0
