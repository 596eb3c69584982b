"""Distances between a recording and what is sung of it, at equal energy, over the frames where the recording sounds.

log_mel   root mean square difference of 80 mel bands in dB, the mean over frames
mcd       mel-cepstral distance in dB, coefficients 1 to 13 (R. Kubichek, IEEE Pacific Rim Conf. 1993)
mr_stft   spectral convergence + mean |ln ratio| of magnitudes, the mean over four resolutions
          (R. Yamamoto, E. Song and J.-M. Kim, "Parallel WaveGAN", ICASSP 2020)
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio import Sound, at_rate

Array = NDArray[np.float64]

RATE_HZ = 24_000
HOP = 240
SIZE = 1024
BANDS = 80
COEFFICIENTS = 13
LOWEST_HZ = 80.0  # what is below is the room's, not the voice's
ACTIVE_DB = 40.0  # frames less than this below the loudest one count
FLOOR = 1e-10  # of power per band; -100 dB of a full-scale sine or so
RESOLUTIONS = (2048, 1024, 512, 256)


def mono(sound: Sound) -> Array:
    """The mean of a sound's channels at 24 kHz, (samples,)."""
    mixed = sound.audio().mean(0, keepdims=True)
    return np.asarray(at_rate(mixed, sound.rate_hz, RATE_HZ)[0], np.float64)


def compare(ours: Array, recording: Array) -> dict[str, float]:
    """All three distances.

    Args:
        ours: (samples,) at 24 kHz.
        recording: (samples,) at 24 kHz; the longer of both is cut.

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 24_000)
    >>> {name: round(value, 6) for name, value in compare(0.5 * noise, noise).items()}
    {'log_mel': 0.0, 'mcd': 0.0, 'mr_stft': 0.0}
    """
    length = min(len(ours), len(recording))
    target = np.asarray(recording[:length], np.float64)
    sung = np.asarray(ours[:length], np.float64)
    sung = sung * np.sqrt(np.mean(target**2) / max(float(np.mean(sung**2)), 1e-20))
    a, b = (mel_db(each) for each in (sung, target))
    active = b.max(1) > b.max() - ACTIVE_DB
    difference = (a - b)[active]
    cepstra = difference * (np.log(10) / 20) @ _cosines().T * (2 / BANDS)
    return {
        "log_mel": float(np.sqrt((difference**2).mean(1)).mean()),
        "mcd": float((10 / np.log(10) * np.sqrt(2 * (cepstra**2).sum(1))).mean()),
        "mr_stft": float(np.mean([_stft_distance(sung, target, size) for size in RESOLUTIONS])),
    }


def mel_db(x: Array) -> Array:
    """Levels of 80 mel bands in dB, (frames, 80), a frame every 10 ms; power is floored."""
    return np.asarray(10 * np.log10(np.maximum(magnitudes(x, SIZE, HOP) ** 2 @ _filters().T, FLOOR)))


def magnitudes(x: Array, size: int, hop: int) -> Array:
    """Magnitudes of a short-time Fourier transform, (frames, bins): centred Hann windows whose squares sum to one."""
    window = np.hanning(size + 1)[:-1]
    window /= np.sqrt((window**2).sum())
    padded = np.pad(x, size // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    return np.concatenate([np.abs(np.fft.rfft(frames[at : at + 512] * window)) for at in range(0, len(frames), 512)])


def _stft_distance(sung: Array, target: Array, size: int) -> float:
    lowest = int(np.ceil(LOWEST_HZ * size / RATE_HZ))
    a, b = (magnitudes(each, size, size // 4)[:, lowest:] for each in (sung, target))
    active = b.max(1) > b.max() * 10 ** (-ACTIVE_DB / 20)
    a, b = a[active], b[active]
    logs = np.abs(np.log(np.maximum(a, 1e-5)) - np.log(np.maximum(b, 1e-5)))
    return float(np.linalg.norm(a - b) / np.linalg.norm(b) + logs.mean())


@cache
def _filters() -> Array:
    """Triangles on the mel scale of O'Shaughnessy from 80 Hz to 12 kHz, (80, bins), each of sum one."""
    bottom, top = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, RATE_HZ / 2))
    edges = 700 * (10 ** (np.linspace(bottom, top, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(SIZE, 1 / RATE_HZ)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    found = np.maximum(0, np.minimum(rising, falling)) + 1e-9
    return np.asarray(found / found.sum(1, keepdims=True))


@cache
def _cosines() -> Array:
    orders = np.arange(1, COEFFICIENTS + 1)[:, None]
    return np.asarray(np.cos(np.pi * orders * (np.arange(BANDS)[None] + 0.5) / BANDS))
