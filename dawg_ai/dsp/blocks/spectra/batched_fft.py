"""Power spectra of sixteen frames at once, in float32 SIMD: what mel bands, onsets and keys are computed from.

The transform of `fft.py` (Stockham, radix 4), where each number is a vector of sixteen, one of each frame; so it runs
at the full width of the registers without any shuffling. A real frame of size N goes through a complex transform of
size N / 2, its even samples as real and its odd ones as imaginary parts (W. H. Press et al., "Numerical Recipes",
2007, 12.3.2).
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.spectra.fft import butterfly, multiply
from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16
from dawg_ai.dsp.math import PI, cos, sin

ONE, TWO, THREE, FOUR = (np.uintp(n) for n in range(1, 5))
HALF = np.float32(0.5)


@kernel
def prepare(size: int, cosines: Annotated[F32, "size"], sines: Annotated[F32, "size"]) -> None:
    """Fill the table of twiddle factors exp(-2 pi i k / size).

    Args:
        size: of the real transform, a power of two, at least 16.
        cosines: overwritten.
        sines: overwritten.
    """
    for k in range(size):
        angle = 2.0 * PI * float(k) / float(size)
        cosines[k] = cos(angle)
        sines[k] = -sin(angle)


@kernel
def load(
    x: Annotated[F32, "samples"],
    hop: int,
    window: Annotated[F32, "size"],
    re: Annotated[F32, "rows"],
    im: Annotated[F32, "rows"],
) -> None:
    """Put sixteen windowed frames where `powers` takes them from.

    Args:
        x: samples; frame k begins at k * hop.
        hop: samples between frames.
        window: as long as a frame.
        re: overwritten with even samples, sixteen values to each.
        im: overwritten with odd samples.
    """
    step = np.uintp(hop)
    for n in range(np.uintp(window.shape[0] // 2)):
        even, odd = window[TWO * n], window[TWO * n + ONE]
        for lane in range(LANES):
            at = lane * step + TWO * n
            re[n * LANES + lane] = x[at] * even
            im[n * LANES + lane] = x[at + ONE] * odd


@kernel
def powers(
    size: int,
    re: Annotated[F32, "rows"],
    im: Annotated[F32, "rows"],
    work_re: Annotated[F32, "rows"],
    work_im: Annotated[F32, "rows"],
    cosines: Annotated[F32, "size"],
    sines: Annotated[F32, "size"],
    spectra: Annotated[F32, "bins"],
) -> None:
    """Power spectra |X[k]|^2 of sixteen frames.

    Args:
        size: of a frame.
        re: even samples, sixteen values to each; overwritten.
        im: odd samples; overwritten.
        work_re: scratch.
        work_im: scratch.
        cosines: twiddle factors of `prepare`.
        sines: the same.
        spectra: overwritten, k from 0 to size / 2, sixteen values to each k.
    """
    end = np.uintp(size // 2) * LANES
    a_re, a_im, b_re, b_im = re[:end], im[:end], work_re[:end], work_im[:end]
    length, stride = np.uintp(size // 2), ONE
    while length >= FOUR:
        _stage_radix4(length, stride, a_re, a_im, b_re, b_im, cosines, sines)
        a_re, a_im, b_re, b_im = b_re, b_im, a_re, a_im
        length, stride = length // FOUR, stride * FOUR
    if length == TWO:
        _stage_radix2(a_re, a_im, b_re, b_im)
        a_re, a_im, b_re, b_im = b_re, b_im, a_re, a_im
    _split_even_odd(np.uintp(size // 2), a_re, a_im, cosines, sines, spectra)


@kernel
def _stage_radix4(
    length: Any, stride: Any, a_re: F32, a_im: F32, b_re: F32, b_im: F32, cosines: F32, sines: F32
) -> None:
    """A radix-4 stage of all sixteen transforms."""
    n, width = np.uintp(a_re.shape[0]) // FOUR, stride * LANES
    for p in range(length // FOUR):
        # The table of twiddle factors is that of twice the size.
        k = TWO * p * stride
        c1, s1, c2, s2, c3, s3 = (
            cosines[k],
            sines[k],
            cosines[TWO * k],
            sines[TWO * k],
            cosines[THREE * k],
            sines[THREE * k],
        )
        for i in range(np.uintp(0), width, LANES):
            j = p * width + i
            w, x, y, z = butterfly(
                (
                    (load16(a_re, j), load16(a_im, j)),
                    (load16(a_re, j + n), load16(a_im, j + n)),
                    (load16(a_re, j + TWO * n), load16(a_im, j + TWO * n)),
                    (load16(a_re, j + THREE * n), load16(a_im, j + THREE * n)),
                )
            )
            q = FOUR * p * width + i
            _store(b_re, b_im, q, w)
            _store(b_re, b_im, q + width, multiply(x, c1, s1))
            _store(b_re, b_im, q + TWO * width, multiply(y, c2, s2))
            _store(b_re, b_im, q + THREE * width, multiply(z, c3, s3))


@kernel
def _store(re: F32, im: F32, start: Any, value: Any) -> None:
    """Sixteen complex numbers."""
    store16(re, start, value[0])
    store16(im, start, value[1])


@kernel
def _stage_radix2(a_re: F32, a_im: F32, b_re: F32, b_im: F32) -> None:
    """The last stage where half the size is twice a power of four."""
    n = np.uintp(a_re.shape[0]) // TWO
    for j in range(np.uintp(0), n, LANES):
        r0, i0, r1, i1 = load16(a_re, j), load16(a_im, j), load16(a_re, j + n), load16(a_im, j + n)
        store16(b_re, j, r0 + r1)
        store16(b_im, j, i0 + i1)
        store16(b_re, j + n, r0 - r1)
        store16(b_im, j + n, i0 - i1)


@kernel
def _split_even_odd(half: Any, re: F32, im: F32, cosines: F32, sines: F32, spectra: F32) -> None:
    """Powers at k and half - k: |E + w O|^2 and |E - w O|^2 of the transforms of even and odd samples."""
    for k in range(half // TWO + ONE):
        at, mirror = k * LANES, ((half - k) % half) * LANES
        zr, zi, yr, yi = load16(re, at), load16(im, at), load16(re, mirror), load16(im, mirror)
        even_re, even_im, odd_re, odd_im = (zr + yr) * HALF, (zi - yi) * HALF, (zi + yi) * HALF, (yr - zr) * HALF
        odd_turned_re, odd_turned_im = multiply((odd_re, odd_im), cosines[k], sines[k])
        sum_re, sum_im, diff_re, diff_im = (
            even_re + odd_turned_re, even_im + odd_turned_im, even_re - odd_turned_re, even_im - odd_turned_im,
        )  # fmt: skip
        store16(spectra, at, sum_re * sum_re + sum_im * sum_im)
        store16(spectra, (half - k) * LANES, diff_re * diff_re + diff_im * diff_im)
