"""What convolution's knobs make of a response: measured in what comes out when a single sample goes in."""

import numpy as np
import pytest

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.convolution import EFFECT

RATE = 44_100
RECORDED = {"trim": 0, "normalise": 0}
RNG = np.random.default_rng(5)


def room(decay_s, seconds=1.0, floor_db=-200.0, channels=2):
    """Noise that falls by 60 dB in `decay_s`, into noise of `floor_db`."""
    time = np.arange(int(seconds * RATE)) / RATE
    fading = np.sqrt(10 ** (-6 * time / decay_s) + 10 ** (floor_db / 10))
    return (0.1 * RNG.standard_normal((channels, len(time))) * fading).astype(np.float32)


def processor_of(impulse, values):
    processor = Processor(EFFECT, RATE, values, len(impulse))
    processor.load(impulse)
    return processor


def shaped(impulse, values, seconds=2.0):
    click = np.zeros((len(impulse), int(seconds * RATE)), np.float32)
    click[:, 0] = 1
    return processor_of(impulse, values).process(click)


def padded(impulse, before=0, seconds=2.0):
    after = int(seconds * RATE) - before - impulse.shape[1]
    return np.pad(impulse, ((0, 0), (before, after)))


def decay_s(impulse):
    """From -5 to -25 dB of the backward integral, by NumPy's fit."""
    left = np.cumsum(np.square(impulse, dtype=np.float64).sum(0)[::-1])[::-1]
    level = 10 * np.log10(left / left[0] + 1e-30)
    at = np.flatnonzero((level <= -5) & (level >= -25))
    return -60 / np.polyfit(at / RATE, level[at], 1)[0]


def test_leading_silence_is_cut_for_all_channels_alike():
    sound = room(0.3)
    late = np.concatenate([np.full((2, 1234), 1e-6, np.float32), sound], axis=1)
    late[1, 1234:1300] = 0  # the second channel begins later still, and stays so
    found, as_it_is = shaped(late, RECORDED | {"trim": 1}), shaped(late, RECORDED)
    np.testing.assert_allclose(found, padded(late[:, 1234:]), atol=1e-6)
    np.testing.assert_allclose(as_it_is, padded(late), atol=1e-6)


@pytest.mark.parametrize("start_ms", [1, 50, 500])
def test_start(start_ms):
    impulse, first = room(0.5), round(start_ms * RATE / 1000)
    found = shaped(impulse, RECORDED | {"start_ms": start_ms})
    np.testing.assert_allclose(found, padded(impulse[:, first:]), atol=1e-6)


@pytest.mark.parametrize("length_s", [0.05, 0.5])
def test_length_ends_in_a_fade_of_ten_milliseconds(length_s):
    impulse, end, fade = room(2.0), round(length_s * RATE), RATE // 100
    found = shaped(impulse, RECORDED | {"length_s": length_s})
    np.testing.assert_allclose(found[:, : end - fade], impulse[:, : end - fade], atol=1e-6)
    assert np.abs(found[:, end:]).max() < 1e-7
    weight = np.abs(found[:, end - fade : end]).sum(0) / np.abs(impulse[:, end - fade : end]).sum(0)
    assert (np.diff(weight) < 1e-3).all() and weight[0] > 0.99 and weight[-1] < 0.01


@pytest.mark.parametrize("predelay_ms", [1, 5.8, 100, 250])
def test_predelay(predelay_ms):
    impulse = room(0.3)
    predelay_ms = EFFECT.knobs[3].nearest(predelay_ms)
    found = shaped(impulse, RECORDED | {"predelay_ms": predelay_ms})
    np.testing.assert_allclose(found, padded(impulse, round(predelay_ms * RATE / 1000)), atol=1e-6)


@pytest.mark.parametrize("percent", [25, 50, 150, 200])
def test_decay_is_changed_by_as_much_as_asked(percent):
    impulse = room(0.4, seconds=1.2)
    found = decay_s(shaped(impulse, RECORDED | {"decay_percent": percent}))
    assert found == pytest.approx(decay_s(impulse) * percent / 100, rel=0.03)


