"""The half-band filters, whole: as SciPy designs them, flat where sound is, deep where images are."""

import numpy as np
import pytest
from scipy.signal import freqz, remez

from dawg_ai.dsp.blocks.shaping import half_band
from dawg_ai.dsp.blocks.shaping import oversampling as over
from dawg_ai.dsp.blocks.shaping.waveshaper import BIASES, IDENTITY

RATE = 44_100
NO_BIASES = np.zeros(BIASES, np.float32)
LATENCY = {1: 63, 2: 68, 3: 70}
INTERLEAVED = {1: (0, 1), 2: (0, 2, 1, 3), 3: (0, 4, 2, 6, 1, 5, 3, 7)}  # branches in the order of their samples


def taps():
    found = np.zeros(half_band.TAPS, np.float32)
    half_band.design(found)
    return found


def pairs_of(stage):
    """The taps of a filter from the innermost pair outwards."""
    first, rest = taps()[:32][::-1], taps()[64:]
    return (first, rest[:5], rest[5:])[stage]


def whole_filter(pairs):
    """All 4 K - 1 taps: every other one is 0 but for that in the middle."""
    h = np.zeros(4 * len(pairs) - 1)
    h[0::2] = np.concatenate([pairs[::-1], pairs]) / 2
    h[2 * len(pairs) - 1] = 0.5
    return h


def in_chunks(audio, doublings, sizes, through):
    """What `through(space, taps, count)` returns for each chunk, once the branches are upsampled."""
    space, h, out, start = np.zeros(over.SPACE, np.float32), taps(), [], 0
    while start < len(audio):
        v = audio[start : start + sizes[len(out) % len(sizes)]]
        space[over.INPUT_START : over.INPUT_START + len(v)] = v
        over.upsample(h, space, doublings, np.uintp(len(v)), IDENTITY, NO_BIASES)
        out.append(through(space, h, len(v)))
        over.keep_history(space, np.uintp(len(v)))
        start += len(v)
    return np.concatenate(out)


def upsampled_branch(space, k, doublings, count):
    return space[int(over.branch(k) - over.lag(k, doublings)) :][:count]


def upsampled(audio, doublings):
    """Upsampling alone: (samples, 2 ** doublings), without latency."""

    def lines(space, _taps, count):
        return np.stack([upsampled_branch(space, k, doublings, count) for k in INTERLEAVED[doublings]], axis=1)

    return in_chunks(audio, doublings, (1024,), lines)


def round_trip(audio, doublings, sizes=(1024,)):
    def down(space, h, count):
        over.downsample(h, space, doublings, np.uintp(count), IDENTITY, NO_BIASES, False)
        return space[over.OUTPUT_START :][:count].copy()

    return in_chunks(audio, doublings, sizes, down)


@pytest.mark.parametrize("stage", range(3))
def test_taps_are_those_of_the_equiripple_design(stage):
    pairs, edge = half_band.TAP_PAIRS[stage], half_band.PASSBAND_EDGES[stage]
    true = remez(2 * pairs, [0, 2 * edge], [1], maxiter=300, grid_density=64)[:pairs][::-1]
    np.testing.assert_allclose(pairs_of(stage), true, atol=2e-7)


@pytest.mark.parametrize(("stage", "stop_db"), [(0, -98), (1, -97.9), (2, -99.4)])
def test_each_filter_passes_and_stops(stage, stop_db):
    h = whole_filter(pairs_of(stage).astype(float))
    f, response = freqz(h, worN=1 << 15, fs=1)
    level = 20 * np.log10(np.abs(response) + 1e-9)
    assert np.abs(level[f <= half_band.PASSBAND_EDGES[stage]]).max() < 0.001
    assert level[f >= 0.5 - half_band.PASSBAND_EDGES[stage]].max() < stop_db


@pytest.mark.parametrize("doublings", [1, 2, 3])
def test_up_and_down_again_is_a_delay_of_whole_samples(doublings):
    impulse = np.zeros(4096, np.float32)
    impulse[0] = 1
    response = np.fft.rfft(round_trip(impulse, doublings).astype(float))
    f = np.arange(len(response)) * RATE / 4096
    undelayed = response * np.exp(2j * np.pi * f / RATE * LATENCY[doublings])
    level = 20 * np.log10(np.abs(undelayed))
    assert np.abs(level[f <= 20_000]).max() < 0.01  # the bar for ripple; for droop below 18 kHz it is 0.05
    assert np.abs(np.angle(undelayed[f <= 20_000])).max() < 1e-4
    assert np.abs(level[f <= 20_000]).max() < 0.001  # measured: 0.0003


@pytest.mark.parametrize("doublings", [1, 2, 3])
def test_a_tone_rises_without_images(doublings):
    """The samples between are those of the tone itself, whose images would be between them: 16 kHz, 96 dB down."""
    hz, times = 16_000, 1 << doublings
    tone = np.sin(2 * np.pi * hz / RATE * np.arange(6000)).astype(np.float32)
    high = upsampled(tone, doublings)[1000:5000].ravel()
    time = np.arange(len(high)) / (times * RATE)
    waves = np.stack([np.sin(2 * np.pi * hz * time), np.cos(2 * np.pi * hz * time)], axis=1)
    rest = high - waves @ np.linalg.lstsq(waves, high, rcond=None)[0]
    assert 20 * np.log10(rest.std() / high.std()) < -96


def test_images_are_gone():
    """A tone going up comes with an image mirrored at the lower rate's Nyquist frequency."""
    n, k = 8192, 3000  # 16.15 kHz; its image is at 27.95 kHz
    tone = np.sin(2 * np.pi * k * np.arange(2 * n) / n).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(upsampled(tone, 1).ravel()[-2 * n :].astype(float)))
    assert 20 * np.log10(spectrum[n - k] / spectrum[k]) < -98


@pytest.mark.parametrize("doublings", [1, 2, 3])
def test_blocks_of_any_size_equal_the_whole(doublings):
    noise = np.random.default_rng(3).standard_normal(3000).astype(np.float32)
    whole = round_trip(noise, doublings)
    for sizes in ([1, 2, 3, 500], [128], [999, 1]):
        np.testing.assert_array_equal(round_trip(noise, doublings, sizes), whole)


def test_cleared_history_leaves_no_trace():
    space, h = np.ones(over.SPACE, np.float32), taps()
    over.clear_history(space)
    space[over.INPUT_START :][:256] = 0
    over.upsample(h, space, 3, np.uintp(256), IDENTITY, NO_BIASES)
    assert not space[int(over.branch(7)) :][:256].any()
