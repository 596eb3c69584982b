import numpy as np
import pytest
from scipy.signal import freqz, remez

from dawg_ai.dsp.blocks import oversampling as over

RATE = 44_100
EARLY = {1: (False,), 2: (True, False), 3: (False, True, False)}
LATE = {1: 63, 2: 70, 3: 72}


def stages_of(past):
    """Taps and past of the three stages."""
    taps = np.zeros(over.TAPS, np.float32)
    over.design(taps)
    return [over.stage_of(stage, taps, past) for stage in range(3)]


def taps_of(stage):
    return stages_of(np.zeros(over.PAST, np.float32))[stage][0]


def whole_filter(taps):
    """All 4 K - 1 taps, from half of those beside the middle."""
    h = np.zeros(4 * len(taps) - 1)
    h[0::2] = np.concatenate([taps, taps[::-1]])
    h[2 * len(taps) - 1] = 0.5
    return h


def round_trip(audio, stages, sizes=(100_000,)):
    kept = stages_of(np.zeros(over.PAST, np.float32))[:stages]
    out, start = [], 0
    while start < len(audio):
        v = audio[start : start + sizes[len(out) % len(sizes)]]
        start += len(v)
        line = np.zeros(100 + 20 * len(v), np.float32)
        for taps, past in kept:
            higher = np.zeros(2 * len(v), np.float32)
            over.up(taps, v, higher, past, line)
            v = higher
        for (taps, past), early in reversed(list(zip(kept, EARLY[stages], strict=True))):
            lower = np.zeros(len(v) // 2, np.float32)
            over.down(taps, v, lower, early, past, line)
            v = lower
        out.append(v)
    return np.concatenate(out)


def test_taps_are_those_of_the_equiripple_design():
    for stage, (pairs, edge) in enumerate(zip(over.PAIRS, over.EDGES, strict=True)):
        true = remez(2 * pairs, [0, 2 * edge], [1], maxiter=300, grid_density=64)[:pairs] / 2
        np.testing.assert_allclose(taps_of(stage), true, atol=1e-7)


@pytest.mark.parametrize(("stage", "stop_db"), [(0, -98), (1, -117), (2, -117)])
def test_each_filter_passes_and_stops(stage, stop_db):
    h = whole_filter(taps_of(stage).astype(float))
    f, response = freqz(h, worN=1 << 15, fs=1)
    level = 20 * np.log10(np.abs(response))
    assert np.abs(level[f <= over.EDGES[stage]]).max() < 0.001
    assert level[f >= 0.5 - over.EDGES[stage]].max() < stop_db


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_up_and_down_again_is_a_delay_of_whole_samples(stages):
    impulse = np.zeros(4096, np.float32)
    impulse[0] = 1
    response = np.fft.rfft(round_trip(impulse, stages).astype(float))
    f = np.arange(len(response)) * RATE / 4096
    undelayed = response * np.exp(2j * np.pi * f / RATE * LATE[stages])
    level = 20 * np.log10(np.abs(undelayed))
    assert np.abs(level[f <= 20_000]).max() < 0.01  # the bar for ripple; for droop below 18 kHz it is 0.05
    assert np.abs(np.angle(undelayed[f <= 20_000])).max() < 1e-4
    assert np.abs(level[f <= 20_000]).max() < 0.001  # measured: 0.0003


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_blocks_of_any_size_equal_the_whole(stages):
    noise = np.random.default_rng(3).standard_normal(3000).astype(np.float32)
    whole = round_trip(noise, stages)
    for sizes in ([1, 2, 3, 500], [128], [999, 1]):
        np.testing.assert_array_equal(round_trip(noise, stages, sizes), whole)


def test_images_are_gone():
    """A tone going up comes with an image mirrored at the lower rate's Nyquist frequency."""
    n, k = 8192, 3000  # 16.15 kHz; its image is at 27.95 kHz
    tone = np.sin(2 * np.pi * k * np.arange(2 * n) / n).astype(np.float32)
    higher = np.zeros(4 * n, np.float32)
    taps, past = stages_of(np.zeros(over.PAST, np.float32))[0]
    over.up(taps, tone, higher, past, np.zeros(10 * n, np.float32))
    spectrum = np.abs(np.fft.rfft(higher[-2 * n :].astype(float)))
    assert 20 * np.log10(spectrum[n - k] / spectrum[k]) < -98
