"""Pitched instruments: three engines of additive synthesis, free of aliasing.

`tone`: a periodic wave whose partials, in octave groups, follow a low-pass and an amplitude envelope (plucks, basses,
leads, guitars). `chime`: a few inharmonic partials, each with its own decay (bells, electric pianos). `ensemble`:
partials spread into narrow bands of noise, like a section of players (Paul Nasca's PADsynth, 2005).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.compose.rack import RATE, Insert

HIGHEST_PARTIAL_HZ = 19000.0
ENVELOPE_STEP = 64  # samples between two values of the filter envelope
WAVETABLE_SAMPLES = 4096  # approximate: a table holds an integer number of periods

# Drawbars of an organ, as (harmonic, amplitude).
ORGAN = ((1, 0.9), (2, 1.0), (3, 0.7), (4, 0.5), (6, 0.25), (8, 0.35), (10, 0.1), (12, 0.12), (16, 0.12))
# Partials as (ratio to the fundamental, amplitude, decay relative to the fundamental).
CHIMES = {
    "bell": (
        (1.0, 1.0, 1.0),
        (2.0, 0.6, 0.8),
        (2.76, 0.45, 0.55),
        (4.07, 0.3, 0.4),
        (5.41, 0.3, 0.3),
        (8.93, 0.2, 0.2),
    ),
    "rhodes": (
        (1.0, 1.0, 1.0),
        (2.0, 0.25, 0.7),
        (3.0, 0.16, 0.4),
        (4.0, 0.06, 0.3),
        (7.1, 0.1, 0.12),
        (14.2, 0.06, 0.06),
    ),
    "mallet": ((1.0, 1.0, 1.0), (3.93, 0.35, 0.35), (9.2, 0.2, 0.15), (16.7, 0.1, 0.07)),
}


@dataclass(frozen=True)
class Patch:
    """The settings of one instrument.

    Attributes:
        engine: Kind of synthesis.
        wave: A waveform of `harmonics`, or one of `CHIMES`.
        attack_s: Time from silence to full level.
        decay_s: Time constant of the fall from full level to `sustain`.
        sustain: Amplitude of a held note after its decay, 0 to 1.
        release_s: Time from the end of the note to silence.
        open_hz: Cutoff of the low-pass at the start of a note; of a chime, the hardness of the mallet.
        closed_hz: Cutoff after the sweep.
        sweep_s: Time constant of the cutoff's sweep; of a chime, decay of its lowest partial.
        spread_cents: Detuning of the left against the right voice.
        centre: Adds a third voice, in tune, in the centre.
        vibrato_cents: Depth of the vibrato, up and down.
        click: Amplitude of the attack noise of a pick, a hammer or a breath.
        inserts: Effects on the stem.
    """

    engine: Literal["tone", "chime", "ensemble"]
    wave: str
    attack_s: float = 0.004
    decay_s: float = 10.0
    sustain: float = 0.0
    release_s: float = 0.06
    open_hz: float = 18000.0
    closed_hz: float = 18000.0
    sweep_s: float = 0.2
    spread_cents: float = 0.0
    centre: bool = False
    vibrato_cents: float = 0.0
    click: float = 0.0
    inserts: tuple[Insert, ...] = ()


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch in equal temperament, A4 = 440 Hz.

    >>> hertz(57)
    220.0
    """
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def play(patch: Patch, pitch: int, seconds: float, rng: np.random.Generator) -> Audio:
    """Synthesise one note.

    Args:
        patch: The instrument; its inserts are for the stem and not applied here.
        pitch: MIDI note number.
        seconds: How long the key is held; the release follows.
        rng: Attack noise and the phases of an ensemble.

    Returns:
        (2, samples), about full scale.
    """
    samples = int((seconds + patch.release_s) * RATE)
    if patch.engine == "ensemble":
        sound = ensemble(patch, hertz(pitch), samples, rng)
    elif patch.engine == "chime":
        sound = np.stack([chime(patch, hertz(pitch + side), samples) for side in detuned(patch)])
    elif patch.spread_cents:
        sides = [tone(patch, hertz(pitch + side), samples) for side in detuned(patch)]
        sound = np.stack(sides)
        if patch.centre:
            sound += tone(patch, hertz(pitch), samples)
    else:
        sound = np.tile(tone(patch, hertz(pitch), samples), (2, 1))
    if patch.vibrato_cents:
        sound = vibrato(sound, patch.vibrato_cents)
    sound *= envelope(patch, seconds, samples)
    if patch.click:
        length = min(samples, int(0.03 * RATE))
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (0.004 * RATE)) * patch.click
        sound[:, :length] += burst.astype(np.float32)
    return np.asarray(sound, np.float32)


