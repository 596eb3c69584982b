"""Features of mastering, once a second: spectra of mid and side, levels in three bands, and loudness.

    mid, side    long-term power spectra in sixth-octave bands (P. D. Welch, "The use of fast Fourier transform for
                 the estimation of power spectra", IEEE Trans. Audio Electroacoust. 15, 1967)
    levels       percentiles of the level that the side-chain of the multiband compressor sees in each of its bands
    powers       mean square of each band
    peaks        highest absolute value of each band
    loudness     K-weighted

The static curve of a compressor or an expander rises with level, so it maps percentiles to percentiles. What it does
to level, power and crest factor follows from them, and training needs no audio (`examples.py`).
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.filters import crossover
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, band_powers
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, log2_level
from dawg_ai.dsp.math import PI, cos, finite, log10
from dawg_ai.dsp.meters.loudness import add_energy, k_weighting, lufs, take_energy
from dawg_ai.features.audio import AudioFeatures

MAX_WINDOW = 32_768  # samples of a window at 192 kHz
BANDS_FLOOR_DB = -120.0
LOUDNESS_FLOOR_LUFS = -100.0

# The multiband compressor whose side-chain is measured: low, middle, high.
REGIONS = 3
CROSSOVERS_HZ = (200.0, 3000.0)
ATTACK_MS, RELEASE_MS = (40.0, 20.0, 10.0), (250.0, 150.0, 100.0)
DIP_DB = 3.0  # a sample pulls the level down as one this far below it: so the mean gain reduction comes out unbiased

PERCENTILES = (5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 100.0)
STEPS_PER_FRAME = 1000  # the level is read once in a millisecond
CHUNK = 192  # samples of a millisecond at 192 kHz
BINS_PER_DB, BINS = 8.0, 1024  # of the histogram that percentiles are read from
LEVEL_FLOOR_DB = -120.0


@kernel
def window_size(sample_rate_hz: float) -> int:
    """A power of two that makes a bin 3.9 to 7.8 Hz wide: 8192 at 44.1 and 48 kHz.

    >>> [window_size(rate) for rate in (8_000.0, 22_050.0, 44_100.0, 96_000.0, 192_000.0)]
    [2048, 4096, 8192, 16384, 32768]
    """
    size = 64
    while size < MAX_WINDOW and sample_rate_hz >= 7.8125 * float(size):
        size *= 2
    return size


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F64, 32768],
    cosines: Annotated[F64, 8192],
    sines: Annotated[F64, 8192],
    weighting: Annotated[F64, 2, 5],
    crossovers: Annotated[F64, 2, 3, 5],
) -> None:
    """Fill the tables for a sample rate from 1 to 192 kHz."""
    size = window_size(sample_rate_hz)
    for i in range(size):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size))
    fft.prepare(size, cosines, sines)
    k_weighting(sample_rate_hz, weighting)
    for i in range(REGIONS - 1):
        crossover.design(min(CROSSOVERS_HZ[i], 0.45 * sample_rate_hz), sample_rate_hz, crossovers[i])


@kernel
def frame(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 32768],
    cosines: Annotated[F64, 8192],
    sines: Annotated[F64, 8192],
    weighting: Annotated[F64, 2, 5],
    crossovers: Annotated[F64, 2, 3, 5],
    state: Annotated[F64, "channels", 5],
    filters: Annotated[F64, 2, "channels", 10],
    sidechain: Annotated[F64, 3],
    work: Annotated[F64, 4, 32928],
    spectra: Annotated[F64, 2, 16385],
    power: Annotated[F64, 55],
    parts: Annotated[F64, 3, "channels", CHUNK],
    histograms: Annotated[F64, 3, 1024],
    mid: Annotated[F32, 55],
    side: Annotated[F32, 55],
    levels: Annotated[F32, 24],
    powers: Annotated[F32, 3],
    peaks: Annotated[F32, 3],
    loudness: Annotated[F32, 1],
) -> None:
    """One second of mono or stereo (further channels are left out).

    `mid`, `side`: power of (left + right) / 2 and (left - right) / 2 in dB; a full-scale sine in both channels
    reads -3 dB in mid, silence and what lies above half the sample rate -120 dB. `levels`: for the bands low, middle
    and high, the 5th, 25th, 50th, 75th, 90th, 95th, 99th and 100th percentile of the side-chain's level in dBFS.
    `powers`, `peaks`: mean square of both channels and highest absolute value of each band in dB. `loudness`: LUFS of
    this second without gate, at least -100. Filters and side-chain run on from frame to frame.
    """
    stereo = x[:2]
    size = window_size(sample_rate_hz)
    _mean_spectra(stereo, size, window, cosines, sines, work, spectra)
    bin_hz, highest_hz = sample_rate_hz / float(size), 0.5 * sample_rate_hz
    band_powers(spectra[0, : size // 2 + 1], bin_hz, highest_hz, power)
    _to_decibels(power, mid)
    band_powers(spectra[1, : size // 2 + 1], bin_hz, highest_hz, power)
    _to_decibels(power, side)
    _measure_regions(
        stereo, sample_rate_hz, crossovers, filters[:, :2], sidechain, parts[:, :2], histograms, powers, peaks
    )
    for region in range(REGIONS):
        _read_percentiles(histograms[region], levels[len(PERCENTILES) * region :])
    add_energy(stereo, weighting, state[:2])
    loudness[0] = max(lufs(take_energy(state[:2]) / float(x.shape[1])), LOUDNESS_FLOOR_LUFS)


@kernel
def _to_decibels(power: F64, bands: F32) -> None:
    for band in range(BANDS):
        bands[band] = max(10.0 * log10(power[band]), BANDS_FLOOR_DB)


@kernel
def _mean_spectra(x: F32, size: int, window: F64, cosines: F64, sines: F64, work: F64, spectra: F64) -> None:
    """Power of each frequency in mid and side, the mean over windows; its sum is their mean square.

    The windows are spread evenly and overlap by half or more; mid and side share a transform.
    """
    samples = x.shape[1]
    windows = 1 + (samples - size + size // 2 - 1) // (size // 2)
    re, im = work[0, :size], work[1, :size]
    spectra[:] = 0.0
    for index in range(windows):
        start = index * (samples - size) // max(windows - 1, 1)
        _mid_and_side(x, start, window, re, im)
        fft.transform(size, re, im, work[2], work[3], cosines, sines)
        _add_both_powers(size, re, im, spectra[0], spectra[1])
    # The squares of a Hann window sum to 3/8 of its size.
    scale = 1.0 / (0.375 * float(size) * float(size) * float(windows))
    for k in range(size // 2 + 1):
        spectra[0, k] *= scale
        spectra[1, k] *= scale


@kernel
def _mid_and_side(x: F32, start: int, window: F64, mid: F64, side: F64) -> None:
    """A window of (left + right) / 2 and of (left - right) / 2; a single channel is both."""
    last = x.shape[0] - 1
    left, right = x[0, start : start + mid.shape[0]], x[last, start : start + mid.shape[0]]
    for i in range(mid.shape[0]):
        a, b = finite(np.float64(left[i])), finite(np.float64(right[i]))
        mid[i], side[i] = 0.5 * (a + b) * window[i], 0.5 * (a - b) * window[i]


@kernel
def _add_both_powers(size: int, re: F64, im: F64, first: F64, second: F64) -> None:
    """Add the one-sided power spectra of two real signals that went through one transform Z = A + i B.

    2 A[k] = Z[k] + conj(Z[-k]) and 2 i B[k] = Z[k] - conj(Z[-k]); negative frequencies count in.
    """
    half = size // 2
    for k in range(half + 1):
        m = (size - k) % size
        scale = 0.25 if k == 0 or k == half else 0.5
        even_re, odd_im = re[k] + re[m], im[k] - im[m]
        odd_re, even_im = im[k] + im[m], re[m] - re[k]
        first[k] += scale * (even_re * even_re + odd_im * odd_im)
        second[k] += scale * (odd_re * odd_re + even_im * even_im)


@kernel
def _measure_regions(
    x: F32, sample_rate_hz: float, crossovers: F64, filters: F64, sidechain: F64, parts: F64, histograms: F64,
    powers: F32, peaks: F32,
) -> None:  # fmt: skip
    """Split into bands; follow the level of each, count its milliseconds by it, and find power and peak."""
    channels, samples = x.shape
    histograms[:] = 0.0
    powers[:] = np.float32(0.0)
    peaks[:] = np.float32(0.0)
    for step in range(STEPS_PER_FRAME):
        start, stop = step * samples // STEPS_PER_FRAME, (step + 1) * samples // STEPS_PER_FRAME
        count = stop - start
        crossover.load_channels(x, start, stop, parts[2])
        for i in range(REGIONS - 1):
            # What is above the first crossover is split again by the second.
            crossover.split(parts[i], parts[2], count, crossovers[i], filters[i])
        for region in range(REGIONS):
            rise = coefficient_of_ms(ATTACK_MS[region], sample_rate_hz)
            fall = coefficient_of_ms(RELEASE_MS[region], sample_rate_hz)
            level, square, peak = _follow(parts[region], count, rise, fall, sidechain[region])
            sidechain[region] = level
            place = (level / LOG2_PER_DB - LEVEL_FLOOR_DB) * BINS_PER_DB
            histograms[region, np.uintp(min(max(place, 0.0), float(BINS - 1)))] += 1.0
            powers[region] = np.float32(float(powers[region]) + square / float(samples * channels))
            peaks[region] = max(peaks[region], np.float32(peak))
    for region in range(REGIONS):
        powers[region] = max(10.0 * log10(max(float(powers[region]), 1e-12)), LEVEL_FLOOR_DB)
        peaks[region] = max(20.0 * log10(max(float(peaks[region]), 1e-6)), LEVEL_FLOOR_DB)


@kernel
def _follow(part: F64, count: int, rise: float, fall: float, level: float) -> Any:
    """Level of the side-chain (log2 domain) after `count` samples, their sum of squares, and their peak."""
    square, peak, dip = 0.0, 0.0, DIP_DB * LOG2_PER_DB
    for i in range(np.uintp(count)):
        highest = 0.0
        for channel in range(np.uintp(part.shape[0])):
            value = part[channel, i]
            square += value * value
            highest = max(highest, abs(value))
        peak = max(peak, highest)
        distance = max(log2_level(highest) - level, -dip)
        level += (rise if distance > 0.0 else fall) * distance
    return level, square, peak


@kernel
def _read_percentiles(histogram: F64, levels: F32) -> None:
    """Percentiles of a histogram, as if what is in a bin were spread evenly over it."""
    at, below = np.uintp(0), 0.0
    for i in range(len(PERCENTILES)):
        wanted = 0.01 * PERCENTILES[i] * float(STEPS_PER_FRAME)
        while below + histogram[at] < wanted:
            below += histogram[at]
            at += np.uintp(1)
        inside = (wanted - below) / histogram[at]
        levels[i] = LEVEL_FLOOR_DB + (float(at) + inside) / BINS_PER_DB


FEATURES = AudioFeatures(
    frame_s=1.0,
    outputs=("mid", "side", "levels", "powers", "peaks", "loudness"),
    prepare=prepare,
    frame=frame,
)
