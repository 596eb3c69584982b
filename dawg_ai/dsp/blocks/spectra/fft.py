"""Fast Fourier transform of a power-of-two length, radix 4, on separate arrays of real and imaginary parts.

Decimation in frequency in the self-sorting form of T. G. Stockham ("High-speed convolution and correlation", AFIPS
1966), so there is no bit reversal; with radix-4 butterflies as in C. Van Loan, "Computational Frameworks for the
FFT", SIAM 1992, 2.4.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import load4, store4
from dawg_ai.dsp.math import PI, cos, sin

ONE, TWO, THREE, FOUR = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4)


@kernel
def prepare(size: int, cosines: Annotated[F64, "table"], sines: Annotated[F64, "table"]) -> None:
    """Fill the table of twiddle factors exp(-2 pi i k / size).

    Args:
        size: of the transform, a power of two.
        cosines: its first size / 4 entries are overwritten.
        sines: the same.
    """
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
    """X[k] = sum over n of x[n] exp(-2 pi i k n / size), in place.

    Arrays that all start at the same place of a 4 KiB page compete for the same cache lines and take twice the time:
    keep them apart.

    Args:
        size: a power of two, at least 16; the arrays are at least as long.
        re: real parts, in place.
        im: imaginary parts, in place.
        work_re: scratch.
        work_im: scratch.
        cosines: twiddle factors of `prepare`.
        sines: the same.

    >>> import numpy as np
    >>> arrays, table = np.zeros((4, 16)), np.zeros((2, 4))
    >>> arrays[0, :4] = 1.0
    >>> prepare(16, *table)
    >>> transform(16, *arrays, *table)
    >>> float(arrays[0, 0]), np.allclose(arrays[0] + 1j * arrays[1], np.fft.fft([1.0] * 4 + [0.0] * 12))
    (4.0, True)
    """
    a_re, a_im, b_re, b_im = re[:size], im[:size], work_re[:size], work_im[:size]
    _first_stage(a_re, a_im, b_re, b_im, cosines, sines)
    length, stride = size // 4, 4
    while length > 4:
        a_re, a_im, b_re, b_im = b_re, b_im, a_re, a_im
        _stage(stride, a_re, a_im, b_re, b_im, cosines, sines)
        length, stride = length // 4, stride * 4
    if length == 4:
        _last_stage_radix4(b_re, b_im, re[:size], im[:size])
    elif length == 2:
        _last_stage_radix2(b_re, b_im, re[:size], im[:size])


@kernel
def add_powers(
    size: int, re: Annotated[F64, "size"], im: Annotated[F64, "size"], powers: Annotated[F64, "bins"]
) -> None:
    """Add the one-sided power spectra of two real signals.

    The signals went through one transform Z, the first as real, the second as imaginary part. Their powers |A[k]|^2 +
    |B[k]|^2 are (|Z[k]|^2 + |Z[-k]|^2) / 2, and twice that with the negative frequencies counted in.

    Args:
        size: of the transform.
        re: real parts of Z.
        im: imaginary parts.
        powers: entries 0 to size / 2 are added to.
    """
    last = np.uintp(size)
    powers[0] += 2.0 * (re[0] * re[0] + im[0] * im[0])
    for k in range(ONE, last // TWO + ONE):
        m = last - k
        powers[k] += (re[k] * re[k] + im[k] * im[k]) + (re[m] * re[m] + im[m] * im[m])


@kernel
def butterfly(four: Any) -> Any:
    """The transform of four complex numbers, in order; real and imaginary parts are floats or SIMD lanes."""
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
def multiply(v: Any, c: Any, s: Any) -> Any:
    """Complex product of `v` and c + i s."""
    return v[0] * c - v[1] * s, v[0] * s + v[1] * c


@kernel
def twiddle(four: Any, c1: Any, s1: Any) -> Any:
    """Four complex numbers times the powers 0 to 3 of the twiddle factor c1 + i s1."""
    c2, s2 = c1 * c1 - s1 * s1, 2.0 * c1 * s1
    c3, s3 = c1 * c2 - s1 * s2, c1 * s2 + s1 * c2
    return four[0], multiply(four[1], c1, s1), multiply(four[2], c2, s2), multiply(four[3], c3, s3)


@kernel
def load_lanes(re: F64, im: F64, at: Any, step: Any) -> Any:
    """Four times four complex numbers as lanes, each four `step` after the one before."""
    i, j, k = at + step, at + TWO * step, at + THREE * step
    return (
        (load4(re, at), load4(im, at)), (load4(re, i), load4(im, i)),
        (load4(re, j), load4(im, j)), (load4(re, k), load4(im, k)),
    )  # fmt: skip


@kernel
def store_lanes(re: F64, im: F64, at: Any, step: Any, four: Any) -> None:
    """The inverse of `load_lanes`."""
    _store(re, im, at, four[0])
    _store(re, im, at + step, four[1])
    _store(re, im, at + TWO * step, four[2])
    _store(re, im, at + THREE * step, four[3])


@kernel
def _store(re: F64, im: F64, start: Any, value: Any) -> None:
    """Four complex numbers from lanes."""
    store4(re, start, value[0])
    store4(im, start, value[1])


@kernel
def load(re: F64, im: F64, at: Any, step: Any) -> Any:
    """Four complex numbers, each `step` after the one before."""
    i, j, k = at + step, at + TWO * step, at + THREE * step
    return (re[at], im[at]), (re[i], im[i]), (re[j], im[j]), (re[k], im[k])


@kernel
def store(re: F64, im: F64, at: Any, step: Any, four: Any) -> None:
    """The inverse of `load`."""
    re[at], im[at] = four[0]
    re[at + step], im[at + step] = four[1]
    re[at + TWO * step], im[at + TWO * step] = four[2]
    re[at + THREE * step], im[at + THREE * step] = four[3]


@kernel
def _first_stage(a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    """The first radix-4 stage, whose stride is 1."""
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n):
        four = butterfly(load(a_re, a_im, p, n))
        store(b_re, b_im, FOUR * p, ONE, twiddle(four, cosines[p], sines[p]))


@kernel
def _stage(stride: int, a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    """A radix-4 stage, four columns at a time."""
    s = np.uintp(stride)
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n // s):
        c, sine = cosines[p * s], sines[p * s]
        for i in range(s // FOUR):
            j = p * s + FOUR * i
            four = butterfly(load_lanes(a_re, a_im, j, n))
            store_lanes(b_re, b_im, j + THREE * p * s, s, twiddle(four, c, sine))


@kernel
def _last_stage_radix4(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    """The last stage where the length is a power of four: no twiddle factors."""
    n = np.uintp(a_re.shape[0] // 4)
    for j in range(n):
        store(b_re, b_im, j, n, butterfly(load(a_re, a_im, j, n)))


@kernel
def _last_stage_radix2(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    """The last stage where it is twice a power of four."""
    n = np.uintp(a_re.shape[0] // 2)
    for j in range(n):
        r0, i0, r1, i1 = a_re[j], a_im[j], a_re[j + n], a_im[j + n]
        b_re[j], b_im[j] = r0 + r1, i0 + i1
        b_re[j + n], b_im[j + n] = r0 - r1, i0 - i1
