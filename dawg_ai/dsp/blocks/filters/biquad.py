"""Biquads, second-order filters: the cookbook designs, their frequency response, and one sample at a time.

Source: R. Bristow-Johnson, "Audio EQ Cookbook" (https://www.w3.org/TR/audio-eq-cookbook/); the names there are
lowShelf, peakingEQ, highShelf, LPF, HPF, BPF (constant 0 dB peak gain), notch and APF. Angles enter as half angles,
since 1 - cos(w) = 2 sin^2(w / 2) keeps all its digits at 20 Hz where cos(w) itself is nearly 1.
"""

from typing import Annotated, Any

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import PI, SQRT_HALF, amplitude, cos, log10, sin, sqrt

KINDS = ("low shelf", "bell", "high shelf", "low pass", "high pass", "band pass", "notch", "all pass")
LOW_SHELF, BELL, HIGH_SHELF, LOW_PASS, HIGH_PASS, BAND_PASS, NOTCH, ALL_PASS = range(len(KINDS))

MAX_CENTER = 0.49  # of the sample rate: where a centre that asks for more is held

BUTTERWORTH_Q = SQRT_HALF  # of a second-order low-pass or high-pass, and of the steepest shelf without a bump

# A filter fed with silence rings down into denormals, a hundred times slower to compute. This much of an offset, at
# -2000 dB, keeps the state above them; float32 output never shows it.
DENORMAL_OFFSET = 1e-100


@kernel
def design(
    kind: float, center_hz: float, gain_db: float, q: float, sample_rate_hz: float, row: Annotated[F64, 5]
) -> None:
    """Write `[b0, b1, b2, a1, a2]` (a0 is 1) of a cookbook filter to `row`.

    Args:
        kind: index into `KINDS`.
        center_hz: centre or cutoff; held at `MAX_CENTER` of the sample rate.
        gain_db: of a shelf or bell, others ignore it. A shelf reaches it at one end of the spectrum and half of it
            (in dB) at `center_hz`. 0 dB is the identity, exactly.
        q: quality factor; of a bell, its bandwidth.
        sample_rate_hz: the sample rate.
        row: overwritten.

    >>> import numpy as np
    >>> row = np.zeros(5)
    >>> design(float(BELL), 1000.0, 6.0, 1.0, 48_000.0, row)
    >>> round(response_db(row, sin(PI * 1000.0 / 48_000.0) ** 2), 9)
    6.0
    """
    row[0], row[1], row[2], row[3], row[4] = 1.0, 0.0, 0.0, 0.0, 0.0
    if kind <= HIGH_SHELF and gain_db == 0.0:
        return
    half = PI * min(center_hz, MAX_CENTER * sample_rate_hz) / sample_rate_hz
    sine = sin(half)
    phi = sine * sine
    c = 1.0 - 2.0 * phi
    alpha = sine * cos(half) / q
    a0, a1, a2 = 1.0 + alpha, -2.0 * c, 1.0 - alpha
    if kind == BELL:
        gain = amplitude(0.5 * gain_db)
        b0, b1, b2 = 1.0 + alpha * gain, -2.0 * c, 1.0 - alpha * gain
        a0, a2 = 1.0 + alpha / gain, 1.0 - alpha / gain
    elif kind <= HIGH_SHELF:
        # The high shelf is the low shelf with the spectrum turned round: cos(w) changes sign, and so do b1 and a1.
        side = 1.0 if kind == LOW_SHELF else -1.0
        gain = amplitude(0.5 * gain_db)
        slope = 2.0 * sqrt(gain) * alpha
        up, down, turned = gain + 1.0, gain - 1.0, side * c
        b0 = gain * (up - down * turned + slope)
        b1 = side * 2.0 * gain * (down - up * turned)
        b2 = gain * (up - down * turned - slope)
        a0 = up + down * turned + slope
        a1 = side * -2.0 * (down + up * turned)
        a2 = up + down * turned - slope
    elif kind == LOW_PASS:
        b0, b1, b2 = phi, 2.0 * phi, phi
    elif kind == HIGH_PASS:
        b0, b1, b2 = 1.0 - phi, -2.0 * (1.0 - phi), 1.0 - phi
    elif kind == BAND_PASS:
        b0, b1, b2 = alpha, 0.0, -alpha
    elif kind == NOTCH:
        b0, b1, b2 = 1.0, -2.0 * c, 1.0
    else:
        b0, b1, b2 = 1.0 - alpha, -2.0 * c, 1.0 + alpha
    row[0], row[1], row[2], row[3], row[4] = b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0


@kernel
def response_db(row: Annotated[F64, 5], phi: float) -> float:
    """Magnitude response of a biquad at one frequency.

    |c0 + c1 z^-1 + c2 z^-2|^2 on the unit circle is a parabola in phi; there, unlike in cos(w), no digits cancel.

    Args:
        row: `[b0, b1, b2, a1, a2]`.
        phi: sin^2(pi f / sample rate) of the frequency f.

    Returns:
        Gain in dB; at least -300 for a zero.
    """
    b0, b1, b2, a1, a2 = row[0], row[1], row[2], row[3], row[4]
    b, a = b0 + b1 + b2, 1.0 + a1 + a2
    above = b * b - 4.0 * phi * (b1 * (b0 + b2) + 4.0 * b0 * b2 * (1.0 - phi))
    below = a * a - 4.0 * phi * (a1 * (1.0 + a2) + 4.0 * a2 * (1.0 - phi))
    return 10.0 * log10(max(above, 1e-30) / below)


@kernel
def coefficients(row: Annotated[F64, 5]) -> tuple[float, float, float, float, float]:
    """A row as numbers that a loop can keep in registers."""
    return row[0], row[1], row[2], row[3], row[4]


@kernel
def tick(v: Any, c: Any, p: Any, q: Any) -> Any:
    """One sample through a biquad in transposed direct form II.

    Source: J. O. Smith, "Introduction to Digital Filters", 2007, chapter 9.

    Args:
        v: the input; all arguments are floats, or all are SIMD lanes.
        c: b0, b1, b2, a1, a2.
        p: first state.
        q: second state.

    Returns:
        The output, and p and q for the next sample.
    """
    return _after(v, c[0] * v + p, c[1:], q)


@kernel
def tick_scaled(v: Any, c: Any, p: Any, q: Any) -> Any:
    """As `tick`, for a b0 of 1, which `c` leaves out."""
    return _after(v, v + p, c, q)


@kernel
def _after(v: Any, y: Any, c: Any, q: Any) -> Any:
    """Output and next state; the recursive term comes last in each sum, since the next sample depends on it."""
    b1, b2, a1, a2 = c
    return y, b1 * v + q - a1 * y, b2 * v + DENORMAL_OFFSET - a2 * y
