"""First-order (one-pole) filters: coefficients, designs, and one sample at a time.

The one-pole low-pass, or exponential smoother, is y += a (x - y): with each sample it moves by the share `a` of the
way to its input. The coefficient follows from a time constant or from a cutoff frequency by impulse invariance.

`tick` is any first-order filter, [b0, b1, a1], in transposed direct form II. `tpt_tick` is the topology-preserving
low-pass (V. Zavalishin, "The Art of VA Filter Design", 2012, chapter 3), whose complement x - y is the high-pass.
Designs use the bilinear transform. All of them take floats, or SIMD lanes.
"""

from typing import Annotated, Any

from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import PI, cos, exp, sin, sqrt

MAX_CUTOFF = 0.45  # of the sample rate: where a cutoff that asks for more is held


@kernel
def coefficient(time_constant_s: float, rate_hz: float) -> float:
    """One-pole coefficient of a time constant.

    Args:
        time_constant_s: in which a step is followed for 63 % (1 - 1/e) of the way; above 0.
        rate_hz: updates per second.

    Returns:
        The share of the way gone with each update.

    >>> round(coefficient(0.01, 48_000.0), 6)
    0.002081
    """
    return 1.0 - exp(-1.0 / (time_constant_s * rate_hz))


@kernel
def coefficient_of_ms(time_constant_ms: float, sample_rate_hz: float) -> float:
    """One-pole coefficient of an attack or release time in milliseconds; 1 (no smoothing) for 0.

    >>> coefficient_of_ms(0.0, 48_000.0)
    1.0
    """
    return 1.0 if time_constant_ms <= 0.0 else 1.0 - exp(-1000.0 / (time_constant_ms * sample_rate_hz))


@kernel
def coefficient_of_cutoff(cutoff_hz: float, sample_rate_hz: float) -> float:
    """One-pole coefficient of a low-pass that is 3 dB down at `cutoff_hz`, well below the sample rate.

    >>> round(coefficient_of_cutoff(1000.0, 48_000.0), 6)
    0.122694
    """
    return 1.0 - exp(-2.0 * PI * cutoff_hz / sample_rate_hz)


@kernel
def low_pass(x: Any, a: float, y: Any) -> Any:
    """One sample through a one-pole low-pass.

    Args:
        x: the input.
        a: one-pole coefficient.
        y: the output before.

    Returns:
        The output.
    """
    return y * (1.0 - a) + (x * a + DENORMAL_OFFSET)


@kernel
def tick(v: Any, row: Any, p: Any) -> Any:
    """One sample through a first-order filter (transposed direct form II).

    Args:
        v: the input.
        row: b0, b1 and a1, as `coefficients` gives them.
        p: the state.

    Returns:
        The output, and the state for the next sample.
    """
    b0, b1, a1 = row
    y = b0 * v + p
    return y, b1 * v - a1 * y + DENORMAL_OFFSET


@kernel
def coefficients(row: Annotated[F64, 3]) -> tuple[float, float, float]:
    """A row as numbers that a loop can keep in registers."""
    return row[0], row[1], row[2]


@kernel
def design_shelf(
    center_hz: float, low_gain: float, high_gain: float, sample_rate_hz: float, row: Annotated[F64, 3]
) -> None:
    """Write [b0, b1, a1] of a first-order shelf.

    Args:
        center_hz: where the gain is the geometric mean of both.
        low_gain: amplitude ratio at 0 Hz.
        high_gain: amplitude ratio at half the sample rate.
        sample_rate_hz: the sample rate.
        row: overwritten.
    """
    half = PI * min(center_hz, MAX_CUTOFF * sample_rate_hz) / sample_rate_hz
    k, q = sin(half) / cos(half), sqrt(high_gain / low_gain)
    a0 = k + 1.0 / q
    row[0], row[1], row[2] = low_gain * (k + q) / a0, low_gain * (k - q) / a0, (k - 1.0 / q) / a0


@kernel
def design_high_pass(cutoff_hz: float, sample_rate_hz: float, row: Annotated[F64, 3]) -> None:
    """Write [b0, b1, a1] of a first-order high-pass (a DC blocker, if its cutoff is a few Hz)."""
    half = PI * cutoff_hz / sample_rate_hz
    k = sin(half) / cos(half)
    row[0], row[1], row[2] = 1.0 / (1.0 + k), -1.0 / (1.0 + k), (k - 1.0) / (k + 1.0)


@kernel
def tpt_coefficient(cutoff_hz: float, sample_rate_hz: float) -> float:
    """The coefficient of `tpt_tick` for a low-pass with this cutoff (bilinear transform, prewarped)."""
    half = PI * min(cutoff_hz, MAX_CUTOFF * sample_rate_hz) / sample_rate_hz
    k = sin(half) / cos(half)
    return k / (1.0 + k)


@kernel
def tpt_tick(v: float, coefficient: float, p: float) -> Any:
    """One sample through a topology-preserving first-order low-pass.

    Args:
        v: the input.
        coefficient: of `tpt_coefficient`.
        p: the state.

    Returns:
        The output, and the state for the next sample.
    """
    step = (v - p) * coefficient
    return p + step, p + 2.0 * step + DENORMAL_OFFSET
