"""The baselines: quantised, jitter, means, nearest neighbours, ridge, and copying. Fitted on the training part alone.

Each predicts offset (steps) and velocity of all cells of windows, or scores of their hits; what has a parameter is
chosen on the validation part.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.plugins.beats.grid import DRUMS, STEPS, STEPS_PER_BAR, Array, Windows

NEIGHBOURS = (1, 5, 20, 50, 100)
PENALTIES = (1e2, 1e3, 1e4)
CHUNK = 128  # windows compared with all others at once

Values = tuple[Array, Array]  # offset and velocity, (windows, STEPS, DRUMS) each


def constant(train: Windows, test: Windows, velocity: float | None = None) -> Values:
    """On the grid, with one velocity: that given, or the mean of the training part."""
    mean = float((train.velocity * train.hit).sum() / train.hit.sum()) if velocity is None else velocity
    return np.zeros_like(test.hit), np.full_like(test.hit, mean)


def cell_means(train: Windows, test: Windows) -> Values:
    """The mean of each sixteenth of the bar and drum."""
    hit = train.hit.reshape(-1, STEPS_PER_BAR, DRUMS)
    found = []
    for name in ("offset", "velocity"):
        value = getattr(train, name).reshape(-1, STEPS_PER_BAR, DRUMS) * hit
        overall = value.sum() / hit.sum()
        mean = (value.sum(0) + 5.0 * overall) / (hit.sum(0) + 5.0)
        found.append(np.broadcast_to(np.tile(mean, (2, 1)), test.hit.shape).astype(np.float32))
    return found[0], found[1]


def jitter(train: Windows, test: Windows, rng: np.random.Generator) -> Values:
    """Independent normal draws with the mean and deviation of the training part."""
    struck = train.hit > 0
    found = [rng.normal(v[struck].mean(), v[struck].std(), test.hit.shape) for v in (train.offset, train.velocity)]
    return found[0].astype(np.float32), np.clip(found[1], 0, 1).astype(np.float32)


def nearest(train: Windows, test: Windows, most: int = max(NEIGHBOURS)) -> NDArray[np.int64]:
    """Windows of the training part nearest to each window by Hamming distance of hits, nearest first."""
    theirs, ours = train.hit.reshape(len(train), -1), test.hit.reshape(len(test), -1)
    sizes = theirs.sum(1)
    found = []
    for first in range(0, len(ours), CHUNK):
        distance = sizes - 2.0 * ours[first : first + CHUNK] @ theirs.T  # up to a constant for each window
        some = np.argpartition(distance, most, axis=1)[:, :most]
        order = np.argsort(np.take_along_axis(distance, some, 1), axis=1, kind="stable")
        found.append(np.take_along_axis(some, order, 1))
    return np.concatenate(found)


def neighbours(train: Windows, test: Windows, near: NDArray[np.int64], k: int, middle: bool) -> Values:
    """Mean or median of a cell over those of the `k` nearest windows with a stroke there; else the cell's mean."""
    means = cell_means(train, test)
    found = []
    for name, fallback in zip(("offset", "velocity"), means, strict=True):
        made = np.empty_like(test.hit)
        for first in range(0, len(test), CHUNK):
            rows = near[first : first + CHUNK, :k]
            hit, value = train.hit[rows], getattr(train, name)[rows]
            if middle:
                ordered = np.sort(np.where(hit > 0, value, np.inf), axis=1)
                count = hit.sum(1).astype(np.int64)[:, None]
                low, high = (
                    np.take_along_axis(ordered, np.maximum(c, 0), 1)[:, 0] for c in ((count - 1) // 2, count // 2)
                )
                with np.errstate(invalid="ignore"):
                    centre = np.where(np.isfinite(high), 0.5 * (low + high), low)
            else:
                centre = (value * hit).sum(1) / np.maximum(hit.sum(1), 1.0)
            made[first : first + CHUNK] = np.where(hit.sum(1) > 0, centre, fallback[first : first + CHUNK])
        found.append(made)
    return found[0], found[1]


def ridge(train: Windows, test: Windows, penalty: float) -> Values:
    """Linear regression on all hits, for each cell; a cell without a stroke counts with the mean of its window."""

    def inputs(of: Windows) -> NDArray[np.float64]:
        flat = of.hit.reshape(len(of), -1).astype(np.float64)
        return np.concatenate([flat, of.tempo_bpm[:, None] / 120.0, np.ones((len(of), 1))], 1)

    x, found = inputs(train), []
    gram = x.T @ x + penalty * np.eye(x.shape[1])
    count = np.maximum(train.hit.sum((1, 2)), 1.0)[:, None, None]
    cells = cell_means(train, train)
    for value, cell in zip((train.offset, train.velocity), cells, strict=True):
        shift = ((value - cell) * train.hit).sum((1, 2), keepdims=True) / count
        filled = np.where(train.hit > 0, value, cell + shift).reshape(len(train), -1)
        weights = np.linalg.solve(gram, x.T @ filled)
        found.append((inputs(test) @ weights).reshape(test.hit.shape).astype(np.float32))
    return found[0], found[1]


def known_feel(test: Windows, phases: NDArray[np.floating]) -> Array:
    """Each stroke as late as its sixteenth of the beat is on average in its window: what the knobs alone can do."""
    return np.broadcast_to(np.tile(phases[:, :4], (1, STEPS // 4))[..., None], test.hit.shape).astype(np.float32)


def tap_votes(train: Windows, test: Windows, k: int) -> Array:
    """Share of the `k` windows with the nearest taps that have each stroke, where there is a tap."""
    ours, theirs = (
        Windows(w.hit.max(2, keepdims=True), w.velocity, w.offset, w.tempo_bpm, w.item) for w in (test, train)
    )
    near = nearest(theirs, ours, k)
    votes = np.stack([train.hit[rows].mean(0) for rows in near])
    return np.asarray(votes * ours.hit, np.float32)


def f1(hits: Array, real: Array, of: Sequence[int] | NDArray[np.int64] | None = None) -> Mapping[int, float]:
    """Micro-F1 of hits by item; key -1 is all of them."""
    true, said, there = ((a).reshape(len(real), -1).sum(1) for a in (hits * real, hits, real))
    items = np.zeros(len(real), np.int64) if of is None else np.asarray(of)
    found = {-1: float(2 * true.sum() / max(said.sum() + there.sum(), 1))}
    for item in np.unique(items):
        mine = items == item
        found[int(item)] = float(2 * true[mine].sum() / max(said[mine].sum() + there[mine].sum(), 1))
    return found
