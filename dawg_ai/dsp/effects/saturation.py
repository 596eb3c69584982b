"""Saturation: tube, transformer, tape, soft and hard clipping, oversampled so that overtones do not fold back.

Soft clipping is tanh; hard clipping stops at 1. The tube is tanh off its centre, which gives even harmonics. The
transformer bends low frequencies first and tape high ones: tanh between a shelf and its inverse, odd harmonics alone.
Drive does not make louder: a tone that peaks at -12 dBFS keeps its level. Beside 1x to 8x, "4x smooth" adds
antiderivative anti-aliasing (`antialias.py`), the cleanest for high drive. The dry path of `mix` waits for the wet.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.curve import BIASES, CHUNK, CLIP, KEPT, LINE, TANH, bend_biases
from dawg_ai.dsp.blocks.distortion import RATES, SMOOTH, delay, distort
from dawg_ai.dsp.blocks.oversampling import COMES_IN, COMES_OUT, SPACE, TAPS, design
from dawg_ai.dsp.blocks.ramp import ramp
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Lanes, left, pair, right
from dawg_ai.dsp.math import PI, amplitude, cos, sin, sqrt, tanh

KINDS = ("tube", "transformer", "tape", "soft clip", "hard clip")
TUBE, TRANSFORMER, TAPE, SOFT_CLIP, HARD_CLIP = range(len(KINDS))
KIND, DRIVE, BIAS, TONE, MIX, OUTPUT, RATE = range(7)  # knobs

REFERENCE = 0.25  # the peak that keeps its level, -12 dBFS
TUBE_BIAS = 0.5
RING = 1e-100  # keeps filters that ring down above denormals, as in `biquad`

LARGEST, NONE = np.float32(1e30), np.float32(0.0)
LONGEST = 70  # samples that the output can be late


@kernel
def prepare(
    knobs: Annotated[F64, 7],
    sample_rate_hz: float,
    taps: Annotated[F32, TAPS],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 4],
    sections: Annotated[F64, 4, 3],
) -> None:
    """Knobs to gains (drive, bias, wet, dry), modes (curve, rate, delay, filters on or off) and filter sections."""
    kind, rate = knobs[KIND], knobs[RATE]
    curve = CLIP if kind == HARD_CLIP else TANH
    drive, bias = amplitude(knobs[DRIVE]), knobs[BIAS] + (TUBE_BIAS if kind == TUBE else 0.0)
    bent = 0.5 * (_bent(curve, bias + drive * REFERENCE) - _bent(curve, bias - drive * REFERENCE))
    mix, output = 0.01 * knobs[MIX], amplitude(knobs[OUTPUT])
    targets[0], targets[1] = drive, bias
    targets[2], targets[3] = mix * output * REFERENCE / bent, (1.0 - mix) * output
    filtered = bias != 0.0 or knobs[TONE] != 0.0 or kind in (TRANSFORMER, TAPE)
    modes[0], modes[1], modes[2], modes[3] = curve, rate, delay(rate), 1.0 if filtered else 0.0
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
    return int(delay(knobs[RATE]))


@kernel
def tail(knobs: Annotated[F64, 7], sample_rate_hz: float) -> int:
    """The filters of the oversampling, and a fifth of a second for the high-pass at 3 Hz to come to rest."""
    return int(2.0 * delay(knobs[RATE]) + 0.2 * sample_rate_hz)


@kernel
def _bent(curve: float, value: float) -> float:
    return max(-1.0, min(1.0, value)) if curve == CLIP else tanh(value)


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
    taps: Annotated[F32, TAPS],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 4],
    sections: Annotated[F64, 4, 3],
    ramps: Annotated[F64, 4, 4],
    gains: Annotated[F32, 4, CHUNK],
    biases: Annotated[F32, BIASES],
    state: Annotated[F64, "channels", 12],
    past: Annotated[F32, "channels", SPACE],
    dry: Annotated[F32, "channels", LONGEST + CHUNK],
) -> None:
    """Saturate a block, in chunks; a sample that is not a finite number counts as silence."""
    last = np.uintp(x.shape[0] - 1)
    start = 0
    while start < x.shape[1]:
        at_rest = _at_rest(targets, ramps, biases)
        count = min(x.shape[1] - start, CHUNK)
        now = gains[:, :1] if at_rest else gains[:, :count]
        for i in range(4):
            ramp(targets[i], ramps[i], now[i])
        _lay_biases(modes, now[1], biases, count)
        used = biases[:0] if at_rest and now[1, 0] == 0.0 and modes[1] != SMOOTH else biases
        for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
            # Two channels at a time; one left over takes both lanes of the filters.
            second = min(first + np.uintp(1), last)
            for channel in range(first, second + np.uintp(1)):
                _take(x[channel, start : start + count], now[0], dry[channel], past[channel, COMES_IN:])
            if modes[3] != 0.0:
                a, b = past[first, COMES_IN : COMES_IN + count], past[second, COMES_IN : COMES_IN + count]
                _shape_before(a, b, sections, state[first], state[second])
            else:
                _forget(state[first], state[second])
            for channel in range(first, second + np.uintp(1)):
                p, s = past[channel], state[channel, 4:]
                distort(np.uintp(count), modes[1], modes[0], used, taps, p, s)
            if modes[3] != 0.0:
                a, b = past[first, COMES_OUT : COMES_OUT + count], past[second, COMES_OUT : COMES_OUT + count]
                _shape_after(a, b, sections, state[first], state[second])
            for channel in range(first, second + np.uintp(1)):
                late = dry[channel, LONGEST - int(modes[2]) :]
                _give(past[channel, COMES_OUT:], late, now[2], now[3], y[channel, start : start + count])
                _move(dry[channel], count)
        recent = biases[count:]
        for i in range(KEPT):
            biases[i] = recent[i]
        start += count


@kernel
def _at_rest(targets: F64, state: F64, biases: F32) -> bool:
    """Whether all gains are where they shall be, and have been for as long as the filters remember."""
    moving = 0
    for i in range(KEPT):
        if biases[i] != biases[0]:
            moving += 1
    for i in range(4):
        if state[i, 3] != 0.0 and (state[i, 1] != targets[i] or state[i, 2] > 0.0):
            moving += 1
    return moving == 0


@kernel
def _lay_biases(modes: F64, bias: F32, biases: F32, count: int) -> None:
    """Put `bias`, of each sample or one for all, after those of the past; and what the curve makes of them alone."""
    filled = KEPT + np.uintp(count)
    if bias.shape[0] == 1:
        rests = biases[LINE:]
        for i in range(filled):
            biases[i] = bias[0]
        _bend_biases(modes, biases, np.uintp(1))
        for i in range(filled):
            rests[i] = rests[0]
    else:
        new = biases[KEPT:]
        for i in range(np.uintp(count)):
            new[i] = bias[i]
        _bend_biases(modes, biases, filled)


@kernel
def _bend_biases(modes: F64, biases: F32, count: Any) -> None:
    if modes[1] != SMOOTH:
        bend_biases(modes[0], biases, count)
        return
    for i in range(count):
        biases[i + LINE] = _bent(modes[0], np.float64(biases[i]))


@kernel
def _take(x: F32, drive: F32, dry: F32, v: F32) -> None:
    recent = dry[LONGEST:]
    if drive.shape[0] == 1:
        gain = drive[0]
        for i in range(np.uintp(x.shape[0])):
            recent[i] = _finite(x[i])
            v[i] = recent[i] * gain
    else:
        for i in range(np.uintp(x.shape[0])):
            recent[i] = _finite(x[i])
            v[i] = recent[i] * drive[i]


@kernel
def _finite(x: np.float32) -> np.float32:
    """As `math.finite`, without leaving float32."""
    return x if abs(x) < LARGEST else NONE


@kernel
def _give(v: F32, dry: F32, wet: F32, plain: F32, y: F32) -> None:
    if wet.shape[0] == 1:
        a, b = wet[0], plain[0]
        for i in range(np.uintp(y.shape[0])):
            y[i] = v[i] * a + dry[i] * b
    else:
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
def _forget(s: F64, t: F64) -> None:
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
