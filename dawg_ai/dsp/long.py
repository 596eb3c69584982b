"""Convolution of whole sounds by long transforms: for files, where nobody waits for the first sample."""

from math import ceil

import numpy as np

from dawg_ai.dsp.blocks import circular
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.kernel import F32, F64, zeros

CACHED = 1 << 20  # size at which a block's number costs twice what it costs where caches hold all
APART = 72  # numbers between arrays, so that they do not compete for the same lines of the cache


def convolve(x: F32, response: F64) -> F32:
    """Each channel of `x` (channels, samples) with its row of `response` (channels, taps), as long as `x`.

    Overlap-save (A. V. Oppenheim and R. W. Schafer, "Discrete-time signal processing", 8.7.3), two blocks at a time,
    in float64: float32 transforms of this length leave noise at -131 dB. What is not finite in `x`, or above 1e30,
    counts as 0.
    """
    response = response[:, : x.shape[1]]
    before, samples = response.shape[1] - 1, x.shape[1]
    size = _size(response.shape[1], samples)
    hop = size - before
    cosines, sines = circular.tables(size)
    re, im, bins_re, bins_im = zeros((4, size + APART), np.float64)[:, :size]
    out = np.empty_like(x)
    for sound, taps, made in zip(x, response, out, strict=True):
        bins_re[:], bins_im[:] = 0.0, 0.0
        bins_re[: len(taps)] = taps
        circular.to_bins(bins_re, bins_im, cosines, sines)
        for start in range(0, samples, 2 * hop):
            for block, first in ((re, start), (im, start + hop)):
                _fill(block, sound, first - before)
            circular.convolve(re, im, bins_re, bins_im, cosines, sines)
            for block, first in ((re, start), (im, start + hop)):
                there = made[first : first + hop]
                there[:] = block[before : before + len(there)]
    return out


def _size(taps: int, samples: int) -> int:
    """Of the blocks: the power of four that makes the least work, where larger ones find less in the caches."""

    def work(size: int) -> float:
        return ceil(samples / (2 * (size - taps + 1))) * size * (1 + size / CACHED)

    sizes = (1 << power for power in range(14, 26, 2))
    return min((size for size in sizes if size > taps), key=work)


def _fill(block: F64, x: F32, first: int) -> None:
    """Put the samples of `x` from `first` on into `block`, with silence where it has none."""
    begins = min(max(-first, 0), len(block))
    there = x[first + begins : first + len(block)]
    block[:begins], block[begins + len(there) :] = 0.0, 0.0
    clean(there, block[begins:])
