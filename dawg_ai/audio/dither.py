"""Float samples to integers of 16 or 24 bits, with triangular dither.

Rounding alone makes an error that follows the signal: a quiet tone turns into harmonics. Noise with a triangular
density two steps wide (TPDF: the difference of two uniform draws) makes the mean and the power of the error the same
whatever the signal: white, a quarter of a squared step (S. P. Lipshitz, R. A. Wannamaker and J. Vanderkooy,
"Quantization and dither: a theoretical survey", JAES 40, 1992).

What needs no rounding gets no noise. Where a channel has been on the integer grid for `HOLD` samples, its samples
pass as they are: a 16-bit file written unchanged comes out bit for bit, and digital silence stays silent.
"""

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio.sound import Audio
from dawg_ai.dsp.kernel import kernel

# Samples that are dithered from the last one off the grid. A loud float32 sample is on the grid of 24 bits by chance
# every second time, so single samples must not decide: that would tie the noise to the signal.
HOLD = 1024

_GOLDEN, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class Quantiser:
    """Rounds one stream; the same integers whatever the sizes of its blocks.

    Args:
        bits: 16 or 24.
        channels: rows of each block.
        seed: of the noise; each channel has its own.

    >>> Quantiser(16, 1, 0)(np.float32([[0.0, 0.5, -1.0, 1.0]])).T
    array([[     0,  16384, -32768,  32767]], dtype=int32)
    """

    def __init__(self, bits: int, channels: int, seed: int) -> None:
        self._steps = 2.0 ** (bits - 1)  # of full scale
        self._keys = np.random.SeedSequence(seed).generate_state(channels, np.uint64)
        self._state = np.array([[0, HOLD]] * channels)

    def __call__(self, block: Audio) -> NDArray[np.int32]:
        """The next block, (channels, samples), as (samples, channels) of full scale 2^(bits - 1), clipped."""
        out = np.empty(block.shape[::-1], np.int32)
        for channel, samples in enumerate(block):
            quantise(samples, out[:, channel], self._steps, self._keys[channel], self._state[channel])
        return out


@kernel
def quantise(
    x: NDArray[np.float32], out: NDArray[np.int32], steps: float, key: np.uint64, state: NDArray[np.int64]
) -> None:
    """Round one channel.

    Args:
        x: samples, full scale 1.0.
        out: as many integers, full scale `steps`.
        steps: of one polarity.
        key: chooses the noise.
        state: how many samples came before, and how many of these since the last one off the grid (`HOLD` for more).
    """
    since = state[1]
    for i in range(x.shape[0]):
        value = np.float64(x[i]) * steps
        whole = np.rint(value)
        since = 0 if whole != value else min(since + 1, HOLD)
        if since < HOLD:
            whole = np.rint(value + _triangular(key, np.uint64(state[0] + i)))
        out[i] = np.int32(min(max(whole, -steps), steps - 1.0))
    state[0] += x.shape[0]
    state[1] = since


@kernel
def _triangular(key: np.uint64, index: np.uint64) -> float:
    """The difference of two uniform draws: the halves of SplitMix64's number `index` (Steele et al., OOPSLA 2014)."""
    z = key + index * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    z ^= z >> np.uint64(31)
    return (np.float64(z >> _HALF) - np.float64(z & _LOW)) * 2.0**-32
