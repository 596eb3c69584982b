"""Features of auto_eq: power in 55 bands and loudness, once per second.

`bands` is a long-term power spectrum: the average over Hann windows
(P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio
Electroacoust. 15, 1967), summed into sixth-octave bands. The level is kept; the network removes it.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, band_powers
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, finite, log10
from dawg_ai.dsp.meters.loudness import add_energy, k_weighting, lufs, take_energy
from dawg_ai.features.audio import AudioFeatures

MAX_WINDOW = 32_768  # samples of a window at 192 kHz
BANDS_FLOOR_DB = -120.0
LOUDNESS_FLOOR_LUFS = -100.0


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
) -> None:
    """Fill the tables for a sample rate from 1 to 192 kHz."""
    size = window_size(sample_rate_hz)
    for i in range(size):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size))
    fft.prepare(size, cosines, sines)
    k_weighting(sample_rate_hz, weighting)


@kernel
def frame(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 32768],
    cosines: Annotated[F64, 8192],
    sines: Annotated[F64, 8192],
    weighting: Annotated[F64, 2, 5],
    state: Annotated[F64, "channels", 5],
    work: Annotated[F64, 4, 32928],
    spectrum: Annotated[F64, 16385],
    powers: Annotated[F64, 55],
    bands: Annotated[F32, 55],
    loudness: Annotated[F32, 1],
) -> None:
    """One second of mono or stereo (further channels are left out).

    `bands`: power in dB, the mean over channels; a full-scale sine reads -3 dB, silence and what lies above half the
    sample rate -120 dB. `loudness`: LUFS of this second without gate, at least -100; the filters run on from frame to
    frame.
    """
    stereo = x[:2]
    size = window_size(sample_rate_hz)
    _mean_spectrum(stereo, size, window, cosines, sines, work, spectrum)
    band_powers(spectrum[: size // 2 + 1], sample_rate_hz / float(size), 0.5 * sample_rate_hz, powers)
    for band in range(BANDS):
        bands[band] = max(10.0 * log10(powers[band]), BANDS_FLOOR_DB)
    add_energy(stereo, weighting, state[:2])
    loudness[0] = max(lufs(take_energy(state[:2]) / float(x.shape[1])), LOUDNESS_FLOOR_LUFS)


@kernel
def _mean_spectrum(x: F32, size: int, window: F64, cosines: F64, sines: F64, work: F64, spectrum: F64) -> None:
    """Power of each frequency, the mean over channels and windows; its sum is the mean square of `x`.

    The windows are spread evenly and overlap by half or more. The two channels, or two windows of a single one, share
    a transform.
    """
    channels, samples = x.shape
    windows = 1 + (samples - size + size // 2 - 1) // (size // 2)
    re, im = work[0, :size], work[1, :size]
    spectrum[:] = 0.0
    for index in range(0, windows, 3 - channels):
        start = index * (samples - size) // max(windows - 1, 1)
        _windowed(x[0, start : start + size], window, re)
        if channels == 2:
            _windowed(x[1, start : start + size], window, im)
        elif index + 1 < windows:
            start = (index + 1) * (samples - size) // (windows - 1)
            _windowed(x[0, start : start + size], window, im)
        else:
            im[:] = 0.0
        fft.transform(size, re, im, work[2], work[3], cosines, sines)
        fft.add_powers(size, re, im, spectrum)
    # The squares of a Hann window sum to 3/8 of its size.
    scale = 1.0 / (0.375 * float(size) * float(size) * float(windows * channels))
    for k in range(size // 2 + 1):
        spectrum[k] *= scale


@kernel
def _windowed(x: F32, window: F64, out: F64) -> None:
    for i in range(out.shape[0]):
        out[i] = finite(np.float64(x[i])) * window[i]


FEATURES = AudioFeatures(frame_s=1.0, outputs=("bands", "loudness"), prepare=prepare, frame=frame)
