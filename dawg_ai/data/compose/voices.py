"""Pitched instruments. Three engines, all built from sums of sines, so nothing ever aliases.

`tone`: a periodic wave whose partials, in octave groups, follow a moving low-pass and a volume envelope (plucks,
basses, leads, guitars). `chime`: a few inharmonic partials that die at their own speed (bells, electric pianos).
`ensemble`: partials smeared into narrow bands of noise, which sounds like many players (Paul Nasca's PADsynth, 2005).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RATE = 44100
HIGHEST_HZ = 19000.0
CONTROL = 64  # samples between two values of an envelope
TABLE = 4096  # samples of a wave table, about

Audio = NDArray[np.float32]

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
    """The settings of one instrument."""

    engine: Literal["tone", "chime", "ensemble"]
    wave: str
    attack_s: float = 0.004
    decay_s: float = 10.0  # time constant of the fall from full level to `sustain`
    sustain: float = 0.0
    release_s: float = 0.06
    open_hz: float = 18000.0  # where the low-pass starts ...
    closed_hz: float = 18000.0  # ... and where it falls to
    sweep_s: float = 0.2  # time constant of that fall
    spread_cents: float = 0.0  # detuning of the left against the right voice
    centre: bool = False  # a third voice, in tune, between the two
    vibrato_cents: float = 0.0
    click: float = 0.0  # the noise of a pick, a hammer or a breath at the start
    drive: float = 0.0  # saturation of the finished note


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch in equal temperament, A4 = 440 Hz.

    >>> hertz(57)
    220.0
    """
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def play(patch: Patch, pitch: int, seconds: float, rng: np.random.Generator) -> Audio:
    """One note, `(2, samples)`, about full scale; it rings on for the release after `seconds`."""
    samples = int((seconds + patch.release_s) * RATE)
    if patch.engine == "ensemble":
        sound = ensemble(patch, hertz(pitch), samples, rng)
    elif patch.engine == "chime":
        sound = np.stack([chime(patch, hertz(pitch + side), samples) for side in spread(patch)])
    elif patch.spread_cents:
        sides = [tone(patch, hertz(pitch + side), samples) for side in spread(patch)]
        sound = np.stack(sides)
        if patch.centre:
            sound += tone(patch, hertz(pitch), samples)
    else:
        sound = np.tile(tone(patch, hertz(pitch), samples), (2, 1))
    if patch.vibrato_cents:
        sound = vibrato(sound, patch.vibrato_cents)
    sound *= contour(patch, seconds, samples)
    if patch.click:
        length = min(samples, int(0.03 * RATE))
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (0.004 * RATE)) * patch.click
        sound[:, :length] += burst.astype(np.float32)
    if patch.drive:
        sound = np.tanh(patch.drive * sound) / np.float32(np.tanh(patch.drive))
    return np.asarray(sound, np.float32)


def spread(patch: Patch) -> tuple[float, float]:
    """Detuning of the left and the right voice in semitones."""
    return -patch.spread_cents / 200, patch.spread_cents / 200


