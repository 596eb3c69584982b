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


class Batches:
    """Sixteen windows at a time of a sound that comes in blocks; windows overlap by half.

    Args:
        channels: how many.
        size: of a window.
    """

    def __init__(self, channels: int, size: int) -> None:
        self._half = size // 2
        self._waiting = np.zeros((channels, 0), np.float32)
        self._begun = False

    def update(self, audio: F32) -> Iterator[tuple[F32, int]]:
        """The batches that the next samples complete.

        Yields:
            (17 half windows,) samples of one channel, and how many windows of them hold something.
        """
        self._waiting = np.concatenate([self._waiting, audio], axis=1)
        # One half window more than a batch takes, so that something is left for `rest`.
        while self._waiting.shape[1] > 17 * self._half:
            yield from self._batch(16)
            self._waiting = self._waiting[:, 16 * self._half :]
            self._begun = True

    def rest(self) -> Iterator[tuple[F32, int]]:
        """The last batch, padded with silence."""
        windows = -(-self._waiting.shape[1] // self._half) - 1
        if windows > 0 or not self._begun:
            yield from self._batch(max(windows, 1))

    def _batch(self, windows: int) -> Iterator[tuple[F32, int]]:
        for channel in self._waiting:
            x = channel[: 17 * self._half]
            yield np.pad(x, (0, 17 * self._half - len(x))), windows


class Meter:
    """The meter at work, block by block."""

    def __init__(self, channels: int, sample_rate_hz: float) -> None:
        self._memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
        self._size = int(window_size(float(sample_rate_hz)))
        self._batches = Batches(channels, self._size)
        self._windows = 0
        call(prepare, self._memory)

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        self._measure(self._batches.update(sanitised(audio)))

    def _measure(self, batches: Iterator[tuple[F32, int]]) -> None:
        memory = self._memory
        for memory["x"], memory["windows"] in batches:
            call(frames16, memory)
            call(accumulate, memory)
            self._windows += memory["windows"]

    def result(self) -> Spectrum:
        """What all samples amount to; the meter takes no more after it."""
        self._measure(self._batches.rest())
        powers = self._memory["powers"][: self._size // 2 + 1]
        return Spectrum(self._memory["sample_rate_hz"], powers / self._windows)


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
    meter = Meter(len(audio), sample_rate_hz)
    meter.update(audio)
    return meter.result()