def test_a_longer_decay_does_not_bring_up_the_noise():
    impulse = room(0.4, seconds=1.2, floor_db=-60)
    found = shaped(impulse, RECORDED | {"decay_percent": 200})
    assert decay_s(found) == pytest.approx(0.8, rel=0.1)
    levels = np.square(found[:, : int(1.2 * RATE)], dtype=np.float64).sum(0).reshape(24, -1).mean(1)
    assert (np.diff(10 * np.log10(levels)) < 1).all()  # and so it falls all the way


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("values", [{}, {"decay_percent": 40}, {"length_s": 0.1}, {"start_ms": 30}])
def test_even_level(channels, values):
    noise = (0.2 * RNG.standard_normal((channels, 3 * RATE))).astype(np.float32)
    out = processor_of(3 * room(0.3, channels=channels), values).process(noise)[:, RATE:]
    assert 20 * np.log10(out.std() / noise.std()) == pytest.approx(0, abs=0.2)


def test_mix_and_level():
    impulse = room(0.3)
    assert np.abs(shaped(impulse, RECORDED | {"mix_percent": 0})[:, 1:]).max() < 1e-9
    found = shaped(impulse, RECORDED | {"mix_percent": 25, "wet_db": 6})
    expected = 0.25 * 10 ** (6 / 20) * padded(impulse)
    expected[:, 0] += 0.75
    np.testing.assert_allclose(found, expected, atol=1e-6)


TURNS = [
    {"start_ms": 100},
    {"length_s": 0.1},
    {"decay_percent": 50},
    {"predelay_ms": 40},
    {"trim": 0},
    {"normalise": 0},
    {"wet_db": -12, "mix_percent": 30},
]


@pytest.mark.parametrize("values", TURNS)
def test_a_knob_that_moves_while_it_plays_fades_and_arrives(values):
    """A low tone: a step in it would be audible, 0.1 and more; what is left is a 100th of that."""
    tone = np.float32(0.5 * np.sin(2 * np.pi * 80 * np.arange(3 * RATE) / RATE) * np.ones((2, 1)))
    impulse = np.pad(room(0.3, seconds=0.7), ((0, 0), (500, 0)))
    processor = processor_of(impulse, {})
    before = processor.process(tone[:, : RATE + 100])
    processor.turn(values)
    out = np.concatenate([before, processor.process(tone[:, RATE + 100 :])], axis=1)
    arrived = processor_of(impulse, values).process(tone)
    np.testing.assert_allclose(out[:, 2 * RATE :], arrived[:, 2 * RATE :], atol=1e-5)
    change = np.abs(np.diff(out[:, RATE : 2 * RATE], 2)).max()
    still = max(np.abs(np.diff(each[:, int(0.8 * RATE) : RATE], 2)).max() for each in (before, arrived))
    assert change < still + 1e-3, (change, still)


def test_a_knob_move_gives_the_same_output_in_blocks_of_any_size():
    noise, impulse = (0.2 * RNG.standard_normal((2, 9000))).astype(np.float32), room(0.2, seconds=0.3)

    def played(size):
        processor, parts = processor_of(impulse, {}), []
        for start in range(0, 9000, size):
            if start == 3000:
                processor.turn({"decay_percent": 60, "predelay_ms": 10})
            parts.append(processor.process(noise[:, start : start + size]))
        return np.hstack(parts)

    for size in (1, 8, 300, 1000):
        np.testing.assert_array_equal(played(size), played(3000))


def test_a_long_response_fades_into_another_in_blocks_of_any_size():
    """Two seconds have long partitions, which are summed over 4096 samples."""
    noise, impulse = (0.2 * RNG.standard_normal((2, 90_000))).astype(np.float32), room(1.0, seconds=2.0)

    def played(size):
        processor, parts = processor_of(impulse, {}), []
        for start in range(0, noise.shape[1], size):
            if start == 30_000:
                processor.turn({"decay_percent": 60, "predelay_ms": 10})
            parts.append(processor.process(noise[:, start : start + size]))
        return np.hstack(parts)

    whole = played(30_000)
    for size in (100, 600, 6000):
        np.testing.assert_array_equal(played(size), whole)
    arrived = processor_of(impulse, {"decay_percent": 60, "predelay_ms": 10}).process(noise)
    np.testing.assert_allclose(whole[:, 70_000:], arrived[:, 70_000:], atol=1e-5)
