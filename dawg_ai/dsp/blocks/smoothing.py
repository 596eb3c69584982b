"""Parameter smoothing: a knob that jumps is followed without a step or a kink, so that nothing clicks.

Two one-pole smoothers in series (critically damped): the value begins to move as slowly as it comes to rest, and is
always between those that were asked for, so coefficients of stable filters stay stable. A line would begin and end
with kinks, which can be heard where a gain moves by tens of decibels. The first values of all are taken at once, and
targets are exact `SETTLING_SAMPLES` after the last move.

Two forms of the same curve: `set_targets` and `fill_ramps` smooth several parameters together, in float64;
`fill_ramp` smooths one gain, into float32.
"""

from typing import Annotated, Any

from dawg_ai.dsp.kernel import F32, F64, kernel

RAMP_SAMPLES = 128  # time constant of each smoother, and the length of short crossfades
SHARE = 1.0 / RAMP_SAMPLES
SETTLING_SAMPLES = 20 * RAMP_SAMPLES  # by when all but 4e-8 of the way is gone

TARGET, NOW, LAG, CLOCK = range(4)  # the rows of a ramp; the columns of its clock row:
REMAINING, STARTED, CONSTANT = range(3)
GAIN, GAIN_LAG, GAIN_TARGET, GAIN_REMAINING, GAIN_STARTED = range(5)  # the state of `fill_ramp`


@kernel
def approach(target: Any, now: Any, lag: Any) -> Any:
    """One sample on the way to a target.

    Args:
        target: where the value goes; all arguments are floats, or all are SIMD lanes.
        now: the value.
        lag: what it follows, which follows the target.

    Returns:
        The next value, and what it follows.

    >>> approach(1.0, 0.0, 0.0)
    (6.103515625e-05, 0.0078125)
    """
    lag = lag + (target - lag) * SHARE
    return now + (lag - now) * SHARE, lag


@kernel
def set_targets(settings: F64, ramp: Annotated[F64, 4, "values"]) -> None:
    """Begin to move where `settings` have changed.

    Args:
        settings: the new values; of more settings than `ramp` has columns, the first count.
        ramp: state, zeros before the first call: targets, values, what they follow, clock.
    """
    changed, started = False, ramp[CLOCK, STARTED] == 1.0
    for i in range(ramp.shape[1]):
        changed = changed or settings[i] != ramp[TARGET, i]
        ramp[TARGET, i] = settings[i]
        if not started:
            ramp[NOW, i] = ramp[LAG, i] = settings[i]
    if changed or not started:
        ramp[CLOCK, REMAINING] = float(SETTLING_SAMPLES) if started else 0.0
        ramp[CLOCK, STARTED], ramp[CLOCK, CONSTANT] = 1.0, 0.0


@kernel
def fill_ramps(ramp: Annotated[F64, 4, "values"], rows: Annotated[F64, "rows", "samples"], count: int) -> None:
    """Write the smoothed settings of the next `count` samples, one row for each of the first settings.

    Rows of constant settings are written once, and whole.

    Args:
        ramp: state, as `set_targets` left it.
        rows: overwritten.
        count: samples to advance by, at most a row's length.
    """
    if ramp[CLOCK, CONSTANT] == 1.0:
        return
    remaining = int(ramp[CLOCK, REMAINING])
    moving = min(remaining, count)
    for i in range(rows.shape[0]):
        row, target, now, lag = rows[i], ramp[TARGET, i], ramp[NOW, i], ramp[LAG, i]
        for j in range(moving):
            now, lag = approach(target, now, lag)
            row[j] = now
        if moving == remaining:
            now = lag = target
            for j in range(moving, len(row)):
                row[j] = target
        ramp[NOW, i], ramp[LAG, i] = now, lag
    ramp[CLOCK, REMAINING], ramp[CLOCK, CONSTANT] = float(remaining - moving), 1.0 if remaining == 0 else 0.0


@kernel
def fill_ramp(target: float, state: Annotated[F64, 5], values: F32) -> None:
    """Write the smoothed gain of the next samples.

    Args:
        target: where the gain goes.
        state: the gain, what it follows, its target, the samples until it is there, and whether it has started; zeros
            before the first call.
        values: (samples,), overwritten.
    """
    if state[GAIN_STARTED] == 0.0:
        state[GAIN] = state[GAIN_LAG] = state[GAIN_TARGET] = target
        state[GAIN_STARTED] = 1.0
    if state[GAIN_TARGET] != target:
        state[GAIN_TARGET], state[GAIN_REMAINING] = target, float(SETTLING_SAMPLES)
    remaining, now, lag = int(state[GAIN_REMAINING]), state[GAIN], state[GAIN_LAG]
    moving = min(remaining, values.shape[0])
    for i in range(moving):
        now, lag = approach(target, now, lag)
        values[i] = now
    if moving == remaining:
        now = lag = target
        for i in range(moving, values.shape[0]):
            values[i] = target
    state[GAIN], state[GAIN_LAG], state[GAIN_REMAINING] = now, lag, float(remaining - moving)
