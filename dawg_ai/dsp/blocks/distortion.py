"""A curve that bends sound, between filters that raise the sample rate and lower it again.

Long stretches go in sixteen parts side by side (`rows.py`): filters without feedback forget, so a part may begin a
little before its time, with silence behind it, and has caught up when its time comes. Short ones go one by one. The
bits are the same.

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
from dawg_ai.dsp.blocks.oversampling import PAST, down, stage_of, up
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.rows import COLUMNS, held, row, set_row

RATES = ("1x", "2x", "4x", "8x", "4x smooth")
ONCE, TWICE, FOURFOLD, EIGHTFOLD, SMOOTH = range(len(RATES))

SHORT = 256  # samples that go one by one at most
TILE = 32  # rows of sixteen samples that go at a time
STEP = TILE * COLUMNS
WARM = 160  # rows after which a part has caught up: all filters together remember 145 samples

EDGE, LIMIT, ONE = np.float32(8.0), np.float32(1.0), np.float32(1.0)
P0, P1, P2, P3 = np.float32(0.9999998), np.float32(0.12925555), np.float32(0.0029509135), np.float32(1.1427357e-05)
Q1, Q2 = np.float32(0.46258768), np.float32(0.023815086)
Q3, Q4 = np.float32(0.00023865435), np.float32(2.4588923e-07)

# A filter over five samples that undoes what the mean of three does up to 20 kHz of 4 * 44.1 kHz, within 0.004 dB.
UNDO = (2.4914209226415487, -0.88450073, 0.13879027)
UNKNOWN = 1e300  # in place of an antiderivative that has not been needed yet


@kernel
def delay(rate: float) -> float:
    """How late the sound comes, in samples."""
    if rate == SMOOTH:
        return 71.0
    return 0.0 if rate == ONCE else (63.0 if rate == TWICE else (70.0 if rate == FOURFOLD else 72.0))


@kernel
def distort(
    v: F32, clipped: float, rate: float, bias: F32, rest: F32, taps: F32, past: F32, state: F64, space: F32
) -> None:
    """Bend up to `SHORT` samples in place: tanh, or a limit at 1 if `clipped`, of the sample and `bias`, less `rest`.

    `bias` and `rest`, what the curve makes of the bias alone, have one value for each sample or one for all.
    """
    _through(v, clipped, rate, bias, rest, taps, past, state, space)


@kernel
def distort_in_rows(
    v: F32, clipped: float, rate: float, bias: F32, rest: F32, taps: F32, past: F32, state: F64, rows: F32
) -> None:
    """The same for a multiple of `STEP` samples, one bias for all, and the rates from 1x to 8x."""
    kept, base, space = rows[:PAST], rows[PAST : PAST + TILE], rows[PAST + TILE :]
    for i in range(PAST):
        for column in range(COLUMNS):
            kept[i, column] = past[i] * 0
    part = v.shape[0] // COLUMNS
    for start in range(-WARM, part, TILE):
        if start == 0:
            for i in range(PAST):
                kept[i, 0] = past[i]
        _gather(v, start, part, base)
        _through(base, clipped, rate, bias, rest, taps, kept, state, space)
        if start >= 0:
            _scatter(base, v, start, part)
    for i in range(PAST):
        past[i] = kept[i, COLUMNS - 1]


@kernel
def _gather(v: F32, start: int, part: int, base: F32) -> None:
    """The next tile of every part; the first part has nothing before its time."""
    for column in range(0 if start >= 0 else 1, COLUMNS):
        at = v[column * part + start :]
        for i in range(np.uintp(TILE)):
            base[i, column] = at[i]
    if start < 0:
        for i in range(np.uintp(TILE)):
            base[i, 0] = base[i, 1] * 0


@kernel
def _scatter(base: F32, v: F32, start: int, part: int) -> None:
    for column in range(COLUMNS):
        at = v[column * part + start :]
        for i in range(np.uintp(TILE)):
            at[i] = base[i, column]


@kernel
def _through(
    v: F32, clipped: float, rate: float, bias: F32, rest: F32, taps: F32, past: F32, state: F64, space: F32
) -> None:
    """Up, through the curve, and down, in place; all rates lie one after another in `space`.

    One filter coming down is early, so that the whole delay is one of whole samples.
    """
    count, stages = v.shape[0], 2 if rate == SMOOTH else int(rate)
    early = 1 if rate > FOURFOLD else (0 if rate == FOURFOLD else -1)
    start, line = 0, space[15 * count :]
    for i in range(np.uintp(count)):
        set_row(space, i, row(v, i))
    for stage in range(stages):
        lower, higher = _rates(space, start, count << stage)
        h, kept = stage_of(stage, taps, past)
        up(h, lower, higher, kept, line)
        start += count << stage
    bent = space[start : start + (count << stages)]
    if v.ndim == 1 and rate == SMOOTH:
        bend_means(bent, clipped, bias, rest, state)
    else:
        _bend(bent, clipped, bias, rest)
    for turn in range(stages):
        stage = stages - 1 - turn
        start -= count << stage
        lower, higher = _rates(space, start, count << stage)
        h, kept = stage_of(stage, taps, past)
        down(h, higher, lower, stage == early, kept, line)
    for i in range(np.uintp(count)):
        set_row(v, i, row(space, i))


@kernel
def _rates(space: F32, start: int, count: int) -> tuple[F32, F32]:
    """`count` samples of `space`, and twice as many after them."""
    return space[start : start + count], space[start + count : start + 3 * count]


@kernel
def _bend(v: F32, clipped: float, bias: F32, rest: F32) -> None:
    count = np.uintp(v.shape[0])
    if bias.shape[0] == 1:
        b, r = bias[0], rest[0]
        if clipped != 0.0:
            for i in range(count):
                set_row(v, i, held(row(v, i) + b, LIMIT) - r)
        else:
            for i in range(count):
                set_row(v, i, tanh32(row(v, i) + b) - r)
        return
    per = count // np.uintp(bias.shape[0])
    for i in range(count):
        u = row(v, i) + bias[i // per]
        bent = held(u, LIMIT) if clipped != 0.0 else tanh32(u)
        set_row(v, i, bent - rest[i // per])


@kernel
def tanh32(v: Any) -> Any:
    """tanh of a float32, or of a row of them."""
    x = held(v, EDGE)
    z = x * x
    return x * (P0 + z * (P1 + z * (P2 + z * P3))) / (ONE + z * (Q1 + z * (Q2 + z * (Q3 + z * Q4))))


@kernel
def bend_means(v: F32, clipped: float, bias: F32, rest: F32, state: F64) -> None:
    """The mean of the curve over three samples in a row, then what undoes its loss of treble.

    `state` has the two samples before, and the last four means.
    """
    per = np.uintp(v.shape[0] // bias.shape[0])
    x, y = state[0], state[1]
    b = np.float64(bias[0])
    at_x = at_y = UNKNOWN
    for i in range(np.uintp(v.shape[0])):
        if np.float64(bias[i // per]) != b:
            b = np.float64(bias[i // per])
            at_x = at_y = UNKNOWN
        # The antiderivatives are held to where their digits suffice; there the curve is flat for long.
        z = max(-1000.0, min(1000.0, np.float64(v[i])))
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
        mean -= np.float64(rest[i // per])
        v[i] = UNDO[2] * (mean + state[2]) + UNDO[1] * (state[3] + state[5]) + UNDO[0] * state[4]
        state[2], state[3], state[4], state[5] = state[3], state[4], state[5], mean
    state[0], state[1] = x, y


@kernel
def _known(value: float, x: float) -> float:
    """The second antiderivative of tanh, unless it is known already."""
    return value if value != UNKNOWN else twice_integrated_tanh(x)
