"""Saturation: tube, transformer, tape, soft and hard clipping, oversampled so that harmonics do not alias.

    x -> drive -> pre-emphasis shelf -> upsample -> waveshaper around the bias -> downsample
        -> de-emphasis shelf -> tone shelf -> DC blocker at 3 Hz -> wet
    x -> delay of the same latency -> dry
    wet and dry -> mix, output gain -> y

The waveshaper of soft clipping is tanh, that of hard clipping stops at 1. The tube is tanh off its centre (a bias),
which gives even harmonics. Transformer and tape are tanh between a shelf and its inverse, which saturates low or high
frequencies first: odd harmonics alone. The level is compensated: a tone that peaks at -12 dBFS keeps its level at any
drive. Beside 1x to 8x, "4x smooth" adds antiderivative anti-aliasing (`blocks/shaping/adaa.py`), the cleanest for
high drive. Without bias, tone and emphasis the first-order filters are left out.

Gains, bias and tone are smoothed. Another type or oversampling is crossfaded into (`blocks/crossfade.py`).
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks import crossfade
from dawg_ai.dsp.blocks.filters.one_pole import design_high_pass, design_shelf
from dawg_ai.dsp.blocks.shaping.emphasis import (
    DC_BLOCKER,
    DE_EMPHASIS,
    PRE_EMPHASIS,
    TONE,
    clear_filters,
    de_emphasis,
    pre_emphasis,
)
from dawg_ai.dsp.blocks.shaping.half_band import TAPS, design
from dawg_ai.dsp.blocks.shaping.oversampled_waveshaper import RATES, SMOOTH, latency_samples, waveshape_oversampled
from dawg_ai.dsp.blocks.shaping.oversampling import INPUT_START, OUTPUT_START, SPACE, clear_history
from dawg_ai.dsp.blocks.shaping.waveshaper import BIASES, CHUNK, CLIP, HISTORY, LINE, TANH, waveshape_biases
from dawg_ai.dsp.blocks.smoothing import (
    GAIN_REMAINING,
    GAIN_STARTED,
    GAIN_TARGET,
    fill_ramp,
    fill_ramps,
    set_targets,
)
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude, tanh

KINDS = ("tube", "transformer", "tape", "soft clip", "hard clip")
TUBE, TRANSFORMER, TAPE, SOFT_CLIP, HARD_CLIP = range(len(KINDS))
KIND_KNOB, DRIVE, BIAS, TONE_DB, MIX, OUTPUT, RATE_KNOB = range(7)  # knobs
CURVE, RATE, LATENCY, FILTERED, KIND = range(5)  # modes

REFERENCE = 0.25  # the peak that keeps its level, -12 dBFS
TUBE_BIAS = 0.5

LARGEST_SAMPLE, SILENCE = np.float32(1e30), np.float32(0.0)
MAX_LATENCY = 70  # samples


@kernel
def prepare(
    knobs: Annotated[F64, 7],
    sample_rate_hz: float,
    taps: Annotated[F32, TAPS],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 5],
    sections: Annotated[F64, 4, 3],
) -> None:
    """Knobs to gains, modes and filters.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        taps: overwritten, of the half-band filters.
        targets: overwritten: drive, bias, wet gain, dry gain.
        modes: overwritten: waveshaper, rate, latency in samples, filters on or off, type.
        sections: overwritten: first-order filters before and after the waveshaper.
    """
    kind, rate = knobs[KIND_KNOB], knobs[RATE_KNOB]
    curve = CLIP if kind == HARD_CLIP else TANH
    drive, bias = amplitude(knobs[DRIVE]), knobs[BIAS] + (TUBE_BIAS if kind == TUBE else 0.0)
    shaped = 0.5 * (_waveshape(curve, bias + drive * REFERENCE) - _waveshape(curve, bias - drive * REFERENCE))
    mix, output = 0.01 * knobs[MIX], amplitude(knobs[OUTPUT])
    targets[0], targets[1] = drive, bias
    targets[2], targets[3] = mix * output * REFERENCE / shaped, (1.0 - mix) * output
    filtered = bias != 0.0 or knobs[TONE_DB] != 0.0 or kind in (TRANSFORMER, TAPE)
    modes[CURVE], modes[RATE], modes[LATENCY], modes[KIND] = curve, rate, latency_samples(rate), kind
    modes[FILTERED] = 1.0 if filtered else 0.0
    lows, highs, center = 1.0, 1.0, 1000.0
    if kind == TRANSFORMER:
        lows, center = amplitude(9.0), 120.0
    elif kind == TAPE:
        highs, center = amplitude(9.0), 4000.0
    design_shelf(center, lows, highs, sample_rate_hz, sections[PRE_EMPHASIS])
    design_shelf(center, 1.0 / lows, 1.0 / highs, sample_rate_hz, sections[DE_EMPHASIS])
    design_shelf(1000.0, amplitude(-knobs[TONE_DB]), amplitude(knobs[TONE_DB]), sample_rate_hz, sections[TONE])
    design_high_pass(3.0, sample_rate_hz, sections[DC_BLOCKER])
    design(taps)


@kernel
def latency(knobs: Annotated[F64, 7], sample_rate_hz: float) -> int:
    """Latency of the oversampling, in samples."""
    return int(latency_samples(knobs[RATE_KNOB]))


@kernel
def tail(knobs: Annotated[F64, 7], sample_rate_hz: float) -> int:
    """The filters of the oversampling, and a fifth of a second for the high-pass at 3 Hz to come to rest."""
    return int(2.0 * latency_samples(knobs[RATE_KNOB]) + 0.2 * sample_rate_hz)


@kernel
def _waveshape(curve: float, value: float) -> float:
    """The exact waveshaper of one value."""
    return max(-1.0, min(1.0, value)) if curve == CLIP else tanh(value)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    taps: Annotated[F32, TAPS],
    targets: Annotated[F64, 4],
    modes: Annotated[F64, 5],
    sections: Annotated[F64, 4, 3],
    clock: Annotated[F64, 3],
    way_targets: Annotated[F64, 2, 4],
    way_modes: Annotated[F64, 2, 5],
    way_sections: Annotated[F64, 2, 4, 3],
    ramps: Annotated[F64, 2, 4, 5],
    gains: Annotated[F32, 4, CHUNK],
    tone_ramps: Annotated[F64, 2, 4, 3],
    tones: Annotated[F64, 2, 3, CHUNK],
    biases: Annotated[F32, 2, BIASES],
    state: Annotated[F64, 2, "channels", 12],
    past: Annotated[F32, 2, "channels", SPACE],
    dry: Annotated[F32, 2, "channels", MAX_LATENCY + CHUNK],
    before: Annotated[F32, "channels", CHUNK],
) -> None:
    """Saturate a block, in chunks; nan and infinities count as silence.

    Most state is there twice, for either way of a crossfade.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        taps: of `prepare`.
        targets: of `prepare`.
        modes: of `prepare`.
        sections: of `prepare`.
        clock: state of the crossfade.
        way_targets: state: targets.
        way_modes: state: modes.
        way_sections: state: sections.
        ramps: state of the smoothed gains.
        gains: scratch: the smoothed gains.
        tone_ramps: state of the smoothed tone.
        tones: the smoothed tone, sample by sample.
        biases: state: the biases as `waveshaper` takes them.
        state: per channel: first-order filters, ADAA.
        past: state: polyphase branches per channel.
        dry: state: delay of the dry sound.
        before: scratch: output of the way before.
    """
    start = 0
    while start < x.shape[1]:
        way = int(clock[crossfade.WAY])
        if clock[crossfade.REMAINING] == 0.0 and (clock[crossfade.STARTED] == 0.0 or _differ(modes, way_modes[way])):
            way = crossfade.begin(clock)
            _begin(ramps[way], tone_ramps[way], biases[way], state[way], past[way], dry[1 - way], dry[way])
            _copy(modes, way_modes[way])
        if not _differ(modes, way_modes[way]):
            _copy(targets, way_targets[way])
            for i in range(4):
                _copy(sections[i], way_sections[way, i])
        count = min(x.shape[1] - start, CHUNK)
        if clock[crossfade.REMAINING] > 0.0:
            count = min(count, int(clock[crossfade.REMAINING]))
        here, out = x[:, start : start + count], y[:, start : start + count]
        if clock[crossfade.REMAINING] > 0.0:
            old = 1 - way
            _saturate(
                here, taps, way_targets[old], way_modes[old], way_sections[old], ramps[old], gains, tone_ramps[old],
                tones[old], biases[old], state[old], past[old], dry[old], before[:, :count],
            )  # fmt: skip
        _saturate(
            here, taps, way_targets[way], way_modes[way], way_sections[way], ramps[way], gains, tone_ramps[way],
            tones[way], biases[way], state[way], past[way], dry[way], out,
        )  # fmt: skip
        if clock[crossfade.REMAINING] > 0.0:
            crossfade.mix(clock, before, out)
        start += count


@kernel
def _differ(modes: F64, others: F64) -> bool:
    """Whether modes differ."""
    differ = False
    for i in range(len(modes)):
        differ = differ or modes[i] != others[i]
    return differ


@kernel
def _copy(values: F64, to: F64) -> None:
    """Copy a row."""
    for i in range(len(values)):
        to[i] = values[i]


@kernel
def _begin(ramps: F64, tone_ramp: F64, biases: F32, state: F64, past: F32, dry_before: F32, dry: F32) -> None:
    """The other way begins: with the dry sound as it was, all else from silence."""
    for i in range(4):
        ramps[i, GAIN_STARTED] = ramps[i, GAIN_REMAINING] = 0.0
        for k in range(3):
            tone_ramp[i, k] = 0.0
    for i in range(BIASES):
        biases[i] = np.float32(0.0)
    for channel in range(state.shape[0]):
        for i in range(state.shape[1]):
            state[channel, i] = 0.0
        clear_history(past[channel])
        for i in range(MAX_LATENCY):
            dry[channel, i] = dry_before[channel, i]


@kernel
def _saturate(
    x: F32, taps: F32, targets: F64, modes: F64, sections: F64, ramps: F64, gains: F32, tone_ramp: F64, tones: F64,
    biases: F32, state: F64, past: F32, dry: F32, y: F32,
) -> None:  # fmt: skip
    """Saturate a chunk in one way."""
    last, count = np.uintp(x.shape[0] - 1), x.shape[1]
    constant = _is_constant(targets, ramps, biases)
    now = gains[:, :1] if constant else gains[:, :count]
    for i in range(4):
        fill_ramp(targets[i], ramps[i], now[i])
    set_targets(sections[TONE], tone_ramp)
    fill_ramps(tone_ramp, tones, count)
    _set_biases(modes, now[1], biases, count)
    biases_in_use = biases[:0] if constant and now[1, 0] == 0.0 and modes[RATE] != SMOOTH else biases
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes of the filters.
        second = min(first + np.uintp(1), last)
        for channel in range(first, second + np.uintp(1)):
            _read_input(x[channel], now[0], dry[channel], past[channel, INPUT_START:])
        if modes[FILTERED] != 0.0:
            a, b = past[first, INPUT_START : INPUT_START + count], past[second, INPUT_START : INPUT_START + count]
            pre_emphasis(a, b, sections, state[first], state[second])
        else:
            clear_filters(state[first], state[second])
        for channel in range(first, second + np.uintp(1)):
            p, s = past[channel], state[channel, 4:]
            waveshape_oversampled(np.uintp(count), modes[RATE], modes[CURVE], biases_in_use, taps, p, s)
        if modes[FILTERED] != 0.0:
            a, b = past[first, OUTPUT_START : OUTPUT_START + count], past[second, OUTPUT_START : OUTPUT_START + count]
            de_emphasis(a, b, sections, tones, state[first], state[second])
        for channel in range(first, second + np.uintp(1)):
            delayed = dry[channel, MAX_LATENCY - int(modes[LATENCY]) :]
            _write_output(past[channel, OUTPUT_START:], delayed, now[2], now[3], y[channel])
            _shift_dry(dry[channel], count)
    recent = biases[count:]
    for i in range(HISTORY):
        biases[i] = recent[i]


@kernel
def _is_constant(targets: F64, state: F64, biases: F32) -> bool:
    """Whether no gain is being smoothed, and the bias has been constant for as long as the filters' history."""
    moving = 0
    for i in range(HISTORY):
        if biases[i] != biases[0]:
            moving += 1
    for i in range(4):
        row = state[i]
        if row[GAIN_STARTED] != 0.0 and (row[GAIN_TARGET] != targets[i] or row[GAIN_REMAINING] > 0.0):
            moving += 1
    return moving == 0


