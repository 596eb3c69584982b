"""Two, four or eight times the sample rate and back, so that the overtones of a distortion do not fold.

Each doubling is a half-band filter: of two samples one is an input sample, and the other, between two of them, is the
sum of K pairs around it, each times a tap. The way down is the same filter: of two samples one is taken as it is, and
of the others those around it are added. The first filter is steep: flat to 20 kHz of 44.1 kHz, 98 dB down from
24.1 kHz on; the next two, with an octave and more to fall in, are as deep for what lies below 20 kHz.

A rate is a group of lines that all run at the base rate: at eight times, eight lines, each of every eighth sample.
The lines of a doubled rate are those of the rate below and as many that lie between; so no sample is moved or woven
in, and sixteen neighbours in a line go through a filter at once. In the order of `space` (lines of `LINE` samples):

    going up       0: the input; 1: between, at twice the rate; 2, 3: at four times; 4 to 7: at eight times
    coming down    8 to 11: four times the rate; 12, 13: twice; 14: the output

What lies between at the highest rate is bent by the curve where it is; the lower rates' samples, of which nobody
needs the bent ones but the sums on the way down, when they are added up.

Every line begins with `KEPT` samples of the past, which `remember` moves there after each chunk. All is float32,
whose rounding stays 130 dB below the signal.

Source: P. P. Vaidyanathan and T. Q. Nguyen, "A 'trick' for the design of FIR half-band filters", IEEE Transactions on
Circuits and Systems 34, 1987: the taps are those of a one-band equiripple filter,
`scipy.signal.remez(2 * K, [0, 2 * edge], [1])[:K]`, for `edge` of `EDGES`.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.curve import KEPT, LINE, STRAIGHT, bent
from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16

PAIRS = (32, 5, 3)  # K of each filter: 127, 19 and 11 taps
EDGES = (20 / 88.2, 20 / 176.4, 20 / 352.8)  # of the pass-bands, over the higher rate
TAPS = 2 * PAIRS[0] + PAIRS[1] + PAIRS[2]

TILE = np.uintp(128)  # samples that go through the first filter at a time
LINES, OUTPUT = 15, 14
SPACE = LINES * int(LINE)
COMES_IN, COMES_OUT = int(KEPT), OUTPUT * int(LINE) + int(KEPT)  # where in `space`

ONE, TWO, THREE = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel
def design(taps: F32) -> None:
    """Write the taps: of the first filter all, of the others one for each pair, from the innermost pair outwards."""
    _write(taps[0:], -2.8284134e-05, 4.687591e-05, -8.443722e-05, 0.00014054129)
    _write(taps[4:], -0.00022113486, 0.00033332853, -0.0004854984, 0.00068737613)
    _write(taps[8:], -0.00095013675, 0.0012865022, -0.0017108375, 0.0022392976)
    _write(taps[12:], -0.002890008, 0.003683344, -0.0046423334, 0.0057932707)
    _write(taps[16:], -0.007166639, 0.008798505, -0.010732651, 0.013023838)
    _write(taps[20:], -0.015742922, 0.018985027, -0.022883015, 0.027630616)
    _write(taps[24:], -0.03352417, 0.04104299, -0.05101744, 0.065021105)
    _write(taps[28:], -0.08643505, 0.12406613, -0.21023735, 0.63596094)
    for i in range(32):
        taps[63 - i] = taps[i]
    _write(taps[64:], 0.6138423, -0.15205932, 0.04879248, -0.01229063)
    _write(taps[68:], 0.0017277665, 0.58962166, -0.10335939, 0.013748335)


@kernel
def _write(taps: F32, a: float, b: float, c: float, d: float) -> None:
    taps[0], taps[1], taps[2], taps[3] = a, b, c, d


@kernel
def line(number: Any) -> Any:
    """Where in `space` the first new sample of a line is."""
    return np.uintp(number) * LINE + KEPT


@kernel
def waits(number: int, doublings: int) -> Any:
    """How many samples a line that goes up is ahead of the last one to come, and has to wait for it."""
    latest = 32 if doublings == 1 else (35 if doublings == 2 else 36)
    return np.uintp(latest - (0 if number == 0 else (32 if number == 1 else (35 if number < 4 else 36))))


@kernel
def forget(space: F32) -> None:
    """Let the past of every line be silence."""
    for number in range(LINES):
        past = space[line(number) - KEPT : line(number)]
        for i in range(KEPT):
            past[i] = np.float32(0.0)


@kernel
def remember(space: F32, count: Any) -> None:
    """After a chunk of `count` samples: its end becomes the past of the next."""
    for number in range(OUTPUT):
        past = line(number) - KEPT
        for i in range(past, past + KEPT, LANES):
            store16(space, i, load16(space, i + count))


@kernel
def up(taps: F32, space: F32, doublings: int, count: Any, kind: float, biases: F32) -> None:
    """Fill the lines of 2 to 8 times the rate (1 to 3 doublings) from line 0; what the last doubling adds is bent.

    Without any doubling line 0 is bent into the output.
    """
    if doublings > 0:
        _sums(taps, space, line(0), line(1), count)
    if doublings < 2:
        source, target = (line(1), line(1)) if doublings == 1 else (line(0), line(OUTPUT))
        for i in range(np.uintp(0), count, LANES):
            store16(space, target + i, bent(kind, biases, load16(space, source + i), KEPT + i))
    elif doublings == 2:
        _to_four(taps, space, count, kind, biases)
    else:
        _to_four(taps, space, count, STRAIGHT, biases)
        _to_eight(taps, space, count, kind, biases)


@kernel
def _to_four(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    t = _five(taps)
    for i in range(np.uintp(0), count, LANES):
        a, b = _two_between(t, space, line(0) + i - np.uintp(37), line(1) + i - np.uintp(5))
        store16(space, line(2) + i, bent(kind, biases, a, KEPT + i))
        store16(space, line(3) + i, bent(kind, biases, b, KEPT + i))


@kernel
def _to_eight(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    t = _three(taps)
    for i in range(np.uintp(0), count, LANES):
        p, q = line(0) + i - np.uintp(36), line(1) + i - np.uintp(4)
        o, r = line(2) + i - ONE, line(3) + i - ONE
        a, b, c, d = _four_between(t, space, q - ONE, r - ONE, p, o)
        store16(space, line(4) + i, bent(kind, biases, a, KEPT + i))
        store16(space, line(5) + i, bent(kind, biases, c, KEPT + i))
        store16(space, line(6) + i, bent(kind, biases, b, KEPT + i))
        store16(space, line(7) + i, bent(kind, biases, d, KEPT + i))


@kernel
def down(taps: F32, space: F32, doublings: int, count: Any, kind: float, biases: F32, bent_at_four: bool) -> None:
    """Lower what went up to the base rate, into line 14; if `bent_at_four`, lines 8 to 11 have it already."""
    between, first, second, rest = line(1), line(0) - waits(0, 1), line(0), kind
    if doublings == 3:
        _from_eight(taps, space, count, kind, biases)
    if doublings >= 2:
        if doublings == 3 or bent_at_four:
            between, first, second, rest = line(10), line(8), line(9), STRAIGHT
        else:
            between, first, second = line(2), line(0) - waits(0, 2), line(1) - waits(1, 2)
        _from_four(taps, space, count, between, first, second, rest, biases)
        between, first, rest = line(13), line(12), STRAIGHT
    # Each doubling is added up to twice as loud.
    _from_two(taps, space, count, between, first, rest, biases, np.float32(1.0 / float(1 << doublings)))


@kernel
def _from_eight(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    t = _three(taps)
    for i in range(np.uintp(0), count, LANES):
        p, q, o, r = line(4) + i - ONE, line(5) + i - ONE, line(6) + i - ONE, line(7) + i - ONE
        a, b, c, d = _four_between(t, space, o - ONE, q - ONE, r - ONE, p)
        u, v, at = line(0) - waits(0, 3) + i - ONE, line(1) - waits(1, 3) + i - ONE, KEPT + i - ONE
        store16(space, line(8) + i, a + bent(kind, biases, load16(space, u), at))
        store16(space, line(9) + i, c + bent(kind, biases, load16(space, v), at))
        u, v = line(2) - waits(2, 3) + i - ONE, line(3) - waits(3, 3) + i - ONE
        store16(space, line(10) + i, b + bent(kind, biases, load16(space, u), at))
        store16(space, line(11) + i, d + bent(kind, biases, load16(space, v), at))


@kernel
def _from_four(
    taps: F32, space: F32, count: Any, between: Any, first: Any, second: Any, kind: float, biases: F32
) -> None:
    """Into lines 12 and 13, from the lines `between` and the next, and the `first` and `second` of half the rate."""
    t = _five(taps)
    for i in range(np.uintp(0), count, LANES):
        a, b = _two_between(t, space, between + LINE + i - TWO - THREE, between + i - TWO - TWO)
        at = KEPT + i - TWO
        store16(space, line(12) + i, a + bent(kind, biases, load16(space, first + i - TWO), at))
        store16(space, line(13) + i, b + bent(kind, biases, load16(space, second + i - TWO), at))


@kernel
def _from_two(
    taps: F32, space: F32, count: Any, between: Any, first: Any, kind: float, biases: F32, scale: np.float32
) -> None:
    late = np.uintp(31)
    _sums(taps, space, between, line(OUTPUT), count)
    for i in range(np.uintp(0), count, LANES):
        v = load16(space, line(OUTPUT) + i) + bent(kind, biases, load16(space, first + i - late), KEPT + i - late)
        store16(space, line(OUTPUT) + i, v * scale)


@kernel
def _five(taps: F32) -> Any:
    return taps[64], taps[65], taps[66], taps[67], taps[68]


@kernel
def _three(taps: F32) -> Any:
    return taps[69], taps[70], taps[71]


@kernel
def _two_between(t: Any, x: F32, u: Any, v: Any) -> Any:
    """Of samples by turns from `u` and `v` on, what lies between the fifth and sixth, and the sixth and seventh."""
    x0, x1, x2, x3 = load16(x, u), load16(x, v), load16(x, u + ONE), load16(x, v + ONE)
    x4, x5, x6, x7 = load16(x, u + TWO), load16(x, v + TWO), load16(x, u + THREE), load16(x, v + THREE)
    u, v = u + THREE, v + THREE
    x8, x9, x10 = load16(x, u + ONE), load16(x, v + ONE), load16(x, u + TWO)
    a = (x4 + x5) * t[0] + (x3 + x6) * t[1] + (x2 + x7) * t[2] + (x1 + x8) * t[3] + (x0 + x9) * t[4]
    b = (x5 + x6) * t[0] + (x4 + x7) * t[1] + (x3 + x8) * t[2] + (x2 + x9) * t[3] + (x1 + x10) * t[4]
    return a, b


@kernel
def _four_between(t: Any, x: F32, p: Any, q: Any, r: Any, s: Any) -> Any:
    """Of samples by turns from `p`, `q`, `r` and `s` on, what lies between the third and fourth, and three more."""
    x0, x1, x2, x3 = load16(x, p), load16(x, q), load16(x, r), load16(x, s)
    x4, x5, x6, x7 = load16(x, p + ONE), load16(x, q + ONE), load16(x, r + ONE), load16(x, s + ONE)
    x8 = load16(x, p + TWO)
    a = (x2 + x3) * t[0] + (x1 + x4) * t[1] + (x0 + x5) * t[2]
    b = (x3 + x4) * t[0] + (x2 + x5) * t[1] + (x1 + x6) * t[2]
    c = (x4 + x5) * t[0] + (x3 + x6) * t[1] + (x2 + x7) * t[2]
    d = (x5 + x6) * t[0] + (x4 + x7) * t[1] + (x3 + x8) * t[2]
    return a, b, c, d


@kernel
def _sums(taps: F32, space: F32, source: Any, target: Any, count: Any) -> None:
    """The first filter: every sample of the target is the sum of 64 up to the same place, times the taps."""
    for i in range(np.uintp(0), count, TILE):
        x = space[source + i - np.uintp(63) :]
        y = space[target + i :]
        _eight_sums(taps, x, y)


@kernel
def _eight_sums(taps: F32, x: F32, y: F32) -> None:
    """Eight times sixteen sums: a sample that is loaded serves two of them."""
    a, b, c, d, e, f, g, h = _four_products(taps, x, np.uintp(0))
    for j in range(np.uintp(1), LANES):
        i, k, m, n, o, p, q, r = _four_products(taps, x, j)
        a, b, c, d, e, f, g, h = a + i, b + k, c + m, d + n, e + o, f + p, g + q, h + r
    store16(y, np.uintp(0), a)
    store16(y, np.uintp(16), b)
    store16(y, np.uintp(32), c)
    store16(y, np.uintp(48), d)
    store16(y, np.uintp(64), e)
    store16(y, np.uintp(80), f)
    store16(y, np.uintp(96), g)
    store16(y, np.uintp(112), h)


@kernel
def _four_products(taps: F32, x: F32, j: Any) -> Any:
    """Of each of the eight sums what two taps and their two equals at the other end add."""
    t0, t1 = taps[j], taps[j + LANES]
    a0, a1, a2, a3, a4 = _five_loads(x, j)
    a5, a6, a7, a8, _ = _five_loads(x, j + np.uintp(80))
    k = np.uintp(47) - j
    b0, b1, b2, b3, b4 = _five_loads(x, k)
    b5, b6, b7, b8, _ = _five_loads(x, k + np.uintp(80))
    return (
        (a0 + b1) * t0 + (a1 + b0) * t1,
        (a1 + b2) * t0 + (a2 + b1) * t1,
        (a2 + b3) * t0 + (a3 + b2) * t1,
        (a3 + b4) * t0 + (a4 + b3) * t1,
        (a4 + b5) * t0 + (a5 + b4) * t1,
        (a5 + b6) * t0 + (a6 + b5) * t1,
        (a6 + b7) * t0 + (a7 + b6) * t1,
        (a7 + b8) * t0 + (a8 + b7) * t1,
    )


@kernel
def _five_loads(x: F32, i: Any) -> Any:
    """Five times sixteen in a row."""
    return (
        load16(x, i),
        load16(x, i + LANES),
        load16(x, i + np.uintp(32)),
        load16(x, i + np.uintp(48)),
        load16(x, i + np.uintp(64)),
    )
