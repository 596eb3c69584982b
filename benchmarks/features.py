"""auto_eq's features of a minute of stereo, beside the same by librosa and pyloudnorm, on one thread.

    python benchmarks/features.py

CPU time in interleaved runs, without decoding, so that other load on the machine affects both; before the timing, the
peer's result must agree with ours.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import librosa
import numpy as np
import pyloudnorm
from turns import compared, save

from dawg_ai.audio import held
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.instance import Native
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.plugins.auto_eq import PLUGIN
from dawg_ai.plugins.auto_eq.features import FEATURES, window_size

RATE = 44_100
SECONDS = 60

SIZE = window_size(float(RATE))
WINDOWS = 1 + -(-(RATE - SIZE) * 2 // SIZE)
HOP = (RATE - SIZE) // (WINDOWS - 1)


def noise() -> np.ndarray:
    """Approximately pink noise with a beat, (2, samples) float32."""
    white = np.random.default_rng(0).standard_normal((2, RATE * SECONDS))
    shaped = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.arange(RATE * SECONDS // 2 + 1) + 1000))
    beat = 0.3 + 0.7 * np.exp(-4 * (np.arange(RATE * SECONDS) / RATE % 0.5))
    return (0.2 * beat * shaped / shaped.std()).astype(np.float32)


def band_matrix() -> np.ndarray:
    """Share of each bin in each band, (55, bins), scaled such that it gives mean squares."""
    edges = CENTERS_HZ[0] * 2.0 ** ((np.arange(len(CENTERS_HZ) + 1) - 0.5) / 6) * SIZE / RATE
    bins = np.arange(SIZE // 2 + 1)
    upto = np.clip(edges[:, None] + 0.5 - bins, 0, 1)
    return (np.diff(upto, axis=0) * 2 / (0.375 * SIZE * SIZE)).astype(np.float32)


MATRIX = band_matrix()
METER = pyloudnorm.Meter(RATE, filter_class="DeMan")


def ours(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = FEATURES.extractor.extract(Native(PLUGIN.module), held(audio, RATE))
    return found["bands"], found["loudness"][:, 0]


def peer(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    power, energy = 0.0, 0.0
    for channel in audio:
        spectrum = librosa.stft(channel.reshape(SECONDS, RATE), n_fft=SIZE, hop_length=HOP, center=False)
        power = power + (spectrum.real**2 + spectrum.imag**2).mean(axis=2) / len(audio)
        weighted = channel.astype(np.float64)
        for stage in METER._filters.values():
            weighted = stage.apply_filter(weighted)
        energy = energy + (weighted**2).reshape(SECONDS, RATE).mean(axis=1)
    bands = 10 * np.log10(np.maximum(power @ MATRIX.T, 1e-12))
    return bands, -0.691 + 10 * np.log10(energy)


def main() -> None:
    stereo = noise()
    rows = []
    for audio, name in ((stereo, "stereo"), (stereo[:1], "mono")):
        for mine, theirs in zip(ours(audio), peer(audio), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=0.05)
        rows.append(
            compared(
                f"auto_eq's features of 60 s {name} at 44.1 kHz; peer: librosa and pyloudnorm",
                lambda audio=audio: ours(audio),
                lambda audio=audio: peer(audio),
            )
        )
    samples = np.ascontiguousarray(stereo.T.astype(np.float64))
    rows.append(
        compared(
            "integrated loudness of 60 s stereo at 44.1 kHz; peer: pyloudnorm",
            lambda: integrated_lufs(stereo, RATE),
            lambda: METER.integrated_loudness(samples),
        )
    )
    save("features", rows)


if __name__ == "__main__":
    main()