@kernel
def _set_biases(modes: F64, bias: F32, biases: F32, count: int) -> None:
    """Write `bias`, one per sample or one for all, after the history; and what the waveshaper makes of it alone."""
    filled = HISTORY + np.uintp(count)
    if bias.shape[0] == 1:
        rests = biases[LINE:]
        for i in range(filled):
            biases[i] = bias[0]
        _waveshape_biases(modes, biases, np.uintp(1))
        for i in range(filled):
            rests[i] = rests[0]
    else:
        new = biases[HISTORY:]
        for i in range(np.uintp(count)):
            new[i] = bias[i]
        _waveshape_biases(modes, biases, filled)


@kernel
def _waveshape_biases(modes: F64, biases: F32, count: Any) -> None:
    """What the waveshaper makes of the biases alone; with ADAA the exact one, whose mean it takes."""
    if modes[RATE] != SMOOTH:
        waveshape_biases(modes[CURVE], biases, count)
        return
    for i in range(count):
        biases[i + LINE] = _waveshape(modes[CURVE], np.float64(biases[i]))


@kernel
def _read_input(x: F32, drive: F32, dry: F32, v: F32) -> None:
    """Sanitised samples to the dry delay, and amplified by the drive to `v`."""
    recent = dry[MAX_LATENCY:]
    if drive.shape[0] == 1:
        gain = drive[0]
        for i in range(np.uintp(x.shape[0])):
            recent[i] = _finite32(x[i])
            v[i] = recent[i] * gain
    else:
        for i in range(np.uintp(x.shape[0])):
            recent[i] = _finite32(x[i])
            v[i] = recent[i] * drive[i]


@kernel
def _finite32(x: np.float32) -> np.float32:
    """As `math.finite`, without leaving float32."""
    return x if abs(x) < LARGEST_SAMPLE else SILENCE


@kernel
def _write_output(v: F32, dry: F32, wet_gain: F32, dry_gain: F32, y: F32) -> None:
    """Dry/wet mix."""
    if wet_gain.shape[0] == 1:
        a, b = wet_gain[0], dry_gain[0]
        for i in range(np.uintp(y.shape[0])):
            y[i] = v[i] * a + dry[i] * b
    else:
        for i in range(np.uintp(y.shape[0])):
            y[i] = v[i] * wet_gain[i] + dry[i] * dry_gain[i]


@kernel
def _shift_dry(dry: F32, samples: int) -> None:
    """Shift the dry delay for the next chunk."""
    recent = dry[samples:]
    for i in range(MAX_LATENCY):
        dry[i] = recent[i]


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
    example={"drive_db": 21},
)
