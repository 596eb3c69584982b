"""A cascade of six biquads (second-order sections) on two channels at once, left and right or mid and side, in place.

A channel's filters may differ from the other's. Arrays of two numbers per section, `2 * section + channel`, hold
coefficients (`rows`: b0, b1, b2, a1, a2) and state (p and q of `biquad.tick`).

Sections with constant coefficients leave out their b0, and one gain makes up for all of them at the end; that takes a
product out of the recursion. `scale_state` makes the coefficients that they work with (`scaled`: the product of b0 up
to here, b1 and b2 divided by b0, a1, a2) and brings the state to their scale; `unscale_state` brings it back.
"""

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import tick, tick_scaled
from dawg_ai.dsp.blocks.smoothing import approach
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index, Lanes, high, join, left, load4, low, pair, right, store4

SECTIONS = 6
PIPELINE_DEPTH = SECTIONS - 1  # samples by which the last section is behind the first
LAST_SECTION = np.uintp(2 * PIPELINE_DEPTH)
MIN_B0 = 1e-9  # so that b0 can be divided by: some all-passes have a b0 of 0, and get this one at -180 dB


@kernel
def scale_state(rows: F64, state: F64, scaled: F64) -> None:
    """Make the coefficients of `filter_constant`, and bring the state to their scale.

    Args:
        rows: (5, 12).
        state: (2, 12), in place.
        scaled: (5, 12), overwritten.
    """
    for side in range(2):
        total = 1.0
        for k in range(side, 2 * SECTIONS, 2):
            b0 = rows[0, k] if abs(rows[0, k]) > MIN_B0 else MIN_B0
            total *= b0
            scaled[0, k], scaled[1, k], scaled[2, k] = total, rows[1, k] / b0, rows[2, k] / b0
            scaled[3, k], scaled[4, k] = rows[3, k], rows[4, k]
            state[0, k], state[1, k] = state[0, k] / total, state[1, k] / total


@kernel
def unscale_state(scaled: F64, state: F64) -> None:
    """Bring the state back to the scale of `filter_moving`.

    Args:
        scaled: (5, 12).
        state: (2, 12), in place.
    """
    for k in range(2 * SECTIONS):
        state[0, k], state[1, k] = state[0, k] * scaled[0, k], state[1, k] * scaled[0, k]


@kernel
def filter_constant(a: F64, b: F64, scaled: F64, state: F64) -> None:
    """Filter with constant coefficients.

    The sections are pipelined: while the first works on sample i, the second works on sample i - 1, and so on, so
    that the six recurrences do not depend on each other within a step. The ends are filtered section by section.

    Args:
        a: samples of the first channel, (samples,), in place.
        b: samples of the second.
        scaled: (5, 12), as `scale_state` makes them.
        state: (2, 12), of that scale.
    """
    samples = a.shape[0]
    if samples < PIPELINE_DEPTH:
        for k in range(SECTIONS):
            _one_section(a, b, scaled, state, np.uintp(2 * k))
    else:
        for k in range(PIPELINE_DEPTH):
            _one_section(a[: PIPELINE_DEPTH - k], b[: PIPELINE_DEPTH - k], scaled, state, np.uintp(2 * k))
        _full_pipeline(a, b, scaled, state)
        for k in range(1, SECTIONS):
            _one_section(a[samples - k :], b[samples - k :], scaled, state, np.uintp(2 * k))


@kernel
def _one_section(a: F64, b: F64, scaled: F64, state: F64, k: Index) -> None:
    """One section; the last applies the gain that all have left out."""
    gain = _load_pair(scaled[0], k) if k == LAST_SECTION else pair(1.0, 1.0)
    c = _load_pair(scaled[1], k), _load_pair(scaled[2], k), _load_pair(scaled[3], k), _load_pair(scaled[4], k)
    p, q = _load_pair(state[0], k), _load_pair(state[1], k)
    for i in range(a.shape[0]):
        v, p, q = tick_scaled(pair(a[i], b[i]), c, p, q)
        v = gain * v
        a[i], b[i] = left(v), right(v)
    _store_pair(state[0], k, p)
    _store_pair(state[1], k, q)


