"""Six second-order filters in a row, on two sides at once (left and right, or mid and side), in place.

A side's filters may differ from the other's. Arrays of two numbers per filter, `2 * filter + side`, hold coefficients
(`rows`: b0, b1, b2, a1, a2) and state (p and q of `biquad.tick`, and the last output, of use only within a call).
"""

import numpy as np

from dawg_ai.dsp.blocks.biquad import tick
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index, Lanes, high, join, left, load4, low, pair, right, store4

FILTERS = 6
DEPTH = FILTERS - 1  # how many samples the last filter is behind the first


@kernel
def settled(a: F64, b: F64, rows: F64, state: F64) -> None:
    """Filter the samples of two sides, (samples,) each, with `rows` (5, 12) and `state` (3, 12).

    The filters stand in a pipeline: while the first works on sample i, the second works on sample i - 1, and so on,
    so that the six recurrences need not wait for each other. It fills at the beginning and runs empty at the end.
    """
    samples = a.shape[0]
    for t in range(min(DEPTH, samples)):
        _some(a, b, rows, state, t, 0, t)
    _all(a, b, rows, state)
    for t in range(samples, samples + DEPTH):
        _some(a, b, rows, state, t, t - samples + 1, min(t, DEPTH))


@kernel
def _some(a: F64, b: F64, rows: F64, state: F64, t: int, first: int, last: int) -> None:
    """The pipeline's step `t` at its ends, where only the filters `first` to `last` have a sample."""
    for back in range(last - first + 1):
        k = np.uintp(2 * (last - back))
        i = np.uintp(t)
        v = pair(a[i], b[i]) if k == 0 else _two(state[2], k - np.uintp(2))
        v, p, q = tick(v, _row(rows, k), _two(state[0], k), _two(state[1], k))
        _put(state[0], k, p)
        _put(state[1], k, q)
        _put(state[2], k, v)
        if k == 2 * DEPTH:
            i = np.uintp(t - DEPTH)
            a[i], b[i] = left(v), right(v)


@kernel
def _all(a: F64, b: F64, rows: F64, state: F64) -> None:
    """The pipeline's steps with all filters at work. Four lanes hold two sides of two filters."""
    c01, c23, c45 = _rows(rows, 0), _rows(rows, 4), _rows(rows, 8)
    p01, q01, v01 = load4(state[0], 0), load4(state[1], 0), load4(state[2], 0)
    p23, q23, v23 = load4(state[0], 4), load4(state[1], 4), load4(state[2], 4)
    p45, q45, v45 = load4(state[0], 8), load4(state[1], 8), load4(state[2], 8)
    ahead_a, ahead_b = a[DEPTH:], b[DEPTH:]
    for i in range(ahead_a.shape[0]):
        # From the last filters to the first: each takes what the one before it gave a sample ago.
        v45, p45, q45 = tick(join(high(v23), low(v45)), c45, p45, q45)
        v23, p23, q23 = tick(join(high(v01), low(v23)), c23, p23, q23)
        v01, p01, q01 = tick(join(pair(ahead_a[i], ahead_b[i]), low(v01)), c01, p01, q01)
        a[i], b[i] = left(high(v45)), right(high(v45))
    for place, lanes in ((0, (p01, p23, p45)), (1, (q01, q23, q45)), (2, (v01, v23, v45))):
        store4(state[place], 0, lanes[0])
        store4(state[place], 4, lanes[1])
        store4(state[place], 8, lanes[2])


@kernel
def gliding(a: F64, b: F64, rows: F64, steps: F64, state: F64) -> None:
    """As `settled`, while `rows` moves by `steps` (5, 12) from each sample to the next.

    Between two stable filters all are stable: their (a1, a2) fill a triangle.
    """
    for k in range(np.uintp(0), np.uintp(2 * FILTERS), np.uintp(2)):
        b0, b1, b2, a1, a2 = _row(rows, k)
        d0, d1, d2, d3, d4 = _row(steps, k)
        p, q = _two(state[0], k), _two(state[1], k)
        for i in range(a.shape[0]):
            b0, b1, b2, a1, a2 = b0 + d0, b1 + d1, b2 + d2, a1 + d3, a2 + d4
            v, p, q = tick(pair(a[i], b[i]), (b0, b1, b2, a1, a2), p, q)
            a[i], b[i] = left(v), right(v)
        _put(state[0], k, p)
        _put(state[1], k, q)
        for place, lanes in enumerate((b0, b1, b2, a1, a2)):
            _put(rows[place], k, lanes)


@kernel
def _rows(rows: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    return load4(rows[0], k), load4(rows[1], k), load4(rows[2], k), load4(rows[3], k), load4(rows[4], k)


@kernel
def _row(rows: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    return _two(rows[0], k), _two(rows[1], k), _two(rows[2], k), _two(rows[3], k), _two(rows[4], k)


@kernel
def _two(array: F64, k: Index) -> Lanes:
    return pair(float(array[k]), float(array[k + np.uintp(1)]))


@kernel
def _put(array: F64, k: Index, lanes: Lanes) -> None:
    array[k], array[k + np.uintp(1)] = left(lanes), right(lanes)
