"""Tones of harmonic partials below half the sample rate, so free of aliasing: a closed form of time since the start.

    partials k = 1, 2, ... of sin(k phase) / k, weighted by the wave -> low-pass that closes -> envelope -> * velocity

`sin((k + 1) x) = 2 cos(x) sin(k x) - sin((k - 1) x)` gives each partial by one product (Chebyshev's recurrence), so a
sample costs one sine and one cosine. The low-pass has four poles, as a weight of each partial. A note keeps the sound
with which it began: knobs that turn while it sounds change the next one, but for the level, which is smoothed.

An instrument is a tuple of patches, its choices of a sound; see `WIDTH` and what follows for the numbers of each.
"""

import numpy as np

from dawg_ai.dsp.blocks.instruments.score import (
    DURATION,
    PITCH,
    SILENT,
    VELOCITY,
    first_sample,
    place,
    remaining,
)
from dawg_ai.dsp.blocks.smoothing import fill_ramps, set_targets
from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, cos, exp, finite, power, sin

CHUNK = 256
MAX_PARTIALS = 96
NYQUIST_SHARE = 0.46  # of the sample rate, up to where partials go
SOUND, TONE, DECAY, LEVEL = range(4)  # settings; the first three are those of a note, too

# Of a patch: width of a pulse wave (0: sawtooth), attack, decay, sustain, release; cutoff when struck and after its
# fall, and the time of that; detuning of the two sides, depth of the vibrato, level of a sine an octave below.
Patch = tuple[float, float, float, float, float, float, float, float, float, float, float]
Patches = tuple[Patch, Patch, Patch]
WIDTH, ATTACK_S, DECAY_S, SUSTAIN, RELEASE_S, OPEN_HZ, CLOSED_HZ, FALL_S, DETUNE_CENTS, VIBRATO_CENTS, SUB = range(11)
_VIBRATO_HZ = 5.3
_SOFT = 0.35  # share of the low-pass's cutoff that is left at velocity 0


def knobs(sounds: tuple[str, ...]) -> tuple[Knob, ...]:
    """The knobs of an instrument with these sounds."""
    return (
        Knob("sound", "Sound", "", 0, len(sounds) - 1, 0, 1, "choice", sounds),
        Knob("tone", "Tone", "", -100, 100, 0, 1),
        Knob("decay_percent", "Decay", "%", 25, 400, 100, 1, "log"),
        Knob("level_db", "Level", "dB", -40, 6, -6, 0.1),
    )


@kernel
def set_tones(knobs: F64, settings: F64) -> None:
    """Knobs to the number of the sound, factors of cutoff and of decay, and an amplitude."""
    settings[SOUND] = knobs[0]
    settings[TONE] = power(2.0, knobs[1] / 50.0)
    settings[DECAY] = knobs[2] / 100.0
    settings[LEVEL] = amplitude(knobs[3])


@kernel
def _tuned(patches: Patches, settings: F64) -> Patch:
    """The chosen patch with the settings' cutoff and decay."""
    patch, tone, decay = patches[int(settings[SOUND])], settings[TONE], settings[DECAY]
    return (
        patch[0], patch[1], patch[2] * decay, patch[3], patch[4], patch[5] * tone, patch[6] * tone, patch[7] * decay,
        patch[8], patch[9], patch[10],
    )  # fmt: skip


@kernel
def play_tones(
    x: F32, y: F32, patches: Patches, sample_rate_hz: float,
    settings: F64, score: F32, kept: F64, ramp: F64, rows: F64, state: F64, position: F64,
) -> None:  # fmt: skip
    """The input, and on top of it the notes that sound now.

    Args:
        x: (channels, samples).
        y: (channels, samples), overwritten.
        patches: the instrument's sounds.
        sample_rate_hz: sample rate.
        settings: (4,), see `set_tones`.
        score: (MAX_NOTES, 6), see `append`.
        kept: (MAX_NOTES, 4), the settings of each note; zeros at first.
        ramp: (4, 4), state of the smoothing.
        rows: (4, CHUNK), overwritten.
        state: (1,), how many notes there are.
        position: (1,), how many samples have been played.
    """
    set_targets(settings, ramp)
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        fill_ramps(ramp, rows, stop - start)
        for channel in range(x.shape[0]):
            for i in range(start, stop):
                y[channel, i] = np.float32(finite(np.float64(x[channel, i])))
        first = place(position)
        for note in range(int(state[0])):
            begin = first_sample(score[note], sample_rate_hz)
            if begin < first + stop - start:
                if first <= begin or kept[note, DECAY] == 0.0:
                    for setting in range(LEVEL):
                        kept[note, setting] = settings[setting]
                patch = _tuned(patches, kept[note])
                add_tone(score[note], first, y[:, start:stop], patch, rows[LEVEL], sample_rate_hz)
        position[0] += float(stop - start)