@kernel
def _full_pipeline(a: F64, b: F64, scaled: F64, state: F64) -> None:
    """The pipeline's steps with all sections at work. Four lanes hold two channels of two sections."""
    c01, c23, c45 = _load_coefficients(scaled, 0), _load_coefficients(scaled, 4), _load_coefficients(scaled, 8)
    p01, p23, p45 = load4(state[0], 0), load4(state[0], 4), load4(state[0], 8)
    q01, q23, q45 = load4(state[1], 0), load4(state[1], 4), load4(state[1], 8)
    v01, v23 = join(pair(a[4], b[4]), pair(a[3], b[3])), join(pair(a[2], b[2]), pair(a[1], b[1]))
    v45 = join(pair(a[0], b[0]), pair(0.0, 0.0))
    ahead_a, ahead_b, gain = a[PIPELINE_DEPTH:], b[PIPELINE_DEPTH:], _load_pair(scaled[0], LAST_SECTION)
    for i in range(ahead_a.shape[0]):
        # From the last sections to the first: each takes what the one before it gave a sample ago.
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
def _load_coefficients(scaled: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    """The coefficients of two sections for both channels."""
    return load4(scaled[1], k), load4(scaled[2], k), load4(scaled[3], k), load4(scaled[4], k)


@kernel
def filter_moving(a: F64, b: F64, targets: F64, rows: F64, lags: F64, state: F64) -> None:
    """Filter with coefficients on their way to others (`smoothing.approach`), which are renewed with each sample.

    All filters between two stable ones are stable: the stable (a1, a2) fill a triangle.

    Args:
        a: samples of the first channel, (samples,), in place.
        b: samples of the second.
        targets: (5, 12), where the coefficients go.
        rows: (5, 12), the coefficients, in place.
        lags: (5, 12), what they follow, in place.
        state: (2, 12), not scaled.
    """
    for k in range(np.uintp(0), np.uintp(2 * SECTIONS), np.uintp(2)):
        b0, b1, b2, a1, a2 = _load_row(rows, k)
        l0, l1, l2, l3, l4 = _load_row(lags, k)
        t0, t1, t2, t3, t4 = _load_row(targets, k)
        p, q = _load_pair(state[0], k), _load_pair(state[1], k)
        for i in range(a.shape[0]):
            (b0, l0), (b1, l1), (b2, l2) = approach(t0, b0, l0), approach(t1, b1, l1), approach(t2, b2, l2)
            (a1, l3), (a2, l4) = approach(t3, a1, l3), approach(t4, a2, l4)
            v, p, q = tick(pair(a[i], b[i]), (b0, b1, b2, a1, a2), p, q)
            a[i], b[i] = left(v), right(v)
        _store_pair(state[0], k, p)
        _store_pair(state[1], k, q)
        for place, lanes in enumerate(((b0, l0), (b1, l1), (b2, l2), (a1, l3), (a2, l4))):
            _store_pair(rows[place], k, lanes[0])
            _store_pair(lags[place], k, lanes[1])


@kernel
def _load_row(rows: F64, k: Index) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    """The coefficients of one section for both channels."""
    return (
        _load_pair(rows[0], k),
        _load_pair(rows[1], k),
        _load_pair(rows[2], k),
        _load_pair(rows[3], k),
        _load_pair(rows[4], k),
    )


@kernel
def _load_pair(array: F64, k: Index) -> Lanes:
    """Two neighbours as lanes."""
    return pair(float(array[k]), float(array[k + np.uintp(1)]))


@kernel
def _store_pair(array: F64, k: Index, lanes: Lanes) -> None:
    """Two lanes to neighbours."""
    array[k], array[k + np.uintp(1)] = left(lanes), right(lanes)
