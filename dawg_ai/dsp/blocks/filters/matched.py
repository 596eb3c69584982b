"""Matched biquads: second-order filters that follow their analogue prototypes up to half the sample rate.

The cookbook's filters (`biquad.py`) cramp there, since the bilinear transform compresses the spectrum.

Source: M. Vicanek, "Matched Second Order Digital Filters" (2016), for bell, low-pass, high-pass and band-pass. The
poles are the analogue's, sampled (impulse invariance); the zeros are such that the magnitude is the analogue's where
it matters. Here his equations stand in powers of phi = sin^2(w / 2), without his differences of nearly equal numbers:
with |A|^2 = C(phi) of the poles and phi1 at the centre, a bell of gain G is

    |B|^2 = G^2 C(phi) - (G^2 - 1) C(0) (1 - phi / phi1)^2,

the band-pass is what G^2 adds in it, C(phi) - C(0) (1 - phi / phi1)^2, and G = 0 leaves a notch in the same spirit.

Shelves in the same spirit: the poles of the half with the lower frequency, sampled, and the analogue's magnitude at
three frequencies. A cut is its boost with poles and zeros exchanged, as it is in the analogue. The all-pass is the
cookbook's, since it has no magnitude to match. `docs/effects/parametric.md` has the measured errors.
"""

from typing import Annotated

from dawg_ai.dsp.blocks.filters import biquad
from dawg_ai.dsp.blocks.filters.biquad import ALL_PASS, BAND_PASS, BELL, HIGH_SHELF, LOW_PASS, MAX_CENTER, NOTCH
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import PI, amplitude, cos, exp, sin, sqrt

# Of the analogue's power at half the sample rate: the least that a resonant shelf keeps there. The magnitudes at its
# three frequencies can together ask for a negative power.
MIN_NYQUIST_POWER = 0.1


@kernel
def design(
    kind: float, center_hz: float, gain_db: float, q: float, sample_rate_hz: float, row: Annotated[F64, 5]
) -> None:
    """Write `[b0, b1, b2, a1, a2]` (a0 is 1) of a matched filter to `row`.

    Args:
        kind: index into `biquad.KINDS`.
        center_hz: centre or cutoff; held at `biquad.MAX_CENTER` of the sample rate.
        gain_db: of a shelf or bell, as in `biquad.design`.
        q: quality factor, as in `biquad.design`.
        sample_rate_hz: the sample rate.
        row: overwritten.
    """
    if kind >= ALL_PASS or (kind <= HIGH_SHELF and gain_db == 0.0):
        biquad.design(kind, center_hz, gain_db, q, sample_rate_hz, row)
        return
    angle = 2.0 * PI * min(center_hz, MAX_CENTER * sample_rate_hz) / sample_rate_hz
    if kind == BELL:
        _boosted_bell(angle, abs(gain_db), q, row)
        if gain_db < 0.0:
            _invert(row)
    elif kind <= HIGH_SHELF:
        _boosted_shelf(angle, abs(gain_db), q, row)
        if (kind == HIGH_SHELF) == (gain_db > 0.0):
            _invert(row)
        if kind == HIGH_SHELF:  # a low shelf of the opposite gain, and this gain at all frequencies
            _scale(row, amplitude(gain_db))
    else:
        _pass_or_notch(kind, angle, q, row)


@kernel
def _boosted_bell(angle: float, gain_db: float, q: float, row: F64) -> None:
    """A bell of `gain_db` above 0."""
    phi = _phi(angle)
    c0, c1, c2 = _poles(angle, q * amplitude(0.5 * gain_db), row)
    power = amplitude(2.0 * gain_db)
    more = (power - 1.0) * c0 / phi
    _zeros(c0, power * c1 + 2.0 * more, power * c2 - more / phi, row)


@kernel
def _pass_or_notch(kind: float, angle: float, q: float, row: F64) -> None:
    """A low-pass, band-pass, notch or high-pass."""
    phi = _phi(angle)
    c0, c1, c2 = _poles(angle, q, row)
    at_center = c0 + phi * (c1 + phi * c2)
    if kind == LOW_PASS:
        _zeros(c0, (q * q * at_center - c0) / phi, 0.0, row)
    elif kind == BAND_PASS:
        _zeros(0.0, c1 + 2.0 * c0 / phi, c2 - c0 / (phi * phi), row)
    elif kind == NOTCH:
        b0 = 0.25 * sqrt(c0) / phi
        row[0], row[1], row[2] = b0, -2.0 * cos(angle) * b0, b0
    else:
        b0 = 0.25 * q * sqrt(at_center) / phi
        row[0], row[1], row[2] = b0, -2.0 * b0, b0


