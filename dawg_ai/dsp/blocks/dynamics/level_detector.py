"""Level detectors of compressors and gates: peak or RMS, side-chain filter, stereo link, log domain.

All of them work in place on a chunk of samples. Amplitudes become levels in the log2 domain (`log2_level.py`; one
unit is 6.02 dB), on which gain computers and ballistics work.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design - A Tutorial and Analysis",
J. Audio Eng. Soc. 60 (6), 2012: feed-forward, detection in the log domain, smoothed branching ballistics.
"""

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET, coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.log2_level import log2_level
from dawg_ai.dsp.math import finite

CHUNK = 256  # samples worked on at a time: short enough to stay in the first-level cache
RMS_MS = 10.0  # time constant of the RMS detector
SIDECHAIN_OFF_HZ = 20.0  # the lowest position of a side-chain's high-pass leaves it out


@kernel
def rectify(x: F32, levels: F64) -> None:
    """Peak detector: absolute values of the samples; nan and infinities count as 0.

    Args:
        x: (samples,).
        levels: at least as long; overwritten.
    """
    for i in range(x.shape[0]):
        levels[i] = abs(finite(np.float64(x[i])))


@kernel
def raise_to_rectified(x: F32, levels: F64) -> None:
    """Raise `levels` to the absolute values of the samples, where those are higher."""
    for i in range(x.shape[0]):
        levels[i] = max(levels[i], abs(finite(np.float64(x[i]))))


@kernel
def rectify_linked(x: F32, start: int, stop: int, levels: F64) -> None:
    """Peak detector with full stereo link: the highest absolute value of all channels.

    Args:
        x: (channels, samples).
        start: first sample.
        stop: one after the last.
        levels: (stop - start,), overwritten.
    """
    rectify(x[0, start:stop], levels)
    for channel in range(1, x.shape[0]):
        raise_to_rectified(x[channel, start:stop], levels)


@kernel
def rectify_sidechain(x: F32, start: int, stop: int, levels: F64, settings: F64, state: F64) -> None:
    """Peak detector behind a side-chain filter, two channels at a time.

    Args:
        x: (channels, samples).
        start: first sample.
        stop: one after the last.
        levels: (channels, CHUNK), its first samples are overwritten.
        settings: the biquad `[b0, b1, b2, a1, a2]`.
        state: (channels, ...); each row begins with the filter's p and q.
    """
    row = coefficients(settings)
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        a, b = x[first, start:stop], x[second, start:stop]
        c, d, s, t = levels[first], levels[second], state[first], state[second]
        p, q = pair(s[0], t[0]), pair(s[1], t[1])
        for i in range(a.shape[0]):
            y, p, q = tick(pair(finite(np.float64(a[i])), finite(np.float64(b[i]))), row, p, q)
            c[i], d[i] = abs(left(y)), abs(right(y))
        s[0], t[0], s[1], t[1] = left(p), right(p), left(q), right(q)


@kernel
def mean_square(levels: F64, coefficient: float, mean: float) -> float:
    """RMS detector: a one-pole mean of the squares, in place.

    Args:
        levels: absolute values; overwritten with mean squares.
        coefficient: one-pole coefficient.
        mean: the mean square before.

    Returns:
        The mean square after the last sample.
    """
    for i in range(levels.shape[0]):
        mean += coefficient * (levels[i] * levels[i] - mean) + DENORMAL_OFFSET
        levels[i] = mean
    return mean


@kernel
def channel_maximum(levels: F64, count: int) -> None:
    """The first row of `levels` (channels, samples) becomes the highest of all rows, over `count` samples."""
    for channel in range(1, levels.shape[0]):
        top, other = levels[0, :count], levels[channel, :count]
        for i in range(top.shape[0]):
            top[i] = max(top[i], other[i])


@kernel
def to_log2_levels(levels: F64, scale: float) -> None:
    """Amplitudes to levels in the log2 domain, in place; for mean squares, `scale` is 0.5."""
    for i in range(levels.shape[0]):
        levels[i] = scale * log2_level(levels[i])


@kernel
def link_levels(levels: F64, count: int, link: float) -> None:
    """Stereo link: each channel's level moves towards the highest.

    Args:
        levels: (channels, samples), in place.
        count: samples.
        link: share of the way, 0 (independent channels) to 1 (one level for all).
    """
    for i in range(count):
        top = levels[0, i]
        for channel in range(1, levels.shape[0]):
            top = max(top, levels[channel, i])
        for channel in range(levels.shape[0]):
            levels[channel, i] += link * (top - levels[channel, i])