@kernel
def tones_tail(patches: Patches, sample_rate_hz: float, settings: F64, score: F32, state: F64, position: F64) -> int:
    """Samples until the last note has died away; arguments as for `play_tones`."""
    end = 0
    patch = _tuned(patches, settings)
    for note in range(int(state[0])):
        end = max(end, first_sample(score[note], sample_rate_hz) + tone_samples(score[note], patch, sample_rate_hz))
    return remaining(end, position)


@kernel
def tone_samples(row: F32, patch: Patch, sample_rate_hz: float) -> int:
    """How long a note sounds."""
    held = float(np.float64(row[DURATION])) + SILENT * patch[RELEASE_S]
    if patch[SUSTAIN] <= 0.0:
        held = min(held, SILENT * patch[DECAY_S])
    return int(held * sample_rate_hz) + 1


@kernel
def add_tone(row: F32, first: int, y: F32, patch: Patch, levels: F64, sample_rate_hz: float) -> None:
    """Add a note to a block.

    Args:
        row: the note.
        first: which sample of the song the block's first is.
        y: (channels, samples), added to.
        patch: the sound.
        levels: amplitude at each sample of the block.
        sample_rate_hz: sample rate.
    """
    start = first_sample(row, sample_rate_hz)
    begin = max(start, first)
    end = min(start + tone_samples(row, patch, sample_rate_hz), first + y.shape[1])
    if begin >= end:
        return
    for side in range(1 if patch[DETUNE_CENTS] == 0.0 else min(y.shape[0], 2)):
        cents = patch[DETUNE_CENTS] * (float(side) - 0.5)
        _add_side(row, side, cents, begin - start, end - start, start - first, y, patch, levels, sample_rate_hz)


@kernel
def _add_side(
    row: F32, side: int, cents: float, begin: int, end: int, offset: int,
    y: F32, patch: Patch, levels: F64, sample_rate_hz: float,
) -> None:  # fmt: skip
    """Samples `begin` to `end` of a note into one channel, or into all where they are the same."""
    hz = 440.0 * power(2.0, (np.float64(row[PITCH]) - 69.0) / 12.0 + cents / 1200.0)
    duration_s, velocity = np.float64(row[DURATION]), np.float64(row[VELOCITY])
    brightness = _SOFT + (1.0 - _SOFT) * velocity
    highest = min(NYQUIST_SHARE * sample_rate_hz, 4.0 * brightness * max(patch[OPEN_HZ], patch[CLOSED_HZ]))
    count = min(max(1, int(highest / hz)), MAX_PARTIALS)
    wobble = patch[VIBRATO_CENTS] / 1200.0 * 0.6931471805599453 * hz / (2.0 * PI * _VIBRATO_HZ)
    turn, turn_before, turn_factor = sin(PI * patch[WIDTH]), 0.0, 2.0 * cos(PI * patch[WIDTH])
    for at in range(begin, end):
        t = float(at) / sample_rate_hz
        cycles = hz * t + wobble * (1.0 - cos(2.0 * PI * _VIBRATO_HZ * t))
        angle = 2.0 * PI * (cycles - float(int(cycles)))
        one, factor = sin(angle), 2.0 * cos(angle)
        closing = exp(-t / patch[FALL_S])
        cutoff_hz = brightness * (patch[CLOSED_HZ] + (patch[OPEN_HZ] - patch[CLOSED_HZ]) * closing)
        share = hz / cutoff_hz
        before, now, before_weight, weight = 0.0, one, turn_before, turn
        value = 0.0
        for k in range(1, count + 1):
            x = float(k) * share
            square = x * x
            wave = 1.0 if patch[WIDTH] == 0.0 else weight
            value += wave * now / (float(k) * (1.0 + square * square))
            before, now = now, factor * now - before
            before_weight, weight = weight, turn_factor * weight - before_weight
        if patch[SUB] > 0.0:
            half = 0.5 * cycles
            value += patch[SUB] * sin(2.0 * PI * (half - float(int(half))))
        level = patch[SUSTAIN] + (1.0 - patch[SUSTAIN]) * exp(-t / patch[DECAY_S])
        level *= 1.0 - exp(-t / patch[ATTACK_S])
        if t > duration_s:
            level *= exp(-(t - duration_s) / patch[RELEASE_S])
        value *= 0.6 * level * velocity * levels[at + offset]
        if patch[DETUNE_CENTS] == 0.0:
            for channel in range(y.shape[0]):
                y[channel, at + offset] += np.float32(value)
        else:
            y[side, at + offset] += np.float32(value)
