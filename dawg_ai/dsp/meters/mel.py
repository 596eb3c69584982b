"""Mel spectrogram: power in 128 bands that are spaced as we hear pitch, every 512 samples.

The values are librosa's (`librosa.feature.melspectrogram` with its defaults: Hann windows centred on multiples of the
hop, silence around the song, triangular bands of equal area). Scale: M. Slaney, "Auditory Toolbox", Interval Research
TR 1998-010: linear below 1 kHz, logarithmic above.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks import fft16
from dawg_ai.dsp.blocks.clean import middle
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16
from dawg_ai.dsp.math import PI, cos, exp, log

BANDS = 128
SIZE = 2048  # samples of a window
HOP = 512
SPAN = SIZE + 15 * HOP  # samples that sixteen frames take
BINS = SIZE // 2 + 1

HZ_PER_MEL = 200.0 / 3.0  # below 1 kHz
MEL_OF_1_KHZ = 15.0
STEP = 0.06875177742094912  # ln(6.4) / 27: natural logarithm of the ratio of a mel above 1 kHz

ONE = np.uintp(1)


@kernel
def hz_from_mel(mel: float) -> float:
    """Frequency of a place on Slaney's scale."""
    if mel < MEL_OF_1_KHZ:
        return mel * HZ_PER_MEL
    return 1000.0 * exp(STEP * (mel - MEL_OF_1_KHZ))


@kernel
def mel_from_hz(hz: float) -> float:
    """Place of a frequency on Slaney's scale."""
    return hz / HZ_PER_MEL if hz < 1000.0 else MEL_OF_1_KHZ + log(hz / 1000.0) / STEP


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F32, 2048],
    cosines: Annotated[F32, 2048],
    sines: Annotated[F32, 2048],
    edges: Annotated[F64, 130],
    rising: Annotated[F32, 1025],
    falling: Annotated[F32, 1025],
) -> None:
    """Fill the tables: `edges` in Hz, and how much of each bin goes to the band whose first half it is in, and to the
    one whose second half it is in."""
    fft16.prepare(SIZE, cosines, sines)
    for i in range(SIZE):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(SIZE))
    highest = mel_from_hz(0.5 * sample_rate_hz)
    for i in range(BANDS + 2):
        edges[i] = hz_from_mel(highest * float(i) / float(BANDS + 1))
    edges[BANDS + 1] = 0.5 * sample_rate_hz
    band = 0
    for k in range(BINS):
        hz = float(k) * sample_rate_hz / float(SIZE)
        while band < BANDS and hz >= edges[band + 1]:
            band += 1
        share = (hz - edges[band]) / (edges[band + 1] - edges[band])
        rising[k] = share * _height(edges, band) if band < BANDS else 0.0
        falling[k] = (1.0 - share) * _height(edges, band - 1) if band > 0 else 0.0


@kernel
def _height(edges: F64, band: int) -> float:
    """That of a triangle of area 1 over frequency."""
    return float(2.0 / (edges[band + 2] - edges[band]))


@kernel
def sixteen(
    x: Annotated[F32, 9728],
    sample_rate_hz: float,
    window: Annotated[F32, 2048],
    cosines: Annotated[F32, 2048],
    sines: Annotated[F32, 2048],
    edges: Annotated[F64, 130],
    rising: Annotated[F32, 1025],
    falling: Annotated[F32, 1025],
    work: Annotated[F32, 4, 16464],
    spectra: Annotated[F32, 16400],
    bands: Annotated[F32, 2048],
) -> None:
    """Sixteen frames, the first at x[0]: `spectra` gets their power spectra and `bands` their mel bands, sixteen
    values to each bin and band."""
    # Rows are a little longer than needed, so that they do not compete for the same lines of the cache.
    fft16.load(x, HOP, window, work[0], work[1])
    fft16.powers(SIZE, work[0], work[1], work[2], work[3], cosines, sines, spectra)
    bands[:] = np.float32(0.0)
    band = np.uintp(0)
    for k in range(np.uintp(BINS)):
        hz = float(k) * sample_rate_hz / float(SIZE)
        while band < np.uintp(BANDS) and hz >= edges[band + ONE]:
            band += ONE
        power = load16(spectra, k * LANES)
        if band < np.uintp(BANDS):
            store16(bands, band * LANES, load16(bands, band * LANES) + power * rising[k])
        if band > np.uintp(0):
            store16(bands, (band - ONE) * LANES, load16(bands, (band - ONE) * LANES) + power * falling[k])


MODULE = Module("mel", (prepare, sixteen))


@kernel
def _every_frame(
    padded: Annotated[F32, "samples"],
    sample_rate_hz: float,
    window: Annotated[F32, 2048],
    cosines: Annotated[F32, 2048],
    sines: Annotated[F32, 2048],
    edges: Annotated[F64, 130],
    rising: Annotated[F32, 1025],
    falling: Annotated[F32, 1025],
    work: Annotated[F32, 4, 16464],
    spectra: Annotated[F32, 16400],
    bands: Annotated[F32, 2048],
    mel: Annotated[F32, "frames", 128],
) -> None:
    for first in range(0, mel.shape[0], 16):
        near = padded[first * HOP : first * HOP + SPAN]
        sixteen(near, sample_rate_hz, window, cosines, sines, edges, rising, falling, work, spectra, bands)
        rows = mel[first : first + 16]
        for frame in range(rows.shape[0]):
            for band in range(BANDS):
                rows[frame, band] = bands[band * 16 + frame]


def spectrogram(audio: F32, sample_rate_hz: float) -> F32:
    """Mel powers of the mean of all channels, shape (frames, 128); frame i is centred on sample 512 * i.

    >>> spectrogram(np.zeros((2, 5120), np.float32), 44_100).shape
    (11, 128)
    """
    frames = 1 + audio.shape[1] // HOP
    padded = np.zeros(SPAN + HOP * 16 * (-(-frames // 16) - 1), np.float32)
    padded[SIZE // 2 : SIZE // 2 + audio.shape[1]] = middle(audio)
    memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz), "padded": padded}
    memory["mel"] = np.empty((frames, BANDS), np.float32)
    call(prepare, memory)
    call(_every_frame, memory)
    return np.asarray(memory["mel"], np.float32)
