"""A drum kit that plays notes by their General MIDI drum numbers: acoustic, an 808, or electronic; no samples.

    notes -> for each note: [two sines that fall in pitch * exponential decay]
                            + [six detuned partials of a struck plate * exponential decay]
                            + [coloured noise * exponential decay, in bursts for a clap]
                         -> * velocity, level -> + x -> y

Every sample is a closed form of the note and of the time since its start, so blocks of any size give the same bits.
Noise is a hash of the note's number and the sample's, the same anywhere. A knob that turns while a note sounds would
make it jump: a note keeps the kit, the tune and the decay with which it began to sound, and the level is smoothed.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.instruments.score import (
    PITCH,
    SILENT,
    VELOCITY,
    append,
    first_sample,
    noise,
    place,
    remaining,
)
from dawg_ai.dsp.blocks.smoothing import fill_ramps, set_targets
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, exp, finite, power, sin

CHUNK = 256
KITS = ("electronic", "808", "acoustic")
KIT, TUNE, DECAY, LEVEL = range(4)  # settings; the first three are those of a note, too
SILENCE = 0.0  # the decay of a note that does not sound
PLATE = (2.0, 3.0, 4.16, 5.43, 6.79, 8.21)  # partials of a struck plate, relative to an eighth of its pitch
BURSTS_S = (0.010, 0.019, 0.030)  # of a clap, after the first

# Of a drum: pitch of its sine, how much higher it begins and for how long, level, decay; ratio and level of a second
# mode; level, decay and colour of the noise (-1 high-passed, 1 low-passed), 1 for bursts; level, pitch of the plate.
Drum = tuple[float, float, float, float, float, float, float, float, float, float, float, float, float]
HZ, SWEEP_HZ, SWEEP_S, TONE, TONE_S, RATIO, MODE, HISS, HISS_S, COLOUR, CLAP, METAL, METAL_HZ = range(13)
_NONE = (0.0, 0.0, 0.03, 0.0, 0.01, 1.0, 0.0)  # no sine

# For each kit: bass drum, snare, side stick, hand clap, closed hat, open hat, tom, cymbal, ride, cowbell, shaker.
KICK, SNARE, RIM, HAND_CLAP, CLOSED, OPEN, TOM, CRASH, RIDE, COWBELL, SHAKER = range(11)
DRUMS = (
    (
        (48.0, 120.0, 0.03, 1.0, 0.16, 1.0, 0.0, 0.12, 0.004, -0.5, 0.0, 0.0, 0.0),
        (185.0, 60.0, 0.03, 0.5, 0.07, 1.0, 0.0, 0.5, 0.09, 0.0, 0.0, 0.0, 0.0),
        (400.0, 0.0, 0.03, 0.2, 0.02, 3.1, 0.3, 0.6, 0.012, 0.0, 0.0, 0.0, 0.0),
        (*_NONE, 0.7, 0.06, -0.3, 1.0, 0.0, 0.0),
        (*_NONE, 0.5, 0.025, -0.5, 0.0, 0.0, 0.0),
        (*_NONE, 0.5, 0.18, -0.5, 0.0, 0.0, 0.0),
        (80.0, 40.0, 0.03, 0.8, 0.2, 1.0, 0.0, 0.1, 0.01, 0.0, 0.0, 0.0, 0.0),
        (*_NONE, 0.4, 0.5, -0.5, 0.0, 0.0, 0.0),
        (*_NONE, 0.2, 0.3, -0.7, 0.0, 0.1, 5200.0),
        (540.0, 0.0, 0.03, 0.4, 0.1, 1.48, 0.8, 0.0, 0.01, 0.0, 0.0, 0.0, 0.0),
        (*_NONE, 0.3, 0.03, -0.8, 0.0, 0.0, 0.0),
    ),
    (
        (44.0, 70.0, 0.02, 1.0, 0.38, 1.0, 0.0, 0.1, 0.002, 0.0, 0.0, 0.0, 0.0),
        (178.0, 40.0, 0.01, 0.5, 0.06, 1.85, 0.6, 0.35, 0.1, -0.4, 0.0, 0.0, 0.0),
        (1667.0, 0.0, 0.03, 0.5, 0.008, 0.27, 0.8, 0.1, 0.003, -0.5, 0.0, 0.0, 0.0),
        (*_NONE, 0.7, 0.08, -0.2, 1.0, 0.0, 0.0),
        (*_NONE, 0.14, 0.02, -1.0, 0.0, 0.28, 9000.0),
        (*_NONE, 0.14, 0.2, -1.0, 0.0, 0.28, 9000.0),
        (85.0, 20.0, 0.05, 0.9, 0.22, 1.0, 0.0, 0.03, 0.02, 0.5, 0.0, 0.0, 0.0),
        (*_NONE, 0.25, 0.7, -1.0, 0.0, 0.2, 6500.0),
        (*_NONE, 0.15, 0.4, -1.0, 0.0, 0.25, 7600.0),
        (540.0, 0.0, 0.03, 0.4, 0.14, 1.48, 0.9, 0.0, 0.01, 0.0, 0.0, 0.0, 0.0),
        (*_NONE, 0.3, 0.025, -1.0, 0.0, 0.0, 0.0),
    ),
    (
        (58.0, 150.0, 0.008, 0.9, 0.13, 1.59, 0.3, 0.3, 0.006, 0.3, 0.0, 0.0, 0.0),
        (192.0, 70.0, 0.012, 0.45, 0.08, 1.73, 0.6, 0.42, 0.12, -0.15, 0.0, 0.0, 0.0),
        (820.0, 60.0, 0.01, 0.35, 0.018, 2.13, 0.7, 0.3, 0.004, -0.3, 0.0, 0.0, 0.0),
        (*_NONE, 0.7, 0.05, -0.1, 1.0, 0.0, 0.0),
        (*_NONE, 0.3, 0.03, -0.8, 0.0, 0.09, 8200.0),
        (*_NONE, 0.3, 0.22, -0.8, 0.0, 0.09, 7800.0),
        (88.0, 50.0, 0.04, 0.8, 0.24, 1.5, 0.25, 0.15, 0.015, 0.6, 0.0, 0.0, 0.0),
        (*_NONE, 0.35, 0.8, -0.6, 0.0, 0.08, 4300.0),
        (3150.0, 0.0, 0.03, 0.05, 0.14, 1.0, 0.0, 0.13, 0.35, -0.9, 0.0, 0.09, 5400.0),
        (560.0, 0.0, 0.03, 0.3, 0.08, 1.51, 0.7, 0.05, 0.01, 0.0, 0.0, 0.0, 0.0),
        (*_NONE, 0.3, 0.03, -0.7, 0.0, 0.0, 0.0),
    ),
)  # fmt: skip


@kernel
def prepare(knobs: Annotated[F64, 4], sample_rate_hz: float, settings: Annotated[F64, 4]) -> None:
    """Knobs to factors of pitch, of decay times and of amplitude, and the number of the kit."""
    settings[TUNE] = power(2.0, knobs[0] / 12.0)
    settings[DECAY] = knobs[1] / 100.0
    settings[LEVEL] = amplitude(knobs[2])
    settings[KIT] = knobs[3]


@kernel
def play(notes: Annotated[F32, "rows", 6], score: Annotated[F32, 8192, 6], state: Annotated[F64, 1]) -> int:
    """Append notes to the score; return how many there was room for."""
    return append(notes, score, state)


@kernel
def _which(pitch: int) -> int:
    """Which of a kit's drums a General MIDI number is."""
    if pitch == 35 or pitch == 36:
        return KICK
    if pitch == 38 or pitch == 40:
        return SNARE
    if pitch == 37 or pitch == 75 or pitch == 76 or pitch == 77:
        return RIM
    if pitch == 39:
        return HAND_CLAP
    if pitch == 42 or pitch == 44 or pitch == 22:
        return CLOSED
    if pitch == 46 or pitch == 26:
        return OPEN
    if pitch == 49 or pitch == 52 or pitch == 55 or pitch == 57:
        return CRASH
    if pitch == 51 or pitch == 53 or pitch == 59:
        return RIDE
    if pitch == 56:
        return COWBELL
    if pitch == 54 or pitch == 69 or pitch == 70 or pitch == 82:
        return SHAKER
    return TOM


