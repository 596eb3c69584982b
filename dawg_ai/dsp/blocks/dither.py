"""Rounding to integers with triangular dither; `dawg_ai.audio.dither` says what for."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, I32, I64, kernel

# Samples that are dithered from the last one off the grid. A loud float32 sample is on the grid of 24 bits by chance
# every second time, so single samples must not decide: that would tie the noise to the signal.
HOLD = 1024

_GOLDEN, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@kernel
def quantise(
    x: Annotated[F32, "channels", "samples"],
    out: Annotated[I32, "samples", "channels"],
    steps: float,
    keys: Annotated[I64, "channels"],
    state: Annotated[I64, "channels", 2],
) -> None:
    """Round the next samples.

    Args:
        x: samples, full scale 1.0.
        out: as many integers, full scale `steps`.
        steps: of one polarity.
        keys: 64 bits each, which choose the noise.
        state: how many samples came before, and how many of these since the last one off the grid (`HOLD` for more).
    """
    for channel in range(x.shape[0]):
        key, first, since = np.uint64(keys[channel]), state[channel, 0], state[channel, 1]
        for i in range(x.shape[1]):
            value = np.float64(x[channel, i]) * steps
            whole = np.rint(value)
            since = 0 if whole != value else min(since + 1, HOLD)
            if since < HOLD:
                whole = np.rint(value + _triangular(key, np.uint64(first + i)))
            out[i, channel] = np.int32(min(max(whole, -steps), steps - 1.0))
        state[channel, 0] += x.shape[1]
        state[channel, 1] = since


@kernel
def _triangular(key: np.uint64, index: np.uint64) -> float:
    """The difference of two uniform draws: the halves of SplitMix64's number `index` (Steele et al., OOPSLA 2014)."""
    z = key + index * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    z ^= z >> np.uint64(31)
    return (np.float64(z >> _HALF) - np.float64(z & _LOW)) * 2.0**-32
