"""Feedback delay network (FDN): delay lines -> damping filters -> feedback matrix -> plus input -> delay lines.

Eight samples of eight lines are taken at a time. Vectors of one line each are transposed into vectors of one sample
each for the damping filters, which are recursive along time but independent across lines, and back for the feedback
matrix, where it is the other way round. The lines are rings as in `delay_line.py`, all written at the same place, and
longer than what they delay: where a run is no whole number of eights, what is written after its end is never read.

The feedback matrix is Hadamard's over the square root of the number of lines, after a rotation in the planes of pairs
of lines that an LFO modulates (Schlecht and Habets 2015). It is orthogonal, so the damping alone decides the decay.

Sources: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991;
S. J. Schlecht and E. A. P. Habets, "Time-varying feedback matrices in feedback delay networks", JASA 138, 2015.
"""

from typing import Any, TypeAlias

import numpy as np

from dawg_ai.dsp.blocks.delays.damping import (
    DAMPING_COEFFICIENTS,
    DAMPING_STATES,
    Filters,
    State,
    damp,
    load_filters,
    load_state,
    store_state,
)  # fmt: skip
from dawg_ai.dsp.blocks.delays.delay_line import mirror_all, tap_at
from dawg_ai.dsp.blocks.delays.feedback_matrix import (
    RSQRT_8,
    RSQRT_16,
    add_rows,
    hadamard,
    interpolate,
    rotate,
    subtract_rows,
)
from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, Rows, load8, store8, upwards8

Positions: TypeAlias = tuple[Index, Index, Index, Index, Index, Index, Index, Index]
# Bypass of the damping, input gain, cosine and sine of the rotation: each a value and its step per sample.
RampValues: TypeAlias = tuple[float, float, float, float, float, float, float, float]