@kernel
def _pitch_factor(pitch: int) -> float:
    """Of the toms, which share one sound: low to high, then congas and bongos."""
    if 41 <= pitch <= 50:
        return 1.0 + 0.14 * float(pitch - 41)
    if 60 <= pitch <= 64:
        return 2.2 + 0.35 * float(64 - pitch)
    return 1.0 if pitch < 41 else 1.8


@kernel
def _samples(drum: Drum, decay: float, sample_rate_hz: float) -> int:
    """How long a drum sounds."""
    longest = max(drum[TONE_S] if drum[TONE] > 0.0 else 0.0, drum[HISS_S])
    return int((SILENT * longest * decay + drum[CLAP] * BURSTS_S[2]) * sample_rate_hz) + 1


@kernel
def _metal(t: float, hz: float) -> float:
    """The partials of a struck plate, from -1 to 1."""
    value = 0.0
    for ratio in PLATE:
        cycles = 0.125 * hz * ratio * t
        value += sin(2.0 * PI * (cycles - float(int(cycles))))
        cycles = 0.375 * hz * ratio * t  # and the third harmonic of each, as of a square wave
        value += 0.333 * sin(2.0 * PI * (cycles - float(int(cycles))))
    return value / 4.0


@kernel
def _hiss(note: int, sample: int, colour: float) -> float:
    """Noise through two equal zeros: high-passed below 0, low-passed above."""
    found = noise(note, sample)
    if sample > 0:
        found += 2.0 * colour * noise(note, sample - 1)
    if sample > 1:
        found += colour * colour * noise(note, sample - 2)
    return found / (1.0 + abs(colour))


