"""The long-term spectrum: how much power a song has at each frequency, and in thirds or sixths of an octave.

Source: P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
Electroacoust. 15, 1967: Hann windows that overlap by half. Bands follow IEC 61260-1:2014 with centres at base-two
multiples of 1 kHz.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks import fft16
from dawg_ai.dsp.blocks.bands import _between
from dawg_ai.dsp.blocks.clean import cleaned
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.math import PI, cos, power

LONGEST = 32_768  # samples of a window at 192 kHz
LOWEST_OCTAVES, HIGHEST_OCTAVES = -5, 4  # around 1 kHz: bands from 31.25 Hz to 16 kHz


@kernel
def window_size(sample_rate_hz: float) -> int:
    """A power of two that makes a bin 3.9 to 7.8 Hz wide: 8192 at 44.1 and 48 kHz."""
    size = 256
    while size < LONGEST and sample_rate_hz >= 7.8125 * float(size):
        size *= 2
    return size


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
) -> None:
    """Fill the tables for a sample rate from 2 to 192 kHz."""
    size = window_size(sample_rate_hz)
    for i in range(size):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size))
    fft16.prepare(size, cosines, sines)


@kernel
def sixteen(
    x: Annotated[F32, "samples"],
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
    work: Annotated[F32, 4, 262208],
    spectra: Annotated[F32, 262160],
) -> None:
    """Power spectra of sixteen windows, each half a window after the one before, the first at x[0]: sixteen values to
    each bin."""
    size = window_size(sample_rate_hz)
    fft16.load(x, size // 2, window[:size], work[0], work[1])
    fft16.powers(size, work[0], work[1], work[2], work[3], cosines, sines, spectra)


@kernel
def add(sample_rate_hz: float, windows: int, spectra: Annotated[F32, 262160], powers: Annotated[F64, 16385]) -> None:
    """Add the first `windows` spectra of sixteen to `powers`, such that they sum to the windows' mean squares."""
    size = window_size(sample_rate_hz)
    # The squares of a Hann window sum to 3/8 of its size; all but the outermost bins stand for two.
    scale = 2.0 / (0.375 * float(size) * float(size))
    for k in range(size // 2 + 1):
        row = spectra[k * 16 : k * 16 + windows]
        total = 0.0
        for each in row:
            total += np.float64(each)
        powers[k] += total * (0.5 * scale if k == 0 or k == size // 2 else scale)


@kernel
def octave_bands(
    sample_rate_hz: float, per_octave: float, powers: Annotated[F64, 16385], bands: Annotated[F64, "bands"]
) -> None:
    """Sum bins into bands of 1 / `per_octave` octaves, the first around 31.25 Hz; those above the spectrum are 0.

    A bin that an edge crosses is shared out in proportion.
    """
    size = window_size(sample_rate_hz)
    bin_hz = sample_rate_hz / float(size)
    for band in range(bands.shape[0]):
        octave = float(LOWEST_OCTAVES) + (float(band) - 0.5) / per_octave
        lower, upper = 1000.0 * power(2.0, octave), 1000.0 * power(2.0, octave + 1.0 / per_octave)
        bands[band] = 0.0
        if upper < 0.5 * sample_rate_hz - bin_hz:
            bands[band] = _between(powers[: size // 2 + 1], lower / bin_hz + 0.5, upper / bin_hz + 0.5)


MODULE = Module("spectrum", (prepare, sixteen, add, octave_bands), {"samples": LONGEST // 2 * 17, "bands": 9 * 6 + 1})


@dataclass(frozen=True)
class Spectrum:
    """The spectrum of a song; powers are mean squares, so a full-scale sine has 0.5 in all."""

    sample_rate_hz: float
    powers: F64  # (bins,), from 0 to half the sample rate

    @property
    def bin_hz(self) -> float:
        """Distance of two bins."""
        return 0.5 * self.sample_rate_hz / (len(self.powers) - 1)

    def bands(self, per_octave: int) -> tuple[F64, F64]:
        """Centres in Hz and powers of bands of 1 / `per_octave` octaves, from 31.25 Hz to 16 kHz."""
        count = (HIGHEST_OCTAVES - LOWEST_OCTAVES) * per_octave + 1
        found, room = np.zeros(count), np.zeros(LONGEST // 2 + 1)
        room[: len(self.powers)] = self.powers
        octave_bands(self.sample_rate_hz, float(per_octave), room, found)
        return 1000.0 * 2.0 ** (LOWEST_OCTAVES + np.arange(count) / per_octave), found


def batches(audio: F32, size: int) -> Iterator[tuple[F32, int]]:
    """Sixteen windows at a time of each channel, padded with silence, and how many of them hold something."""
    for channel in audio:
        windows = max(-(-len(channel) * 2 // size) - 1, 1)
        for first in range(0, windows, 16):
            x = channel[first * (size // 2) :][: size // 2 * 17]
            yield np.pad(x, (0, size // 2 * 17 - len(x))), min(16, windows - first)


def measure(audio: F32, sample_rate_hz: float) -> Spectrum:
    """The mean spectrum of all windows and channels of `audio`, (channels, samples).

    >>> sine = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(96_000))
    >>> found = measure(np.float32([sine]), 48_000)
    >>> round(found.bin_hz * found.powers.argmax())
    1002
    """
    size = int(window_size(float(sample_rate_hz)))
    memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
    call(prepare, memory)
    total = 0
    for memory["x"], memory["windows"] in batches(cleaned(audio), size):
        call(sixteen, memory)
        call(add, memory)
        total += memory["windows"]
    return Spectrum(float(sample_rate_hz), memory["powers"][: size // 2 + 1] / total)
