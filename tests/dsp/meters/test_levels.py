import numpy as np
import pytest

from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters.levels import MODULE, measure


def test_square_sine_and_offset():
    turn = 2 * np.pi * np.arange(48_000) / 480
    sine, square = np.sin(turn), np.where(np.arange(48_000) // 240 % 2, 0.5, -0.5)
    of_sine, of_square = measure(np.float32([sine])), measure(np.float32([square]))
    assert of_sine.crest_db == pytest.approx(20 * np.log10(np.sqrt(2)), abs=1e-5)
    assert of_square.crest_db == pytest.approx(0, abs=1e-9)
    assert of_square.peak_db == of_square.rms_db == pytest.approx(20 * np.log10(0.5))
    assert of_sine.dc_db < -120
    assert measure(np.float32([sine, 0.5 * sine + 0.01])).dc_db == pytest.approx(-40, abs=1e-3)


def test_correlation_is_that_of_numpy():
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, 50_000))
    for share in (-1, -0.3, 0, 0.7, 1):
        audio = np.float32([left, share * left + (1 - abs(share)) * right])
        expected = audio[0] @ audio[1] / np.linalg.norm(audio[0]) / np.linalg.norm(audio[1])
        assert measure(audio).correlation == pytest.approx(expected, abs=1e-5)


def test_one_channel_and_silence():
    mono = np.float32([np.ones(10)])
    assert measure(mono).correlation == 1
    for samples in (0, 10):
        silence = measure(np.zeros((2, samples), np.float32))
        assert silence.peak_db == silence.rms_db == silence.dc_db == -np.inf and np.isnan(silence.crest_db)


def test_blocks_of_any_size_equal_the_whole():
    audio = np.random.default_rng(1).standard_normal((2, 5000)).astype(np.float32)
    audio[0, 7] = np.nan
    kept = []
    for size in (5000, 1, 37):
        memory = MODULE.allocate(channels=2)
        for start in range(0, 5000, size):
            memory["x"] = np.ascontiguousarray(audio[:, start : start + size])
            call(MODULE.kernels[1], memory)
        kept.append(memory["sums"])
    np.testing.assert_array_equal(kept[0], kept[1])
    np.testing.assert_array_equal(kept[0], kept[2])
    assert np.isfinite(kept[0]).all()
