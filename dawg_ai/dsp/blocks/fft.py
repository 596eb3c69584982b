"""Fast Fourier transform of a power-of-two length, on separate arrays of real and imaginary parts.

Source: T. G. Stockham, "High-speed convolution and correlation", AFIPS 1966 (the self-sorting form), with four-way
butterflies, decimated in frequency, as in C. Van Loan, "Computational Frameworks for the FFT", SIAM 1992, 2.4.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import load4, store4
from dawg_ai.dsp.math import PI, cos, sin

ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)


@kernel
def prepare(size: int, cosines: Annotated[F64, "table"], sines: Annotated[F64, "table"]) -> None:
    """Fill the first size / 4 entries of the tables with exp(-2 pi i k / size)."""
    for k in range(size // 4):
        angle = 2.0 * PI * float(k) / float(size)
        cosines[k] = cos(angle)
        sines[k] = -sin(angle)


@kernel
def transform(
    size: int,
    re: Annotated[F64, "size"],
    im: Annotated[F64, "size"],
    work_re: Annotated[F64, "size"],
    work_im: Annotated[F64, "size"],
    cosines: Annotated[F64, "table"],
    sines: Annotated[F64, "table"],
) -> None:
    """X[k] = sum over n of x[n] exp(-2 pi i k n / size), in place in `re` and `im`; `work_*` is overwritten.

    `size` is a power of two, at least 16; the arrays are at least as long. Arrays that all start at the same
    place of a 4 KiB page compete for the same lines of the cache and take twice the time: lay them out apart.
    """
    a_re, a_im, b_re, b_im = re[:size], im[:size], work_re[:size], work_im[:size]
    _first_pass(a_re, a_im, b_re, b_im, cosines, sines)
    length, stride = size // 4, 4
    while length > 4:
        a_re, a_im, b_re, b_im = b_re, b_im, a_re, a_im
        _pass(stride, a_re, a_im, b_re, b_im, cosines, sines)
        length, stride = length // 4, stride * 4
    if length == 4:
        _last_pass_of_four(b_re, b_im, re[:size], im[:size])
    elif length == 2:
        _last_pass_of_two(b_re, b_im, re[:size], im[:size])


@kernel
def add_powers(
    size: int, re: Annotated[F64, "size"], im: Annotated[F64, "size"], powers: Annotated[F64, "bins"]
) -> None:
    """Add the one-sided powers of two real signals to `powers[0]` to `powers[size / 2]`.

    The signals went through one transform Z, the first as real, the second as imaginary part. Their powers |A[k]|^2 +
    |B[k]|^2 are (|Z[k]|^2 + |Z[-k]|^2) / 2, and twice that with the negative frequencies counted in.
    """
    last = np.uintp(size)
    powers[0] += 2.0 * (re[0] * re[0] + im[0] * im[0])
    for k in range(ONE, last // TWO + ONE):
        m = last - k
        powers[k] += (re[k] * re[k] + im[k] * im[k]) + (re[m] * re[m] + im[m] * im[m])


@kernel
def butterfly(four: Any) -> Any:
    """The transform of four complex numbers, in order; their real and imaginary parts are floats or lanes."""
    (r0, i0), (r1, i1), (r2, i2), (r3, i3) = four
    even_re, even_im, odd_re, odd_im = r0 + r2, i0 + i2, r1 + r3, i1 + i3
    diff_re, diff_im, turn_re, turn_im = r0 - r2, i0 - i2, i1 - i3, r3 - r1
    return (
        (even_re + odd_re, even_im + odd_im),
        (diff_re + turn_re, diff_im + turn_im),
        (even_re - odd_re, even_im - odd_im),
        (diff_re - turn_re, diff_im - turn_im),
    )


@kernel
def times(v: Any, c: Any, s: Any) -> Any:
    """The complex number, or numbers, `v` times c + i s."""
    return v[0] * c - v[1] * s, v[0] * s + v[1] * c


@kernel
def turned(four: Any, c1: Any, s1: Any) -> Any:
    """Four complex numbers, turned not at all, once, twice and thrice by the angle of this cosine and sine."""
    c2, s2 = c1 * c1 - s1 * s1, 2.0 * c1 * s1
    c3, s3 = c1 * c2 - s1 * s2, c1 * s2 + s1 * c2
    return four[0], times(four[1], c1, s1), times(four[2], c2, s2), times(four[3], c3, s3)


@kernel
def load_lanes(re: F64, im: F64, at: Any, step: Any) -> Any:
    """Four times four lanes of complex numbers, each `step` after the one before."""
    i, j, k = at + step, at + TWO * step, at + THREE * step
    return (
        (load4(re, at), load4(im, at)), (load4(re, i), load4(im, i)),
        (load4(re, j), load4(im, j)), (load4(re, k), load4(im, k)),
    )  # fmt: skip


@kernel
def store_lanes(re: F64, im: F64, at: Any, step: Any, four: Any) -> None:
    """Put such fours."""
    _store(re, im, at, four[0])
    _store(re, im, at + step, four[1])
    _store(re, im, at + TWO * step, four[2])
    _store(re, im, at + THREE * step, four[3])


@kernel
def _store(re: F64, im: F64, start: Any, value: Any) -> None:
    store4(re, start, value[0])
    store4(im, start, value[1])


@kernel
def load(re: F64, im: F64, at: Any, step: Any) -> Any:
    """Four complex numbers, each `step` after the one before."""
    i, j, k = at + step, at + TWO * step, at + THREE * step
    return (re[at], im[at]), (re[i], im[i]), (re[j], im[j]), (re[k], im[k])


@kernel
def store(re: F64, im: F64, at: Any, step: Any, four: Any) -> None:
    """Put such numbers."""
    re[at], im[at] = four[0]
    re[at + step], im[at + step] = four[1]
    re[at + TWO * step], im[at + TWO * step] = four[2]
    re[at + THREE * step], im[at + THREE * step] = four[3]


@kernel
def _first_pass(a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n):
        store(b_re, b_im, FOUR * p, ONE, turned(butterfly(load(a_re, a_im, p, n)), cosines[p], sines[p]))


@kernel
def _pass(stride: int, a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    s = np.uintp(stride)
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n // s):
        c, sine = cosines[p * s], sines[p * s]
        for i in range(s // FOUR):
            j = p * s + FOUR * i
            store_lanes(b_re, b_im, j + THREE * p * s, s, turned(butterfly(load_lanes(a_re, a_im, j, n)), c, sine))


@kernel
def _last_pass_of_four(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    n = np.uintp(a_re.shape[0] // 4)
    for j in range(n):
        store(b_re, b_im, j, n, butterfly(load(a_re, a_im, j, n)))


@kernel
def _last_pass_of_two(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    n = np.uintp(a_re.shape[0] // 2)
    for j in range(n):
        r0, i0, r1, i1 = a_re[j], a_im[j], a_re[j + n], a_im[j + n]
        b_re[j], b_im[j] = r0 + r1, i0 + i1
        b_re[j + n], b_im[j + n] = r0 - r1, i0 - i1
