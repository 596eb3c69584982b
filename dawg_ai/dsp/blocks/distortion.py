"""Bending sound by a curve, between filters that raise the sample rate and lower it again."""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.antialias import (
    close,
    mean_of_clipped,
    mean_of_tanh,
    mean_of_tanh_nearby,
    twice_integrated_tanh,
)
from dawg_ai.dsp.blocks.curve import CLIP, KEPT, LINE, STRAIGHT
from dawg_ai.dsp.blocks.oversampling import down, forget, line, remember, up, waits
from dawg_ai.dsp.kernel import F32, F64, kernel

RATES = ("1x", "2x", "4x", "8x", "4x smooth")
ONCE, TWICE, FOURFOLD, EIGHTFOLD, SMOOTH = range(len(RATES))

# A filter over five samples that undoes what the mean of three does up to 20 kHz of 4 * 44.1 kHz, within 0.004 dB.
UNDO = (2.4914209226415487, -0.88450073, 0.13879027)
UNKNOWN = 1e300  # in place of an antiderivative that has not been needed yet

BEFORE, MEANS, DUE, RATE = 0, 2, 6, 7  # state: two samples, four means, a sample that is to come, and the rate


@kernel
def delay(rate: float) -> float:
    """How late the sound comes, in samples."""
    if rate == SMOOTH:
        return 69.0
    return 0.0 if rate == ONCE else (63.0 if rate == TWICE else (68.0 if rate == FOURFOLD else 70.0))


@kernel
def distort(count: Any, rate: float, kind: float, biases: F32, taps: F32, space: F32, state: F64) -> None:
    """Bend the `count` samples in line 0 of `space` into line 14. `space` and `state` hold what is remembered.

    `biases` are, from `KEPT` on, those of the samples, before it the last ones.
    """
    if state[RATE] != rate:
        forget(space)
        state[RATE] = rate
    smooth = rate == SMOOTH
    doublings = 2 if smooth else int(rate)
    up(taps, space, doublings, count, STRAIGHT if smooth else kind, biases)
    if rate == ONCE:
        return
    if smooth:
        _bend_means(space, count, kind, biases, state)
    down(taps, space, doublings, count, kind, biases, smooth)
    remember(space, count)


@kernel
def _bend_means(space: F32, count: Any, kind: float, biases: F32, state: F64) -> None:
    """At four times the rate: the mean of the curve over three samples in a row, then what undoes its loss of treble.

    All of it comes one sample later than it could, so that the whole delay is one of whole samples at the base rate.
    """
    x, y = state[BEFORE], state[BEFORE + 1]
    b = np.float64(biases[KEPT])
    at_x = at_y = UNKNOWN
    means = state[MEANS:]
    for i in range(count):
        k = KEPT + i
        if np.float64(biases[k]) != b:
            b = np.float64(biases[k])
            at_x = at_y = UNKNOWN
        for place in range(4):
            number = 2 * (place & 1) + (place >> 1)  # of the line whose turn it is
            # The antiderivatives are held to where their digits suffice; there the curve is flat for long.
            z = max(-1000.0, min(1000.0, np.float64(space[line(number) - waits(number, 2) + i])))
            at_z = UNKNOWN
            if kind == CLIP:
                mean = mean_of_clipped(b + x, b + y, b + z)
            elif close(x, y, z):
                mean = mean_of_tanh_nearby(b + x, b + y, b + z)
            else:
                at_x, at_y, at_z = _known(at_x, b + x), _known(at_y, b + y), _known(at_z, b + z)
                mean = mean_of_tanh(b + x, b + y, b + z, at_x, at_y, at_z)
            at_x, at_y = at_y, at_z
            x, y = y, z
            mean -= np.float64(biases[k + LINE])
            space[line(number + 8) + i] = state[DUE]
            state[DUE] = UNDO[2] * (mean + means[0]) + UNDO[1] * (means[1] + means[3]) + UNDO[0] * means[2]
            means[0], means[1], means[2], means[3] = means[1], means[2], means[3], mean
    state[BEFORE], state[BEFORE + 1] = x, y


@kernel
def _known(value: float, x: float) -> float:
    """The second antiderivative of tanh, unless it is known already."""
    return value if value != UNKNOWN else twice_integrated_tanh(x)
