"""Stereo: width in three bands, mono in the bass, balance and polarity.

    left, right -> mid = (left + right) / 2, side = (left - right) / 2
    side -> two one-pole crossovers -> low, middle, high -> width gains -> sum
        -> fourth-order Butterworth high-pass ("Mono below") -> side
    mid + side -> left, mid - side -> right -> balance, polarity, output gain

Width acts on the side signal: 0 % is mono, 200 % doubles it. Its bands are first-order and sum to the whole, so
there is no phase shift, and equal widths leave no trace of the crossovers. The mid signal passes untouched. A single
channel has no side; channels after the second pass as they are.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import HIGH_PASS, tick
from dawg_ai.dsp.blocks.filters.biquad import design as design_biquad
from dawg_ai.dsp.blocks.filters.one_pole import tpt_coefficient, tpt_tick
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.smoothing import GAIN, fill_ramp, fill_ramps, set_targets
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude

LOW, MIDDLE, HIGH, LOWER_HZ, UPPER_HZ, MONO_HZ, BALANCE, POLARITY, OUTPUT = range(9)  # knobs
POLARITIES = ("as it is", "left turned", "right turned", "both turned")
BUTTERWORTH_4_Q = (0.5411961001461969, 1.3065629648763766)  # the Q of the two biquads of a fourth-order filter
CHUNK = 256


@kernel
def prepare(
    knobs: Annotated[F64, 9],
    sample_rate_hz: float,
    targets: Annotated[F64, 6],
    filters: Annotated[F64, 12],
) -> None:
    """Knobs to gains and filters.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        targets: overwritten: width of each band minus 1, share of the high-pass, left gain, right gain.
        filters: overwritten: one-pole coefficients of both crossovers, the two biquads of the high-pass.
    """
    for band in range(3):
        targets[band] = 0.01 * knobs[band] - 1.0
    targets[3] = 1.0 if knobs[MONO_HZ] > 0.0 else 0.0
    output, balance, polarity = amplitude(knobs[OUTPUT]), 0.01 * knobs[BALANCE], knobs[POLARITY]
    targets[4] = output * min(1.0, 1.0 - balance) * (-1.0 if polarity in (1.0, 3.0) else 1.0)
    targets[5] = output * min(1.0, 1.0 + balance) * (-1.0 if polarity >= 2.0 else 1.0)
    filters[0] = tpt_coefficient(knobs[LOWER_HZ], sample_rate_hz)
    filters[1] = tpt_coefficient(max(knobs[LOWER_HZ], knobs[UPPER_HZ]), sample_rate_hz)
    for half in range(2):
        q = BUTTERWORTH_4_Q[0] if half == 0 else BUTTERWORTH_4_Q[1]
        design_biquad(float(HIGH_PASS), max(knobs[MONO_HZ], 10.0), 0.0, q, sample_rate_hz, filters[2 + 5 * half :])


@kernel
def tail(knobs: Annotated[F64, 9], sample_rate_hz: float) -> int:
    """A fifth of a second, in which the lowest high-pass decays."""
    return int(0.2 * sample_rate_hz)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    targets: Annotated[F64, 6],
    filters: Annotated[F64, 12],
    ramps: Annotated[F64, 6, 5],
    gains: Annotated[F32, 6, 256],
    ramp: Annotated[F64, 4, 12],
    rows: Annotated[F64, 12, CHUNK],
    state: Annotated[F64, 6],
) -> None:
    """Process a block; nan and infinities count as silence.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        targets: of `prepare`.
        filters: of `prepare`.
        ramps: state of the smoothed gains.
        gains: scratch: the smoothed gains.
        ramp: state of the smoothed filters.
        rows: the smoothed filters, sample by sample.
        state: of the crossovers and the high-pass.
    """
    set_targets(filters, ramp)
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        for i in range(6):
            fill_ramp(targets[i], ramps[i], gains[i, : stop - start])
        fill_ramps(ramp, rows, stop - start)
        for channel in range(x.shape[0]):
            sanitise(x[channel, start:stop], y[channel, start:stop])
        if x.shape[0] == 1:
            _scale(gains[4], y[0, start:stop])
        else:
            left, right = y[0, start:stop], y[1, start:stop]
            _widen(left, right, rows, gains, state)
            if targets[3] > 0.0 or ramps[3, GAIN] > 0.0:
                _narrow_bass(left, right, rows[2:], gains[3], state[2:])
            _scale(gains[4], left)
            _scale(gains[5], right)


@kernel
def _scale(gain: F32, y: F32) -> None:
    """Multiply by smoothed gains."""
    for i in range(np.uintp(y.shape[0])):
        y[i] = y[i] * gain[i]


@kernel
def _widen(left: F32, right: F32, rows: F64, gains: F32, state: F64) -> None:
    """Add to the side signal what the width gives its bands, in place."""
    lower, upper, p, q = rows[0], rows[1], state[0], state[1]
    lows, middles, highs = gains[0], gains[1], gains[2]
    for i in range(np.uintp(left.shape[0])):
        side = 0.5 * (np.float64(left[i]) - np.float64(right[i]))
        low, p = tpt_tick(side, lower[i], p)
        middle, q = tpt_tick(side - low, upper[i], q)
        high = side - low - middle
        more = low * np.float64(lows[i]) + middle * np.float64(middles[i]) + high * np.float64(highs[i])
        left[i], right[i] = np.float64(left[i]) + more, np.float64(right[i]) - more
    state[0], state[1] = p, q


@kernel
def _narrow_bass(left: F32, right: F32, rows: F64, amount: F32, state: F64) -> None:
    """Subtract from the side signal what its high-pass removes, in place."""
    p, q, r, s = state[0], state[1], state[2], state[3]
    for i in range(np.uintp(left.shape[0])):
        side = 0.5 * (np.float64(left[i]) - np.float64(right[i]))
        v, p, q = tick(side, _at(rows, i), p, q)
        v, r, s = tick(v, _at(rows[5:], i), r, s)
        less = (side - v) * np.float64(amount[i])
        left[i], right[i] = np.float64(left[i]) - less, np.float64(right[i]) + less
    state[0], state[1], state[2], state[3] = p, q, r, s


@kernel
def _at(rows: F64, i: Any) -> Any:
    """The coefficients of a biquad at one sample."""
    return rows[0][i], rows[1][i], rows[2][i], rows[3][i], rows[4][i]


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
    example={"middle_percent": 180, "high_percent": 200, "mono_hz": 150},
)
