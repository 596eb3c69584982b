"""Convolution against SciPy's direct sum, in float64."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.convolution import EFFECT, PART, PARTS
from dawg_ai.errors import UsageError

RATE = 44_100
RNG = np.random.default_rng(3)
NOISE = (0.3 * RNG.standard_normal((2, 20_000))).astype(np.float32)


def response(samples):
    fading = np.exp(-6.9 * np.arange(samples) / samples)
    return (fading * RNG.standard_normal((2, samples)) / np.sqrt(samples)).astype(np.float32)


def convolved(audio, impulse, sizes=(1 << 20,), values=None, pieces=1):
    processor, parts, start = Processor(EFFECT, RATE, values or {}, len(audio)), [], 0
    for piece in np.array_split(impulse, pieces, axis=1):
        processor.load(piece)
    while start < audio.shape[1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(processor.process(audio[:, start : start + size]))
        start += size
    return np.hstack(parts)


@pytest.mark.parametrize("samples", [1, 2, 255, 256, 257, 512, 1000, 5000, 30_000])
def test_it_is_the_sum_that_defines_convolution(samples):
    impulse = response(samples)
    wanted = fftconvolve(NOISE.astype(np.float64), impulse.astype(np.float64), axes=1)[:, : NOISE.shape[1]]
    np.testing.assert_allclose(convolved(NOISE, impulse), wanted, atol=1e-6)


def test_nothing_is_late():
    impulse = np.zeros((2, 3000), np.float32)
    impulse[:, [0, PART - 1, PART, 2999]] = [1, 0.5, 0.25, 0.125]
    audio = np.zeros((2, 4000), np.float32)
    audio[:, 100] = 1
    out = convolved(audio, impulse)
    np.testing.assert_allclose(out[:, 100:3100], impulse, atol=1e-7)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 31, 64, 100, 128, 255, 256, 257, 441, 512, 1000, 4096])
def test_blocks_of_any_size_equal_the_whole(size):
    audio, impulse = NOISE[:, :3000], response(2000)
    np.testing.assert_array_equal(convolved(audio, impulse, [size]), convolved(audio, impulse))


def test_a_response_may_come_in_pieces():
    impulse = response(3000)
    np.testing.assert_array_equal(convolved(NOISE, impulse, pieces=7), convolved(NOISE, impulse))


def test_a_response_that_is_too_long_is_cut():
    long = response(PARTS * PART + 1000)
    audio = np.zeros((2, 2000), np.float32)
    audio[:, 0] = 1
    np.testing.assert_allclose(convolved(audio, long), long[:, :2000], atol=1e-7)


def test_without_a_response_it_is_a_level():
    out = Processor(EFFECT, RATE, {"wet_db": -6}, 2).process(NOISE)
    np.testing.assert_allclose(out, NOISE * 10 ** (-6 / 20), rtol=1e-6)


def test_a_sound_of_the_wrong_kind_is_refused():
    with pytest.raises(UsageError, match="has 1 channels; expected 2"):
        Processor(EFFECT, RATE, {}, 2).load(NOISE[:1])
    with pytest.raises(UsageError, match="eq takes no sound"):
        Processor(effect.load("eq"), RATE, {}, 2).load(NOISE)
