"""Overlap-save convolution of whole sounds with long FFT blocks: for files, where latency does not matter.

Source: A. V. Oppenheim and R. W. Schafer, "Discrete-time signal processing", 8.7.3.
"""

from collections.abc import Iterator
from math import ceil

import numpy as np

from dawg_ai.dsp.blocks.sanitise import sanitised
from dawg_ai.dsp.blocks.spectra import circular_convolution
from dawg_ai.dsp.kernel import F32, F64, zeros

CACHE_PENALTY_SIZE = 1 << 20  # block size at which a number costs twice what it costs where caches hold all
LONG_SOUND = 1 << 24  # samples, six minutes: for longer sounds, transforms are of the same size
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
    response = response[:, : max(x.shape[1], 1)]
    return np.concatenate([x[:, :0], *stream(iter([x]), response, x.shape[1])], axis=1)


def stream(blocks: Iterator[F32], response: F64, samples: int = LONG_SOUND) -> Iterator[F32]:
    """`convolve`, block by block.

    Args:
        blocks: (channels, samples) each.
        response: (channels, taps).
        samples: how long the sound is, as far as is known: it decides which size of transforms is fastest.

    Yields:
        (channels, samples): in all as many samples as come in, in larger blocks.
    """
    before = response.shape[1] - 1
    size = _block_size(response.shape[1], samples)
    hop = size - before
    cosines, sines = circular_convolution.twiddles(size)
    filters = zeros((len(response), 2, size + CACHE_OFFSET), np.float64)[:, :, :size]
    for taps, (bins_re, bins_im) in zip(response, filters, strict=True):
        bins_re[: len(taps)] = taps
        circular_convolution.transform_filter(bins_re, bins_im, cosines, sines)
    re, im = zeros((2, size + CACHE_OFFSET), np.float64)[:, :size]

    def convolved(x: F32) -> F32:
        """Two hops of sound, or what there is left of them, with what was before them in front."""
        out = np.empty((len(x), x.shape[1] - before), np.float32)
        for sound, (bins_re, bins_im), output in zip(x, filters, out, strict=True):
            for block, first in ((re, 0), (im, hop)):
                _fill(block, sound[first:])
            circular_convolution.convolve(re, im, bins_re, bins_im, cosines, sines)
            for block, first in ((re, 0), (im, hop)):
                part = output[first : first + hop]
                part[:] = block[before : before + len(part)]
        return out

    waiting = np.zeros((len(response), before), np.float32)
    for each in blocks:
        waiting = np.concatenate([waiting, each], axis=1)
        while waiting.shape[1] >= before + 2 * hop:
            yield convolved(waiting[:, : before + 2 * hop])
            waiting = waiting[:, 2 * hop :]
    if waiting.shape[1] > before:
        yield convolved(waiting)


def _block_size(taps: int, samples: int) -> int:
    """The power of four that makes the least work, where larger blocks find less in the caches."""

    def work(size: int) -> float:
        """Cost of a block size."""
        return ceil(samples / (2 * (size - taps + 1))) * size * (1 + size / CACHE_PENALTY_SIZE)

    sizes = (1 << power for power in range(14, 26, 2))
    return min((size for size in sizes if size > taps), key=work)


def _fill(block: F64, x: F32) -> None:
    """Sanitised samples, with silence behind the last."""
    part = sanitised(x[None, : len(block)])[0]
    block[: len(part)], block[len(part) :] = part, 0.0
