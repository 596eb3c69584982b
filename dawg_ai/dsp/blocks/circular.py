"""Circular convolution of long blocks in one walk through memory: transform, product and transform back.

Forward, the four-way butterflies are decimated in frequency and leave the bins in the order of their digits reversed;
backward, decimated in time, they take them in that order, so nothing is ever sorted (W. M. Gentleman and G. Sande,
"Fast Fourier transforms - for fun and profit", AFIPS 1966). Each part is done to the end, forward, product and
backward, before the next is begun: most of the work finds its numbers in the nearest cache.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.fft import angles, butterfly, turned
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import load4, store4

NEAR = 1024  # numbers for which, with their bins of the filter, the nearest cache has room
ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)


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
        v0, v1, v2, v3 = _butterfly_at(re, im, FOUR * i)
        _put_four(re, im, FOUR * i, v0, v1, v2, v3)


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
        c1, s1, c2, s2, c3, s3 = angles(load4(cosines, p), load4(sines, p))
        v0, v1, v2, v3 = butterfly(
            load4(re, p), load4(im, p), load4(re, p + n), load4(im, p + n),
            load4(re, p + TWO * n), load4(im, p + TWO * n), load4(re, p + THREE * n), load4(im, p + THREE * n),
        )  # fmt: skip
        _store(re, im, p, v0)
        _store(re, im, p + n, turned(v1, c1, s1))
        _store(re, im, p + TWO * n, turned(v2, c2, s2))
        _store(re, im, p + THREE * n, turned(v3, c3, s3))


@kernel
def _join(re: F64, im: F64, cosines: F64, sines: F64) -> None:
    """What `_part` parted, the other way round; with `re` and `im` exchanged, its inverse but for a factor of 4."""
    n = np.uintp(len(re) // 4)
    for i in range(n // FOUR):
        p = FOUR * i
        c1, s1, c2, s2, c3, s3 = angles(load4(cosines, p), load4(sines, p))
        r1, i1 = turned((load4(re, p + n), load4(im, p + n)), c1, s1)
        r2, i2 = turned((load4(re, p + TWO * n), load4(im, p + TWO * n)), c2, s2)
        r3, i3 = turned((load4(re, p + THREE * n), load4(im, p + THREE * n)), c3, s3)
        v0, v1, v2, v3 = butterfly(load4(re, p), load4(im, p), r1, i1, r2, i2, r3, i3)
        _store(re, im, p, v0)
        _store(re, im, p + n, v1)
        _store(re, im, p + TWO * n, v2)
        _store(re, im, p + THREE * n, v3)


@kernel
def _store(re: F64, im: F64, start: Any, value: Any) -> None:
    store4(re, start, value[0])
    store4(im, start, value[1])


@kernel
def _multiply(re: F64, im: F64, bins_re: F64, bins_im: F64) -> None:
    """The last butterflies, the product with the filter's bins, and the first butterflies on the way back."""
    for i in range(np.uintp(len(re) // 4)):
        p = FOUR * i
        v0, v1, v2, v3 = _butterfly_at(re, im, p)
        v0 = turned(v0, bins_re[p], bins_im[p])
        v1 = turned(v1, bins_re[p + ONE], bins_im[p + ONE])
        v2 = turned(v2, bins_re[p + TWO], bins_im[p + TWO])
        v3 = turned(v3, bins_re[p + THREE], bins_im[p + THREE])
        v0, v1, v2, v3 = butterfly(v0[1], v0[0], v1[1], v1[0], v2[1], v2[0], v3[1], v3[0])
        _put_four(im, re, p, v0, v1, v2, v3)


@kernel
def _butterfly_at(re: F64, im: F64, p: Any) -> Any:
    return butterfly(
        re[p], im[p], re[p + ONE], im[p + ONE], re[p + TWO], im[p + TWO], re[p + THREE], im[p + THREE]
    )  # fmt: skip


@kernel
def _put_four(re: F64, im: F64, p: Any, v0: Any, v1: Any, v2: Any, v3: Any) -> None:
    re[p], im[p] = v0
    re[p + ONE], im[p + ONE] = v1
    re[p + TWO], im[p + TWO] = v2
    re[p + THREE], im[p + THREE] = v3
