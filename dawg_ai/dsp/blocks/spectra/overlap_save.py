"""Overlap-save convolution of whole sounds with long FFT blocks: for files, where latency does not matter.

Source: A. V. Oppenheim and R. W. Schafer, "Discrete-time signal processing", 8.7.3.
"""

from math import ceil

import numpy as np

from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.spectra import circular_convolution
from dawg_ai.dsp.kernel import F32, F64, zeros

CACHE_PENALTY_SIZE = 1 << 20  # block size at which a number costs twice what it costs where caches hold all
CACHE_OFFSET = 72  # numbers between arrays, so that they do not compete for the same cache lines


def convolve(x: F32, response: F64) -> F32:
    """Convolve each channel with its own impulse response.

    Two blocks go through a transform at a time, in float64: float32 transforms of this length leave noise at -131 dB.

    Args:
        x: (channels, samples); nan, infinities and absolute values above 1e30 count as 0.
        response: (channels, taps).

    Returns:
        (channels, samples): as long as `x`, the tail is cut off.

    >>> convolve(np.float32([[1, 0, 2, 0]]), np.array([[1.0, 0.5]])).round(6)
    array([[1. , 0.5, 2. , 1. ]], dtype=float32)
    """
    response = response[:, : x.shape[1]]
    before, samples = response.shape[1] - 1, x.shape[1]
    size = _block_size(response.shape[1], samples)
    hop = size - before
    cosines, sines = circular_convolution.twiddles(size)
    re, im, bins_re, bins_im = zeros((4, size + CACHE_OFFSET), np.float64)[:, :size]
    out = np.empty_like(x)
    for sound, taps, output in zip(x, response, out, strict=True):
        bins_re[:], bins_im[:] = 0.0, 0.0
        bins_re[: len(taps)] = taps
        circular_convolution.transform_filter(bins_re, bins_im, cosines, sines)
        for start in range(0, samples, 2 * hop):
            for block, first in ((re, start), (im, start + hop)):
                _fill(block, sound, first - before)
            circular_convolution.convolve(re, im, bins_re, bins_im, cosines, sines)
            for block, first in ((re, start), (im, start + hop)):
                part = output[first : first + hop]
                part[:] = block[before : before + len(part)]
    return out


def _block_size(taps: int, samples: int) -> int:
    """The power of four that makes the least work, where larger blocks find less in the caches."""

    def work(size: int) -> float:
        """Cost of a block size."""
        return ceil(samples / (2 * (size - taps + 1))) * size * (1 + size / CACHE_PENALTY_SIZE)

    sizes = (1 << power for power in range(14, 26, 2))
    return min((size for size in sizes if size > taps), key=work)


def _fill(block: F64, x: F32, first: int) -> None:
    """Sanitised samples of `x` from `first` on, with silence where it has none."""
    silent = min(max(-first, 0), len(block))
    part = x[first + silent : first + len(block)]
    block[:silent], block[silent + len(part) :] = 0.0, 0.0
    sanitise(part, block[silent:])