def detuned(patch: Patch) -> tuple[float, float]:
    """Detuning of the left and the right voice in semitones."""
    return -patch.spread_cents / 200, patch.spread_cents / 200


def envelope(patch: Patch, seconds: float, samples: int) -> Audio:
    """The ADSR envelope of a note held for `seconds`, as amplitudes (samples,)."""
    time = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    level = patch.sustain + (1 - patch.sustain) * np.exp(-time / np.float32(patch.decay_s))
    rise = max(2, min(samples, int(patch.attack_s * RATE)))
    level[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    tail = max(2, samples - int(seconds * RATE))
    level[-tail:] *= np.cos(np.linspace(0, np.pi / 2, tail)) ** 2
    return np.asarray(level, np.float32)


def harmonics(wave: str, pitch_hz: float) -> tuple[float, NDArray[np.complex128]]:
    """The fundamental in Hz and the amplitudes of its harmonics 1, 2, ... up to `HIGHEST_PARTIAL_HZ`."""
    number = np.arange(1, max(2, int(HIGHEST_PARTIAL_HZ / pitch_hz)) + 1)
    if wave == "saw":
        amplitude = 0.6 / number
    elif wave == "square":
        amplitude = 0.8 * (number % 2) / number
    elif wave == "pulse":
        amplitude = 0.8 * np.sin(np.pi * number * 0.22) / number
    elif wave == "string":  # plucked at a seventh of its length
        amplitude = 1.1 * np.sin(np.pi * number / 7.3) / number**1.1
    elif wave == "bridge":  # plucked close to the bridge: thin and bright
        amplitude = 1.2 * np.sin(np.pi * number / 14.5) / number**0.9
    elif wave == "flute":
        amplitude = np.where(number == 1, 1.0, 0.5 / number**1.8)
    elif wave == "sub":
        amplitude = np.where(number == 1, 1.0, 0.25 / number**2)
    elif wave == "brass":
        amplitude = 0.5 / (1 + np.abs(number - 3) / 3) / number**0.5
    elif wave == "organ":
        amplitude = np.zeros(number.size)
        for harmonic, level in ORGAN:
            if harmonic <= number.size:
                amplitude[harmonic - 1] = 0.4 * level
    elif wave == "power":
        return power_chord(pitch_hz)
    else:
        raise KeyError(wave)
    return pitch_hz, np.asarray(amplitude * -1j, np.complex128)


def power_chord(pitch_hz: float) -> tuple[float, NDArray[np.complex128]]:
    """Root, fifth and octave of a plucked string, for a guitar amplifier to distort.

    In just intonation the three share a period, at half the root's frequency, so the distorted wave is periodic.
    """
    base_hz = pitch_hz / 2
    count = int(HIGHEST_PARTIAL_HZ / base_hz)
    amplitude = np.zeros(count, np.complex128)
    for ratio, level in ((2, 1.0), (3, 0.8), (4, 0.7)):
        number = np.arange(1, count // ratio + 1)
        string = np.sin(np.pi * number / 8.3) / number**1.2
        amplitude[ratio * number - 1] += level * string * np.exp(1j * number * ratio)
    return base_hz, 0.5 * amplitude


def tone(patch: Patch, pitch_hz: float, samples: int) -> Audio:
    """Wavetable synthesis: a harmonic tone through a swept low-pass, before its envelope, (samples,).

    Each octave of partials has a table; a first-order roll-off sets their gains over time.
    """
    base_hz, amplitude = harmonics(patch.wave, pitch_hz)
    periods = max(1, round(WAVETABLE_SAMPLES * base_hz / RATE))
    length = round(periods * RATE / base_hz)  # integer periods in integer samples: in tune within half a cent
    number = np.arange(1, amplitude.size + 1)
    octave = np.log2(number).astype(int)
    spectra = np.zeros((octave[-1] + 1, length // 2 + 1), np.complex64)
    bins = number * periods
    inside = bins < spectra.shape[1]
    spectra[octave[inside], bins[inside]] = amplitude[inside] * (length / 2)
    tables = np.fft.irfft(spectra, length).astype(np.float32)
    centres_hz = base_hz * 2.0 ** (np.arange(octave[-1] + 1) + 0.4)
    if patch.open_hz == patch.closed_hz:
        gains = 1 / (1 + (centres_hz / patch.open_hz) ** 2)
        return loop(gains.astype(np.float32) @ tables, samples)
    steps = samples // ENVELOPE_STEP + 2
    time = np.arange(steps) * (ENVELOPE_STEP / RATE)
    cutoff = patch.closed_hz + (patch.open_hz - patch.closed_hz) * np.exp(-time / patch.sweep_s)
    gain = (1 / (1 + (centres_hz[:, None] / cutoff) ** 2)).astype(np.float32)
    ramp = np.arange(ENVELOPE_STEP, dtype=np.float32) / np.float32(ENVELOPE_STEP)
    sound = np.zeros(samples, np.float32)
    for table, level in zip(tables, gain, strict=True):
        smooth = (level[:-1, None] + np.diff(level)[:, None] * ramp).ravel()[:samples]
        sound += smooth * loop(table, samples)
    return sound


def loop(table: Audio, samples: int) -> Audio:
    """A wavetable repeated, (samples,)."""
    return np.tile(table, samples // table.size + 1)[:samples]


def chime(patch: Patch, pitch_hz: float, samples: int) -> Audio:
    """Inharmonic partials, (samples,): `patch.sweep_s` is the decay of the lowest, `patch.open_hz` the hardness."""
    time = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    sound = np.zeros(samples, np.float32)
    for ratio, level, decay in CHIMES[patch.wave]:
        hz = pitch_hz * ratio
        if hz < HIGHEST_PARTIAL_HZ:
            level /= 1 + (hz / patch.open_hz) ** 2
            partial = np.sin(np.float32(2 * np.pi * hz) * time)
            sound += np.float32(level) * partial * np.exp(time * np.float32(-1 / (patch.sweep_s * decay)))
    return sound


def ensemble(patch: Patch, pitch_hz: float, samples: int, rng: np.random.Generator) -> Audio:
    """A sustained section of players, (2, samples), with partly correlated channels."""
    size = 2**17 if samples > 2**16 else 2**16
    base_hz, amplitude = harmonics(patch.wave, pitch_hz)
    magnitude = np.zeros(size // 2 + 1, np.float32)
    for number, level in enumerate(np.abs(amplitude), start=1):
        hz = base_hz * number
        if hz > 8 * patch.closed_hz:
            break
        level /= 1 + (hz / patch.closed_hz) ** 2
        width = max(1.0, hz * (2 ** (patch.spread_cents / 1200) - 1) * size / RATE)  # in bins
        centre, reach = hz * size / RATE, int(2.5 * width) + 1
        bins = np.arange(max(1, int(centre) - reach), min(size // 2, int(centre) + reach + 1))
        magnitude[bins] += level / np.sqrt(width) * np.exp(-(((bins - centre) / width) ** 2))
    players = np.roll(random_phases(size), int(rng.integers(size // 2)), axis=1)
    sound = np.fft.irfft(players * magnitude * np.float32(size / 2), size)
    return np.tile(sound, (1, samples // size + 1))[:, :samples].astype(np.float32)


@lru_cache
def random_phases(size: int) -> NDArray[np.complex64]:
    """Random phases for both sides, (2, size // 2 + 1)."""
    rng = np.random.default_rng(size)
    phase = rng.uniform(-np.pi, np.pi, (2, size // 2 + 1))
    phase[1] = phase[0] + 0.75 * phase[1]
    return np.asarray(np.exp(1j * phase), np.complex64)


def vibrato(sound: Audio, cents: float, rate_hz: float = 5.2) -> Audio:
    """Vibrato of `cents` up and down, with a delayed onset of a quarter of a second."""
    position = np.arange(sound.shape[1], dtype=np.float64)
    depth = (cents / 1200 * np.log(2)) / (2 * np.pi * rate_hz) * RATE
    onset = np.clip(position / RATE / 0.25 - 0.6, 0, 1)
    swung = position - depth * onset * (1 - np.cos(2 * np.pi * rate_hz * position / RATE))
    return np.stack([np.interp(swung, position, channel) for channel in sound]).astype(np.float32)
