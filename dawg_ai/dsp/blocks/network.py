"""The lines of a feedback delay network: out, through their absorbing filters, through the matrix, and back in.

A run of at most 64 samples is taken out of all lines at once, since none is shorter. Each line is a ring of just its
own length, so that what is read is what is written over; lengths that are primes keep the lines from meeting in the
cache. The filters take four lines at a time, the matrix four samples at a time: it works on a whole number of four
samples, and what it makes of those after the end of a run is not used.

The matrix is Hadamard's over the square root of the number of lines, after a turn in the planes of pairs of lines
(Schlecht and Habets 2015): orthogonal, so the filters alone decide how the sound decays.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index, Lanes, high, join, left, load4, low, pair, right, store4

LINES = 16
FOUR, EIGHT, GROUP = np.uintp(4), np.uintp(8), np.uintp(40)  # GROUP: two filters of five coefficients of four lines
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
    """The next `n` samples of the first `count` lines into the rows of `frames`."""
    for k in range(count):
        place, length = int(places[k]), int(lengths[k])
        here = min(n, length - place)
        copy(lines[k][place : place + here], frames[k])
        copy(lines[k][: n - here], frames[k][here:])


@kernel
def deliver(lines: F64, places: F64, lengths: F64, count: Index, frames: F64, n: int) -> None:
    """The rows of `frames` into the lines, where `collect` took from, and on to the next places."""
    for k in range(count):
        place, length = int(places[k]), int(lengths[k])
        here = min(n, length - place)
        copy(frames[k][:here], lines[k][place:])
        copy(frames[k][here:n], lines[k])
        places[k] = float(place + n if place + n < length else place + n - length)


@kernel
def copy(x: F64, out: F64) -> None:
    """All of `x` into the beginning of `out`."""
    for i in range(len(x)):
        out[i] = x[i]


@kernel
def absorb(damping: F64, state: F64, count: Index, frames: F64, out: F64, n: int) -> None:
    """Each line through its two filters, two groups of four lines at a time."""
    for first in range(np.uintp(0), count, EIGHT):
        group = first // FOUR
        other = group + np.uintp(1)
        a, b = _filter(damping, group, 0), _filter(damping, group, 20)
        c, d = _filter(damping, other, 0), _filter(damping, other, 20)
        s, t = state[group * np.uintp(16) :], state[other * np.uintp(16) :]
        p, q, u, v = load4(s, 0), load4(s, 4), load4(s, 8), load4(s, 12)
        r, w, y, z = load4(t, 0), load4(t, 4), load4(t, 8), load4(t, 12)
        rows, other_rows = frames[first:], frames[first + FOUR :]
        damped, other_damped = out[first:], out[first + FOUR :]
        for i in range(np.uintp(n)):
            value, p, q = _tick(_across(rows, i), a, p, q)
            value, u, v = _tick(value, b, u, v)
            _store_across(damped, i, value)
            value, r, w = _tick(_across(other_rows, i), c, r, w)
            value, y, z = _tick(value, d, y, z)
            _store_across(other_damped, i, value)
        _keep(s, p, q, u, v)
        _keep(t, r, w, y, z)


@kernel
def _tick(v: Lanes, c: Any, p: Lanes, q: Lanes) -> Any:
    """As `biquad.tick`, added up in an order that makes the next sample wait less."""
    b0, b1, b2, a1, a2 = c
    y = b0 * v + p
    return y, (b1 * v + q) - a1 * y, (b2 * v + RING) - a2 * y


@kernel
def _across(rows: F64, i: Index) -> Lanes:
    return join(pair(rows[0, i], rows[1, i]), pair(rows[2, i], rows[3, i]))


@kernel
def _store_across(rows: F64, i: Index, lanes: Lanes) -> None:
    rows[0, i], rows[1, i] = left(low(lanes)), right(low(lanes))
    rows[2, i], rows[3, i] = left(high(lanes)), right(high(lanes))


@kernel
def _filter(damping: F64, group: Index, start: int) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    rows = damping[group * GROUP + np.uintp(start) :]
    return load4(rows, 0), load4(rows, 4), load4(rows, 8), load4(rows, 12), load4(rows, 16)


@kernel
def _keep(state: F64, p: Lanes, q: Lanes, u: Lanes, v: Lanes) -> None:
    store4(state, 0, p)
    store4(state, 4, q)
    store4(state, 8, u)
    store4(state, 12, v)


@kernel
def mix8(raw: F64, damped: F64, sides: F64, ramps: F64, first: int, n: int, out: F64) -> None:
    """Eight lines: their sums, even and odd ones, to the outputs; through the matrix and, with the two `sides`, back.

    `ramps` are values and steps per sample of how far the lines are held, how much enters, and the turn's cosine and
    sine.
    """
    for i in range(np.uintp(0), np.uintp(n), FOUR):
        a, b, c, d = _load(raw, i)
        e, f, g, h = _load(raw[4:], i)
        store4(out[0], i, 0.5 * ((a - c) + (e - g)))
        store4(out[1], i, 0.5 * ((b - d) + (f - h)))
        k = _four(float(first + np.intp(i)))
        a, b, c, d = _held(a, b, c, d, damped, i, ramps[0], k)
        e, f, g, h = _held(e, f, g, h, damped[4:], i, ramps[0], k)
        cosine, sine = EIGHTH * _at(ramps[2], k), EIGHTH * _at(ramps[3], k)
        a, b, c, d, e, f, g, h = (
            a * cosine - e * sine, b * cosine - f * sine, c * cosine - g * sine, d * cosine - h * sine,
            a * sine + e * cosine, b * sine + f * cosine, c * sine + g * cosine, d * sine + h * cosine,
        )  # fmt: skip
        a, b, c, d = _hadamard(a, b, c, d)
        e, f, g, h = _hadamard(e, f, g, h)
        enter = 0.5 * _at(ramps[1], k)
        left_in, right_in = load4(sides[0], i) * enter, load4(sides[1], i) * enter
        _store(raw, i, a + e, b + f, c + g, d + h, left_in, right_in)
        _store(raw[4:], i, a - e, b - f, c - g, d - h, left_in, right_in)


@kernel
def mix16(raw: F64, damped: F64, sides: F64, ramps: F64, first: int, n: int, out: F64) -> None:
    """As `mix8`, for sixteen lines."""
    for i in range(np.uintp(0), np.uintp(n), FOUR):
        k = _four(float(first + np.intp(i)))
        cosine, sine = SIXTEENTH * _at(ramps[2], k), SIXTEENTH * _at(ramps[3], k)
        enter = EIGHTH * _at(ramps[1], k)
        left_in, right_in = load4(sides[0], i) * enter, load4(sides[1], i) * enter
        left_out, right_out = load4(raw, i) * 0.0, load4(raw, i) * 0.0
        for half in range(0, 8, 4):
            a, b, c, d = _load(raw[half:], i)
            e, f, g, h = _load(raw[half + 8 :], i)
            left_out, right_out = left_out + ((a - c) + (e - g)), right_out + ((b - d) + (f - h))
            a, b, c, d = _held(a, b, c, d, damped[half:], i, ramps[0], k)
            e, f, g, h = _held(e, f, g, h, damped[half + 8 :], i, ramps[0], k)
            a, b, c, d, e, f, g, h = (
                a * cosine - e * sine, b * cosine - f * sine, c * cosine - g * sine, d * cosine - h * sine,
                a * sine + e * cosine, b * sine + f * cosine, c * sine + g * cosine, d * sine + h * cosine,
            )  # fmt: skip
            a, b, c, d = _hadamard(a, b, c, d)
            e, f, g, h = _hadamard(e, f, g, h)
            _store_plain(damped[half:], i, a + e, b + f, c + g, d + h)
            _store_plain(damped[half + 8 :], i, a - e, b - f, c - g, d - h)
        store4(out[0], i, EIGHTH * left_out)
        store4(out[1], i, EIGHTH * right_out)
        for half in range(0, 16, 8):
            a, b, c, d = _load(damped[half:], i)
            e, f, g, h = _load(damped[half + 4 :], i)
            _store(raw[half:], i, a + e, b + f, c + g, d + h, left_in, right_in)
            _store(raw[half + 4 :], i, a - e, b - f, c - g, d - h, left_in, right_in)


@kernel
def _load(rows: F64, i: Index) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    return load4(rows[0], i), load4(rows[1], i), load4(rows[2], i), load4(rows[3], i)


@kernel
def _store(rows: F64, i: Index, a: Any, b: Any, c: Any, d: Any, left_in: Any, right_in: Any) -> None:
    _store_plain(rows, i, a + left_in, b + right_in, c - left_in, d - right_in)


@kernel
def _store_plain(rows: F64, i: Index, a: Any, b: Any, c: Any, d: Any) -> None:
    store4(rows[0], i, a)
    store4(rows[1], i, b)
    store4(rows[2], i, c)
    store4(rows[3], i, d)


@kernel
def _held(a: Lanes, b: Lanes, c: Lanes, d: Lanes, damped: F64, i: Index, held: F64, k: Lanes) -> Any:
    """What goes on of four lines: damped or, as far as they are held, as it was."""
    e, f, g, h = _load(damped, i)
    if held[0] == 0.0 and held[1] == 0.0:
        return e, f, g, h
    keep = _at(held, k)
    return e + (a - e) * keep, f + (b - f) * keep, g + (c - g) * keep, h + (d - h) * keep


@kernel
def _four(k: float) -> Lanes:
    return join(pair(k, k + 1.0), pair(k + 2.0, k + 3.0))


@kernel
def _at(ramp: F64, k: Lanes) -> Any:
    return ramp[0] + k * ramp[1]


@kernel
def _hadamard(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Hadamard's matrix of four, not yet divided by 2."""
    a, b, c, d = a + b, a - b, c + d, c - d
    return a + c, b + d, a - c, b - d
