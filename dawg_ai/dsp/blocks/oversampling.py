"""Twice the sample rate and back, through half-band filters, so that the overtones of a distortion do not fold.

A half-band filter of 4 K - 1 taps is 1/2 in the middle, 0 at every other tap, and symmetrical: K products make one
sample. Going up, one sample of two is a delayed input sample; the way down is the same filter. Three in a row give
eight times the rate. The first is steep: flat to 20 kHz of 44.1 kHz, 98 dB down from 24.1 kHz on; the next two, with
an octave and more to fall in, reach 117 dB. All is float32, whose rounding stays 130 dB below the signal.
Samples are elements of vectors, or rows of 16 parts of a signal (`rows.py`).

Source: P. P. Vaidyanathan and T. Q. Nguyen, "A 'trick' for the design of FIR half-band filters", IEEE Transactions on
Circuits and Systems 34, 1987: the taps beside the middle are those of a one-band equiripple filter,
`scipy.signal.remez(2 * K, [0, 2 * edge], [1])[:K] / 2`, for `edge` of `EDGES`.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.rows import row, set_row

PAIRS = (32, 8, 4)  # K of each stage: 127, 31 and 15 taps
EDGES = (20 / 88.2, 24.1 / 176.4, 24.1 / 352.8)  # of the pass-bands, over the higher rate
TAPS = sum(PAIRS)
PAST = sum(5 * pairs - 2 for pairs in PAIRS)  # samples that are kept: going up, and of the two phases coming down

ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)
NONE, HALF = np.float32(0.0), np.float32(0.5)


@kernel
def design(taps: F32) -> None:
    """Write the taps of the three filters, each from the outermost to the one beside the middle."""
    _write(taps[0:], -1.4142067e-05, 2.3437955e-05, -4.221861e-05, 7.0270646e-05)
    _write(taps[4:], -0.00011056743, 0.00016666426, -0.0002427492, 0.00034368807)
    _write(taps[8:], -0.00047506837, 0.0006432511, -0.00085541874, 0.0011196488)
    _write(taps[12:], -0.001445004, 0.001841672, -0.0023211667, 0.0028966353)
    _write(taps[16:], -0.0035833195, 0.0043992526, -0.0053663254, 0.006511919)
    _write(taps[20:], -0.007871461, 0.009492514, -0.011441507, 0.013815308)
    _write(taps[24:], -0.016762085, 0.020521495, -0.02550872, 0.032510553)
    _write(taps[28:], -0.043217525, 0.062033065, -0.10511868, 0.31798047)
    _write(taps[32:], -5.6439796e-05, 0.00044770382, -0.0019773894, 0.0063494444)
    _write(taps[36:], -0.016617581, 0.038513754, -0.0887607, 0.31210083)
    _write(taps[40:], -0.0016904877, 0.014092676, -0.063416585, 0.3010137)


@kernel
def _write(taps: F32, a: float, b: float, c: float, d: float) -> None:
    taps[0], taps[1], taps[2], taps[3] = a, b, c, d


@kernel
def stage_of(stage: int, taps: F32, past: F32) -> tuple[F32, F32]:
    """The taps of a stage, 0 to 2, and what it keeps between calls."""
    first, pairs = (0, 32) if stage == 0 else ((32, 8) if stage == 1 else (40, 4))
    start = 5 * first - 2 * stage
    return taps[first : first + pairs], past[start : start + 5 * pairs - 2]


@kernel
def up(taps: F32, x: F32, y: F32, past: F32, line: F32) -> None:
    """Twice as many samples: `y` is 2 K - 1 of its own samples late."""
    samples = np.uintp(x.shape[0])
    pairs = np.uintp(taps.shape[0])
    reach = TWO * pairs - ONE
    late, between = line[: reach + samples], line[reach + samples : reach + samples + samples]
    _extend(past[:reach], x, late)
    _sums(taps, late, between)
    for i in range(samples):
        set_row(y, TWO * i, row(between, i) + row(between, i))
        set_row(y, TWO * i + ONE, row(late, pairs + i))


@kernel
def down(taps: F32, x: F32, y: F32, early: bool, past: F32, line: F32) -> None:
    """Half as many samples: `y` is 2 K - 1 samples of `x` late, or one less if `early`.

    The samples of one phase are filtered; of the other phase, the one in the filter's middle is added.
    """
    samples = np.uintp(y.shape[0])
    pairs = np.uintp(taps.shape[0])
    reach = TWO * pairs - ONE
    late = line[: reach + samples]
    middle = line[reach + samples : reach + samples + pairs + samples]
    phase = ONE if early else np.uintp(0)
    _extend(past[reach : TWO * reach], x[phase::2], late)
    _extend(past[TWO * reach :], x[ONE - phase :: 2], middle)
    _sums(taps, late, y)
    for i in range(samples):
        set_row(y, i, row(y, i) + HALF * row(middle, i + phase))


@kernel
def _extend(past: F32, x: F32, line: F32) -> None:
    """`past` and then `x` into `line`; its end becomes the past of the next call."""
    before, samples = np.uintp(past.shape[0]), np.uintp(x.shape[0])
    for i in range(before):
        set_row(line, i, row(past, i))
    for i in range(samples):
        set_row(line, before + i, row(x, i))
    for i in range(before):
        set_row(past, i, row(line, samples + i))


@kernel
def _sums(taps: F32, line: F32, y: F32) -> None:
    """Every sample of `line` that has a whole filter around it, in sum with its mirror image, times the taps."""
    samples = np.uintp(y.shape[0])
    end = np.uintp(line.shape[0]) - samples
    if line.ndim == 2:
        for i in range(np.uintp(0), samples, FOUR):
            _four_sums(taps, line, y, i, i + end)
        return
    for i in range(samples):
        y[i] = NONE
    for j in range(np.uintp(0), np.uintp(taps.shape[0]), FOUR):
        for i in range(samples):  # in passes, which compilers turn into vectors along the line
            y[i] = y[i] + _four_products(taps[j:], line, i + j, i + end - j)


@kernel
def _four_products(taps: F32, x: F32, i: Any, k: Any) -> Any:
    """Samples from `i` on in sum with those up to `k`, times four taps."""
    a = taps[0] * (x[i] + x[k]) + taps[1] * (x[i + ONE] + x[k - ONE])
    return a + (taps[2] * (x[i + TWO] + x[k - TWO]) + taps[3] * (x[i + THREE] + x[k - THREE]))


@kernel
def _four_sums(taps: F32, line: F32, y: F32, i: Any, k: Any) -> None:
    """Four rows of `y` from the `i`-th on: each row of `line` is read once for all of them."""
    a = b = c = d = row(line, i) * NONE
    for j in range(np.uintp(0), np.uintp(taps.shape[0]), FOUR):
        e, f, g, h = _sixteen_products(taps[j:], line, i + j, k - j)
        a, b, c, d = a + e, b + f, c + g, d + h
    set_row(y, i, a)
    set_row(y, i + ONE, b)
    set_row(y, i + TWO, c)
    set_row(y, i + THREE, d)


@kernel
def _sixteen_products(taps: F32, x: F32, i: Any, k: Any) -> Any:
    s, t, u, v = taps[0], taps[1], taps[2], taps[3]
    a0, a1, a2, a3 = row(x, i), row(x, i + ONE), row(x, i + TWO), row(x, i + THREE)
    a4, a5, a6 = row(x, i + FOUR), row(x, i + FOUR + ONE), row(x, i + FOUR + TWO)
    b0, b1, b2, b3 = row(x, k), row(x, k - ONE), row(x, k - TWO), row(x, k - THREE)
    c1, c2, c3 = row(x, k + ONE), row(x, k + TWO), row(x, k + THREE)
    return (
        (s * (a0 + b0) + t * (a1 + b1)) + (u * (a2 + b2) + v * (a3 + b3)),
        (s * (a1 + c1) + t * (a2 + b0)) + (u * (a3 + b1) + v * (a4 + b2)),
        (s * (a2 + c2) + t * (a3 + c1)) + (u * (a4 + b0) + v * (a5 + b1)),
        (s * (a3 + c3) + t * (a4 + c2)) + (u * (a5 + c1) + v * (a6 + b0)),
    )
