"""Convolution of whole sounds by long transforms: for files, where nobody waits for the first sample."""

import numpy as np

from dawg_ai.dsp.blocks import circular
from dawg_ai.dsp.kernel import F32, F64

SHORTEST = 1 << 14  # shorter blocks have more calls than work
APART = 72  # numbers between arrays, so that they do not compete for the same lines of the cache


def convolve(x: F32, response: F64) -> F32:
    """Each channel of `x` (channels, samples) with its row of `response` (channels, taps), as long as `x`.

    Overlap-save (A. V. Oppenheim and R. W. Schafer, "Discrete-time signal processing", 8.7.3), two blocks at a time,
    in float64: float32 transforms of this length leave noise at -131 dB. What is not finite in `x`, or above 1e30,
    counts as 0.
    """
    response = response[:, : x.shape[1]]
    before, samples = response.shape[1] - 1, x.shape[1]
    size = _size(response.shape[1])
    hop = size - before
    cosines, sines = circular.tables(size)
    re, im, bins_re, bins_im = np.zeros((4, size + APART))[:, :size]
    out = np.empty_like(x)
    for channel, taps in enumerate(response):
        bins_re[:], bins_im[:] = 0.0, 0.0
        bins_re[: len(taps)] = taps
        circular.to_bins(bins_re, bins_im, cosines, sines)
        for start in range(0, samples, 2 * hop):
            for block, first in ((re, start), (im, start + hop)):
                _fill(block, x[channel], first - before)
            circular.convolve(re, im, bins_re, bins_im, cosines, sines)
            for block, first in ((re, start), (im, start + hop)):
                there = out[channel, first : first + hop]
                there[:] = block[before : before + len(there)]
    return out


def _size(taps: int) -> int:
    """Of the blocks: the first power of four of which no more than half is the response."""
    size = SHORTEST
    while size < 2 * taps:
        size *= 4
    return size


def _fill(block: F64, x: F32, first: int) -> None:
    """Put the samples of `x` from `first` on into `block`, with silence where it has none."""
    begins = min(max(-first, 0), len(block))
    there = x[first + begins : first + len(block)]
    block[:begins], block[begins + len(there) :] = 0.0, 0.0
    block[begins : begins + len(there)] = _clean(there)


def _clean(x: F32) -> F32:
    """What the kernels make of samples that are none."""
    if len(x) == 0 or (x.min() > -1e30 and x.max() < 1e30):
        return x
    return np.where(np.abs(x) < 1e30, x, np.float32(0.0))
