"""A curve that bends sound, between filters that raise the sample rate and lower it again.

tanh is a rational function, the least squares fit for the largest error over [-8, 8]: 1.5e-7 off, as float32 itself.
"""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.antialias import (
    close,
    mean_of_clipped,
    mean_of_tanh,
    mean_of_tanh_nearby,
    twice_integrated_tanh,
)
from dawg_ai.dsp.blocks.oversampling import OUTPUT, down, forget, line, lines_of, remember, up, waits
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes16 import LANES, Sixteen, held16, load16, spread16, store16

RATES = ("1x", "2x", "4x", "8x", "4x smooth")
ONCE, TWICE, FOURFOLD, EIGHTFOLD, SMOOTH = range(len(RATES))

EDGE, LIMIT, ONE = np.float32(8.0), np.float32(1.0), np.float32(1.0)
P0, P1, P2, P3 = np.float32(0.9999998), np.float32(0.12925555), np.float32(0.0029509135), np.float32(1.1427357e-05)
Q1, Q2 = np.float32(0.46258768), np.float32(0.023815086)
Q3, Q4 = np.float32(0.00023865435), np.float32(2.4588923e-07)

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
def distort(count: Any, clipped: float, rate: float, bias: F32, rest: F32, taps: F32, space: F32, state: F64) -> None:
    """Bend the `count` samples in line 0 of `space` into line 22: tanh, or a limit at 1 if `clipped`, of the sample
    and `bias`, less `rest`.

    `bias` and `rest`, what the curve makes of the bias alone, have one value for each sample, and room for whole
    sixteens, or one for all. `space` and `state` hold what is remembered.
    """
    if state[RATE] != rate:
        forget(space)
        state[RATE] = rate
    if rate == ONCE:
        _bend(space, line(0), line(OUTPUT), count, clipped, bias, rest)
        return
    doublings = 2 if rate == SMOOTH else int(rate)
    up(taps, space, doublings, count)
    if rate == SMOOTH:
        _bend_means(space, count, clipped, bias, rest, state)
    else:
        far = line(lines_of(doublings)) - line(0)
        for k in range(1 << doublings):
            _bend(space, line(k) - waits(k, doublings), line(k) + far, count, clipped, bias, rest)
    down(taps, space, doublings, count)
    remember(space, doublings, count)


@kernel
def _bend(space: F32, source: Any, target: Any, count: Any, clipped: float, bias: F32, rest: F32) -> None:
    """The curve for a line, from `source` on, into that from `target` on."""
    moving, b, r = bias.shape[0] > 1, spread16(bias[0]), spread16(rest[0])
    for i in range(np.uintp(0), count, LANES):
        if moving:
            b, r = load16(bias, i), load16(rest, i)
        store16(space, target + i, _bent(load16(space, source + i) + b, clipped) - r)


@kernel
def _bent(v: Sixteen, clipped: float) -> Sixteen:
    if clipped != 0.0:
        return held16(v, LIMIT)
    x = held16(v, EDGE)
    z = x * x
    above = (((z * P3 + P2) * z + P1) * z + P0) * x
    return above / ((((z * Q4 + Q3) * z + Q2) * z + Q1) * z + ONE)


@kernel
def bend_biases(bias: F32, rest: F32, count: int, clipped: float) -> None:
    """What the curve makes of biases alone, by the same instructions as of sound: silence stays silence."""
    for i in range(np.uintp(0), np.uintp(count), LANES):
        store16(rest, i, _bent(load16(bias, i), clipped))


@kernel
def _bend_means(space: F32, count: Any, clipped: float, bias: F32, rest: F32, state: F64) -> None:
    """At four times the rate: the mean of the curve over three samples in a row, then what undoes its loss of treble.

    All of it comes one sample later than it could, so that the whole delay is one of whole samples at the base rate.
    """
    x, y = state[BEFORE], state[BEFORE + 1]
    b = np.float64(bias[0])
    at_x = at_y = UNKNOWN
    means, one_bias = state[MEANS:], bias.shape[0] == 1
    for i in range(count):
        k = np.uintp(0) if one_bias else i
        if np.float64(bias[k]) != b:
            b = np.float64(bias[k])
            at_x = at_y = UNKNOWN
        for place in range(4):
            number = 2 * (place & 1) + (place >> 1)  # of the line whose turn it is
            # The antiderivatives are held to where their digits suffice; there the curve is flat for long.
            z = max(-1000.0, min(1000.0, np.float64(space[line(number) - waits(number, 2) + i])))
            at_z = UNKNOWN
            if clipped != 0.0:
                mean = mean_of_clipped(b + x, b + y, b + z)
            elif close(x, y, z):
                mean = mean_of_tanh_nearby(b + x, b + y, b + z)
            else:
                at_x, at_y, at_z = _known(at_x, b + x), _known(at_y, b + y), _known(at_z, b + z)
                mean = mean_of_tanh(b + x, b + y, b + z, at_x, at_y, at_z)
            at_x, at_y = at_y, at_z
            x, y = y, z
            mean -= np.float64(rest[k])
            space[line(number + 16) + i] = state[DUE]
            state[DUE] = UNDO[2] * (mean + means[0]) + UNDO[1] * (means[1] + means[3]) + UNDO[0] * means[2]
            means[0], means[1], means[2], means[3] = means[1], means[2], means[3], mean
    state[BEFORE], state[BEFORE + 1] = x, y


@kernel
def _known(value: float, x: float) -> float:
    """The second antiderivative of tanh, unless it is known already."""
    return value if value != UNKNOWN else twice_integrated_tanh(x)