@kernel
def _boosted_shelf(angle: float, gain_db: float, q: float, row: F64) -> None:
    """A boosting low shelf, whose poles lie below its zeros; equal to the analogue at 0 and two more frequencies."""
    gain = amplitude(0.5 * gain_db)
    c0, c1, c2 = _poles(angle / sqrt(gain), q, row)
    d0 = gain * gain * gain * gain * c0
    low, high = min(angle, 0.5 * PI), 0.9 * PI
    x, y = _phi(low), _phi(high)
    at_low = (_shelf_power(low / angle, gain, q) * (c0 + x * (c1 + x * c2)) - d0) / x
    at_high = (_shelf_power(high / angle, gain, q) * (c0 + y * (c1 + y * c2)) - d0) / y
    d2 = (at_high - at_low) / (y - x)
    d1 = at_low - d2 * x
    min_at_nyquist = MIN_NYQUIST_POWER * _shelf_power(PI / angle, gain, q) * (c0 + c1 + c2)
    _zeros(d0, d1, max(d2, min_at_nyquist - d0 - d1), row)


@kernel
def _shelf_power(x: float, gain: float, q: float) -> float:
    """|H|^2 of the analogue low shelf with `gain` at its centre, at `x` times the centre."""
    x = x * x
    slope = gain * x / (q * q)
    above, below = gain - x, 1.0 - gain * x
    return gain * gain * (above * above + slope) / (below * below + slope)


@kernel
def _phi(angle: float) -> float:
    """sin^2 of half the angle."""
    sine = sin(0.5 * angle)
    return sine * sine


@kernel
def _poles(angle: float, q: float, row: F64) -> tuple[float, float, float]:
    """Write a1 and a2 of the analogue's poles, sampled; return c0, c1, c2 of |A|^2 = c0 + c1 phi + c2 phi^2."""
    damping = 0.5 / q
    if damping < 1.0:
        radius = exp(-damping * angle)
        turn = sqrt(1.0 - damping * damping) * angle
        inside, phi = (1.0 - radius) * (1.0 - radius), _phi(turn)
        row[3], row[4] = -2.0 * radius * cos(turn), radius * radius
        at_zero = inside + 4.0 * radius * phi
        return (
            at_zero * at_zero,
            8.0 * radius * (inside * cos(turn) - 4.0 * radius * phi),
            16.0 * radius * radius,
        )
    apart = damping + sqrt(damping * damping - 1.0)
    fast, slow = exp(-apart * angle), exp(-angle / apart)
    row[3], row[4] = -(fast + slow), fast * slow
    of_fast, of_slow = (1.0 - fast) * (1.0 - fast), (1.0 - slow) * (1.0 - slow)
    return of_fast * of_slow, 4.0 * (fast * of_slow + slow * of_fast), 16.0 * fast * slow


@kernel
def _zeros(d0: float, d1: float, d2: float, row: F64) -> None:
    """Write b0, b1, b2 with |B|^2 = d0 + d1 phi + d2 phi^2 and no zero outside the unit circle.

    The square roots of |B|^2 at 0 and at half the sample rate are b0 + b1 + b2 and b0 - b1 + b2; b0 - b2 is the rest.
    """
    at_zero, at_nyquist = sqrt(d0), sqrt(max(d0 + d1 + d2, 0.0))
    outer = 0.5 * (at_zero + at_nyquist)
    apart = 0.5 * sqrt(max(2.0 * at_zero * (at_zero + at_nyquist) + d1, 0.0))
    row[0], row[1], row[2] = 0.5 * (outer + apart), 0.5 * (at_zero - at_nyquist), 0.5 * (outer - apart)


@kernel
def _invert(row: F64) -> None:
    """Exchange zeros and poles: a boost becomes the same cut."""
    b0, b1, b2 = row[0], row[1], row[2]
    row[0], row[1], row[2] = 1.0 / b0, row[3] / b0, row[4] / b0
    row[3], row[4] = b1 / b0, b2 / b0


@kernel
def _scale(row: F64, gain: float) -> None:
    """Multiply the numerator by `gain`."""
    for i in range(3):
        row[i] *= gain
