"""Gains that reach a new value within 128 samples, so that a knob that jumps does not click."""

from typing import Annotated

from dawg_ai.dsp.kernel import F32, F64, kernel

SAMPLES = 128.0  # as many as lie between two positions of a knob that a host moves


@kernel
def ramp(target: float, state: Annotated[F64, 4], values: F32) -> None:
    """Fill `values` with the way from where the gain was to `target`: a straight line, then `target` itself.

    `state` is the gain, where it goes, how many samples that takes, and whether it has begun; a gain that has not
    begun, all zeros, is at its target at once.
    """
    if state[3] == 0.0:
        state[0], state[1], state[2], state[3] = target, target, 0.0, 1.0
    if state[1] != target:
        state[1], state[2] = target, SAMPLES
    if state[2] == 0.0:
        for i in range(values.shape[0]):
            values[i] = state[0]
        return
    for i in range(values.shape[0]):
        if state[2] > 0.0:
            state[0] += (state[1] - state[0]) / state[2]
            state[2] -= 1.0
        if state[2] == 0.0:
            state[0] = state[1]
        values[i] = state[0]
