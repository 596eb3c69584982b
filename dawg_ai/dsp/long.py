"""Convolution of whole sounds by long transforms: for files, where nobody waits for the first sample."""

import numpy as np
from scipy import fft

from dawg_ai.dsp.kernel import F32, F64

SHORTEST = 1 << 16  # transforms shorter than this one cost more calls than they save


def convolve(x: F32, response: F64) -> F32:
    """Each channel of `x` (channels, samples) with its row of `response` (channels, taps), as long as `x`.

    Overlap-save (A. V. Oppenheim and R. W. Schafer, "Discrete-time signal processing", 8.7.3) in float64: float32
    transforms of this length leave noise at -131 dB. What is not finite in `x`, or above 1e30, counts as 0.
    """
    before, samples = response.shape[1] - 1, x.shape[1]
    size = _size(before + 1, samples)
    hop = size - before
    spectra = fft.rfft(response, size)
    out = np.empty_like(x)
    block = np.empty((len(x), size))
    for start in range(0, samples, hop):
        first, end = max(start - before, 0), min(start + hop, samples)
        begins, ends = first - start + before, end - start + before
        block[:, :begins], block[:, begins:ends], block[:, ends:] = 0.0, _clean(x[:, first:end]), 0.0
        spectrum = fft.rfft(block)
        spectrum *= spectra
        out[:, start:end] = fft.irfft(spectrum, size, overwrite_x=True)[:, before:ends]
    return out


def _size(taps: int, samples: int) -> int:
    """Of the transform: 5, 6 or 8 times a power of two, from twice the taps on, or what the whole sound takes."""
    size = max(2 * taps, SHORTEST)
    unit = 1 << ((size - 1).bit_length() - 3)
    best = next(count * unit for count in (5, 6, 8) if count * unit >= size)
    return min(best, int(fft.next_fast_len(samples + taps, real=True)))


def _clean(x: F32) -> F32:
    """What the kernels make of samples that are none."""
    if x.min() > -1e30 and x.max() < 1e30:
        return x
    return np.where(np.abs(x) < 1e30, x, np.float32(0.0))
