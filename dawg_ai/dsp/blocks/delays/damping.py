"""Damping filters of a feedback delay network: two second-order shelves per line, eight lines at a time.

A line absorbs what a sound loses in that line's delay: a gain and two shelves give the decay times at low, middle and
high frequencies.

Source: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991.
"""

from typing import Any, TypeAlias

from dawg_ai.dsp.blocks.filters.biquad import BUTTERWORTH_Q, HIGH_SHELF, LOW_SHELF, design
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import Rows, load8, store8, transpose8
from dawg_ai.dsp.math import amplitude

# Of eight lines: b0, b1, b2, a1, a2 of one biquad, and b1, b2, a1, a2 of another, whose b0 is 1.
DAMPING_COEFFICIENTS = 72
DAMPING_STATES = 48

Filters: TypeAlias = tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any]
State: TypeAlias = tuple[Any, Any, Any, Any, Any, Any]  # the last two inputs, and outputs of both filters


@kernel
def design_damping(
    length: float,
    decay_s: F64,
    low_hz: float,
    high_hz: float,
    sample_rate_hz: float,
    row: F64,
    damping: F64,
    line: int,
) -> None:
    """Write the damping of one line: the loss that a decay time (T60) means for one pass through it.

    Args:
        length: delay of the line in samples.
        decay_s: (3,), T60 below `low_hz`, between, and above `high_hz`.
        low_hz: where the loss is half way (in dB) between low and middle.
        high_hz: where it is half way between middle and high.
        sample_rate_hz: the sample rate.
        row: scratch.
        damping: the coefficients of all lines; those of this one are overwritten.
        line: index of the line.
    """
    loss_db = -60.0 * length / sample_rate_hz
    low_db, mid_db, high_db = loss_db / decay_s[0], loss_db / decay_s[1], loss_db / decay_s[2]
    lane = damping[(line // 8) * DAMPING_COEFFICIENTS + line % 8 :]
    design(float(HIGH_SHELF), high_hz, high_db - mid_db, BUTTERWORTH_Q, sample_rate_hz, row)
    gain = amplitude(mid_db) * row[0]
    lane[40], lane[48], lane[56], lane[64] = row[1] / row[0], row[2] / row[0], row[3], row[4]
    design(float(LOW_SHELF), low_hz, low_db - mid_db, BUTTERWORTH_Q, sample_rate_hz, row)
    lane[0], lane[8], lane[16], lane[24], lane[32] = row[0] * gain, row[1] * gain, row[2] * gain, row[3], row[4]


@kernel
def damp(rows: Rows, filters: Filters, state: State, n: Index) -> tuple[Rows, State]:
    """The damping filters.

    Args:
        rows: eight samples of eight lines, one vector per line.
        filters: of `load_filters`.
        state: of `load_state`.
        n: how many of the eight samples count.

    Returns:
        The filtered rows, and the new state.
    """
    a, b, c, d, e, f, g, h = transpose8(*rows)
    a, state = _tick(a, filters, state)
    if n > 1:
        b, state = _tick(b, filters, state)
    if n > 2:
        c, state = _tick(c, filters, state)
    if n > 3:
        d, state = _tick(d, filters, state)
    if n > 4:
        e, state = _tick(e, filters, state)
    if n > 5:
        f, state = _tick(f, filters, state)
    if n > 6:
        g, state = _tick(g, filters, state)
    if n > 7:
        h, state = _tick(h, filters, state)
    return transpose8(a, b, c, d, e, f, g, h), state


@kernel
def _tick(x: Any, filters: Filters, state: State) -> tuple[Any, State]:
    """Two biquads in series, direct form I, whose recursion is one product and one sum per sample."""
    b0, b1, b2, a1, a2, c1, c2, d1, d2 = filters
    x1, x2, y1, y2, z1, z2 = state
    y = ((b0 * x + (b1 * x1 + b2 * x2)) - a2 * y2) - a1 * y1
    z = ((y + (c1 * y1 + c2 * y2)) - d2 * z2) - d1 * z1
    return z, (x, x1, y, y1, z, z1)


@kernel
def load_filters(damping: F64) -> Filters:
    """Damping coefficients as lanes, one per line."""
    d = damping
    a, b, c, e, f = load8(d, 0), load8(d, 8), load8(d, 16), load8(d, 24), load8(d, 32)
    return a, b, c, e, f, load8(d, 40), load8(d, 48), load8(d, 56), load8(d, 64)


@kernel
def load_state(states: F64) -> State:
    """Damping states as lanes."""
    s = states
    return load8(s, 0), load8(s, 8), load8(s, 16), load8(s, 24), load8(s, 32), load8(s, 40)


@kernel
def store_state(states: F64, state: State) -> None:
    """Store the damping states."""
    store8(states, 0, state[0])
    store8(states, 8, state[1])
    store8(states, 16, state[2])
    store8(states, 24, state[3])
    store8(states, 32, state[4])
    store8(states, 40, state[5])
