import numpy as np
import pytest
from scipy.signal import welch

from dawg_ai.dsp.blocks.spectra import batched_fft
from dawg_ai.dsp.meters.spectrum import measure, window_size


@pytest.mark.parametrize("size", [16, 32, 1024, 2048, 8192])
def test_sixteen_transforms_are_those_of_numpy(size):
    frames = np.random.default_rng(size).standard_normal((16, size)).astype(np.float32)
    cosines, sines = np.zeros((2, size), np.float32)
    batched_fft.prepare(size, cosines, sines)
    work = np.zeros((4, 16 * size // 2), np.float32)
    work[0], work[1] = frames[:, 0::2].T.reshape(-1), frames[:, 1::2].T.reshape(-1)
    spectra = np.zeros(16 * (size // 2 + 1), np.float32)
    batched_fft.powers(size, *work, cosines, sines, spectra)
    expected = np.abs(np.fft.rfft(frames.astype(float), axis=1)) ** 2
    assert np.abs(spectra.reshape(-1, 16).T - expected).max() < 5e-7 * expected.max()


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_equals_scipys_welch(rate):
    size = window_size(float(rate))
    audio = np.random.default_rng(1).standard_normal((2, 21 * size // 2)).astype(np.float32)
    found = measure(audio, rate)
    hz, density = welch(audio.astype(float), rate, "hann", size, detrend=False)
    np.testing.assert_allclose(found.powers, density.mean(axis=0) * hz[1], rtol=2e-3, atol=1e-9)
    assert found.bin_hz == pytest.approx(hz[1])


@pytest.mark.parametrize("per_octave, count", [(1, 10), (3, 28), (6, 55)])
def test_bands_of_white_noise_grow_with_their_width(per_octave, count):
    audio = 0.1 * np.random.default_rng(2).standard_normal((1, 44_100 * 20)).astype(np.float32)
    centers, powers = measure(audio, 44_100).bands(per_octave)
    assert len(centers) == len(powers) == count
    assert (centers[0], centers[-1]) == (31.25, 16_000) and 1000 in centers
    width = centers * (2 ** (0.5 / per_octave) - 2 ** (-0.5 / per_octave))
    # So wide that 20 s of noise tell to 1 %, and where the whole band is below half the rate.
    known = (width > 400) & (centers * 2 ** (0.5 / per_octave) < 22_050)
    assert known.sum() >= 4
    np.testing.assert_allclose(powers[known], 0.01 * (width / 22_050)[known], rtol=0.04)


def test_a_sine_is_in_its_band_alone_and_bands_above_the_spectrum_are_empty():
    audio = np.float32([np.sin(2 * np.pi * 500 / 16_000 * np.arange(1024 * 150))])
    centers, powers = measure(audio, 16_000).bands(3)
    assert powers[centers == 500] == pytest.approx(0.5, rel=1e-3)
    assert powers[(centers < 350) | (centers > 710)].max() < 1e-6
    assert (powers[centers > 7000] == 0).all()


def test_snippets_silence_and_broken_samples():
    assert measure(np.zeros((2, 0), np.float32), 44_100).powers.sum() == 0
    assert measure(np.ones((1, 100), np.float32), 44_100).powers.sum() > 0
    assert np.isfinite(measure(np.full((1, 9000), np.nan, np.float32), 44_100).powers).all()
