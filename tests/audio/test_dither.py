"""Dither by its statistics: the error knows nothing of the signal; what needs no rounding is left alone."""

import numpy as np
import pytest
from scipy.signal import welch

from dawg_ai.audio.dither import HOLD, Quantiser, quantise

MASK = 2**64 - 1


def quantised(sound, bits=16, seed=0):
    return Quantiser(bits, len(sound), seed)(sound).T


@pytest.mark.parametrize("offset", [0.0625, 0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("bits", [16, 24])
def test_mean_and_power_of_the_error_do_not_depend_on_the_signal(bits, offset):
    """TPDF: the mean error is 0, its power a quarter of a squared step. Rounding alone makes it the offset's."""
    signal = np.float32([[(3.0 + offset) / 2.0 ** (bits - 1)]]).repeat(400_000, 1)
    error = quantised(signal, bits)[0] - (3.0 + offset)
    assert abs(error.mean()) < 4 * 0.5 / np.sqrt(error.size)
    assert abs(error.var() - 0.25) < 0.003
    assert np.abs(error).max() <= 1.5


def test_the_error_is_white_and_channels_differ():
    signal = np.float32([[0.1234567], [0.1234567]]).repeat(200_000, 1)
    error = quantised(signal) - signal * 2.0**15
    for lag in (1, 2, 3, 100):
        assert abs(np.mean(error[0, lag:] * error[0, :-lag])) < 0.25 * 5 / np.sqrt(200_000)
    assert abs(np.mean(error[0] * error[1])) < 0.25 * 5 / np.sqrt(200_000)
    assert not np.array_equal(quantised(signal, seed=1), quantised(signal))


def test_a_tone_below_one_step_survives_without_harmonics():
    """-100 dBFS in 16 bits: rounding alone makes silence of it."""
    samples, cycles, size = 1 << 19, 101, 1 << 12
    time = np.arange(samples)
    tone = (1e-5 * np.sin(2 * np.pi * cycles / size * time)).astype(np.float32)[None]
    assert not np.rint(tone * 2.0**15).any()
    _, power = welch(quantised(tone)[0] / 2.0**15, window="boxcar", nperseg=size, scaling="spectrum")
    assert abs(10 * np.log10(2 * power[cycles]) + 100.0) < 0.5
    floor = np.median(power)
    for harmonic in range(2, 20):
        assert power[harmonic * cycles] < 1.6 * floor  # 1 of 128 averages is 9 % off as a rule


def test_the_noise_is_that_of_the_published_generator():
    """SplitMix64 in Python's own integers."""
    signal = np.float32([[0.3]]).repeat(50, 1)
    key = int(np.random.SeedSequence(5).generate_state(1, np.uint64)[0])
    expected = []
    for index in range(50):
        z = (key + index * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        expected.append(round(float(signal[0, 0]) * 2.0**15 + ((z >> 32) - (z & 0xFFFFFFFF)) / 2.0**32))
    np.testing.assert_array_equal(quantised(signal, seed=5)[0], expected)


def test_interpreted_and_compiled_agree():
    signal = (0.5 * np.random.default_rng(0).standard_normal(300)).astype(np.float32)
    signal[100:] = 0.0
    results = []
    for function in (quantise, quantise.py_func):
        out, state = np.zeros((300, 1), np.int32), np.array([[7, HOLD]])
        with np.errstate(over="ignore"):
            function(signal[None], out, 2.0**15, np.array([-12_345]), state)
        results.append((out, state))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_blocks_of_any_size_give_the_same_samples():
    draw = np.random.default_rng(3)
    signal = (0.2 * draw.standard_normal((2, 30_000))).astype(np.float32)
    signal[0, 5_000:15_000] = 0.0
    whole, parts, stream, at = quantised(signal), [], Quantiser(16, 2, 0), 0
    while at < 30_000:
        size = int(draw.integers(0, 3_000))
        parts.append(stream(signal[:, at : at + size]))
        at += size
    np.testing.assert_array_equal(np.concatenate(parts).T, whole)


@pytest.mark.parametrize("bits", [16, 24])
def test_what_is_on_the_grid_passes_as_it_is(bits):
    grid = np.random.default_rng(0).integers(-(2**15), 2**15, (2, 100_000)) << (bits - 16)
    np.testing.assert_array_equal(quantised((grid / 2.0 ** (bits - 1)).astype(np.float32), bits), grid)


def test_silence_after_sound_becomes_silence_and_channels_do_not_share_noise():
    signal = np.zeros((2, 20_000), np.float32)
    signal[0, 4_000:8_000] = (0.1 * np.random.default_rng(1).standard_normal(4_000)).astype(np.float32)
    out = quantised(signal)
    assert not out[1].any() and not out[0, :4_000].any() and not out[0, 8_000 + HOLD :].any()
    assert out[0, 8_000 : 8_000 + HOLD // 2].any()  # not cut off with the sound


def test_a_loud_sound_in_24_bits_is_dithered_throughout():
    """Every second loud float32 sample is on the grid by chance: these must not be left out."""
    signal = np.random.default_rng(2).uniform(0.5, 1.0, (1, 400_000)).astype(np.float32)
    scaled = signal[0].astype(np.float64) * 2.0**23
    on_grid = scaled == np.rint(scaled)
    assert 0.4 < on_grid.mean() < 0.6
    error = quantised(signal, 24)[0] - scaled
    assert abs(error[on_grid].var() - 0.25) < 0.005 and abs(error[~on_grid].var() - 0.25) < 0.005


def test_full_scale_is_clipped():
    out = quantised(np.float32([[1.0, -1.0, 7.0, -7.0, 0.99999]]))
    assert out.max() == 2**15 - 1 and out.min() == -(2**15)