@kernel
def process_network(
    count: int,
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    inputs: F64,
    ramps: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    """Process the next `n` samples.

    Args:
        count: number of lines, 8 or 16.
        lines: (count, size + MIRROR), the delay lines.
        lengths: (count,), delays in samples.
        size: of the rings.
        at: the write position.
        damping: (count / 8 * DAMPING_COEFFICIENTS,), the damping filters.
        states: (count / 8 * DAMPING_STATES,), of these filters.
        inputs: two rows, left and right, with room for whole eights.
        ramps: (4, 2), values and steps per sample: bypass of the damping (1 freezes the decay), input gain, cosine
            and sine of the rotation.
        first: index of the first sample on the ramps.
        n: samples.
        out: two rows, overwritten with the sums of even and of odd lines; room for whole eights.
    """
    if count == 8:
        _process8(lines, lengths, size, at, damping, states, inputs, ramps, first, n, out)
    else:
        _process16(lines, lengths, size, at, damping, states, inputs, ramps, first, n, out)
    mirror_all(lines, count, size, at, n)


@kernel
def _process8(
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    inputs: F64,
    ramps: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    """Eight lines."""
    taps, ramp_values = _tap_positions(lengths, size, at), _load_ramps(ramps)
    filters, state = load_filters(damping), load_state(states)
    left, right, even, odd = inputs[0], inputs[1], out[0], out[1]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        k = upwards8(float(first + np.intp(i)))
        rows = _load_lines(lines, taps, i)
        store8(even, i, 0.5 * _even(rows))
        store8(odd, i, 0.5 * _odd(rows))
        rows, state = _feedback(rows, filters, state, ramp_values, k, RSQRT_8, n - np.intp(i))
        gain = 0.5 * _input_gain(ramp_values, k)
        _store_lines(lines, at + i, _add_input(rows, load8(left, i) * gain, load8(right, i) * gain))
    store_state(states, state)


@kernel
def _process16(
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    inputs: F64,
    ramps: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    """Sixteen lines, as two groups of eight."""
    taps, more_taps = _tap_positions(lengths, size, at), _tap_positions(lengths[8:], size, at)
    ramp_values = _load_ramps(ramps)
    left, right, even, odd = inputs[0], inputs[1], out[0], out[1]
    more_lines, more_damping, more_states = lines[8:], damping[DAMPING_COEFFICIENTS:], states[DAMPING_STATES:]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        k, some = upwards8(float(first + np.intp(i))), n - np.intp(i)
        rows, more = _load_lines(lines, taps, i), _load_lines(more_lines, more_taps, i)
        store8(even, i, RSQRT_8 * (_even(rows) + _even(more)))
        store8(odd, i, RSQRT_8 * (_odd(rows) + _odd(more)))
        rows, state = _feedback(rows, load_filters(damping), load_state(states), ramp_values, k, RSQRT_16, some)
        store_state(states, state)
        more, state = _feedback(
            more, load_filters(more_damping), load_state(more_states), ramp_values, k, RSQRT_16, some
        )
        store_state(more_states, state)
        gain = RSQRT_8 * _input_gain(ramp_values, k)
        one, other = load8(left, i) * gain, load8(right, i) * gain
        _store_lines(lines, at + i, _add_input(add_rows(rows, more), one, other))
        _store_lines(more_lines, at + i, _add_input(subtract_rows(rows, more), one, other))


@kernel
def _load_ramps(ramps: F64) -> RampValues:
    """RampValues as numbers that a loop can keep in registers."""
    m = ramps
    return m[0, 0], m[0, 1], m[1, 0], m[1, 1], m[2, 0], m[2, 1], m[3, 0], m[3, 1]


@kernel
def _input_gain(ramp_values: RampValues, k: Any) -> Any:
    """The input gain of sample `k`."""
    return ramp_values[2] + k * ramp_values[3]


@kernel
def _feedback(
    rows: Rows, filters: Filters, state: State, ramp_values: RampValues, k: Any, scale: float, n: Index
) -> tuple[Rows, State]:
    """Eight lines through damping filters and feedback matrix; their first `n` samples count."""
    bypass, bypass_step, _, _, cosine, cosine_step, sine, sine_step = ramp_values
    damped, state = damp(rows, filters, state, n)
    if bypass != 0.0 or bypass_step != 0.0:
        damped = interpolate(damped, rows, bypass + k * bypass_step)
    rotated = rotate(damped, scale * (cosine + k * cosine_step), scale * (sine + k * sine_step))
    return hadamard(rotated), state


@kernel
def _add_input(rows: Rows, left: Any, right: Any) -> Rows:
    """Add the input to the lines, left to even and right to odd ones, with alternating signs."""
    a, b, c, d, e, f, g, h = rows
    left, right = left + DENORMAL_OFFSET, right + DENORMAL_OFFSET
    return a + left, b + right, c - left, d - right, e + left, f + right, g - left, h - right


@kernel
def _even(rows: Rows) -> Any:
    """Even lines, with alternating signs."""
    return (rows[0] - rows[2]) + (rows[4] - rows[6])


@kernel
def _odd(rows: Rows) -> Any:
    """Odd lines, with alternating signs."""
    return (rows[1] - rows[3]) + (rows[5] - rows[7])


@kernel
def _tap_positions(lengths: F64, size: Index, at: Index) -> Positions:
    """Where the outputs of eight lines are."""
    a, b = tap_at(lengths[0], size, at), tap_at(lengths[1], size, at)
    c, d = tap_at(lengths[2], size, at), tap_at(lengths[3], size, at)
    e, f = tap_at(lengths[4], size, at), tap_at(lengths[5], size, at)
    return a, b, c, d, e, f, tap_at(lengths[6], size, at), tap_at(lengths[7], size, at)


@kernel
def _load_lines(rows: F64, at: Positions, i: Index) -> Rows:
    """Eight samples of eight lines."""
    a, b, c, d, e, f, g, h = at
    return (
        load8(rows[0], a + i), load8(rows[1], b + i), load8(rows[2], c + i), load8(rows[3], d + i),
        load8(rows[4], e + i), load8(rows[5], f + i), load8(rows[6], g + i), load8(rows[7], h + i),
    )  # fmt: skip


@kernel
def _store_lines(rows: F64, at: Index, values: Rows) -> None:
    """Store eight samples of eight lines."""
    a, b, c, d, e, f, g, h = values
    store8(rows[0], at, a)
    store8(rows[1], at, b)
    store8(rows[2], at, c)
    store8(rows[3], at, d)
    store8(rows[4], at, e)
    store8(rows[5], at, f)
    store8(rows[6], at, g)
    store8(rows[7], at, h)
