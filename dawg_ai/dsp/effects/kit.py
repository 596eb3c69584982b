"""A small drum kit of sines and noise: an instrument that plays notes by their General MIDI drum numbers.

    notes -> for each note: [sine with a falling pitch * exponential decay]
                            + [white or high-passed noise * exponential decay] -> * velocity, level -> + x -> y

Every sample is a closed form of the note and of the time since its start, so blocks of any size give the same bits.
Noise is a hash of the note's number and the sample's, the same anywhere. A knob that turns while a note sounds would
make it jump: a note keeps the tune and the decay with which it began to sound, and the level is smoothed.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.smoothing import fill_ramps, set_targets
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.limits import within
from dawg_ai.dsp.math import PI, amplitude, exp, finite, power, sin

MAX_NOTES = 8192
CHUNK = 256
MAX_START_S, MAX_PITCH = 1e6, 127.0
MAX_POSITION = 1e12  # samples; whatever a host sets is held within
MAX_TAIL = 2**31 - 1  # samples, all that the browser's integers hold
SILENT = 9.3  # time constants after which a decay is 80 dB down
TUNE, DECAY, LEVEL = range(3)  # settings; the first two are those of a note, too
COUNT, SILENCE = 0, 0.0  # of the state; of a note that does not sound, the decay


@kernel
def prepare(knobs: Annotated[F64, 3], sample_rate_hz: float, settings: Annotated[F64, 3]) -> None:
    """Knobs to factors: of pitch, of decay times and of amplitude."""
    settings[TUNE] = power(2.0, knobs[0] / 12.0)
    settings[DECAY] = knobs[1] / 100.0
    settings[LEVEL] = amplitude(knobs[2])


@kernel
def play(notes: Annotated[F32, "rows", 6], score: Annotated[F32, 8192, 6], state: Annotated[F64, 1]) -> int:
    """Append notes to the score, held within range; return how many there was room for. `state` counts the notes."""
    count = int(state[0])
    taken: int = min(notes.shape[0], MAX_NOTES - count)
    for i in range(taken):
        for column in range(6):
            score[count + i, column] = notes[i, column]
        score[count + i, 0] = within(np.float64(notes[i, 0]), 0.0, 0.0, MAX_START_S)
        score[count + i, 2] = within(np.float64(notes[i, 2]), 0.0, 0.0, MAX_PITCH)
        score[count + i, 3] = within(np.float64(notes[i, 3]), 0.0, 0.0, 1.0)
    state[0] = float(count + taken)
    return taken


@kernel
def _sound(pitch: int) -> tuple[float, float, float, float, float, float, float]:
    """Of a General MIDI drum: sine's pitch in Hz, its sweep in Hz, share of sine, its decay in s; share of noise, its
    decay in s, and whether the noise is high-passed.
    """
    if pitch == 35 or pitch == 36:  # bass drum
        return 48.0, 120.0, 1.0, 0.16, 0.12, 0.004, 1.0
    if pitch == 38 or pitch == 40:  # snare
        return 185.0, 60.0, 0.5, 0.07, 0.5, 0.09, 0.0
    if pitch == 37 or pitch == 39:  # side stick, hand clap
        return 400.0, 0.0, 0.2, 0.02, 0.6, 0.06, 0.0
    if pitch == 42 or pitch == 44:  # closed and pedal hi-hat
        return 400.0, 0.0, 0.0, 0.01, 0.5, 0.025, 1.0
    if pitch == 46:  # open hi-hat
        return 400.0, 0.0, 0.0, 0.01, 0.5, 0.18, 1.0
    if pitch == 41 or pitch == 43 or pitch == 45 or pitch == 47 or pitch == 48 or pitch == 50:  # toms, low to high
        return 80.0 + 12.0 * float(pitch - 41), 40.0, 0.8, 0.2, 0.1, 0.01, 0.0
    if pitch == 49 or pitch == 51 or pitch == 52 or pitch == 55 or pitch == 57 or pitch == 59:  # cymbals
        return 400.0, 0.0, 0.0, 0.01, 0.4, 0.5, 1.0
    return 440.0 * power(2.0, float(pitch - 69) / 12.0), 0.0, 0.6, 0.1, 0.1, 0.02, 0.0


@kernel
def _noise(note: int, sample: int) -> float:
    """White noise from -1 to 1: a hash of two numbers, by products that fit into 64 bits."""
    h = (sample + 7919 * note + 1) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return float(h) / 2147483648.0 - 1.0


@kernel
def _samples(
    sound: tuple[float, float, float, float, float, float, float], decay: float, sample_rate_hz: float
) -> int:
    """How long a drum sounds."""
    longest = max(sound[3] if sound[2] > 0.0 else 0.0, sound[5])
    return int(SILENT * longest * decay * sample_rate_hz) + 1


@kernel
def _add(
    note: int, row: F32, first: int, y: F32, settings: F64, kept: F64, levels: F64, sample_rate_hz: float
) -> None:  # fmt: skip
    """Add one note to `y`, whose first sample is sample `first` of the song."""
    hz, sweep_hz, tone, tone_s, hiss, hiss_s, high = _sound(int(row[2] + np.float32(0.5)))
    sound = hz, sweep_hz, tone, tone_s, hiss, hiss_s, high
    start = int(np.float64(row[0]) * sample_rate_hz + 0.5)
    if kept[DECAY] == SILENCE or first <= start:
        kept[TUNE], kept[DECAY] = settings[TUNE], settings[DECAY]
    decay = kept[DECAY]
    begin, end = max(start, first), min(start + _samples(sound, decay, sample_rate_hz), first + y.shape[1])
    if begin >= end:
        kept[DECAY] = SILENCE
        return
    velocity = np.float64(row[3])
    for at in range(begin, end):
        t = float(at - start) / sample_rate_hz
        value = 0.0
        if tone > 0.0:
            swept = exp(-t / 0.03)
            cycles = kept[TUNE] * (hz * t + sweep_hz * 0.03 * (1.0 - swept))
            value += tone * exp(-t / (tone_s * decay)) * sin(2.0 * PI * (cycles - float(int(cycles))))
        noise = _noise(note, at - start)
        if high > 0.0:
            noise = 0.5 * (noise - _noise(note, at - start - 1))
        value += hiss * exp(-t / (hiss_s * decay)) * noise
        level = levels[at - first] * velocity
        for channel in range(y.shape[0]):
            y[channel, at - first] += np.float32(level * value)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 3],
    score: Annotated[F32, 8192, 6],
    kept: Annotated[F64, 8192, 2],
    ramp: Annotated[F64, 4, 3],
    rows: Annotated[F64, 3, CHUNK],
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
        for note in range(int(state[COUNT])):
            first, levels = _place(position), rows[LEVEL]
            _add(note, score[note], first, y[:, start:stop], settings, kept[note], levels, sample_rate_hz)
        position[0] += float(stop - start)


@kernel
def _place(position: F64) -> int:
    """How many samples have been played."""
    return int(within(position[0], -MAX_POSITION, 0.0, MAX_POSITION))


@kernel
def tail(
    sample_rate_hz: float,
    settings: Annotated[F64, 3],
    score: Annotated[F32, 8192, 6],
    state: Annotated[F64, 1],
    position: Annotated[F64, 1],
) -> int:
    """Samples until the last note has died away."""
    end = 0
    for note in range(int(state[0])):
        sound = _sound(int(score[note, 2] + np.float32(0.5)))
        start = int(np.float64(score[note, 0]) * sample_rate_hz + 0.5)
        end = max(end, start + _samples(sound, settings[DECAY], sample_rate_hz))
    return min(max(0, end - _place(position)), MAX_TAIL)


EFFECT = Effect(
    "kit",
    "A small drum kit of sines and noise that plays notes by their General MIDI drum numbers.",
    (
        Knob("tune_semitones", "Tune", "semitones", -12, 12, 0, 1),
        Knob("decay_percent", "Decay", "%", 25, 400, 100, 1, "log"),
        Knob("level_db", "Level", "dB", -40, 6, -6, 0.1),
    ),
    prepare,
    process,
    tail=tail,
    play=play,
    example={"level_db": 0},
)
