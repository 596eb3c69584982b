"""Long-term average spectrum by Welch's method, and its power in thirds or sixths of an octave.

    x -> Hann windows that overlap by half -> FFT -> power -> mean of windows and channels -> fractional-octave bands

Source: P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
Electroacoust. 15, 1967. Bands follow IEC 61260-1:2014 with centres at base-two multiples of 1 kHz.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.sanitise import sanitised
from dawg_ai.dsp.blocks.spectra import batched_fft
from dawg_ai.dsp.blocks.spectra.octave_bands import sum_between
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.math import PI, cos, power

MAX_WINDOW = 32_768  # samples, at 192 kHz
LOWEST_OCTAVE, HIGHEST_OCTAVE = -5, 4  # around 1 kHz: bands from 31.25 Hz to 16 kHz


@kernel
def window_size(sample_rate_hz: float) -> int:
    """Window length: a power of two that makes a bin 3.9 to 7.8 Hz wide.

    >>> window_size(44_100.0)
    8192
    """
    size = 256
    while size < MAX_WINDOW and sample_rate_hz >= 7.8125 * float(size):
        size *= 2
    return size


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
) -> None:
    """Fill the tables for a sample rate from 2 to 192 kHz.

    Args:
        sample_rate_hz: the sample rate.
        window: overwritten with a Hann window.
        cosines: overwritten with twiddle factors.
        sines: the same.
    """
    size = window_size(sample_rate_hz)
    for i in range(size):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size))
    batched_fft.prepare(size, cosines, sines)


@kernel
def frames16(
    x: Annotated[F32, "samples"],
    sample_rate_hz: float,
    window: Annotated[F32, 32768],
    cosines: Annotated[F32, 32768],
    sines: Annotated[F32, 32768],
    work: Annotated[F32, 4, 262208],
    spectra: Annotated[F32, 262160],
) -> None:
    """Power spectra of sixteen windows, each half a window after the one before, the first at x[0].

    Args:
        x: samples of all sixteen.
        sample_rate_hz: the sample rate.
        window: of `prepare`.
        cosines: of `prepare`.
        sines: of `prepare`.
        work: scratch.
        spectra: overwritten, sixteen values to each bin.
    """
    size = window_size(sample_rate_hz)
    batched_fft.load(x, size // 2, window[:size], work[0], work[1])
    batched_fft.powers(size, work[0], work[1], work[2], work[3], cosines, sines, spectra)


@kernel
def accumulate(
    sample_rate_hz: float, windows: int, spectra: Annotated[F32, 262160], powers: Annotated[F64, 16385]
) -> None:
    """Add spectra to a sum, scaled so that they sum to the windows' mean squares.

    Args:
        sample_rate_hz: the sample rate.
        windows: how many of the sixteen count.
        spectra: of `frames16`.
        powers: one-sided, added to.
    """
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
    """Sum bins into fractional-octave bands; a bin that a band edge crosses is shared out in proportion.

    Args:
        sample_rate_hz: the sample rate.
        per_octave: bands per octave.
        powers: one-sided power spectrum.
        bands: overwritten; the first is around 31.25 Hz, those above the spectrum are 0.
    """
    size = window_size(sample_rate_hz)
    bin_hz = sample_rate_hz / float(size)
    for band in range(bands.shape[0]):
        octave = float(LOWEST_OCTAVE) + (float(band) - 0.5) / per_octave
        lower, upper = 1000.0 * power(2.0, octave), 1000.0 * power(2.0, octave + 1.0 / per_octave)
        bands[band] = 0.0
        if upper < 0.5 * sample_rate_hz - bin_hz:
            bands[band] = sum_between(powers[: size // 2 + 1], lower / bin_hz + 0.5, upper / bin_hz + 0.5)


MODULE = Module(
    "spectrum", (prepare, frames16, accumulate, octave_bands), {"samples": MAX_WINDOW // 2 * 17, "bands": 9 * 6 + 1}
)


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
        """Power in bands of 1 / `per_octave` octaves.

        Args:
            per_octave: bands per octave, 1 to 6.

        Returns:
            Centres in Hz, from 31.25 Hz to 16 kHz, and powers.
        """
        count = (HIGHEST_OCTAVE - LOWEST_OCTAVE) * per_octave + 1
        found, room = np.zeros(count), np.zeros(MAX_WINDOW // 2 + 1)
        room[: len(self.powers)] = self.powers
        octave_bands(self.sample_rate_hz, float(per_octave), room, found)
        return 1000.0 * 2.0 ** (LOWEST_OCTAVE + np.arange(count) / per_octave), found


def batches(audio: F32, size: int) -> Iterator[tuple[F32, int]]:
    """Sixteen windows at a time of each channel.

    Args:
        audio: (channels, samples).
        size: of a window.

    Yields:
        The samples of sixteen windows, padded with silence, and how many windows hold something.
    """
    for channel in audio:
        windows = max(-(-len(channel) * 2 // size) - 1, 1)
        for first in range(0, windows, 16):
            x = channel[first * (size // 2) :][: size // 2 * 17]
            yield np.pad(x, (0, size // 2 * 17 - len(x))), min(16, windows - first)


def measure(audio: F32, sample_rate_hz: float) -> Spectrum:
    """Measure the long-term average spectrum of all windows and channels.

    Args:
        audio: (channels, samples).
        sample_rate_hz: its sample rate, 2 to 192 kHz.

    Returns:
        Mean-square power per bin.

    >>> sine = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(96_000))
    >>> found = measure(np.float32([sine]), 48_000)
    >>> round(found.bin_hz * found.powers.argmax())
    1002
    """
    size = int(window_size(float(sample_rate_hz)))
    memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
    call(prepare, memory)
    total = 0
    for memory["x"], memory["windows"] in batches(sanitised(audio), size):
        call(frames16, memory)
        call(accumulate, memory)
        total += memory["windows"]
    return Spectrum(float(sample_rate_hz), memory["powers"][: size // 2 + 1] / total)
