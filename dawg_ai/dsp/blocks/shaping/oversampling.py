"""Oversampling: two, four or eight times the sample rate and back, by half-band FIR filters in polyphase form.

It keeps the harmonics of a waveshaper from aliasing. Each doubling is a half-band filter. Of its two polyphase
branches one is a pure delay, so every other output is an input sample; the other branch, for the samples between, is
the sum of K pairs around them, each times a tap. Decimation uses the same filter. The first filter is steep: flat to
20 kHz of 44.1 kHz, 98 dB down from 24.1 kHz on; the next two have an octave and more of transition band, and are as
deep for what lies below 20 kHz.

A signal at a higher rate is a group of polyphase branches that all run at the base rate: at eight times, eight
branches, each of every eighth sample. Those of a doubled rate are the branches of the rate below and as many that lie
between; so samples are never interleaved, and sixteen neighbours in a branch go through a filter at once. In the
order of `space` (lines of `LINE` samples):

    upsampling      0: the input; 1: between, at 2x; 2, 3: at 4x; 4 to 7: at 8x
    downsampling    8 to 11: 4x; 12, 13: 2x; 14: the output

What lies between at the highest rate is waveshaped where it is; the samples of the lower rates, whose shaped values
are only needed in the sums of the decimation, are shaped when they are added up there.

Every line begins with `HISTORY` past samples, which `keep_history` moves there after each chunk. All is float32,
whose rounding stays 130 dB below the signal.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.shaping.half_band import second_taps, third_taps
from dawg_ai.dsp.blocks.shaping.waveshaper import HISTORY, IDENTITY, LINE, waveshape
from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16

TILE = np.uintp(128)  # samples that the first filter computes at a time
LINES, OUTPUT_BRANCH = 15, 14
SPACE = LINES * int(LINE)
INPUT_START, OUTPUT_START = int(HISTORY), OUTPUT_BRANCH * int(LINE) + int(HISTORY)  # where new samples are in `space`

ONE, TWO, THREE = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel
def branch(number: Any) -> Any:
    """Where in `space` the first new sample of a polyphase branch is."""
    return np.uintp(number) * LINE + HISTORY


@kernel
def lag(number: int, doublings: int) -> Any:
    """Samples by which an upsampled branch is ahead of the latest one, and must be delayed to match it.

    Args:
        number: of the branch.
        doublings: 1 to 3.
    """
    latest = 32 if doublings == 1 else (35 if doublings == 2 else 36)
    return np.uintp(latest - (0 if number == 0 else (32 if number == 1 else (35 if number < 4 else 36))))


@kernel
def clear_history(space: F32) -> None:
    """Zero the history of every line."""
    for number in range(LINES):
        past = space[branch(number) - HISTORY : branch(number)]
        for i in range(HISTORY):
            past[i] = np.float32(0.0)


@kernel
def keep_history(space: F32, count: Any) -> None:
    """After a chunk of `count` samples: its end becomes the history of the next."""
    for number in range(OUTPUT_BRANCH):
        past = branch(number) - HISTORY
        for i in range(past, past + HISTORY, LANES):
            store16(space, i, load16(space, i + count))


@kernel
def upsample(taps: F32, space: F32, doublings: int, count: Any, kind: float, biases: F32) -> None:
    """Raise the sample rate: fill the lines of 2x to 8x from line 0.

    Args:
        taps: of `half_band.design`.
        space: all lines (SPACE,), in place.
        doublings: 1 to 3; without any, line 0 is waveshaped into the output line.
        count: new samples in line 0.
        kind: waveshaper that is applied to what the last doubling adds.
        biases: of the waveshaper.
    """
    if doublings > 0:
        _first_branch(taps, space, branch(0), branch(1), count)
    if doublings < 2:
        source, target = (branch(1), branch(1)) if doublings == 1 else (branch(0), branch(OUTPUT_BRANCH))
        for i in range(np.uintp(0), count, LANES):
            store16(space, target + i, waveshape(kind, biases, load16(space, source + i), HISTORY + i))
    elif doublings == 2:
        _upsample_to_4x(taps, space, count, kind, biases)
    else:
        _upsample_to_4x(taps, space, count, IDENTITY, biases)
        _upsample_to_8x(taps, space, count, kind, biases)


@kernel
def _upsample_to_4x(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    """Lines 2 and 3 from lines 0 and 1."""
    t = second_taps(taps)
    for i in range(np.uintp(0), count, LANES):
        a, b = _branch_of_two(t, space, branch(0) + i - np.uintp(37), branch(1) + i - np.uintp(5))
        store16(space, branch(2) + i, waveshape(kind, biases, a, HISTORY + i))
        store16(space, branch(3) + i, waveshape(kind, biases, b, HISTORY + i))


@kernel
def _upsample_to_8x(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    """Lines 4 to 7 from lines 0 to 3."""
    t = third_taps(taps)
    for i in range(np.uintp(0), count, LANES):
        p, q = branch(0) + i - np.uintp(36), branch(1) + i - np.uintp(4)
        o, r = branch(2) + i - ONE, branch(3) + i - ONE
        a, b, c, d = _branch_of_four(t, space, q - ONE, r - ONE, p, o)
        store16(space, branch(4) + i, waveshape(kind, biases, a, HISTORY + i))
        store16(space, branch(5) + i, waveshape(kind, biases, c, HISTORY + i))
        store16(space, branch(6) + i, waveshape(kind, biases, b, HISTORY + i))
        store16(space, branch(7) + i, waveshape(kind, biases, d, HISTORY + i))


@kernel
def downsample(
    taps: F32, space: F32, doublings: int, count: Any, kind: float, biases: F32, shaped_at_4x: bool
) -> None:
    """Lower the sample rate: from the lines that `upsample` has filled into the output line.

    Args:
        taps: of `half_band.design`.
        space: all lines (SPACE,), in place.
        doublings: 1 to 3.
        count: new samples per line.
        kind: waveshaper that is applied to the samples of the lower rates.
        biases: of the waveshaper.
        shaped_at_4x: lines 8 to 11 hold all of 4x, shaped already.
    """
    between, first, second, rest = branch(1), branch(0) - lag(0, 1), branch(0), kind
    if doublings == 3:
        _downsample_from_8x(taps, space, count, kind, biases)
    if doublings >= 2:
        if doublings == 3 or shaped_at_4x:
            between, first, second, rest = branch(10), branch(8), branch(9), IDENTITY
        else:
            between, first, second = branch(2), branch(0) - lag(0, 2), branch(1) - lag(1, 2)
        _downsample_from_4x(taps, space, count, between, first, second, rest, biases)
        between, first, rest = branch(13), branch(12), IDENTITY
    # Each doubling adds 6 dB.
    _downsample_from_2x(taps, space, count, between, first, rest, biases, np.float32(1.0 / float(1 << doublings)))


@kernel
def _downsample_from_8x(taps: F32, space: F32, count: Any, kind: float, biases: F32) -> None:
    """Lines 8 to 11 from lines 4 to 7 and, shaped here, 0 to 3."""
    t = third_taps(taps)
    for i in range(np.uintp(0), count, LANES):
        p, q, o, r = branch(4) + i - ONE, branch(5) + i - ONE, branch(6) + i - ONE, branch(7) + i - ONE
        a, b, c, d = _branch_of_four(t, space, o - ONE, q - ONE, r - ONE, p)
        u, v, at = branch(0) - lag(0, 3) + i - ONE, branch(1) - lag(1, 3) + i - ONE, HISTORY + i - ONE
        store16(space, branch(8) + i, a + waveshape(kind, biases, load16(space, u), at))
        store16(space, branch(9) + i, c + waveshape(kind, biases, load16(space, v), at))
        u, v = branch(2) - lag(2, 3) + i - ONE, branch(3) - lag(3, 3) + i - ONE
        store16(space, branch(10) + i, b + waveshape(kind, biases, load16(space, u), at))
        store16(space, branch(11) + i, d + waveshape(kind, biases, load16(space, v), at))


@kernel
def _downsample_from_4x(
    taps: F32, space: F32, count: Any, between: Any, first: Any, second: Any, kind: float, biases: F32
) -> None:
    """Lines 12 and 13 from `between` and the line after it, and from `first` and `second` of half the rate."""
    t = second_taps(taps)
    for i in range(np.uintp(0), count, LANES):
        a, b = _branch_of_two(t, space, between + LINE + i - TWO - THREE, between + i - TWO - TWO)
        at = HISTORY + i - TWO
        store16(space, branch(12) + i, a + waveshape(kind, biases, load16(space, first + i - TWO), at))
        store16(space, branch(13) + i, b + waveshape(kind, biases, load16(space, second + i - TWO), at))


@kernel
def _downsample_from_2x(
    taps: F32, space: F32, count: Any, between: Any, first: Any, kind: float, biases: F32, scale: np.float32
) -> None:
    """The output line from `between` and `first`, scaled to the level of the base rate."""
    late = np.uintp(31)
    _first_branch(taps, space, between, branch(OUTPUT_BRANCH), count)
    for i in range(np.uintp(0), count, LANES):
        v = load16(space, branch(OUTPUT_BRANCH) + i) + waveshape(
            kind, biases, load16(space, first + i - late), HISTORY + i - late
        )
        store16(space, branch(OUTPUT_BRANCH) + i, v * scale)


@kernel
def _branch_of_two(t: Any, x: F32, u: Any, v: Any) -> Any:
    """Interpolate two interleaved branches, from `u` and `v` on: after the fifth sample, and after the sixth."""
    x0, x1, x2, x3 = load16(x, u), load16(x, v), load16(x, u + ONE), load16(x, v + ONE)
    x4, x5, x6, x7 = load16(x, u + TWO), load16(x, v + TWO), load16(x, u + THREE), load16(x, v + THREE)
    u, v = u + THREE, v + THREE
    x8, x9, x10 = load16(x, u + ONE), load16(x, v + ONE), load16(x, u + TWO)
    a = (x4 + x5) * t[0] + (x3 + x6) * t[1] + (x2 + x7) * t[2] + (x1 + x8) * t[3] + (x0 + x9) * t[4]
    b = (x5 + x6) * t[0] + (x4 + x7) * t[1] + (x3 + x8) * t[2] + (x2 + x9) * t[3] + (x1 + x10) * t[4]
    return a, b


@kernel
def _branch_of_four(t: Any, x: F32, p: Any, q: Any, r: Any, s: Any) -> Any:
    """Interpolate four interleaved branches, from `p`, `q`, `r`, `s` on: after the third sample, and three more."""
    x0, x1, x2, x3 = load16(x, p), load16(x, q), load16(x, r), load16(x, s)
    x4, x5, x6, x7 = load16(x, p + ONE), load16(x, q + ONE), load16(x, r + ONE), load16(x, s + ONE)
    x8 = load16(x, p + TWO)
    a = (x2 + x3) * t[0] + (x1 + x4) * t[1] + (x0 + x5) * t[2]
    b = (x3 + x4) * t[0] + (x2 + x5) * t[1] + (x1 + x6) * t[2]
    c = (x4 + x5) * t[0] + (x3 + x6) * t[1] + (x2 + x7) * t[2]
    d = (x5 + x6) * t[0] + (x4 + x7) * t[1] + (x3 + x8) * t[2]
    return a, b, c, d


@kernel
def _first_branch(taps: F32, space: F32, source: Any, target: Any, count: Any) -> None:
    """The first filter: every sample of the target is the sum of 64 up to the same place, times the taps."""
    for i in range(np.uintp(0), count, TILE):
        x = space[source + i - np.uintp(63) :]
        y = space[target + i :]
        _convolve_tile(taps, x, y)


@kernel
def _convolve_tile(taps: F32, x: F32, y: F32) -> None:
    """128 outputs of the first filter, in eight registers: a sample that is loaded serves two of them."""
    a, b, c, d, e, f, g, h = _two_tap_pairs(taps, x, np.uintp(0))
    for j in range(np.uintp(1), LANES):
        i, k, m, n, o, p, q, r = _two_tap_pairs(taps, x, j)
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
def _two_tap_pairs(taps: F32, x: F32, j: Any) -> Any:
    """What two taps and their mirror images contribute to each of the eight registers."""
    t0, t1 = taps[j], taps[j + LANES]
    a0, a1, a2, a3, a4 = _load_five(x, j)
    a5, a6, a7, a8, _ = _load_five(x, j + np.uintp(80))
    k = np.uintp(47) - j
    b0, b1, b2, b3, b4 = _load_five(x, k)
    b5, b6, b7, b8, _ = _load_five(x, k + np.uintp(80))
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
def _load_five(x: F32, i: Any) -> Any:
    """Five times sixteen neighbours."""
    return (
        load16(x, i),
        load16(x, i + LANES),
        load16(x, i + np.uintp(32)),
        load16(x, i + np.uintp(48)),
        load16(x, i + np.uintp(64)),
    )
