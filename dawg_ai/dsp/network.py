"""The lines of a feedback delay network: out, through their absorbing filters, through the matrix, and back in.

A run of at most 64 samples is taken out of all lines at once, since none is shorter: into `frames`, one row of
`LINES` values per sample, where four lines fill a register. Each line is a ring of just its own length, so that what
is read is what is written over; lengths that are primes keep the lines from meeting in the cache.

The matrix is Hadamard's over the square root of the number of lines, after a turn in the planes of pairs of lines
(Schlecht and Habets 2015): orthogonal, so the filters alone decide how the sound decays.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.biquad import tick
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index, Lanes, high, join, left, load4, low, pair, right, store4

LINES = 16
ROW, FOUR, EIGHT, TWELVE = np.uintp(LINES), np.uintp(4), np.uintp(8), np.uintp(12)
EIGHTH, SIXTEENTH = 0.35355339059327373, 0.25  # 1 / sqrt(8), 1 / sqrt(16)


DIFFUSION = 0.6


@kernel
def diffuse(ring: F64, place: float, length: float, x: F64) -> float:
    """An all-pass of `length` samples, no less than `len(x)`, on `x` in place; returns the next place in its ring."""
    here = min(len(x), int(length) - int(place))
    _all_pass(ring[int(place) : int(place) + here], x[:here])
    _all_pass(ring[: len(x) - here], x[here:])
    return float(place + len(x) if here == len(x) and place + len(x) < length else len(x) - here)


@kernel
def _all_pass(ring: F64, x: F64) -> None:
    for i in range(len(x)):
        late = ring[i]
        ring[i] = x[i] + DIFFUSION * late
        x[i] = late - DIFFUSION * ring[i]


@kernel
def collect(lines: F64, places: F64, lengths: F64, count: Index, frames: F64, n: int) -> None:
    """The next `n` samples of the first `count` lines into `frames`."""
    for k in range(count):
        place, length = int(places[k]), int(lengths[k])
        here = min(n, length - place)
        _column(lines[k][place : place + here], frames[k:])
        _column(lines[k][: n - here], frames[k + np.uintp(here) * ROW :])


@kernel
def _column(x: F64, frames: F64) -> None:
    for i in range(np.uintp(len(x))):
        frames[i * ROW] = x[i]


@kernel
def deliver(lines: F64, places: F64, lengths: F64, count: Index, frames: F64, n: int) -> None:
    """`frames` into the lines, where `collect` took from, and on to the next places."""
    for k in range(count):
        place, length = int(places[k]), int(lengths[k])
        here = min(n, length - place)
        _from_column(frames[k:], lines[k][place : place + here])
        _from_column(frames[k + np.uintp(here) * ROW :], lines[k][: n - here])
        places[k] = float(place + n if place + n < length else place + n - length)


@kernel
def _from_column(frames: F64, x: F64) -> None:
    for i in range(np.uintp(len(x))):
        x[i] = frames[i * ROW]


@kernel
def absorb(damping: F64, state: F64, count: Index, frames: F64, out: F64, n: int) -> None:
    """Each line through its two filters, two groups of four lines at a time."""
    for first in range(np.uintp(0), count, EIGHT):
        group = first // FOUR
        other = group + np.uintp(1)
        a, b = _filter(damping, group, 0), _filter(damping, group, 20)
        c, d = _filter(damping, other, 0), _filter(damping, other, 20)
        s, t = state[group * ROW :], state[other * ROW :]
        p, q, u, v = load4(s, 0), load4(s, 4), load4(s, 8), load4(s, 12)
        r, w, y, z = load4(t, 0), load4(t, 4), load4(t, 8), load4(t, 12)
        for i in range(np.uintp(n)):
            at = i * ROW + first
            value, p, q = tick(load4(frames, at), a, p, q)
            value, u, v = tick(value, b, u, v)
            store4(out, at, value)
            value, r, w = tick(load4(frames, at + FOUR), c, r, w)
            value, y, z = tick(value, d, y, z)
            store4(out, at + FOUR, value)
        _keep(s, p, q, u, v)
        _keep(t, r, w, y, z)


@kernel
def _filter(damping: F64, group: Index, start: int) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    rows = damping[group * np.uintp(40) + np.uintp(start) :]
    return load4(rows, 0), load4(rows, 4), load4(rows, 8), load4(rows, 12), load4(rows, 16)


@kernel
def _keep(state: F64, p: Lanes, q: Lanes, u: Lanes, v: Lanes) -> None:
    store4(state, 0, p)
    store4(state, 4, q)
    store4(state, 8, u)
    store4(state, 12, v)


@kernel
def mix8(raw: F64, damped: F64, near: F64, other: F64, ramps: F64, first: int, out: F64, other_out: F64) -> None:
    """Eight lines: their sums, even and odd ones, to the outputs; through the matrix and, with the input, back.

    `ramps` are values and steps per sample of how far the lines are held, how much enters, and the turn's cosine and
    sine.
    """
    held, enter, cosine, sine = ramps[0], ramps[1], ramps[2], ramps[3]
    for i in range(np.uintp(len(out))):
        k, at = float(first + np.intp(i)), i * ROW
        keep, c, s = held[0] + k * held[1], cosine[0] + k * cosine[1], sine[0] + k * sine[1]
        raw0, raw1 = load4(raw, at), load4(raw, at + FOUR)
        sides = (low(raw0) - high(raw0)) + (low(raw1) - high(raw1))
        out[i], other_out[i] = 0.5 * left(sides), 0.5 * right(sides)
        a, b = _blend(raw0, load4(damped, at), keep), _blend(raw1, load4(damped, at + FOUR), keep)
        a, b = a * c - b * s, a * s + b * c
        a, b = _spread(a), _spread(b)
        entering = pair(near[i], other[i]) * (0.5 * (enter[0] + k * enter[1]))
        fresh = join(entering, entering * -1.0)
        store4(raw, at, (a + b) * EIGHTH + fresh)
        store4(raw, at + FOUR, (a - b) * EIGHTH + fresh)


@kernel
def mix16(raw: F64, damped: F64, near: F64, other: F64, ramps: F64, first: int, out: F64, other_out: F64) -> None:
    """As `mix8`, for sixteen lines."""
    held, enter, cosine, sine = ramps[0], ramps[1], ramps[2], ramps[3]
    for i in range(np.uintp(len(out))):
        k, at = float(first + np.intp(i)), i * ROW
        keep, cos, sin = held[0] + k * held[1], cosine[0] + k * cosine[1], sine[0] + k * sine[1]
        raw0, raw1, raw2, raw3 = (
            load4(raw, at),
            load4(raw, at + FOUR),
            load4(raw, at + EIGHT),
            load4(raw, at + TWELVE),
        )
        total = (raw0 + raw1) + (raw2 + raw3)
        sides = low(total) - high(total)
        out[i], other_out[i] = EIGHTH * left(sides), EIGHTH * right(sides)
        a, b = _blend(raw0, load4(damped, at), keep), _blend(raw1, load4(damped, at + FOUR), keep)
        c, d = _blend(raw2, load4(damped, at + EIGHT), keep), _blend(raw3, load4(damped, at + TWELVE), keep)
        a, b, c, d = a * cos - c * sin, b * cos - d * sin, a * sin + c * cos, b * sin + d * cos
        a, b, c, d = a + b, a - b, c + d, c - d
        a, b, c, d = _spread(a), _spread(b), _spread(c), _spread(d)
        entering = pair(near[i], other[i]) * (EIGHTH * (enter[0] + k * enter[1]))
        fresh = join(entering, entering * -1.0)
        store4(raw, at, (a + c) * SIXTEENTH + fresh)
        store4(raw, at + FOUR, (b + d) * SIXTEENTH + fresh)
        store4(raw, at + EIGHT, (a - c) * SIXTEENTH + fresh)
        store4(raw, at + TWELVE, (b - d) * SIXTEENTH + fresh)


@kernel
def _blend(raw: Lanes, damped: Lanes, held: float) -> Any:
    return damped + (raw - damped) * held


@kernel
def _spread(four: Lanes) -> Any:
    """Hadamard's matrix of four, not yet divided by 2."""
    total, difference = low(four) + high(four), low(four) - high(four)
    firsts, seconds = pair(left(total), left(difference)), pair(right(total), right(difference))
    return join(firsts + seconds, firsts - seconds)
