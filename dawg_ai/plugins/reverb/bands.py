"""Band energies of a sound, 200 times a second: what a reverberation shows in.

    frames of 23 ms, every 5 ms -> Hann window -> FFT -> energy in the 24 Bark bands
        and, in three ranges of them, of the whole and of the side signal

Bark bands: E. Zwicker, "Subdivision of the audible frequency range into critical bands", JASA 33, 1961.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, finite, log10

RATE_HZ = 200  # of the envelopes
WINDOW_S = 0.0233
BANDS, RANGES = 24, 3
EDGES_HZ = (
    20.0, 100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0, 1480.0, 1720.0, 2000.0, 2320.0,
    2700.0, 3150.0, 3700.0, 4400.0, 5300.0, 6400.0, 7700.0, 9500.0, 12_000.0, 15_500.0,
)  # fmt: skip
# The ranges are the bands to 400 Hz, to 3150 Hz and above: the octaves 125 and 250 Hz; 500 Hz to 2 kHz; 4 and 8 kHz.
LOW_END, MID_END = 4, 16
FLOOR_DB = -120.0

WHOLE, SIDE = BANDS, BANDS + RANGES  # rows after those of the bands: whole and side energy of each range
ROWS = BANDS + 2 * RANGES
MAX_WINDOW = 4096  # samples, at 192 kHz
LEAD = 5  # frames before a sound in which a window hears it already
CENTER = 2  # frames from a window's start to its middle, and what is left of them in seconds
CENTER_REST_S = 0.5 * WINDOW_S - CENTER / RATE_HZ


@kernel
def window_size(sample_rate_hz: float) -> int:
    """The power of two of samples nearest to WINDOW_S: 1024 at 44.1 and 48 kHz.

    >>> [window_size(rate) for rate in (8_000.0, 44_100.0, 48_000.0, 192_000.0)]
    [256, 1024, 1024, 4096]
    """
    size = 64
    while 1.4142 * float(size) < WINDOW_S * sample_rate_hz and size < MAX_WINDOW:
        size *= 2
    return size


@kernel
def range_of(band: int) -> int:
    """The range of a band: 0 low, 1 mid, 2 high."""
    if band < LOW_END:
        return 0
    return 1 if band < MID_END else 2


@kernel
def prepare_bands(
    sample_rate_hz: float,
    window: Annotated[F64, 4096],
    cosines: Annotated[F64, 1024],
    sines: Annotated[F64, 1024],
) -> None:
    """Fill the tables: a Hann window of energy 1 for a mean square of 1, and twiddle factors."""
    size = window_size(sample_rate_hz)
    scale = (8.0 / 3.0) ** 0.5 / float(size)
    for i in range(size):
        window[i] = scale * (0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size)))
    fft.prepare(size, cosines, sines)


@kernel
def envelope(
    x: F32,
    sample_rate_hz: float,
    lead: int,
    window: F64,
    cosines: F64,
    sines: F64,
    work: F64,
    energies: F64,
    rows_db: F32,
) -> None:
    """Levels in dB of as many frames as `rows_db` has rows.

    Args:
        x: (channels, samples), mono or stereo; what is missing before and after counts as silence.
        sample_rate_hz: the sample rate.
        lead: frames that begin before the first sample.
        window: of `prepare_bands`.
        cosines: of `prepare_bands`.
        sines: of `prepare_bands`.
        work: (4, 4160), scratch.
        energies: (ROWS,), scratch.
        rows_db: (frames, ROWS), overwritten; mean squares of both channels, at least FLOOR_DB.
    """
    size, samples = window_size(sample_rate_hz), x.shape[1]
    one, other = x[0], x[x.shape[0] - 1]
    re, im = work[0, :size], work[1, :size]
    for row in range(rows_db.shape[0]):
        start = int(float(row) * sample_rate_hz / float(RATE_HZ)) - int(float(lead) * sample_rate_hz / float(RATE_HZ))
        for i in range(size):
            re[i], im[i] = 0.0, 0.0
        for i in range(max(-start, 0), min(size, samples - start)):
            re[i] = finite(np.float64(one[start + i])) * window[i]
            im[i] = finite(np.float64(other[start + i])) * window[i]
        fft.transform(size, re, im, work[2], work[3], cosines, sines)
        _add_energies(re, im, size, sample_rate_hz, energies)
        for k in range(ROWS):
            rows_db[row, k] = 10.0 * log10(energies[k]) if energies[k] > 1e-12 else FLOOR_DB


@kernel
def _add_energies(re: F64, im: F64, size: int, sample_rate_hz: float, energies: F64) -> None:
    """Energies of the bands and ranges, of left as real and right as imaginary part of one transform."""
    for k in range(ROWS):
        energies[k] = 0.0
    band, per_bin = 0, sample_rate_hz / float(size)
    for k in range(1, size // 2):
        hz = float(k) * per_bin
        while band < BANDS and hz >= EDGES_HZ[band + 1]:
            band += 1
        if band == BANDS:
            return
        if hz < EDGES_HZ[0]:
            continue
        m = size - k
        whole = 0.5 * (re[k] * re[k] + im[k] * im[k] + re[m] * re[m] + im[m] * im[m])
        # Of left L and right R, 2 Re(L conj R), from Z = L + iR.
        cross = re[k] * im[m] + im[k] * re[m]
        energies[band] += whole
        energies[WHOLE + range_of(band)] += whole
        energies[SIDE + range_of(band)] += max(0.5 * (whole - cross), 0.0)
