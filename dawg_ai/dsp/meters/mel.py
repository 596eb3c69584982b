"""Mel spectrogram: power in 128 triangular bands on the mel scale, every 512 samples.

    x -> mean of all channels -> Hann windows of 2048 -> FFT -> power -> 128 triangles of equal area on the mel scale

The values are librosa's (`librosa.feature.melspectrogram` with its defaults: Hann windows centred on multiples of the
hop, silence around the song, Slaney's scale and normalisation). Scale: M. Slaney, "Auditory Toolbox", Interval
Research TR 1998-010: linear below 1 kHz, logarithmic above.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.sanitise import mono
from dawg_ai.dsp.blocks.spectra import batched_fft
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes16 import LANES, load16, store16
from dawg_ai.dsp.math import PI, cos, exp, log

BANDS = 128
WINDOW_SIZE = 2048  # samples
HOP = 512
SPAN = WINDOW_SIZE + 15 * HOP  # samples that frames16 frames take
BINS = WINDOW_SIZE // 2 + 1

HZ_PER_MEL = 200.0 / 3.0  # below 1 kHz
MEL_OF_1_KHZ = 15.0
STEP = 0.06875177742094912  # ln(6.4) / 27: natural logarithm of the ratio of a mel above 1 kHz

ONE = np.uintp(1)


@kernel
def hz_from_mel(mel: float) -> float:
    """Frequency of a place on Slaney's mel scale.

    >>> hz_from_mel(15.0)
    1000.0
    """
    if mel < MEL_OF_1_KHZ:
        return mel * HZ_PER_MEL
    return 1000.0 * exp(STEP * (mel - MEL_OF_1_KHZ))


@kernel
def mel_from_hz(hz: float) -> float:
    """Place of a frequency on Slaney's mel scale.

    >>> mel_from_hz(1000.0)
    15.0
    """
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
    """Fill the tables.

    Args:
        sample_rate_hz: the sample rate.
        window: overwritten with a Hann window.
        cosines: overwritten with twiddle factors.
        sines: the same.
        edges: overwritten with the corners of the triangles in Hz.
        rising: overwritten with the weight of each bin in the band on whose rising side it is.
        falling: overwritten with its weight in the band on whose falling side it is.
    """
    batched_fft.prepare(WINDOW_SIZE, cosines, sines)
    for i in range(WINDOW_SIZE):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(WINDOW_SIZE))
    highest = mel_from_hz(0.5 * sample_rate_hz)
    for i in range(BANDS + 2):
        edges[i] = hz_from_mel(highest * float(i) / float(BANDS + 1))
    edges[BANDS + 1] = 0.5 * sample_rate_hz
    band = 0
    for k in range(BINS):
        hz = float(k) * sample_rate_hz / float(WINDOW_SIZE)
        while band < BANDS and hz >= edges[band + 1]:
            band += 1
        share = (hz - edges[band]) / (edges[band + 1] - edges[band])
        rising[k] = share * _triangle_height(edges, band) if band < BANDS else 0.0
        falling[k] = (1.0 - share) * _triangle_height(edges, band - 1) if band > 0 else 0.0


@kernel
def _triangle_height(edges: F64, band: int) -> float:
    """Of a triangle of area 1 over frequency."""
    return float(2.0 / (edges[band + 2] - edges[band]))


@kernel
def frames16(
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
    """Spectra and mel bands of sixteen frames, the first at x[0].

    Args:
        x: samples of all sixteen.
        sample_rate_hz: the sample rate.
        window: of `prepare`, as all tables.
        cosines: twiddle factors.
        sines: the same.
        edges: corners in Hz.
        rising: weights.
        falling: weights.
        work: scratch.
        spectra: overwritten with power spectra, sixteen values to each bin.
        bands: overwritten with mel bands, sixteen values to each band.
    """
    # Rows are a little longer than needed, so that they do not compete for the same cache lines.
    batched_fft.load(x, HOP, window, work[0], work[1])
    batched_fft.powers(WINDOW_SIZE, work[0], work[1], work[2], work[3], cosines, sines, spectra)
    bands[:] = np.float32(0.0)
    band = np.uintp(0)
    for k in range(np.uintp(BINS)):
        hz = float(k) * sample_rate_hz / float(WINDOW_SIZE)
        while band < np.uintp(BANDS) and hz >= edges[band + ONE]:
            band += ONE
        power = load16(spectra, k * LANES)
        if band < np.uintp(BANDS):
            store16(bands, band * LANES, load16(bands, band * LANES) + power * rising[k])
        if band > np.uintp(0):
            store16(bands, (band - ONE) * LANES, load16(bands, (band - ONE) * LANES) + power * falling[k])


MODULE = Module("mel", (prepare, frames16))


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
    """All frames of a padded sound, sixteen at a time."""
    for first in range(0, mel.shape[0], 16):
        frame_samples = padded[first * HOP : first * HOP + SPAN]
        frames16(frame_samples, sample_rate_hz, window, cosines, sines, edges, rising, falling, work, spectra, bands)
        rows = mel[first : first + 16]
        for frame in range(rows.shape[0]):
            for band in range(BANDS):
                rows[frame, band] = bands[band * 16 + frame]


class Spectrogram:
    """`spectrogram`, block by block."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._memory: dict[str, Any] = MODULE.allocate() | {"sample_rate_hz": float(sample_rate_hz)}
        self._waiting = np.zeros(WINDOW_SIZE // 2, np.float32)
        call(prepare, self._memory)

    def update(self, audio: F32) -> F32:
        """The frames, (frames, 128), that the next samples complete; sixteen at a time."""
        self._waiting = np.concatenate([self._waiting, mono(audio)])
        return self._frames(max(0, (len(self._waiting) - SPAN) // (16 * HOP) + 1) * 16)

    def rest(self) -> F32:
        """The last frames: as many as are centred on a sample, with silence behind the last."""
        left = 1 + (len(self._waiting) - WINDOW_SIZE // 2) // HOP
        self._waiting = np.pad(self._waiting, (0, SPAN + 16 * HOP))
        return self._frames(left)

    def _frames(self, count: int) -> F32:
        mel = np.empty((count, BANDS), np.float32)
        call(_every_frame, self._memory | {"padded": self._waiting, "mel": mel})
        self._waiting = self._waiting[count * HOP :]
        return mel


def spectrogram(audio: F32, sample_rate_hz: float) -> F32:
    """Mel spectrogram of the mean of all channels, to librosa's defaults.

    Args:
        audio: (channels, samples).
        sample_rate_hz: its sample rate.

    Returns:
        Powers, (frames, 128); frame i is centred on sample 512 * i.

    >>> spectrogram(np.zeros((2, 5120), np.float32), 44_100).shape
    (11, 128)
    """
    at_work = Spectrogram(sample_rate_hz)
    return np.concatenate([at_work.update(audio), at_work.rest()])