def contour(patch: Patch, seconds: float, samples: int) -> Audio:
    """Volume over time, `(samples,)`: attack, fall to the sustain level, release."""
    time = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    level = patch.sustain + (1 - patch.sustain) * np.exp(-time / np.float32(patch.decay_s))
    rise = max(2, min(samples, int(patch.attack_s * RATE)))
    level[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    tail = max(2, samples - int(seconds * RATE))
    level[-tail:] *= np.cos(np.linspace(0, np.pi / 2, tail)) ** 2
    return np.asarray(level, np.float32)


def harmonics(wave: str, pitch_hz: float) -> tuple[float, NDArray[np.complex128]]:
    """The fundamental in Hz and the amplitudes of its harmonics 1, 2, ... up to the top of hearing."""
    number = np.arange(1, max(2, int(HIGHEST_HZ / pitch_hz)) + 1)
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
    """Root, fifth and octave of a string through an overdriven valve and a guitar cabinet.

    In just tuning the three repeat together at half the root's frequency: what is distorted is a periodic wave.
    """
    base_hz = pitch_hz / 2
    spectrum = np.zeros(8192 // 2 + 1, complex)
    number = np.arange(1, 31)
    string = np.sin(np.pi * number / 8.3) / number**1.2
    for ratio, level in ((2, 1.0), (3, 0.8), (4, 0.7)):
        spectrum[ratio * number] += level * string * np.exp(1j * number * ratio)
    clean = np.fft.irfft(spectrum, 8192)
    driven = np.tanh(5.0 * clean / np.abs(clean).max() + 0.3)
    count = int(HIGHEST_HZ / base_hz)
    amplitude = np.fft.rfft(driven)[1 : count + 1] / 8192
    hz = base_hz * np.arange(1, count + 1)
    cabinet = (
        1 / (1 + (75 / hz) ** 4) / (1 + (hz / 5200) ** 3) * (1 + 0.9 * np.exp(-((np.log2(hz / 2600)) ** 2) / 0.6))
    )
    return base_hz, np.asarray(2 * amplitude * cabinet, np.complex128)


def tone(patch: Patch, pitch_hz: float, samples: int) -> Audio:
    """A harmonic tone without its volume envelope, `(samples,)`."""
    base_hz, amplitude = harmonics(patch.wave, pitch_hz)
    periods = max(1, round(TABLE * base_hz / RATE))
    length = round(periods * RATE / base_hz)  # whole periods in whole samples: in tune within half a cent
    number = np.arange(1, amplitude.size + 1)
    octave = np.log2(number).astype(int)
    spectra = np.zeros((octave[-1] + 1, length // 2 + 1), complex)
    bins = number * periods
    inside = bins < spectra.shape[1]
    spectra[octave[inside], bins[inside]] = amplitude[inside] * (length / 2)
    tables = np.fft.irfft(spectra, length).astype(np.float32)
    centres_hz = base_hz * 2.0 ** (np.arange(octave[-1] + 1) + 0.4)
    if patch.open_hz == patch.closed_hz:
        gains = 1 / (1 + (centres_hz / patch.open_hz) ** 2)
        return repeat(gains.astype(np.float32) @ tables, samples)
    steps = samples // CONTROL + 2
    time = np.arange(steps) * (CONTROL / RATE)
    cutoff = patch.closed_hz + (patch.open_hz - patch.closed_hz) * np.exp(-time / patch.sweep_s)
    gain = (1 / (1 + (centres_hz[:, None] / cutoff) ** 2)).astype(np.float32)
    ramp = np.arange(CONTROL, dtype=np.float32) / np.float32(CONTROL)
    sound = np.zeros(samples, np.float32)
    for table, level in zip(tables, gain, strict=True):
        smooth = (level[:-1, None] + np.diff(level)[:, None] * ramp).ravel()[:samples]
        sound += smooth * repeat(table, samples)
    return sound


def repeat(table: Audio, samples: int) -> Audio:
    """The table over and over."""
    return np.tile(table, samples // table.size + 1)[:samples]


def chime(patch: Patch, pitch_hz: float, samples: int) -> Audio:
    """Inharmonic partials, `(samples,)`: `patch.sweep_s` is the decay of the lowest, `patch.open_hz` the hardness."""
    time = np.arange(samples, dtype=np.float32) / np.float32(RATE)
    sound = np.zeros(samples, np.float32)
    for ratio, level, decay in CHIMES[patch.wave]:
        hz = pitch_hz * ratio
        if hz < HIGHEST_HZ:
            level /= 1 + (hz / patch.open_hz) ** 2
            partial = np.sin(np.float32(2 * np.pi * hz) * time)
            sound += np.float32(level) * partial * np.exp(time * np.float32(-1 / (patch.sweep_s * decay)))
    return sound


def ensemble(patch: Patch, pitch_hz: float, samples: int, rng: np.random.Generator) -> Audio:
    """A sustained chorus of players, `(2, samples)`, the sides half independent of each other."""
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
    players = np.roll(crowd(size), int(rng.integers(size // 2)), axis=1)
    sound = np.fft.irfft(players * magnitude * np.float32(size / 2), size)
    return np.tile(sound, (1, samples // size + 1))[:, :samples].astype(np.float32)


@lru_cache
def crowd(size: int) -> NDArray[np.complex64]:
    """Random phases for both sides, `(2, size // 2 + 1)`."""
    rng = np.random.default_rng(size)
    phase = rng.uniform(-np.pi, np.pi, (2, size // 2 + 1))
    phase[1] = phase[0] + 0.75 * phase[1]
    return np.asarray(np.exp(1j * phase), np.complex64)


def vibrato(sound: Audio, cents: float, rate_hz: float = 5.2) -> Audio:
    """The pitch swings by `cents` to either side, setting in after a quarter of a second."""
    position = np.arange(sound.shape[1], dtype=np.float64)
    depth = (cents / 1200 * np.log(2)) / (2 * np.pi * rate_hz) * RATE
    onset = np.clip(position / RATE / 0.25 - 0.6, 0, 1)
    swung = position - depth * onset * (1 - np.cos(2 * np.pi * rate_hz * position / RATE))
    return np.stack([np.interp(swung, position, channel) for channel in sound]).astype(np.float32)
