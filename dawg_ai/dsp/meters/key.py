"""Key detection: which of the 24 major and minor keys a song is most likely in.

    x -> mean of all channels -> windowed FFT -> spectral peaks from 100 Hz to 2 kHz -> pitch histogram -> tuning
        -> harmonic pitch class profile (chroma) -> correlation with the profile of each key -> key

The four lowest harmonics of a tone count for it (E. Gomez, "Tonal description of polyphonic audio for music content
processing", INFORMS J. Computing 18, 2006). The chroma is correlated with the profile of each key, as C. Krumhansl
did ("Cognitive Foundations of Musical Pitch", 1990), here with profiles drawn from electronic music (A. Faraldo et
al., "Key estimation in electronic dance music", ECIR 2016). A mode is read as the nearer of major and minor.

Some key is always nearest, to noise too. There is one only where pitches keep to a grid of semitones (Rayleigh's test
of the angles between semitones: K. V. Mardia and P. E. Jupp, "Directional Statistics", 2000) and at least three pitch
classes stand out further than those of as many random windows would.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.sanitise import mono
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes16 import LANES
from dawg_ai.dsp.math import PI, cos, log, log2, sin, sqrt
from dawg_ai.dsp.meters import spectrum

LOWEST_HZ, HIGHEST_HZ = 100.0, 2000.0
BINS_PER_SEMITONE = 10
PITCH_BINS = 12 * BINS_PER_SEMITONE
HARMONICS = 4
HARMONIC_DECAY = 0.6  # from each harmonic to the next
A4_HZ = 440.0
MIN_PEAK_POWER = 1e-6  # of the window's loudest bin: what is lower may be its leakage

MIN_GRID = 0.04  # mean resultant length of the angles between semitones: 1 in tune, 0 for noise
MIN_GRID_DEVIATIONS = 3.5  # above 0, in standard deviations for as many random windows
MIN_PITCH_CLASSES = 3  # above the mean
MIN_CHROMA_VARIANCE = 6.0  # over that of as many random windows

MAJOR = (1.00, 0.29, 0.50, 0.40, 0.60, 0.56, 0.32, 0.80, 0.31, 0.45, 0.42, 0.39)
MINOR = (1.00, 0.31, 0.44, 0.58, 0.33, 0.49, 0.29, 0.78, 0.43, 0.29, 0.53, 0.32)
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
    profiles: Annotated[F64, 2, 12],
) -> None:
    """Fill the tables for a sample rate from 2 to 192 kHz: window, twiddle factors, key profiles."""
    spectrum.prepare(sample_rate_hz, window, cosines, sines)
    _write(MAJOR, profiles[0])
    _write(MINOR, profiles[1])


@kernel
def _write(values: Any, row: F64) -> None:
    """A tuple into an array, one by one: WebAssembly keeps no tuple that a variable could index."""
    row[0], row[1], row[2], row[3], row[4], row[5] = values[0], values[1], values[2], values[3], values[4], values[5]
    row[6], row[7], row[8], row[9], row[10], row[11] = (
        values[6], values[7], values[8], values[9], values[10], values[11],
    )  # fmt: skip


@kernel
def frames16(
    x: Annotated[F32, "samples"],
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
    work: Annotated[F32, 4, 262208],
    spectra: Annotated[F32, 262160],
    pitches: Annotated[F64, 120],
    histogram: Annotated[F64, 120],
    squares: Annotated[F64, 120],
    grid: Annotated[F64, 1],
) -> None:
    """Add the spectral peaks of sixteen windows to the pitch histogram.

    Args:
        x: samples of sixteen windows, each half a window after the one before.
        sample_rate_hz: the sample rate.
        window: of `prepare`.
        cosines: of `prepare`.
        sines: of `prepare`.
        work: scratch.
        spectra: scratch.
        pitches: (120,), tenths of a semitone above C, octaves folded; each window adds 1 in all, or nothing.
        histogram: scratch: that of one window.
        squares: (120,), the sum of its squares is added.
        grid: (1,), the square of its resultant among the angles between semitones is added.
    """
    spectrum.frames16(x, sample_rate_hz, window, cosines, sines, work, spectra)
    size = spectrum.window_size(sample_rate_hz)
    bin_hz = sample_rate_hz / float(size)
    first, last = np.uintp(LOWEST_HZ / bin_hz), np.uintp(min(HIGHEST_HZ / bin_hz, float(size // 2) - 2.0))
    loudest = work[0]
    loudest[:16] = np.float32(0.0)
    for k in range(np.uintp(1), np.uintp(size // 2)):
        for lane in range(LANES):
            loudest[lane] = max(loudest[lane], spectra[k * LANES + lane])
    for lane in range(LANES):
        floor, total = max(MIN_PEAK_POWER * np.float64(loudest[lane]), 1e-12), 0.0
        for k in range(first, last):
            total += _peak(spectra, k * LANES + lane, floor)
        if total > 0.0:
            histogram[:] = 0.0
            for k in range(first, last):
                peak = _peak(spectra, k * LANES + lane, floor)
                if peak > 0.0:
                    hz = (float(k) + _parabolic_peak(spectra, k * LANES + lane)) * bin_hz
                    place = 12.0 * log2(hz / A4_HZ) + 69.0 + 120.0
                    pitch_bin = int(float(BINS_PER_SEMITONE) * place + 0.5) % PITCH_BINS
                    histogram[pitch_bin] += peak / total
            for i in range(PITCH_BINS):
                pitches[i] += histogram[i]
                squares[i] += histogram[i] * histogram[i]
            re, im = _resultant(histogram)
            grid[0] += re * re + im * im


@kernel
def _peak(spectra: F32, at: Any, floor: float) -> float:
    """The amplitude of a bin that is a local maximum of a power above `floor`, else 0."""
    here = np.float64(spectra[at])
    if here > np.float64(spectra[at - LANES]) and here >= np.float64(spectra[at + LANES]) and here > floor:
        return sqrt(here)
    return 0.0


@kernel
def _parabolic_peak(spectra: F32, at: Any) -> float:
    """Offset of a peak from its bin, -0.5 to 0.5: parabolic interpolation of the log spectrum."""
    before, here = log(np.float64(spectra[at - LANES]) + 1e-15), log(np.float64(spectra[at]) + 1e-15)
    after = log(np.float64(spectra[at + LANES]) + 1e-15)
    return 0.5 * (before - after) / min(before - 2.0 * here + after, -1e-9)


@kernel
def _resultant(pitches: F64) -> tuple[float, float]:
    """Sum of the pitches as vectors whose angle is their place between two semitones."""
    re, im = 0.0, 0.0
    for i in range(PITCH_BINS):
        angle = 2.0 * PI * float(i) / float(BINS_PER_SEMITONE)
        re += pitches[i] * cos(angle)
        im += pitches[i] * sin(angle)
    return re, im


@kernel
def tuning(pitches: Annotated[F64, 120]) -> float:
    """Deviation from concert pitch.

    Args:
        pitches: of `frames16`.

    Returns:
        Semitones, -0.5 to 0.5: the circular mean of the pitches between the semitones.
    """
    re, im = _resultant(pitches)
    # The angle by search, to a hundredth of a semitone.
    best, found = -1.0, 0.0
    for i in range(-50, 51):
        offset = float(i) / 100.0
        along = re * cos(2.0 * PI * offset) + im * sin(2.0 * PI * offset)
        if along > best:
            best, found = along, offset
    return found


@kernel
def estimate(
    pitches: Annotated[F64, 120],
    profiles: Annotated[F64, 2, 12],
    chroma: Annotated[F64, 12],
    scores: Annotated[F64, 24],
) -> int:
    """Estimate the key.

    Args:
        pitches: of `frames16`.
        profiles: of `prepare`.
        chroma: overwritten: how much there is of each pitch class.
        scores: overwritten: correlation with each key.

    Returns:
        0 to 11 for C major to B major, 12 to 23 for C minor to B minor.
    """
    offset = tuning(pitches)
    for pitch in range(12):
        chroma[pitch] = 0.0
        for i in range(PITCH_BINS):
            chroma[pitch] += _weight(pitch, i, offset) * pitches[i]
    best = 0
    for key in range(24):
        scores[key] = _correlation(chroma, profiles[key // 12], key % 12)
        if scores[key] > scores[best]:
            best = key
    return best


@kernel
def _weight(pitch: int, i: int, offset: float) -> float:
    """How much bin `i` counts for a pitch class, being near one of its harmonics."""
    total, weight = 0.0, 1.0
    for harmonic in range(1, HARMONICS + 1):
        place = float(pitch) + offset + 12.0 * log2(float(harmonic))
        away = float(i) / float(BINS_PER_SEMITONE) - place + 60.0
        away -= 12.0 * float(int(away / 12.0 + 0.5))
        if abs(away) < 0.5:
            near = cos(PI * away)
            total += weight * near * near
        weight *= HARMONIC_DECAY
    return total


@kernel
def tonal(
    pitches: Annotated[F64, 120],
    squares: Annotated[F64, 120],
    grid: Annotated[F64, 1],
    chroma: Annotated[F64, 12],
) -> int:
    """Tell whether there is a key at all.

    Args:
        pitches: of `frames16`.
        squares: of `frames16`.
        grid: of `frames16`.
        chroma: of `estimate`.

    Returns:
        1 or 0.
    """
    total = 0.0
    for each in pitches:
        total += each
    re, im = _resultant(pitches)
    if sqrt(re * re + im * im) < max(MIN_GRID * total, MIN_GRID_DEVIATIONS * sqrt(grid[0])) or total <= 0.0:
        return 0
    mean = 0.0
    for each in chroma:
        mean += each / 12.0
    offset, classes, variance, by_chance = tuning(pitches), 0, 0.0, 0.0
    for pitch in range(12):
        away = chroma[pitch] - mean
        classes += 1 if away > 0.0 else 0
        variance += away * away
        for i in range(PITCH_BINS):
            weight = _weight(pitch, i, offset)
            by_chance += weight * weight * squares[i]
    return 1 if classes >= MIN_PITCH_CLASSES and variance >= MIN_CHROMA_VARIANCE * by_chance else 0


@kernel
def _correlation(chroma: F64, profile: F64, tonic: int) -> float:
    """Correlation of the chroma with a profile on a tonic."""
    mean, profile_mean = 0.0, 0.0
    for i in range(12):
        mean += chroma[i] / 12.0
        profile_mean += profile[i] / 12.0
    both, squares, profile_squares = 0.0, 0.0, 0.0
    for i in range(12):
        a, b = chroma[(i + tonic) % 12] - mean, profile[i] - profile_mean
        both += a * b
        squares += a * a
        profile_squares += b * b
    return float(both / max(sqrt(squares) * sqrt(profile_squares), 1e-12))


MODULE = Module("key", (prepare, frames16, estimate, tuning, tonal), {"samples": spectrum.MAX_WINDOW // 2 * 17})


@dataclass(frozen=True)
class Key:
    """The key of a song."""

    tonic: int  # 0 = C
    minor: bool
    score: float  # correlation with the key's profile, -1 to 1
    lead: float  # over the next best key
    tuning_cents: float  # off 440 Hz
    chroma: F64  # (12,), how much of each pitch class, C first; sums to 1

    @property
    def name(self) -> str:
        """Such as "F# minor"."""
        return f"{NAMES[self.tonic]} {'minor' if self.minor else 'major'}"


class Meter:
    """The meter at work, block by block, on the mean of all channels."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
        self._batches = spectrum.Batches(1, int(spectrum.window_size(float(sample_rate_hz))))
        call(prepare, self._memory)

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        memory = self._memory
        for memory["x"], _ in self._batches.update(mono(audio)[None]):
            call(frames16, memory)

    def result(self) -> Key | None:
        """What all samples amount to; the meter takes no more after it."""
        memory = self._memory
        for memory["x"], _ in self._batches.rest():
            call(frames16, memory)
        best = int(call(estimate, memory))
        if not call(tonal, memory):
            return None
        scores = np.sort(memory["scores"])
        return Key(
            tonic=best % 12,
            minor=best >= 12,
            score=float(scores[-1]),
            lead=float(scores[-1] - scores[-2]),
            tuning_cents=100.0 * float(call(tuning, memory)),
            chroma=memory["chroma"] / max(memory["chroma"].sum(), 1e-12),
        )


def measure(audio: F32, sample_rate_hz: float) -> Key | None:
    """Estimate the key of a sound.

    Args:
        audio: (channels, samples).
        sample_rate_hz: its sample rate, 2 to 192 kHz.

    Returns:
        The key; None where there is none: silence, noise, a single tone, drums without pitch, random pitches.

    >>> triad = sum(np.sin(2 * np.pi * hz / 44_100 * np.arange(88_200)) for hz in (220.0, 261.63, 329.63))
    >>> measure(np.float32([triad]), 44_100).name
    'A minor'
    """
    meter = Meter(sample_rate_hz)
    meter.update(audio)
    return meter.result()
