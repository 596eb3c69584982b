"""A recording of a voice as the instrument `voice` plays it: pitch, harmonic envelope and noise envelope.

    pitch         YIN (A. de Cheveigne and H. Kawahara, J. Acoust. Soc. Am. 111(4), 2002) over lags of 70 to 1000 Hz
    harmonics     levels at multiples of the pitch, of a Hann window of three periods, between them linear in dB
    noise         what differs between two windows one period apart; where there is no pitch, all there is

A row is a frame of 60 ms, one every 10 ms: row i is centred 30 ms after its beginning.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.effects.voice import FLOOR_DB, HARMONIC_ANCHORS, MELS, NOISE_ANCHORS, hertz
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, finite, log2, log10, sin
from dawg_ai.features.audio import AudioFeatures

FRAME_S, HOP_S = 0.06, 0.01
CENTRE_ROWS = 3  # of 10 ms, from the beginning of a frame to its centre
LOWEST_HZ, HIGHEST_HZ = 70.0, 1000.0
CORRELATED_S = 0.03  # what is compared with itself a period later
DIP = 0.15  # of the normalised difference; the first lag below it is the period
UNVOICED = 0.4  # a frame whose best lag is above has no pitch
QUIET = 1e-7  # mean square below which a frame has none, -70 dB
RUMBLE_HZ = 60.0  # what is below is the room's, not the voice's
UNVOICED_WINDOW_S = 0.02
MAX_SIZE = 16_384  # of the transform, at 192 kHz
PERIODS = 3.0  # of the window that harmonics are taken from
LINE = 1.5 / PERIODS  # power of a sine per Hz of its period, over what the window's peak shows
PITCH, VOICED = range(2)


@kernel
def size_of(sample_rate_hz: float) -> int:
    """Size of the transform: a power of two that holds a frame.

    >>> size_of(24_000.0), size_of(192_000.0)
    (2048, 16384)
    """
    size = 256
    while float(size) < FRAME_S * sample_rate_hz + 1.0 and size < MAX_SIZE:
        size *= 2
    return size


@kernel
def prepare(
    sample_rate_hz: float, cosines: Annotated[F64, 4096], sines: Annotated[F64, 4096]
) -> None:  # fmt: skip
    """Fill the tables of the transform."""
    fft.prepare(size_of(sample_rate_hz), cosines, sines)


@kernel
def frame(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    cosines: Annotated[F64, 4096],
    sines: Annotated[F64, 4096],
    mono: Annotated[F64, 11520],
    differences: Annotated[F64, 2744],
    work: Annotated[F64, 4, 16400],
    spectra: Annotated[F64, 3, 8193],
    pitch: Annotated[F32, 2],
    harmonic: Annotated[F32, 60],
    noise: Annotated[F32, 24],
) -> None:
    """One frame, its channels averaged.

    `pitch`: MIDI note number, 0 where there is none, and 1 where there is one. Envelopes in dB of power per Hz, at
    least -120; the harmonic one is -120 where there is no pitch, and the noise of such a frame is all its power.
    """
    samples = x.shape[1]
    for i in range(samples):
        total = 0.0
        for channel in range(x.shape[0]):
            total += finite(np.float64(x[channel, i]))
        mono[i] = total / float(x.shape[0])
    period = period_of(mono[:samples], sample_rate_hz, differences)
    size = size_of(sample_rate_hz)
    pitch[PITCH], pitch[VOICED] = np.float32(0.0), np.float32(0.0)
    harmonic[:] = np.float32(FLOOR_DB)
    if period > 0.0:
        hz = sample_rate_hz / period
        pitch[PITCH], pitch[VOICED] = np.float32(69.0 + 12.0 * log2(hz / 440.0)), np.float32(1.0)
        _spectra(mono[:samples], size, PERIODS * period, period, sample_rate_hz, work, cosines, sines, spectra)
        _noise(spectra, hz, size, sample_rate_hz, noise)
        _harmonics(spectra[0], hz, size, sample_rate_hz, harmonic)
    else:
        window = UNVOICED_WINDOW_S * sample_rate_hz
        _spectra(mono[:samples], size, window, 0.0, sample_rate_hz, work, cosines, sines, spectra)
        for k in range(size // 2 + 1):
            spectra[1, k], spectra[2, k] = 1.0, 1.0
        _noise(spectra, 0.0, size, sample_rate_hz, noise)


@kernel
def period_of(x: F64, sample_rate_hz: float, differences: F64) -> float:
    """The period in samples, or 0: YIN, both of its windows placed evenly about the middle."""
    shortest, longest = int(sample_rate_hz / HIGHEST_HZ), int(sample_rate_hz / LOWEST_HZ) + 1
    width = int(CORRELATED_S * sample_rate_hz)
    power = 0.0
    for i in range(x.shape[0]):
        power += x[i] * x[i]
    if power < QUIET * float(x.shape[0]):
        return 0.0
    cumulated, best, lowest = 0.0, 0, 1e9
    found = 0
    for lag in range(1, longest + 1):
        first = (x.shape[0] - width - lag) // 2
        total = 0.0
        for i in range(width):
            difference = x[first + i] - x[first + i + lag]
            total += difference * difference
        cumulated += total
        value = total * float(lag) / max(cumulated, 1e-30)
        differences[lag] = value
        if lag > shortest and lag < longest:
            if value < lowest:
                best, lowest = lag, value
            if found == 0 and lag > shortest + 1 and differences[lag - 1] < DIP and value > differences[lag - 1]:
                found = lag - 1
    if found == 0:
        found = best
    if found <= shortest or found >= longest or differences[found] > UNVOICED:
        return 0.0
    before, at, after = differences[found - 1], differences[found], differences[found + 1]
    bend = before - 2.0 * at + after
    return float(found) + (0.5 * (before - after) / bend if bend > 0.0 else 0.0)


@kernel
def _spectra(
    x: F64, size: int, width: float, period: float, sample_rate_hz: float, work: F64, cosines: F64, sines: F64,
    spectra: F64,
) -> None:  # fmt: skip
    """Power per Hz of the middle `width` samples, and of two windows one period apart: sum, and difference.

    Both windows go through one transform, the earlier as real part and the later as imaginary part.
    """
    re, im = work[0], work[1]
    middle = 0.5 * float(x.shape[0] - 1)
    for which in range(2):
        re[:size] = 0.0
        im[:size] = 0.0
        if which == 1 and period == 0.0:
            return
        shift = int(period + 0.5)
        at = middle - 0.5 * float(shift) if which == 1 else middle
        first = max(int(at - 0.5 * width) + 1, 0)
        last = min(int(at + 0.5 * width), x.shape[0] - 1 - (shift if which == 1 else 0))
        energy = 0.0
        for i in range(first, last + 1):
            window = 0.5 + 0.5 * cos(2.0 * PI * (float(i) - at) / width)
            energy += window * window
            re[i - first] = window * x[i]
            if which == 1:
                im[i - first] = window * x[i + shift]
        fft.transform(size, re, im, work[2], work[3], cosines, sines)
        scale = 2.0 / (sample_rate_hz * max(energy, 1e-9))
        for k in range(size // 2 + 1):
            m = (size - k) % size
            if which == 0:
                spectra[0, k] = scale * (re[k] * re[k] + im[k] * im[k])
            else:  # two real signals from one complex transform; the second is turned by what rounding left out
                a_re, a_im = 0.5 * (re[k] + re[m]), 0.5 * (im[k] - im[m])
                b_re, b_im = 0.5 * (im[k] + im[m]), 0.5 * (re[m] - re[k])
                angle = 2.0 * PI * float(k) / float(size) * (period - float(shift))
                c, s = cos(angle), sin(angle)
                t_re, t_im = b_re * c - b_im * s, b_re * s + b_im * c
                spectra[1, k] = a_re * a_re + a_im * a_im + t_re * t_re + t_im * t_im
                spectra[2, k] = (a_re - t_re) * (a_re - t_re) + (a_im - t_im) * (a_im - t_im)


@kernel
def _noise(spectra: F64, hz: float, size: int, sample_rate_hz: float, noise: F32) -> None:
    """Power per Hz in triangles about each anchor, at least a period's width, times the share that differs."""
    spacing_hz = sample_rate_hz / float(size)
    for anchor in range(NOISE_ANCHORS):
        center = hertz(MELS * float(anchor) / float(NOISE_ANCHORS - 1))
        wide = hertz(MELS * float(anchor + 1) / float(NOISE_ANCHORS - 1)) - center
        center = max(center, RUMBLE_HZ)
        half = max(wide, 1.5 * hz, 2.0 * spacing_hz)
        total, same, differs, weights = 0.0, 1e-30, 0.0, 1e-30
        for k in range(
            int(max(RUMBLE_HZ, center - half) / spacing_hz) + 1, min(size // 2, int((center + half) / spacing_hz)) + 1
        ):
            weight = max(0.0, 1.0 - abs(float(k) * spacing_hz - center) / half)
            total += weight * spectra[0, k]
            same += weight * spectra[1, k]
            differs += weight * spectra[2, k]
            weights += weight
        density = total / weights * min(1.0, differs / same)
        noise[anchor] = np.float32(max(10.0 * log10(max(density, 1e-30)), FLOOR_DB))


@kernel
def _harmonics(powers: F64, hz: float, size: int, sample_rate_hz: float, harmonic: F32) -> None:
    """Mean level in dB of the harmonics about each anchor: the two beside it, or those in a triangle."""
    spacing_hz = sample_rate_hz / float(size)
    count = int((0.5 * sample_rate_hz - 2.0 * spacing_hz) / hz)
    for anchor in range(HARMONIC_ANCHORS):
        center = hertz(MELS * float(anchor) / float(HARMONIC_ANCHORS - 1))
        wide = hertz(MELS * float(anchor + 1) / float(HARMONIC_ANCHORS - 1)) - center
        half = max(wide, hz)
        total, weights = 0.0, 0.0
        for k in range(max(1, int((center - half) / hz)), max(1, min(count, int((center + half) / hz) + 1)) + 1):
            weight = max(0.0, 1.0 - abs(float(k) * hz - center) / half)
            if center < hz:
                weight = 1.0 if k == 1 else 0.0
            at = float(k) * hz / spacing_hz
            low = int(at)
            share = at - float(low)
            power = LINE * ((1.0 - share) * powers[low] + share * powers[low + 1])
            total += weight * 10.0 * log10(max(power, 1e-12))
            weights += weight
        harmonic[anchor] = np.float32(max(total / weights, FLOOR_DB) if weights > 0.0 else FLOOR_DB)


RECORDING = AudioFeatures(
    frame_s=FRAME_S, hop_s=HOP_S, outputs=("pitch", "harmonic", "noise"), prepare=prepare, frame=frame
)
