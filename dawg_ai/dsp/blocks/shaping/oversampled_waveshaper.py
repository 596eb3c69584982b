"""Waveshaping between oversampling filters, so that its harmonics do not alias.

1x to 8x:   samples -> upsample -> waveshaper -> downsample -> samples
4x smooth:  samples -> upsample -> second-order ADAA (`adaa.py`) -> droop correction -> downsample -> samples
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.shaping.adaa import (
    mean_of_hard_clip,
    mean_of_tanh,
    mean_of_tanh_series,
    needs_series,
    twice_integrated_tanh,
)
from dawg_ai.dsp.blocks.shaping.oversampling import branch, clear_history, downsample, keep_history, lag, upsample
from dawg_ai.dsp.blocks.shaping.waveshaper import CLIP, HISTORY, IDENTITY, LINE
from dawg_ai.dsp.kernel import F32, F64, kernel

RATES = ("1x", "2x", "4x", "8x", "4x smooth")
ONCE, TWICE, FOURFOLD, EIGHTFOLD, SMOOTH = range(len(RATES))

# FIR of five taps that corrects the droop of a mean of three up to 20 kHz of 4 * 44.1 kHz, within 0.004 dB.
DROOP_CORRECTION = (2.4914209226415487, -0.88450073, 0.13879027)
NOT_COMPUTED = 1e300  # in place of an antiderivative that was not needed yet

LAST_SAMPLES, MEANS, NEXT_OUTPUT, RATE = 0, 2, 6, 7  # state: two samples, four means, the next output, the rate


@kernel
def latency_samples(rate: float) -> float:
    """Latency of a rate, in samples at the base rate."""
    if rate == SMOOTH:
        return 69.0
    return 0.0 if rate == ONCE else (63.0 if rate == TWICE else (68.0 if rate == FOURFOLD else 70.0))


@kernel
def waveshape_oversampled(
    count: Any, rate: float, kind: float, biases: F32, taps: F32, space: F32, state: F64
) -> None:
    """Waveshape a chunk, from line 0 of `space` into its output line.

    Args:
        count: samples in line 0, at most `CHUNK`.
        rate: index into `RATES`.
        kind: waveshaper.
        biases: of the waveshaper; those of the new samples begin at `HISTORY`.
        taps: of `half_band.design`.
        space: the lines of `oversampling`, state.
        state: (8,), zeros before the first call.
    """
    if state[RATE] != rate:
        clear_history(space)
        state[RATE] = rate
    smooth = rate == SMOOTH
    doublings = 2 if smooth else int(rate)
    upsample(taps, space, doublings, count, IDENTITY if smooth else kind, biases)
    if rate == ONCE:
        return
    if smooth:
        _waveshape_adaa(space, count, kind, biases, state)
    downsample(taps, space, doublings, count, kind, biases, smooth)
    keep_history(space, count)


@kernel
def _waveshape_adaa(space: F32, count: Any, kind: float, biases: F32, state: F64) -> None:
    """At 4x: the mean of the curve over three samples in a row (ADAA), then the droop correction.

    It comes one sample later than it could, so that the latency is a whole number of samples at the base rate.
    """
    x, y = state[LAST_SAMPLES], state[LAST_SAMPLES + 1]
    b = np.float64(biases[HISTORY])
    at_x = at_y = NOT_COMPUTED
    means = state[MEANS:]
    for i in range(count):
        k = HISTORY + i
        if np.float64(biases[k]) != b:
            b = np.float64(biases[k])
            at_x = at_y = NOT_COMPUTED
        for place in range(4):
            number = 2 * (place & 1) + (place >> 1)  # of the polyphase branch whose turn it is
            # Clipped to where the antiderivatives have enough digits; the curve is flat there.
            z = max(-1000.0, min(1000.0, np.float64(space[branch(number) - lag(number, 2) + i])))
            at_z = NOT_COMPUTED
            if kind == CLIP:
                mean = mean_of_hard_clip(b + x, b + y, b + z)
            elif needs_series(x, y, z):
                mean = mean_of_tanh_series(b + x, b + y, b + z)
            else:
                at_x, at_y, at_z = _once(at_x, b + x), _once(at_y, b + y), _once(at_z, b + z)
                mean = mean_of_tanh(b + x, b + y, b + z, at_x, at_y, at_z)
            at_x, at_y = at_y, at_z
            x, y = y, z
            mean -= np.float64(biases[k + LINE])
            space[branch(number + 8) + i] = state[NEXT_OUTPUT]
            state[NEXT_OUTPUT] = (
                DROOP_CORRECTION[2] * (mean + means[0])
                + DROOP_CORRECTION[1] * (means[1] + means[3])
                + DROOP_CORRECTION[0] * means[2]
            )
            means[0], means[1], means[2], means[3] = means[1], means[2], means[3], mean
    state[LAST_SAMPLES], state[LAST_SAMPLES + 1] = x, y


@kernel
def _once(value: float, x: float) -> float:
    """The second antiderivative of tanh, unless it is computed already."""
    return value if value != NOT_COMPUTED else twice_integrated_tanh(x)
