"""The lines of a feedback delay network: out, through their absorbing filters, through the matrix, and back in.

Eight samples of eight lines are taken at a time: vectors of one line each are turned into ones of one sample each for
the filters, whose samples wait for each other while their lines do not, and back again for the matrix, where it is
the other way round. The lines are rings as in `taps.py`, all written at the same place, and longer than what they
delay: where a run is no whole number of eights, what is written after its end is never read.

The matrix is Hadamard's over the square root of the number of lines, after a turn in the planes of pairs of lines
(Schlecht and Habets 2015): orthogonal, so the filters alone decide how the sound decays.
"""

from typing import Any, TypeAlias

import numpy as np

from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.blocks.taps import ago, repeat
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, Rows, load8, store8, transpose8, upwards8

DAMPING = 72  # of eight lines: b0, b1, b2, a1, a2 of the one filter, and b1, b2, a1, a2 of the other, whose b0 is 1
STATES = 48
EIGHTH, SIXTEENTH = 0.35355339059327373, 0.25  # 1 / sqrt(8), 1 / sqrt(16)

Places: TypeAlias = tuple[Index, Index, Index, Index, Index, Index, Index, Index]
Filters: TypeAlias = tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any]
# How far the lines are held, how much enters, and the cosine and sine of the turn: values and steps per sample.
Moving: TypeAlias = tuple[float, float, float, float, float, float, float, float]
State: TypeAlias = tuple[Any, Any, Any, Any, Any, Any]  # the last two inputs, outputs of the one, and of the other


