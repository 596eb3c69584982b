"""Six second-order filters in a row, on two sides at once (left and right, or mid and side), in place.

A side's filters may differ from the other's. Arrays of two numbers per filter, `2 * filter + side`, hold coefficients
(`rows`: b0, b1, b2, a1, a2) and state (p and q of `biquad.tick`).

Settled filters leave out their b0 and make up for all of them in the end, which saves each a product on the way that
the others wait for. `settle` makes what they work with (`scaled`: the product of b0 up to here, b1 and b2 in parts of
b0, a1, a2) and brings the state to its scale, `stir` brings it back.
"""

import numpy as np

from dawg_ai.dsp.blocks.biquad import tick, tick_scaled
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index, Lanes, high, join, left, load4, low, pair, right, store4

FILTERS = 6
DEPTH = FILTERS - 1  # how many samples the last filter is behind the first
LAST = np.uintp(2 * DEPTH)
LEAST = 1e-9  # of b0, that it can be divided by: some all-passes have none, and get this one at -180 dB


@kernel
def settle(rows: F64, state: F64, scaled: F64) -> None:
    """Make `scaled` of `rows`, and bring `state` (2, 12) to its scale."""
    for side in range(2):
        total = 1.0
        for k in range(side, 2 * FILTERS, 2):
            b0 = rows[0, k] if abs(rows[0, k]) > LEAST else LEAST
            total *= b0
            scaled[0, k], scaled[1, k], scaled[2, k] = total, rows[1, k] / b0, rows[2, k] / b0
            scaled[3, k], scaled[4, k] = rows[3, k], rows[4, k]
            state[0, k], state[1, k] = state[0, k] / total, state[1, k] / total


@kernel
def stir(scaled: F64, state: F64) -> None:
    """Bring `state` back to the scale of `gliding`."""
    for k in range(2 * FILTERS):
        state[0, k], state[1, k] = state[0, k] * scaled[0, k], state[1, k] * scaled[0, k]


@kernel
def settled(a: F64, b: F64, scaled: F64, state: F64) -> None:
    """Filter the samples of two sides, (samples,) each, with `scaled` (5, 12) and `state` (2, 12) of that scale.

    The filters stand in a pipeline: while the first works on sample i, the second works on sample i - 1, and so on,
    so that the six recurrences need not wait for each other. Its ends are filtered one filter after the other.
    """
    samples = a.shape[0]
    if samples < DEPTH:
        for k in range(FILTERS):
            _alone(a, b, scaled, state, np.uintp(2 * k))
    else:
        for k in range(DEPTH):
            _alone(a[: DEPTH - k], b[: DEPTH - k], scaled, state, np.uintp(2 * k))
        _all(a, b, scaled, state)
        for k in range(1, FILTERS):
            _alone(a[samples - k :], b[samples - k :], scaled, state, np.uintp(2 * k))


@kernel
def _alone(a: F64, b: F64, scaled: F64, state: F64, k: Index) -> None:
    """One of the filters; the last makes up for what all left out."""
    gain = _two(scaled[0], k) if k == LAST else pair(1.0, 1.0)
    c = _two(scaled[1], k), _two(scaled[2], k), _two(scaled[3], k), _two(scaled[4], k)
    p, q = _two(state[0], k), _two(state[1], k)
    for i in range(a.shape[0]):
        v, p, q = tick_scaled(pair(a[i], b[i]), c, p, q)
        v = gain * v
        a[i], b[i] = left(v), right(v)
    _put(state[0], k, p)
    _put(state[1], k, q)


@kernel
def _all(a: F64, b: F64, scaled: F64, state: F64) -> None:
    """The pipeline's steps with all filters at work. Four lanes hold two sides of two filters."""
    c01, c23, c45 = _four(scaled, 0), _four(scaled, 4), _four(scaled, 8)
    p01, p23, p45 = load4(state[0], 0), load4(state[0], 4), load4(state[0], 8)
    q01, q23, q45 = load4(state[1], 0), load4(state[1], 4), load4(state[1], 8)
    v01, v23 = join(pair(a[4], b[4]), pair(a[3], b[3])), join(pair(a[2], b[2]), pair(a[1], b[1]))
    v45 = join(pair(a[0], b[0]), pair(0.0, 0.0))
    ahead_a, ahead_b, gain = a[DEPTH:], b[DEPTH:], _two(scaled[0], LAST)
    for i in range(ahead_a.shape[0]):
        # From the last filters to the first: each takes what the one before it gave a sample ago.
        v45, p45, q45 = tick_scaled(join(high(v23), low(v45)), c45, p45, q45)
        v23, p23, q23 = tick_scaled(join(high(v01), low(v23)), c23, p23, q23)
        v01, p01, q01 = tick_scaled(join(pair(ahead_a[i], ahead_b[i]), low(v01)), c01, p01, q01)
        out = gain * high(v45)
        a[i], b[i] = left(out), right(out)
    last = np.uintp(ahead_a.shape[0])
    for back, lanes in enumerate((low(v45), high(v23), low(v23), high(v01), low(v01))):
        a[last + np.uintp(back)], b[last + np.uintp(back)] = left(lanes), right(lanes)
    for place, three in ((0, (p01, p23, p45)), (1, (q01, q23, q45))):
        store4(state[place], 0, three[0])
        store4(state[place], 4, three[1])
        store4(state[place], 8, three[2])


@kernel
def _four(scaled: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    return load4(scaled[1], k), load4(scaled[2], k), load4(scaled[3], k), load4(scaled[4], k)


@kernel
def gliding(a: F64, b: F64, rows: F64, steps: F64, state: F64) -> None:
    """As `settled`, while `rows` moves by `steps` (5, 12 both) from each sample to the next; `state` is not scaled.

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
def _row(rows: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    return _two(rows[0], k), _two(rows[1], k), _two(rows[2], k), _two(rows[3], k), _two(rows[4], k)


@kernel
def _two(array: F64, k: Index) -> Lanes:
    return pair(float(array[k]), float(array[k + np.uintp(1)]))


@kernel
def _put(array: F64, k: Index, lanes: Lanes) -> None:
    array[k], array[k + np.uintp(1)] = left(lanes), right(lanes)
