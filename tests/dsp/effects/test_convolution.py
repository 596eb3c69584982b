"""Convolution against SciPy's, in float64: as it plays, and the faster way for files."""

import time

import numpy as np
import pytest
from scipy.signal import fftconvolve

from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.partitioned_convolution import PARTITION
from dawg_ai.dsp.blocks.spectra.response_banks import MAX_SAMPLES
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.convolution import EFFECT, MAX_RESPONSE_S
from dawg_ai.errors import UsageError

RATE = 44_100
RNG = np.random.default_rng(3)
NOISE = (0.3 * RNG.standard_normal((2, 20_000))).astype(np.float32)
RECORDED = {"trim": 0, "normalise": 0}  # the response as it came


def response(samples, channels=2):
    fading = np.exp(-6.9 * np.arange(samples) / samples)
    return (fading * RNG.standard_normal((channels, samples)) / np.sqrt(samples)).astype(np.float32)


def prepared(impulse, values=RECORDED, rate=RATE, pieces=1):
    processor = Processor(EFFECT, rate, values, len(impulse))
    for piece in np.array_split(impulse, pieces, axis=1):
        processor.load(piece)
    return processor


def convolved(audio, impulse, sizes=(1 << 20,), pieces=1):
    processor, parts, start = prepared(impulse, pieces=pieces), [], 0
    while start < audio.shape[1]:
        size = sizes[len(parts) % len(sizes)]
        parts.append(processor.process(audio[:, start : start + size]))
        start += size
    return np.hstack(parts)


def wanted(audio, impulse):
    return fftconvolve(audio.astype(np.float64), impulse.astype(np.float64), axes=1)[:, : audio.shape[1]]


def apart_db(found, exact):
    error = np.square(found.astype(np.float64) - exact).mean()
    return 10 * np.log10(error / np.square(exact, dtype=np.float64).mean() + 1e-30)


@pytest.mark.parametrize("samples", [1, 2, 255, 256, 257, 512, 1000, 1025, 1281, 1537, 5000, 30_000])
def test_it_is_the_sum_that_defines_convolution(samples):
    impulse = response(samples)
    np.testing.assert_allclose(convolved(NOISE, impulse), wanted(NOISE, impulse), atol=1e-6)


def test_the_longest_response_is_applied_to_its_end():
    audio, impulse = (
        np.zeros((2, MAX_SAMPLES + 3 * PARTITION), np.float32),
        response(int(96_000 * MAX_RESPONSE_S / 2)),
    )
    audio[:, : NOISE.shape[1]] = NOISE
    found = prepared(impulse, rate=96_000).process(audio)
    np.testing.assert_allclose(found, wanted(audio, impulse), atol=1e-6)


def test_nothing_is_late():
    impulse = np.zeros((2, 3000), np.float32)
    impulse[:, [0, PARTITION - 1, PARTITION, 2999]] = [1, 0.5, 0.25, 0.125]
    audio = np.zeros((2, 4000), np.float32)
    audio[:, 100] = 1
    out = convolved(audio, impulse)
    np.testing.assert_allclose(out[:, 100:3100], impulse, atol=1e-7)
    assert prepared(impulse).latency_samples == 0


@pytest.mark.parametrize("predelay_ms", [0, 20])
def test_it_sounds_on_as_long_as_it_says(predelay_ms):
    impulse, audio = response(3000), np.zeros((2, 9000), np.float32)
    audio[:, :1000] = NOISE[:, :1000]
    processor = prepared(impulse, RECORDED | {"predelay_ms": predelay_ms})
    end = 1000 + processor.tail_samples
    out = processor.process(audio)
    assert np.abs(out[:, end - 2]).max() > 1e-6 > np.abs(out[:, end:]).max()


@pytest.mark.parametrize("samples", [1, 128, 4096])
def test_long_partitions_are_the_sum_that_defines_convolution(samples):
    """Responses that end one sample before, at and after the edges of long partitions, and a silent channel."""
    audio = (0.3 * RNG.standard_normal((2, 40_000))).astype(np.float32)
    for length in (8191, 8192, 8193, 12_287, 12_289, 30_000):
        impulse = response(length)
        impulse[1, :9000] = 0
        np.testing.assert_allclose(convolved(audio, impulse, [samples, 999]), wanted(audio, impulse), atol=1e-6)


def test_knobs_that_turn_between_loading_and_the_first_block_count():
    impulse, values = response(20_000), RECORDED | {"predelay_ms": 200}
    late = prepared(impulse)
    late.turn(values)
    np.testing.assert_array_equal(late.process(NOISE), prepared(impulse, values).process(NOISE))