@kernel
def pass_lines(
    count: int,
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    sides: F64,
    moves: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    """The next `n` samples of `count` lines, 8 or 16: their sums, even and odd ones, to the two rows of `out`.

    Then through filters and matrix and, with the two rows of `sides`, back. `moves` are values and steps per sample
    of how far the lines are held, how much enters, and the turn's cosine and sine, of which this is sample `first`.
    The rows of `sides` and `out` have room for whole eights.
    """
    if count == 8:
        _pass8(lines, lengths, size, at, damping, states, sides, moves, first, n, out)
    else:
        _pass16(lines, lengths, size, at, damping, states, sides, moves, first, n, out)
    repeat(lines, count, size, at, n)


@kernel
def _pass8(
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    sides: F64,
    moves: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    before, filters, state, moving = _eight(lengths, size, at), _filters(damping), _state(states), _moving(moves)
    left, right, even, odd = sides[0], sides[1], out[0], out[1]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        k = upwards8(float(first + np.intp(i)))
        rows = _load(lines, before, i)
        store8(even, i, 0.5 * _even(rows))
        store8(odd, i, 0.5 * _odd(rows))
        rows, state = _pass(rows, filters, state, moving, k, EIGHTH, n - np.intp(i))
        enter = 0.5 * _entering(moving, k)
        _store(lines, at + i, _entered(rows, load8(left, i) * enter, load8(right, i) * enter))
    _keep(states, state)


@kernel
def _pass16(
    lines: F64,
    lengths: F64,
    size: Index,
    at: Index,
    damping: F64,
    states: F64,
    sides: F64,
    moves: F64,
    first: int,
    n: int,
    out: F64,
) -> None:
    before, before_more, moving = _eight(lengths, size, at), _eight(lengths[8:], size, at), _moving(moves)
    left, right, even, odd = sides[0], sides[1], out[0], out[1]
    more_lines, more_damping, more_states = lines[8:], damping[DAMPING:], states[STATES:]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        k, some = upwards8(float(first + np.intp(i))), n - np.intp(i)
        rows, more = _load(lines, before, i), _load(more_lines, before_more, i)
        store8(even, i, EIGHTH * (_even(rows) + _even(more)))
        store8(odd, i, EIGHTH * (_odd(rows) + _odd(more)))
        rows, state = _pass(rows, _filters(damping), _state(states), moving, k, SIXTEENTH, some)
        _keep(states, state)
        more, state = _pass(more, _filters(more_damping), _state(more_states), moving, k, SIXTEENTH, some)
        _keep(more_states, state)
        enter = EIGHTH * _entering(moving, k)
        one, other = load8(left, i) * enter, load8(right, i) * enter
        _store(lines, at + i, _entered(_sums(rows, more), one, other))
        _store(more_lines, at + i, _entered(_differences(rows, more), one, other))


@kernel
def _moving(moves: F64) -> Moving:
    m = moves
    return m[0, 0], m[0, 1], m[1, 0], m[1, 1], m[2, 0], m[2, 1], m[3, 0], m[3, 1]


@kernel
def _entering(moving: Moving, k: Any) -> Any:
    return moving[2] + k * moving[3]


@kernel
def _pass(
    rows: Rows, filters: Filters, state: State, moving: Moving, k: Any, scale: float, n: Index
) -> tuple[Rows, State]:
    """Eight lines through filters and matrix; their first `n` samples count."""
    held, held_step, _, _, cosine, cosine_step, sine, sine_step = moving
    damped, state = _damped(rows, filters, state, n)
    if held != 0.0 or held_step != 0.0:
        damped = _blend(damped, rows, held + k * held_step)
    turned = _turned(damped, scale * (cosine + k * cosine_step), scale * (sine + k * sine_step))
    return _hadamard(turned), state


@kernel
def _damped(rows: Rows, filters: Filters, state: State, n: Index) -> tuple[Rows, State]:
    """The first `n` samples of eight lines through the two filters of each line."""
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
    """Two filters in direct form: a sample waits for the one before it for no more than a product and a sum."""
    b0, b1, b2, a1, a2, c1, c2, d1, d2 = filters
    x1, x2, y1, y2, z1, z2 = state
    y = ((b0 * x + (b1 * x1 + b2 * x2)) - a2 * y2) - a1 * y1
    z = ((y + (c1 * y1 + c2 * y2)) - d2 * z2) - d1 * z1
    return z, (x, x1, y, y1, z, z1)


@kernel
def _blend(rows: Rows, others: Rows, share: Any) -> Rows:
    a, b, c, d, e, f, g, h = rows
    i, j, k, l, m, n, o, p = others  # noqa: E741
    return (
        a + (i - a) * share, b + (j - b) * share, c + (k - c) * share, d + (l - d) * share,
        e + (m - e) * share, f + (n - f) * share, g + (o - g) * share, h + (p - h) * share,
    )  # fmt: skip


@kernel
def _turned(rows: Rows, cosine: Any, sine: Any) -> Rows:
    a, b, c, d, e, f, g, h = rows
    return (
        a * cosine - e * sine, b * cosine - f * sine, c * cosine - g * sine, d * cosine - h * sine,
        a * sine + e * cosine, b * sine + f * cosine, c * sine + g * cosine, d * sine + h * cosine,
    )  # fmt: skip


@kernel
def _hadamard(rows: Rows) -> Rows:
    """Hadamard's matrix of eight, not yet divided by sqrt(8)."""
    a, b, c, d, e, f, g, h = rows
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, b, c, d, e, f, g, h = a + c, b + d, a - c, b - d, e + g, f + h, e - g, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h


@kernel
def _sums(x: Rows, y: Rows) -> Rows:
    a, b, c, d, e, f, g, h = x
    i, j, k, l, m, n, o, p = y  # noqa: E741
    return a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p


@kernel
def _differences(x: Rows, y: Rows) -> Rows:
    a, b, c, d, e, f, g, h = x
    i, j, k, l, m, n, o, p = y  # noqa: E741
    return a - i, b - j, c - k, d - l, e - m, f - n, g - o, h - p


@kernel
def _entered(rows: Rows, left: Any, right: Any) -> Rows:
    a, b, c, d, e, f, g, h = rows
    left, right = left + RING, right + RING
    return a + left, b + right, c - left, d - right, e + left, f + right, g - left, h - right


@kernel
def _even(rows: Rows) -> Any:
    return (rows[0] - rows[2]) + (rows[4] - rows[6])


@kernel
def _odd(rows: Rows) -> Any:
    return (rows[1] - rows[3]) + (rows[5] - rows[7])


@kernel
def _eight(lengths: F64, size: Index, at: Index) -> Places:
    a, b = ago(lengths[0], size, at), ago(lengths[1], size, at)
    c, d = ago(lengths[2], size, at), ago(lengths[3], size, at)
    e, f = ago(lengths[4], size, at), ago(lengths[5], size, at)
    return a, b, c, d, e, f, ago(lengths[6], size, at), ago(lengths[7], size, at)


@kernel
def _load(rows: F64, at: Places, i: Index) -> Rows:
    a, b, c, d, e, f, g, h = at
    return (
        load8(rows[0], a + i), load8(rows[1], b + i), load8(rows[2], c + i), load8(rows[3], d + i),
        load8(rows[4], e + i), load8(rows[5], f + i), load8(rows[6], g + i), load8(rows[7], h + i),
    )  # fmt: skip


@kernel
def _store(rows: F64, at: Index, values: Rows) -> None:
    a, b, c, d, e, f, g, h = values
    store8(rows[0], at, a)
    store8(rows[1], at, b)
    store8(rows[2], at, c)
    store8(rows[3], at, d)
    store8(rows[4], at, e)
    store8(rows[5], at, f)
    store8(rows[6], at, g)
    store8(rows[7], at, h)


@kernel
def _filters(damping: F64) -> Filters:
    d = damping
    a, b, c, e, f = load8(d, 0), load8(d, 8), load8(d, 16), load8(d, 24), load8(d, 32)
    return a, b, c, e, f, load8(d, 40), load8(d, 48), load8(d, 56), load8(d, 64)


@kernel
def _state(states: F64) -> State:
    s = states
    return load8(s, 0), load8(s, 8), load8(s, 16), load8(s, 24), load8(s, 32), load8(s, 40)


@kernel
def _keep(states: F64, state: State) -> None:
    store8(states, 0, state[0])
    store8(states, 8, state[1])
    store8(states, 16, state[2])
    store8(states, 24, state[3])
    store8(states, 32, state[4])
    store8(states, 40, state[5])
