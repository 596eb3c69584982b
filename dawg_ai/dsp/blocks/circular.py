"""Circular convolution of long blocks in one walk through memory: transform, product and transform back.

Forward, the four-way butterflies are decimated in frequency and leave the bins in the order of their digits reversed;
backward, decimated in time, they take them in that order, so nothing is ever sorted (W. M. Gentleman and G. Sande,
"Fast Fourier transforms - for fun and profit", AFIPS 1966). Each part is done to the end, forward, product and
backward, before the next is begun: most of the work finds its numbers in the nearest cache.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.fft import butterfly, load, load_lanes, store, store_lanes, times, turned
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import load4

NEAR = 1024  # numbers for which, with their bins of the filter, the nearest cache has room
ONE, FOUR = np.uintp(1), np.uintp(4)


def tables(size: int) -> tuple[F64, F64]:
    """Cosines and sines of exp(-2 pi i k / length), k below a quarter of it, for `size`, a quarter of it, ... 16."""
    lengths = (size >> shift for shift in range(0, size.bit_length() - 4, 2))
    turns = np.concatenate([np.exp(-2j * np.pi * np.arange(length // 4) / length) for length in lengths])
    return turns.real.copy(), turns.imag.copy()


@kernel
def to_bins(
    re: Annotated[F64, "size"],
    im: Annotated[F64, "size"],
    cosines: Annotated[F64, "table"],
    sines: Annotated[F64, "table"],
) -> None:
    """Make of a filter's taps, in place, what `convolve` multiplies with; `size`: a power of four, 1024 or more."""
    scale = 1.0 / float(len(re))
    for i in range(len(re)):
        re[i], im[i] = scale * re[i], scale * im[i]
    length, table = len(re), 0
    while length > 4:
        for start in range(0, len(re), length):
            _part(re[start : start + length], im[start : start + length], cosines[table:], sines[table:])
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
    """Convolve the complex numbers in `re` and `im` with a filter that went through `to_bins`, in place, circularly.

    With a real filter, two signals convolve at once: one as the real, one as the imaginary part.
    """
    size = len(re)
    for start in range(0, size, NEAR):
        end = start + NEAR
        length, table = size, 0
        while length > 4:  # what begins here is parted, the longest first
            if start % length == 0 or length < NEAR:
                for first in range(start, max(end, start + length), length):
                    _part(re[first : first + length], im[first : first + length], cosines[table:], sines[table:])
            table += length // 4
            length //= 4
        _multiply(re[start:end], im[start:end], bins_re[start:end], bins_im[start:end])
        while length < size:  # what ends here is joined, the shortest first
            length *= 4
            table -= length // 4
            if end % length == 0 or length < NEAR:
                for first in range(min(start, end - length), end, length):
                    _join(im[first : first + length], re[first : first + length], cosines[table:], sines[table:])


@kernel
def _part(re: F64, im: F64, cosines: F64, sines: F64) -> None:
    """Make of a transform four of a quarter of its length, of every fourth bin each."""
    n = np.uintp(len(re) // 4)
    for i in range(n // FOUR):
        p = FOUR * i
        four = butterfly(load_lanes(re, im, p, n))
        store_lanes(re, im, p, n, turned(four, load4(cosines, p), load4(sines, p)))


@kernel
def _join(re: F64, im: F64, cosines: F64, sines: F64) -> None:
    """What `_part` parted, the other way round; with `re` and `im` exchanged, its inverse but for a factor of 4."""
    n = np.uintp(len(re) // 4)
    for i in range(n // FOUR):
        p = FOUR * i
        four = turned(load_lanes(re, im, p, n), load4(cosines, p), load4(sines, p))
        store_lanes(re, im, p, n, butterfly(four))


@kernel
def _multiply(re: F64, im: F64, bins_re: F64, bins_im: F64) -> None:
    """The last butterflies, the product with the filter's bins, and the first butterflies on the way back."""
    for i in range(np.uintp(len(re) // 4)):
        p = FOUR * i
        a, b, c, d = butterfly(load(re, im, p, ONE))
        e, f, g, h = load(bins_re, bins_im, p, ONE)
        a, b, c, d = times(a, e[0], e[1]), times(b, f[0], f[1]), times(c, g[0], g[1]), times(d, h[0], h[1])
        store(im, re, p, ONE, butterfly(((a[1], a[0]), (b[1], b[0]), (c[1], c[0]), (d[1], d[0]))))
