import numpy as np
import pytest
from scipy.signal import resample

from dawg_ai.dsp.blocks.peaks import fft_true_peak
from dawg_ai.dsp.kernel import Module, call

MODULE = Module("fft_true_peak", (fft_true_peak.analyse, fft_true_peak.end))


def true_peak(audio, block=1 << 20):
    memory = MODULE.allocate(channels=len(audio))
    for start in range(0, audio.shape[1], block):
        call(fft_true_peak.analyse, memory | {"y": np.ascontiguousarray(audio[:, start : start + block])})
    call(fft_true_peak.end, memory)
    return memory["progress"][fft_true_peak.HIGHEST]


def one_long_transform(audio):
    padded = np.pad(audio, ((0, 0), (500, 500))).astype(float)
    return np.abs(resample(padded, 16 * padded.shape[1], axis=1)).max()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("samples", [1, 100, 7000, 50_000])
def test_it_is_that_of_one_long_transform(channels, samples):
    """Of white noise too, which is as strong right below half the sample rate as elsewhere: within 0.04 dB."""
    noise = np.random.default_rng(samples + channels).uniform(-1, 1, (channels, samples)).astype(np.float32)
    assert true_peak(noise) == pytest.approx(one_long_transform(noise), rel=5e-3)


def test_a_sine_is_found_whatever_its_phase():
    for hz in (997, 11_025, 20_000, 21_900):
        sine = np.sin(2 * np.pi * hz / 44_100 * np.arange(30_000) + 0.3) * np.hanning(30_000)
        assert true_peak(sine[None].astype(np.float32)) == pytest.approx(1, abs=4e-3)


def test_the_ends_are_seen():
    for at in (0, 49_999):
        click = np.zeros((2, 50_000), np.float32)
        click[1, at] = 0.5
        assert true_peak(click) == pytest.approx(0.5, rel=1e-3)


def test_blocks_of_any_size_equal_the_whole():
    noise = np.random.default_rng(5).standard_normal((2, 20_000)).astype(np.float32)
    whole = true_peak(noise)
    assert [true_peak(noise, size) for size in (777, 4096, 19_999)] == [whole] * 3


def test_silence_has_none():
    assert true_peak(np.zeros((2, 10_000), np.float32)) == 0
