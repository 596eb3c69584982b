"""Twice the sample rate and back, through half-band filters, so that the overtones of a distortion do not fold.

A half-band filter of 4 K - 1 taps is 1/2 in the middle, 0 at every other tap, and symmetrical: K products make one
sample. Going up, one sample of two is a delayed input sample; the way down is the same filter. Three in a row give
eight times the rate. The first is steep: flat to 20 kHz of 44.1 kHz, 98 dB down from 24.1 kHz on; the next two, with
an octave and more to fall in, reach 117 dB. All is float32, whose rounding stays 130 dB below the signal.

Source: P. P. Vaidyanathan and T. Q. Nguyen, "A 'trick' for the design of FIR half-band filters", IEEE Transactions on
Circuits and Systems 34, 1987: the taps beside the middle are those of a one-band equiripple filter,
`scipy.signal.remez(2 * K, [0, 2 * edge], [1])[:K] / 2`, for `edge` of `EDGES`.
"""

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel

PAIRS = (32, 8, 4)  # K of each stage: 127, 31 and 15 taps
EDGES = (20 / 88.2, 24.1 / 176.4, 24.1 / 352.8)  # of the pass-bands, over the higher rate
TAPS = sum(PAIRS)
FIRST, SECOND, THIRD = slice(0, 32), slice(32, 40), slice(40, 44)  # where each stage's are

# What a stage keeps between calls: samples going up, then those of the two phases coming down.
PAST = sum(5 * pairs - 2 for pairs in PAIRS)
PAST_FIRST, PAST_SECOND, PAST_THIRD = slice(0, 158), slice(158, 196), slice(196, 214)

ONE, TWO, FOUR = np.uintp(1), np.uintp(2), np.uintp(4)
HALF = np.float32(0.5)


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
def up(taps: F32, x: F32, y: F32, past: F32, line: F32) -> None:
    """Twice as many samples: `y` is 2 K - 1 of its own samples late."""
    samples = np.uintp(x.shape[0])
    pairs = np.uintp(taps.shape[0])
    reach = TWO * pairs - ONE
    late, between = line[: reach + samples], line[reach + samples : reach + samples + samples]
    _extend(past[:reach], x, late)
    _sums(taps, late, between)
    for i in range(samples):
        y[TWO * i] = between[i] + between[i]
        y[TWO * i + ONE] = late[pairs + i]


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
        y[i] = y[i] + HALF * middle[i + phase]


@kernel
def _extend(past: F32, x: F32, line: F32) -> None:
    """`past` and then `x` into `line`; its end becomes the past of the next call."""
    before, samples = np.uintp(past.shape[0]), np.uintp(x.shape[0])
    for i in range(before):
        line[i] = past[i]
    for i in range(samples):
        line[before + i] = x[i]
    for i in range(before):
        past[i] = line[samples + i]


@kernel
def _sums(taps: F32, line: F32, y: F32) -> None:
    """Every sample of `line` that has a whole filter around it, in sum with its mirror image, times the taps."""
    last = np.uintp(line.shape[0])
    _first_four_pairs(taps, line, y)
    for j in range(FOUR, np.uintp(taps.shape[0]), FOUR):
        _four_pairs(taps[j:], line[j : last - j], y)


@kernel
def _first_four_pairs(taps: F32, x: F32, y: F32) -> None:
    samples = np.uintp(y.shape[0])
    end = np.uintp(x.shape[0]) - samples
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    x1, x2, x3 = x[1:], x[2:], x[3:]
    z0, z1, z2, z3 = x[end:], x[end - ONE :], x[end - TWO :], x[end - TWO - ONE :]
    for i in range(samples):
        y[i] = a * (x[i] + z0[i]) + b * (x1[i] + z1[i]) + c * (x2[i] + z2[i]) + d * (x3[i] + z3[i])


@kernel
def _four_pairs(taps: F32, x: F32, y: F32) -> None:
    samples = np.uintp(y.shape[0])
    end = np.uintp(x.shape[0]) - samples
    a, b, c, d = taps[0], taps[1], taps[2], taps[3]
    x1, x2, x3 = x[1:], x[2:], x[3:]
    z0, z1, z2, z3 = x[end:], x[end - ONE :], x[end - TWO :], x[end - TWO - ONE :]
    for i in range(samples):
        y[i] = y[i] + (a * (x[i] + z0[i]) + b * (x1[i] + z1[i]) + c * (x2[i] + z2[i]) + d * (x3[i] + z3[i]))