@kernel
def _burst(t: float, decay_s: float) -> float:
    """The envelope of a clap: three short bursts, then one that dies away."""
    level = exp(-t / 0.004)
    for late_s in BURSTS_S:
        if t >= late_s:
            level += exp(-(t - late_s) / (decay_s if late_s == BURSTS_S[2] else 0.004))
    return level


@kernel
def _add(
    note: int, row: F32, first: int, y: F32, settings: F64, kept: F64, levels: F64, sample_rate_hz: float
) -> None:  # fmt: skip
    """Add one note to `y`, whose first sample is sample `first` of the song."""
    start = first_sample(row, sample_rate_hz)
    if first + y.shape[1] <= start:
        kept[DECAY] = SILENCE
        return
    if kept[DECAY] == SILENCE or first <= start:
        for setting in range(LEVEL):
            kept[setting] = settings[setting]
    pitch = int(row[PITCH] + np.float32(0.5))
    drum, decay = DRUMS[int(kept[KIT])][_which(pitch)], kept[DECAY]
    tune = kept[TUNE] * (_pitch_factor(pitch) if _which(pitch) == TOM else 1.0)
    begin, end = max(start, first), min(start + _samples(drum, decay, sample_rate_hz), first + y.shape[1])
    velocity = np.float64(row[VELOCITY])
    for at in range(begin, end):
        t = float(at - start) / sample_rate_hz
        value = 0.0
        if drum[TONE] > 0.0:
            swept = drum[SWEEP_HZ] * drum[SWEEP_S] * (1.0 - exp(-t / drum[SWEEP_S]))
            cycles = tune * (drum[HZ] * t + swept)
            fading = drum[TONE] * exp(-t / (drum[TONE_S] * decay))
            value += fading * sin(2.0 * PI * (cycles - float(int(cycles))))
            if drum[MODE] > 0.0:
                cycles *= drum[RATIO]
                value += fading * drum[MODE] * sin(2.0 * PI * (cycles - float(int(cycles))))
        if drum[HISS] > 0.0:
            decay_s = drum[HISS_S] * decay
            fading = _burst(t, decay_s) if drum[CLAP] > 0.0 else exp(-t / decay_s)
            value += fading * drum[HISS] * _hiss(note, at - start, drum[COLOUR])
            if drum[METAL] > 0.0:
                value += fading * drum[METAL] * _metal(t, drum[METAL_HZ] * tune)
        level = levels[at - first] * velocity
        for channel in range(y.shape[0]):
            y[channel, at - first] += np.float32(level * value)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    score: Annotated[F32, 8192, 6],
    kept: Annotated[F64, 8192, 3],
    ramp: Annotated[F64, 4, 4],
    rows: Annotated[F64, 4, CHUNK],
    state: Annotated[F64, 1],
    position: Annotated[F64, 1],
) -> None:
    """The input, and on top of it the notes that sound now."""
    set_targets(settings, ramp)
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        fill_ramps(ramp, rows, stop - start)
        for channel in range(x.shape[0]):
            for i in range(start, stop):
                y[channel, i] = np.float32(finite(np.float64(x[channel, i])))
        for note in range(int(state[0])):
            first, levels = place(position), rows[LEVEL]
            _add(note, score[note], first, y[:, start:stop], settings, kept[note], levels, sample_rate_hz)
        position[0] += float(stop - start)


@kernel
def tail(
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    score: Annotated[F32, 8192, 6],
    state: Annotated[F64, 1],
    position: Annotated[F64, 1],
) -> int:
    """Samples until the last note has died away."""
    end = 0
    for note in range(int(state[0])):
        drum = DRUMS[int(settings[KIT])][_which(int(score[note, PITCH] + np.float32(0.5)))]
        end = max(end, first_sample(score[note], sample_rate_hz) + _samples(drum, settings[DECAY], sample_rate_hz))
    return remaining(end, position)


EFFECT = Effect(
    "kit",
    "A drum kit that plays notes by their General MIDI drum numbers: electronic, 808 or acoustic, without samples.",
    (
        Knob("tune_semitones", "Tune", "semitones", -12, 12, 0, 1),
        Knob("decay_percent", "Decay", "%", 25, 400, 100, 1, "log"),
        Knob("level_db", "Level", "dB", -40, 6, -6, 0.1),
        Knob("kit", "Kit", "", 0, len(KITS) - 1, 0, 1, "choice", KITS),
    ),
    prepare,
    process,
    tail=tail,
    play=play,
    example={"level_db": 0},
)