def test_every_block_keeps_its_deadline_while_a_knob_turns():
    """128 samples at 48 kHz have 2.67 ms; a response of ten seconds may take half of it, the first block included."""
    rate, blocks, runs = 48_000, 700, 3
    impulse = response(10 * rate)
    audio = (0.3 * RNG.standard_normal((blocks, 2, 128))).astype(np.float32)
    seconds = np.zeros((runs, blocks))
    for run in seconds:
        processor = prepared(impulse, rate=rate)
        for i, block in enumerate(audio):
            began = time.thread_time()
            if i == 150:
                processor.turn(RECORDED | {"decay_percent": 50, "predelay_ms": 30})
            processor.process(block)
            run[i] = time.thread_time() - began
    assert seconds.min(axis=0).max() < 0.5 * 128 / rate  # what a block takes when nobody else does


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 31, 64, 100, 128, 255, 256, 257, 441, 512, 1000, 4096])
def test_blocks_of_any_size_equal_the_whole(size):
    audio, impulse = NOISE[:, :3000], response(2000)
    np.testing.assert_array_equal(convolved(audio, impulse, [size]), convolved(audio, impulse))


def test_a_response_may_come_in_pieces():
    impulse = response(3000)
    np.testing.assert_array_equal(convolved(NOISE, impulse, pieces=7), convolved(NOISE, impulse))


@pytest.mark.parametrize(("rate", "room"), [(8_000, "12.00"), (48_000, "12.00"), (192_000, "3.00")])
def test_a_response_that_is_too_long_is_refused(rate, room):
    with pytest.raises(UsageError, match=f"lasts 13.00 s; at {rate} Hz there is room for {room} s: cut it"):
        prepared(np.ones((1, 13 * rate), np.float32), rate=rate)


def test_without_a_response_it_is_a_level():
    out = Processor(EFFECT, RATE, {"wet_db": -6}, 2).process(NOISE)
    np.testing.assert_allclose(out, NOISE * 10 ** (-6 / 20), rtol=1e-6)


def test_a_sound_of_the_wrong_kind_is_refused():
    with pytest.raises(UsageError, match="has 1 channels; expected 2"):
        Processor(EFFECT, RATE, {}, 2).load(NOISE[:1])
    with pytest.raises(UsageError, match="parametric takes no sound"):
        Processor(effect.load("parametric"), RATE, {}, 2).load(NOISE)


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(("samples", "taps"), [(1, 5000), (20_000, 1), (20_000, 5000), (400_000, 30_000)])
def test_whole_files_are_convolved_as_it_plays(samples, taps, channels):
    audio = (0.3 * RNG.standard_normal((channels, samples))).astype(np.float32)
    impulse, values = response(taps, channels), {"mix_percent": 70, "predelay_ms": 3, "decay_percent": 80}
    exact = prepared(impulse, values).render(audio, exact=True)
    assert apart_db(prepared(impulse, values).render(audio), exact) < -140
    impulse = response(taps, channels)
    np.testing.assert_allclose(prepared(impulse).render(audio), wanted(audio, impulse), atol=1e-6)


def test_an_even_response_is_the_worst_for_precision_and_good_enough():
    """All parts as loud as the first: most of the output comes from rounded spectra."""
    impulse = (0.01 * RNG.standard_normal((2, 40_000))).astype(np.float32)
    audio = (0.3 * RNG.standard_normal((2, 90_000))).astype(np.float32)
    exact = wanted(audio, impulse)
    assert apart_db(prepared(impulse).process(audio), exact) < -140
    assert apart_db(prepared(impulse).render(audio), exact) < -140


@pytest.mark.parametrize("sample", [np.nan, np.inf, -np.inf, 1e38])
def test_broken_samples_count_as_silence_either_way(sample):
    audio, impulse = NOISE.copy(), response(2000)
    audio[:, 77] = 0
    exact = convolved(audio, impulse)
    audio[:, 77] = sample
    np.testing.assert_array_equal(convolved(audio, impulse), exact)
    np.testing.assert_allclose(prepared(impulse).render(audio), exact, atol=1e-6)
    impulse[:, 5] = sample
    assert np.isfinite(convolved(audio, impulse)).all()


def test_rendering_a_file_leaves_the_processor_as_it_was():
    impulse = response(3000)
    processor = prepared(impulse)
    before = {name: array.tobytes() for name, array in processor.memory.items()}
    rendered = processor.render(NOISE)
    assert {name: array.tobytes() for name, array in processor.memory.items()} == before
    np.testing.assert_array_equal(processor.render(NOISE), rendered)
