"""Stereo: width in three bands, mono in the bass, balance and polarity.

Width acts on the side signal, half of left minus right: 0 % is mono, 200 % doubles it. Its bands are first-order and
sum to the whole, so that no phase is turned and equal widths leave no trace of the crossovers. "Mono below" is a
Butterworth high-pass of fourth order on the side signal. The mid signal passes untouched. A single channel has no
sides; channels after the second pass as they are.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.biquad import HIGH_PASS, RING, coefficients, tick
from dawg_ai.dsp.blocks.biquad import design as design_biquad
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.blocks.ramp import ramp
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, cos, sin

LOW, MIDDLE, HIGH, LOWER_HZ, UPPER_HZ, MONO_HZ, BALANCE, POLARITY, OUTPUT = range(9)  # knobs
POLARITIES = ("as it is", "left turned", "right turned", "both turned")
BUTTERWORTH = (0.5411961001461969, 1.3065629648763766)  # the Q of the two halves of a filter of fourth order
CHUNK = 256


@kernel
def prepare(
    knobs: Annotated[F64, 9],
    sample_rate_hz: float,
    targets: Annotated[F64, 6],
    corners: Annotated[F64, 2],
    mono: Annotated[F64, 2, 5],
) -> None:
    """Knobs to gains (what each band of the side gets more than it has, the high-pass's part, left and right),
    the two crossovers, and the two halves of the high-pass.
    """
    for band in range(3):
        targets[band] = 0.01 * knobs[band] - 1.0
    targets[3] = 1.0 if knobs[MONO_HZ] > 0.0 else 0.0
    output, balance, turned = amplitude(knobs[OUTPUT]), 0.01 * knobs[BALANCE], knobs[POLARITY]
    targets[4] = output * min(1.0, 1.0 - balance) * (-1.0 if turned in (1.0, 3.0) else 1.0)
    targets[5] = output * min(1.0, 1.0 + balance) * (-1.0 if turned >= 2.0 else 1.0)
    corners[0] = _corner(knobs[LOWER_HZ], sample_rate_hz)
    corners[1] = _corner(max(knobs[LOWER_HZ], knobs[UPPER_HZ]), sample_rate_hz)
    for half in range(2):
        q = BUTTERWORTH[0] if half == 0 else BUTTERWORTH[1]
        design_biquad(float(HIGH_PASS), max(knobs[MONO_HZ], 10.0), 0.0, q, sample_rate_hz, mono[half])


@kernel
def tail(knobs: Annotated[F64, 9], sample_rate_hz: float) -> int:
    """A fifth of a second, in which the lowest high-pass comes to rest."""
    return int(0.2 * sample_rate_hz)


@kernel
def _corner(hz: float, sample_rate_hz: float) -> float:
    """The factor of a first-order low-pass with this corner (bilinear transform)."""
    half = PI * min(hz, 0.45 * sample_rate_hz) / sample_rate_hz
    k = sin(half) / cos(half)
    return k / (1.0 + k)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    targets: Annotated[F64, 6],
    corners: Annotated[F64, 2],
    mono: Annotated[F64, 2, 5],
    ramps: Annotated[F64, 6, 4],
    gains: Annotated[F32, 6, 256],
    state: Annotated[F64, 6],
) -> None:
    """Work on a block; a sample that is not a finite number counts as silence."""
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        for i in range(6):
            ramp(targets[i], ramps[i], gains[i, : stop - start])
        for channel in range(x.shape[0]):
            clean(x[channel, start:stop], y[channel, start:stop])
        if x.shape[0] == 1:
            _scale(gains[4], y[0, start:stop])
        else:
            left, right = y[0, start:stop], y[1, start:stop]
            _widen(left, right, corners, gains, state)
            if targets[3] > 0.0 or ramps[3, 0] > 0.0:
                _narrow_bass(left, right, mono, gains[3], state[2:])
            _scale(gains[4], left)
            _scale(gains[5], right)


@kernel
def _scale(gain: F32, y: F32) -> None:
    for i in range(np.uintp(y.shape[0])):
        y[i] = y[i] * gain[i]


@kernel
def _low_pass(v: float, corner: float, p: float) -> Any:
    """A first-order low-pass with state p: the output, and p for the next sample (topology preserved)."""
    step = (v - p) * corner
    return p + step, p + 2.0 * step + RING


@kernel
def _widen(left: F32, right: F32, corners: F64, gains: F32, state: F64) -> None:
    """Add to the side signal what its bands shall have more, in place."""
    lower, upper, p, q = corners[0], corners[1], state[0], state[1]
    lows, middles, highs = gains[0], gains[1], gains[2]
    for i in range(np.uintp(left.shape[0])):
        side = 0.5 * (np.float64(left[i]) - np.float64(right[i]))
        low, p = _low_pass(side, lower, p)
        middle, q = _low_pass(side - low, upper, q)
        high = side - low - middle
        more = low * np.float64(lows[i]) + middle * np.float64(middles[i]) + high * np.float64(highs[i])
        left[i], right[i] = np.float64(left[i]) + more, np.float64(right[i]) - more
    state[0], state[1] = p, q


@kernel
def _narrow_bass(left: F32, right: F32, mono: F64, amount: F32, state: F64) -> None:
    """Take from the side signal what its high-pass does not let through, in place."""
    one, other = coefficients(mono[0]), coefficients(mono[1])
    p, q, r, s = state[0], state[1], state[2], state[3]
    for i in range(np.uintp(left.shape[0])):
        side = 0.5 * (np.float64(left[i]) - np.float64(right[i]))
        v, p, q = tick(side, one, p, q)
        v, r, s = tick(v, other, r, s)
        less = (side - v) * np.float64(amount[i])
        left[i], right[i] = np.float64(left[i]) - less, np.float64(right[i]) + less
    state[0], state[1], state[2], state[3] = p, q, r, s


EFFECT = Effect(
    "stereo",
    "Width in three bands, mono in the bass, balance and polarity.",
    (
        Knob("low_percent", "Low", "%", 0, 200, 100, step=1, group="Width"),
        Knob("middle_percent", "Middle", "%", 0, 200, 100, step=1, group="Width"),
        Knob("high_percent", "High", "%", 0, 200, 100, step=1, group="Width"),
        Knob("lower_hz", "Low to middle", "Hz", 50, 1000, 250, step=1, scale="log", group="Width"),
        Knob("upper_hz", "Middle to high", "Hz", 1000, 10_000, 4000, step=1, scale="log", group="Width"),
        Knob("mono_hz", "Mono below", "Hz", 0, 500, 0, step=1, group="Bass"),
        Knob("balance_percent", "Balance", "%", -100, 100, 0, step=1, group="Output"),
        Knob("polarity", "Polarity", "", 0, len(POLARITIES) - 1, 0, 1, "choice", POLARITIES, group="Output"),
        Knob("output_db", "Output", "dB", -24, 24, 0, step=0.1, group="Output"),
    ),
    prepare,
    process,
    tail=tail,
)
