"""Parameter smoothing: a knob that jumps is followed along a straight line of 128 samples, so that nothing clicks.

128 samples are the render quantum of the Web Audio API, and so how often a host that automates a knob can move it:
the lines join without steps between them. The first values of all are taken at once.

Two forms of the same linear ramp:
`set_targets` and `fill_ramps` smooth several parameters together, in float64, counted back from their target;
`fill_ramp` smooths one gain, in float32, counted on from where it is. Their last bits differ while a knob moves.
"""

from typing import Annotated

from dawg_ai.dsp.kernel import F32, F64, kernel

RAMP_SAMPLES = 128
TARGET, SLOPE, CLOCK = range(3)  # the rows of a ramp; the columns of its clock row:
REMAINING, STARTED, CONSTANT = range(3)
GAIN, GAIN_TARGET, GAIN_REMAINING, GAIN_STARTED = range(4)  # the state of `fill_ramp`


@kernel
def set_targets(settings: F64, ramp: Annotated[F64, 3, "values"]) -> None:
    """Start new ramps where `settings` have changed.

    Args:
        settings: the new values; of more settings than `ramp` has columns, the first count.
        ramp: state, zeros before the first call: targets, slopes per sample, clock.
    """
    remaining, changed = ramp[CLOCK, REMAINING], False
    for i in range(ramp.shape[1]):
        changed = changed or settings[i] != ramp[TARGET, i]
    if changed or ramp[CLOCK, STARTED] == 0.0:
        for i in range(ramp.shape[1]):
            now = ramp[TARGET, i] - ramp[SLOPE, i] * remaining
            ramp[TARGET, i] = settings[i]
            ramp[SLOPE, i] = (settings[i] - now) / float(RAMP_SAMPLES)
        ramp[CLOCK, REMAINING] = float(RAMP_SAMPLES) * ramp[CLOCK, STARTED]
        ramp[CLOCK, STARTED], ramp[CLOCK, CONSTANT] = 1.0, 0.0


@kernel
def fill_ramps(ramp: Annotated[F64, 3, "values"], rows: Annotated[F64, "rows", "samples"], count: int) -> None:
    """Write the smoothed settings of the next `count` samples, one row for each of the first settings.

    Rows of constant settings are written once, and whole. A line counted from its beginning would not be exact at its
    target, so it is counted back from its end.

    Args:
        ramp: state, as `set_targets` left it.
        rows: overwritten.
        count: samples to advance by, at most a row's length.
    """
    remaining = ramp[CLOCK, REMAINING]
    if ramp[CLOCK, CONSTANT] == 0.0:
        for i in range(rows.shape[0]):
            for j in range(rows.shape[1]):
                rows[i, j] = ramp[TARGET, i] - ramp[SLOPE, i] * max(remaining - float(j), 0.0)
        ramp[CLOCK, CONSTANT] = 1.0 if remaining == 0.0 else 0.0
    ramp[CLOCK, REMAINING] = max(remaining - float(count), 0.0)


@kernel
def fill_ramp(target: float, state: Annotated[F64, 4], values: F32) -> None:
    """Write the smoothed gain of the next samples: a straight line to `target`, then `target` itself.

    Args:
        target: where the gain goes.
        state: the gain, its target, the samples that remain, and whether it has started; zeros before the first call.
        values: (samples,), overwritten.
    """
    if state[GAIN_STARTED] == 0.0:
        state[GAIN], state[GAIN_TARGET], state[GAIN_REMAINING], state[GAIN_STARTED] = target, target, 0.0, 1.0
    if state[GAIN_TARGET] != target:
        state[GAIN_TARGET], state[GAIN_REMAINING] = target, float(RAMP_SAMPLES)
    if state[GAIN_REMAINING] == 0.0:
        for i in range(values.shape[0]):
            values[i] = state[GAIN]
        return
    for i in range(values.shape[0]):
        if state[GAIN_REMAINING] > 0.0:
            state[GAIN] += (state[GAIN_TARGET] - state[GAIN]) / state[GAIN_REMAINING]
            state[GAIN_REMAINING] -= 1.0
        if state[GAIN_REMAINING] == 0.0:
            state[GAIN] = state[GAIN_TARGET]
        values[i] = state[GAIN]
