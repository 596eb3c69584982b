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
def butterfly(r0: Any, i0: Any, r1: Any, i1: Any, r2: Any, i2: Any, r3: Any, i3: Any) -> Any:
    """The transform of four complex numbers, in order, as real and imaginary parts in turn; of floats or lanes."""
    even_re, even_im, odd_re, odd_im = r0 + r2, i0 + i2, r1 + r3, i1 + i3
    diff_re, diff_im, turn_re, turn_im = r0 - r2, i0 - i2, i1 - i3, r3 - r1
    return (
        (even_re + odd_re, even_im + odd_im),
        (diff_re + turn_re, diff_im + turn_im),
        (even_re - odd_re, even_im - odd_im),
        (diff_re - turn_re, diff_im - turn_im),
    )


@kernel
def turned(v: Any, c: Any, s: Any) -> Any:
    """The complex number, or numbers, `v` times c + i s."""
    return v[0] * c - v[1] * s, v[0] * s + v[1] * c


@kernel
def angles(c1: Any, s1: Any) -> Any:
    """Cosine and sine of once, twice and three times an angle of which they are given."""
    c2, s2 = c1 * c1 - s1 * s1, 2.0 * c1 * s1
    return c1, s1, c2, s2, c1 * c2 - s1 * s2, c1 * s2 + s1 * c2


@kernel
def _first_pass(a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n):
        c1, s1, c2, s2, c3, s3 = angles(cosines[p], sines[p])
        v0, v1, v2, v3 = butterfly(
            a_re[p], a_im[p], a_re[p + n], a_im[p + n],
            a_re[p + TWO * n], a_im[p + TWO * n], a_re[p + THREE * n], a_im[p + THREE * n],
        )  # fmt: skip
        q = FOUR * p
        b_re[q], b_im[q] = v0
        b_re[q + ONE], b_im[q + ONE] = turned(v1, c1, s1)
        b_re[q + TWO], b_im[q + TWO] = turned(v2, c2, s2)
        b_re[q + THREE], b_im[q + THREE] = turned(v3, c3, s3)


@kernel
def _pass(stride: int, a_re: F64, a_im: F64, b_re: F64, b_im: F64, cosines: F64, sines: F64) -> None:
    s = np.uintp(stride)
    n = np.uintp(a_re.shape[0] // 4)
    for p in range(n // s):
        c1, s1, c2, s2, c3, s3 = angles(cosines[p * s], sines[p * s])
        for i in range(s // FOUR):
            j = p * s + FOUR * i
            v0, v1, v2, v3 = butterfly(
                load4(a_re, j), load4(a_im, j),
                load4(a_re, j + n), load4(a_im, j + n),
                load4(a_re, j + TWO * n), load4(a_im, j + TWO * n),
                load4(a_re, j + THREE * n), load4(a_im, j + THREE * n),
            )  # fmt: skip
            q = j + THREE * p * s
            _store(b_re, b_im, q, v0)
            _store(b_re, b_im, q + s, turned(v1, c1, s1))
            _store(b_re, b_im, q + TWO * s, turned(v2, c2, s2))
            _store(b_re, b_im, q + THREE * s, turned(v3, c3, s3))


@kernel
def _store(re: F64, im: F64, start: Any, value: Any) -> None:
    store4(re, start, value[0])
    store4(im, start, value[1])


@kernel
def _last_pass_of_four(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    n = np.uintp(a_re.shape[0] // 4)
    for j in range(n):
        v0, v1, v2, v3 = butterfly(
            a_re[j], a_im[j], a_re[j + n], a_im[j + n],
            a_re[j + TWO * n], a_im[j + TWO * n], a_re[j + THREE * n], a_im[j + THREE * n],
        )  # fmt: skip
        b_re[j], b_im[j] = v0
        b_re[j + n], b_im[j + n] = v1
        b_re[j + TWO * n], b_im[j + TWO * n] = v2
        b_re[j + THREE * n], b_im[j + THREE * n] = v3


@kernel
def _last_pass_of_two(a_re: F64, a_im: F64, b_re: F64, b_im: F64) -> None:
    n = np.uintp(a_re.shape[0] // 2)
    for j in range(n):
        r0, i0, r1, i1 = a_re[j], a_im[j], a_re[j + n], a_im[j + n]
        b_re[j], b_im[j] = r0 + r1, i0 + i1
        b_re[j + n], b_im[j + n] = r0 - r1, i0 - i1
