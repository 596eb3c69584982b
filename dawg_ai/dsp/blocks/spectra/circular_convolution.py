"""Circular convolution of long blocks by FFT, in one walk through memory: transform, product, inverse transform.

Forward, the radix-4 butterflies are decimated in frequency and leave the bins in digit-reversed order; backward,
decimated in time, they take them in that order, so nothing is ever reordered (W. M. Gentleman and G. Sande, "Fast
Fourier transforms - for fun and profit", AFIPS 1966). Each sub-transform is done to the end, forward, product and
backward, before the next is begun (depth first): most of the work finds its numbers in the first-level cache.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra.fft import butterfly, load, load_lanes, multiply, store, store_lanes, twiddle
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import load4

CACHE_BLOCK = 1024  # numbers that fit into the first-level cache together with their bins of the filter
ONE, FOUR = np.uintp(1), np.uintp(4)


def twiddles(size: int) -> tuple[F64, F64]:
    """Twiddle factors exp(-2 pi i k / length), k below length / 4, for the lengths `size`, size / 4, ... 16.

    Args:
        size: a power of four.

    Returns:
        Cosines and sines.
    """
    lengths = (size >> shift for shift in range(0, size.bit_length() - 4, 2))
    turns = np.concatenate([np.exp(-2j * np.pi * np.arange(length // 4) / length) for length in lengths])
    return turns.real.copy(), turns.imag.copy()


@kernel
def transform_filter(
    re: Annotated[F64, "size"],
    im: Annotated[F64, "size"],
    cosines: Annotated[F64, "table"],
    sines: Annotated[F64, "table"],
) -> None:
    """Make the spectrum that `convolve` multiplies with, in place.

    Args:
        re: the filter's taps, zero-padded to a power of four, 1024 or more.
        im: zeros.
        cosines: of `twiddles`.
        sines: of `twiddles`.
    """
    scale = 1.0 / float(len(re))
    for i in range(len(re)):
        re[i], im[i] = scale * re[i], scale * im[i]
    length, table = len(re), 0
    while length > 4:
        for start in range(0, len(re), length):
            _split_dif(re[start : start + length], im[start : start + length], cosines[table:], sines[table:])
        table += length // 4
        length //= 4
    for i in range(np.uintp(len(re) // 4)):
        store(re, im, FOUR * i, ONE, butterfly(load(re, im, FOUR * i, ONE)))


@kernel
def convolve(
    re: Annotated[F64, "size"],
    im: Annotated[F64, "size"],
    bins_re: Annotated[F64, "size"],
    bins_im: Annotated[F64, "size"],
    cosines: Annotated[F64, "table"],
    sines: Annotated[F64, "table"],
) -> None:
    """Convolve circularly, in place.

    With a real filter, two signals convolve at once: one as the real, one as the imaginary part.

    Args:
        re: real parts of the signal.
        im: imaginary parts.
        bins_re: the filter's spectrum, of `transform_filter`.
        bins_im: the same.
        cosines: of `twiddles`.
        sines: of `twiddles`.
    """
    size = len(re)
    for start in range(0, size, CACHE_BLOCK):
        end = start + CACHE_BLOCK
        length, table = size, 0
        while length > 4:  # split what begins here, the longest first
            if start % length == 0 or length < CACHE_BLOCK:
                for first in range(start, max(end, start + length), length):
                    _split_dif(re[first : first + length], im[first : first + length], cosines[table:], sines[table:])
            table += length // 4
            length //= 4
        _multiply_spectra(re[start:end], im[start:end], bins_re[start:end], bins_im[start:end])
        while length < size:  # merge what ends here, the shortest first
            length *= 4
            table -= length // 4
            if end % length == 0 or length < CACHE_BLOCK:
                for first in range(min(start, end - length), end, length):
                    _merge_dit(im[first : first + length], re[first : first + length], cosines[table:], sines[table:])


@kernel
def _split_dif(re: F64, im: F64, cosines: F64, sines: F64) -> None:
    """Decimation in frequency: make of a transform four of a quarter of its length, of every fourth bin each."""
    n = np.uintp(len(re) // 4)
    for i in range(n // FOUR):
        p = FOUR * i
        four = butterfly(load_lanes(re, im, p, n))
        store_lanes(re, im, p, n, twiddle(four, load4(cosines, p), load4(sines, p)))


@kernel
def _merge_dit(re: F64, im: F64, cosines: F64, sines: F64) -> None:
    """Decimation in time: undo `_split_dif`, with `re` and `im` exchanged and but for a factor of 4."""
    n = np.uintp(len(re) // 4)
    for i in range(n // FOUR):
        p = FOUR * i
        four = twiddle(load_lanes(re, im, p, n), load4(cosines, p), load4(sines, p))
        store_lanes(re, im, p, n, butterfly(four))


@kernel
def _multiply_spectra(re: F64, im: F64, bins_re: F64, bins_im: F64) -> None:
    """The last butterflies, the product with the filter's bins, and the first butterflies of the inverse."""
    for i in range(np.uintp(len(re) // 4)):
        p = FOUR * i
        a, b, c, d = butterfly(load(re, im, p, ONE))
        e, f, g, h = load(bins_re, bins_im, p, ONE)
        a, b = multiply(a, e[0], e[1]), multiply(b, f[0], f[1])
        c, d = multiply(c, g[0], g[1]), multiply(d, h[0], h[1])
        store(im, re, p, ONE, butterfly(((a[1], a[0]), (b[1], b[0]), (c[1], c[0]), (d[1], d[0]))))
