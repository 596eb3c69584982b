import numpy as np
import pytest

from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters.loudness import MODULE, integrated_lufs, k_weighting


def tone(levels_and_seconds, rate, channels=2, hz=1000.0):
    """A sine whose peak level in dBFS changes: the tests of EBU Tech 3341 are tables of such."""
    gains = [np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in levels_and_seconds]
    gain = np.concatenate(gains)
    sine = gain * np.sin(2 * np.pi * hz / rate * np.arange(len(gain)))
    return np.tile(sine.astype(np.float32), (channels, 1))


def test_coefficients_of_the_standard_at_48_khz():
    """ITU-R BS.1770-5, Annex 1, tables 1 and 2."""
    rows = np.zeros((2, 5))
    k_weighting(48_000.0, rows)
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621]
    np.testing.assert_allclose(rows, [shelf, high_pass], atol=1e-8)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize(
    "case, table, expected",
    [
        (1, [(-23, 20)], -23),
        (2, [(-33, 20)], -33),
        (3, [(-36, 10), (-23, 60), (-36, 10)], -23),
        (4, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        (5, [(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
)
def test_ebu_tech_3341(rate, case, table, expected):
    assert integrated_lufs(tone(table, rate), rate) == pytest.approx(expected, abs=0.1)


def test_ebu_tech_3341_case_6_five_channels():
    levels = [-28, -28, -24, -30, -30]
    audio = np.vstack([tone([(level, 20)], 48_000, channels=1) for level in levels])
    assert integrated_lufs(audio, 48_000) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("rate, channels", [(8_000, 1), (44_100, 2), (48_000, 5), (96_000, 2), (192_000, 1)])
def test_equals_pyloudnorm(rate, channels):
    pyloudnorm = pytest.importorskip("pyloudnorm")
    noise = np.random.default_rng(4).standard_normal((channels, 6 * rate))
    audio = (noise * np.linspace(0.001, 0.2, 6 * rate)).astype(np.float32)
    expected = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(audio.T.astype(float))
    assert integrated_lufs(audio, rate) == pytest.approx(expected, abs=0.01)


def test_one_loudspeaker_is_3_db_below_two():
    stereo = tone([(-20, 5)], 48_000)
    difference = integrated_lufs(stereo, 48_000) - integrated_lufs(stereo[:1], 48_000)
    assert difference == pytest.approx(10 * np.log10(2))


def test_silence_and_snippets_have_no_loudness():
    assert integrated_lufs(np.zeros((2, 48_000), np.float32), 48_000) == -np.inf
    assert integrated_lufs(tone([(-20, 0.3)], 48_000), 48_000) == -np.inf
    assert integrated_lufs(np.zeros((2, 0), np.float32), 48_000) == -np.inf


def test_a_broken_sample_does_not_break_the_measurement():
    audio = tone([(-20, 2)], 48_000)
    whole = integrated_lufs(audio, 48_000)
    audio[0, 1000] = np.nan
    assert integrated_lufs(audio, 48_000) == pytest.approx(whole, abs=0.01)


def test_blocks_of_any_size_equal_the_whole():
    audio = tone([(-20, 0.5), (-40, 0.5)], 44_100)
    energies = []
    for sizes in ([44_100], [1, 4096, 100, 4410]):
        memory = MODULE.allocate(channels=2, steps=20) | {"sample_rate_hz": 44_100.0}
        prepare, block, _ = MODULE.kernels
        call(prepare, memory)
        start = turn = 0
        while start < audio.shape[1]:
            memory["x"] = np.ascontiguousarray(audio[:, start : start + sizes[turn % len(sizes)]])
            call(block, memory)
            start, turn = start + memory["x"].shape[1], turn + 1
        energies.append(memory["energies"])
    np.testing.assert_array_equal(*energies)
    assert np.count_nonzero(energies[0]) == 10
