"""Saturation: tube, transformer, tape, soft and hard clipping, oversampled so that overtones do not fold back.

Soft clipping is tanh; hard clipping stops at 1. The tube is tanh off its centre, which gives even harmonics. The
transformer bends low frequencies first and tape high ones: tanh between a shelf and its inverse, odd harmonics alone.
Drive does not make louder: a tone that peaks at -12 dBFS keeps its level. Beside 1x to 8x, "4x smooth" adds
antiderivative anti-aliasing (`antialias.py`), the cleanest for high drive. The dry path of `mix` waits for the wet.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.antialias import mean_of_clipped, mean_of_tanh, twice_integrated_tanh
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Lanes, left, pair, right
from dawg_ai.dsp.math import PI, amplitude, cos, finite, sin, sqrt, tanh
from dawg_ai.dsp.oversampling import (
    FIRST,
    PAST_FIRST,
    PAST_SECOND,
    PAST_THIRD,
    SECOND,
    THIRD,
    design,
    down,
    up,
)
from dawg_ai.dsp.ramp import ramp

KINDS = ("tube", "transformer", "tape", "soft clip", "hard clip")
TUBE, TRANSFORMER, TAPE, SOFT_CLIP, HARD_CLIP = range(len(KINDS))
RATES = ("1x", "2x", "4x", "8x", "4x smooth")
SMOOTH = 4
KIND, DRIVE, BIAS, TONE, MIX, OUTPUT, RATE = range(7)  # knobs

REFERENCE = 0.25  # the peak that keeps its level, -12 dBFS
TUBE_BIAS = 0.5
RING = 1e-100  # keeps filters that ring down above denormals, as in `biquad`

CHUNK = 256
LONGEST = 72  # samples that the output can be late

# Places in `work`: a channel's samples at each rate, and space for the filters.
TWICE, FOURFOLD, EIGHTFOLD, LINE = CHUNK, 3 * CHUNK, 7 * CHUNK, 15 * CHUNK

# tanh as a rational function, least squares for the largest error over [-8, 8]; 1.5e-7 off, float32's own precision.
EDGE, ONE = np.float32(8.0), np.float32(1.0)
P0, P1, P2, P3 = np.float32(0.9999998), np.float32(0.12925555), np.float32(0.0029509135), np.float32(1.1427357e-05)
Q1, Q2 = np.float32(0.46258768), np.float32(0.023815086)
Q3, Q4 = np.float32(0.00023865435), np.float32(2.4588923e-07)

# A filter over five samples that undoes what the mean of three does up to 20 kHz of 4 * 44.1 kHz, within 0.004 dB.
UNDO = (2.4914209226415487, -0.88450073, 0.13879027)


@kernel
def prepare(
    knobs: Annotated[F64, 7],
    sample_rate_hz: float,
    taps: Annotated[F32, 44],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 4],
    sections: Annotated[F64, 4, 3],
) -> None:
    """Knobs to gains (drive, bias, wet, dry), modes (curve, rate, delay, filters on or off) and filter sections."""
    kind, rate = knobs[KIND], knobs[RATE]
    clipped = 1.0 if kind == HARD_CLIP else 0.0
    drive, bias = amplitude(knobs[DRIVE]), knobs[BIAS] + (TUBE_BIAS if kind == TUBE else 0.0)
    bent = 0.5 * (_bent(clipped, bias + drive * REFERENCE) - _bent(clipped, bias - drive * REFERENCE))
    mix, output = 0.01 * knobs[MIX], amplitude(knobs[OUTPUT])
    targets[0], targets[1] = drive, bias
    targets[2], targets[3] = mix * output * REFERENCE / bent, (1.0 - mix) * output
    filtered = bias != 0.0 or knobs[TONE] != 0.0 or kind in (TRANSFORMER, TAPE)
    modes[0], modes[1], modes[2], modes[3] = clipped, rate, _delay(rate), 1.0 if filtered else 0.0
    lows, highs, center = 1.0, 1.0, 1000.0
    if kind == TRANSFORMER:
        lows, center = amplitude(9.0), 120.0
    elif kind == TAPE:
        highs, center = amplitude(9.0), 4000.0
    _shelf(center, lows, highs, sample_rate_hz, sections[0])
    _shelf(center, 1.0 / lows, 1.0 / highs, sample_rate_hz, sections[1])
    _shelf(1000.0, amplitude(-knobs[TONE]), amplitude(knobs[TONE]), sample_rate_hz, sections[2])
    _high_pass(3.0, sample_rate_hz, sections[3])
    design(taps)


@kernel
def latency(knobs: Annotated[F64, 7], sample_rate_hz: float) -> int:
    """How late the output is, in samples."""
    return int(_delay(knobs[RATE]))


@kernel
def tail(knobs: Annotated[F64, 7], sample_rate_hz: float) -> int:
    """The filters of the oversampling, and a fifth of a second for the high-pass at 3 Hz to come to rest."""
    return int(2.0 * _delay(knobs[RATE]) + 0.2 * sample_rate_hz)


@kernel
def _delay(rate: float) -> float:
    if rate == SMOOTH:
        return 71.0
    return 0.0 if rate == 0.0 else (63.0 if rate == 1.0 else (70.0 if rate == 2.0 else 72.0))


@kernel
def _bent(clipped: float, value: float) -> float:
    return max(-1.0, min(1.0, value)) if clipped else tanh(value)


@kernel
def _shelf(center_hz: float, lows: float, highs: float, sample_rate_hz: float, row: Annotated[F64, 3]) -> None:
    """`[b0, b1, a1]` of a first-order shelf with these gains at the two ends of the spectrum."""
    half = PI * min(center_hz, 0.45 * sample_rate_hz) / sample_rate_hz
    k, q = sin(half) / cos(half), sqrt(highs / lows)
    a0 = k + 1.0 / q
    row[0], row[1], row[2] = lows * (k + q) / a0, lows * (k - q) / a0, (k - 1.0 / q) / a0


@kernel
def _high_pass(corner_hz: float, sample_rate_hz: float, row: Annotated[F64, 3]) -> None:
    half = PI * corner_hz / sample_rate_hz
    k = sin(half) / cos(half)
    row[0], row[1], row[2] = 1.0 / (1.0 + k), -1.0 / (1.0 + k), (k - 1.0) / (k + 1.0)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    taps: Annotated[F32, 44],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 4],
    sections: Annotated[F64, 4, 3],
    ramps: Annotated[F64, 4, 4],
    gains: Annotated[F32, 5, 256],
    state: Annotated[F64, "channels", 10],
    past: Annotated[F32, "channels", 214],
    dry: Annotated[F32, "channels", 328],
    work: Annotated[F32, 2, 6144],
) -> None:
    """Saturate a block, in chunks; a sample that is not a finite number counts as silence."""
    last = np.uintp(x.shape[0] - 1)
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        _ramps(modes, targets, ramps, gains[:, : stop - start])
        for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
            # Two channels at a time; one left over takes both lanes of the filters.
            second = min(first + np.uintp(1), last)
            for channel in range(first, second + np.uintp(1)):
                _take(x[channel, start:stop], gains[0], dry[channel], work[channel - first])
            a, b = work[0, : stop - start], work[second - first, : stop - start]
            if modes[3] != 0.0:
                _shape_before(a, b, sections, state[first], state[second])
            else:
                _rest(state[first], state[second])
            for channel in range(first, second + np.uintp(1)):
                _saturate(stop - start, gains, taps, modes, state[channel], past[channel], work[channel - first])
            if modes[3] != 0.0:
                _shape_after(a, b, sections, state[first], state[second])
            for channel in range(first, second + np.uintp(1)):
                _give(work[channel - first], gains, dry[channel, LONGEST - int(modes[2]) :], y[channel, start:stop])
                _move(dry[channel], stop - start)


@kernel
def _ramps(modes: F64, targets: F64, state: F64, gains: F32) -> None:
    """Drive, bias, wet and dry gain of each sample, and last what the curve makes of the bias alone."""
    for i in range(4):
        ramp(targets[i], state[i], gains[i])
    bias, rest = gains[1], gains[4]
    for i in range(bias.shape[0]):
        if modes[1] == SMOOTH:
            rest[i] = _bent(modes[0], np.float64(bias[i]))
        else:
            rest[i] = _clip(bias[i], ONE) if modes[0] != 0.0 else _tanh(bias[i])


@kernel
def _take(x: F32, drive: F32, dry: F32, v: F32) -> None:
    for i in range(np.uintp(x.shape[0])):
        sample = np.float32(finite(np.float64(x[i])))
        dry[LONGEST + i] = sample
        v[i] = sample * drive[i]


@kernel
def _give(v: F32, gains: F32, dry: F32, y: F32) -> None:
    wet, plain = gains[2], gains[3]
    for i in range(np.uintp(y.shape[0])):
        y[i] = v[i] * wet[i] + dry[i] * plain[i]


@kernel
def _move(dry: F32, samples: int) -> None:
    recent = dry[samples:]
    for i in range(LONGEST):
        dry[i] = recent[i]


@kernel
def _first_order(v: Lanes, row: Any, p: Lanes) -> Any:
    """A sample through a section with state p: the output, and p for the next sample."""
    b0, b1, a1 = row
    y = b0 * v + p
    return y, b1 * v - a1 * y + RING


@kernel
def _row(row: F64) -> tuple[float, float, float]:
    return row[0], row[1], row[2]


@kernel
def _shape_before(a: F32, b: F32, sections: F64, s: F64, t: F64) -> None:
    row, p = _row(sections[0]), pair(s[0], t[0])
    for i in range(np.uintp(a.shape[0])):
        v, p = _first_order(pair(np.float64(a[i]), np.float64(b[i])), row, p)
        a[i], b[i] = left(v), right(v)
    s[0], t[0] = left(p), right(p)


@kernel
def _rest(s: F64, t: F64) -> None:
    """Filters that are not needed forget, so that they begin from silence."""
    for i in range(4):
        s[i], t[i] = 0.0, 0.0


@kernel
def _shape_after(a: F32, b: F32, sections: F64, s: F64, t: F64) -> None:
    """The inverse of the shelf before, tone, and a high-pass: a bent wave has a mean."""
    inverse, tone, level = _row(sections[1]), _row(sections[2]), _row(sections[3])
    p, q, r = pair(s[1], t[1]), pair(s[2], t[2]), pair(s[3], t[3])
    for i in range(np.uintp(a.shape[0])):
        v, p = _first_order(pair(np.float64(a[i]), np.float64(b[i])), inverse, p)
        v, q = _first_order(v, tone, q)
        v, r = _first_order(v, level, r)
        a[i], b[i] = left(v), right(v)
    s[1], s[2], s[3] = left(p), left(q), left(r)
    t[1], t[2], t[3] = right(p), right(q), right(r)


@kernel
def _saturate(count: int, gains: F32, taps: F32, modes: F64, state: F64, past: F32, work: F32) -> None:
    """The first `count` samples of `work` through the curve, at the rate that is chosen."""
    rate, line = modes[1], work[LINE:]
    first, second, third = past[PAST_FIRST], past[PAST_SECOND], past[PAST_THIRD]
    base, twice = work[:count], work[TWICE : TWICE + 2 * count]
    four, eight = work[FOURFOLD : FOURFOLD + 4 * count], work[EIGHTFOLD : EIGHTFOLD + 8 * count]
    if rate == 0.0:
        _bend(base, 1, gains, modes[0])
        return
    up(taps[FIRST], base, twice, first, line)
    if rate == 1.0:
        _bend(twice, 2, gains, modes[0])
    else:
        up(taps[SECOND], twice, four, second, line)
        if rate == SMOOTH:
            _bend_smoothly(four, gains, modes[0], state[4:])
        elif rate == 3.0:
            up(taps[THIRD], four, eight, third, line)
            _bend(eight, 8, gains, modes[0])
            down(taps[THIRD], eight, four, False, third, line)
        else:
            _bend(four, 4, gains, modes[0])
        down(taps[SECOND], four, twice, rate != 2.0, second, line)
    down(taps[FIRST], twice, base, rate == 2.0, first, line)


@kernel
def _bend(v: F32, times: int, gains: F32, clipped: float) -> None:
    """The curve, `times` samples for each gain."""
    bias, rest = gains[1], gains[4]
    per = np.uintp(times)
    for i in range(np.uintp(v.shape[0]) // per):
        for j in range(i * per, (i + np.uintp(1)) * per):
            u = v[j] + bias[i]
            v[j] = (_clip(u, ONE) if clipped != 0.0 else _tanh(u)) - rest[i]


@kernel
def _clip(v: np.float32, most: np.float32) -> np.float32:
    return max(-most, min(most, v))


@kernel
def _tanh(v: np.float32) -> np.float32:
    x = _clip(v, EDGE)
    z = x * x
    return x * (P0 + z * (P1 + z * (P2 + z * P3))) / (ONE + z * (Q1 + z * (Q2 + z * (Q3 + z * Q4))))


@kernel
def _bend_smoothly(v: F32, gains: F32, clipped: float, state: F64) -> None:
    """The mean of the curve over three samples in a row, then what undoes its loss of treble.

    `state` has the two samples before, and the last four means.
    """
    bias, rest = gains[1], gains[4]
    for i in range(np.uintp(v.shape[0])):
        b = np.float64(bias[i // np.uintp(4)])
        # The antiderivatives are held to where their digits suffice; there the curve is flat for long.
        c = max(-1000.0, min(1000.0, np.float64(v[i])))
        mean = _mean(clipped, b + state[0], b + state[1], b + c) - np.float64(rest[i // np.uintp(4)])
        ends, sides = mean + state[2], state[3] + state[5]
        v[i] = UNDO[2] * ends + UNDO[1] * sides + UNDO[0] * state[4]
        state[0], state[1] = state[1], c
        state[2], state[3], state[4], state[5] = state[3], state[4], state[5], mean


@kernel
def _mean(clipped: float, x: float, y: float, z: float) -> float:
    if clipped != 0.0:
        return mean_of_clipped(x, y, z)
    return mean_of_tanh(x, y, z, twice_integrated_tanh(x), twice_integrated_tanh(y), twice_integrated_tanh(z))


EFFECT = Effect(
    "saturation",
    "Warmth to distortion: tube, transformer, tape, soft and hard clipping.",
    (
        Knob("kind", "Type", "", 0, len(KINDS) - 1, TUBE, 1, "choice", KINDS),
        Knob("drive_db", "Drive", "dB", 0, 36, 9, step=0.1),
        Knob("bias", "Bias", "", -1, 1, 0, step=0.01),
        Knob("tone_db", "Tone", "dB", -6, 6, 0, step=0.1),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, step=1, group="Output"),
        Knob("output_db", "Output", "dB", -24, 24, 0, step=0.1, group="Output"),
        Knob("oversampling", "Oversampling", "", 0, len(RATES) - 1, 2, 1, "choice", RATES, group="Output"),
    ),
    prepare,
    process,
    latency=latency,
    tail=tail,
)
