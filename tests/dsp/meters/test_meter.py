import numpy as np
import pytest

from dawg_ai.dsp.kernel import call
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.dsp.meters.meter import MODULE, SHORT_TERM_STEPS, measure
from dawg_ai.dsp.meters.true_peak import true_peak_db

SILENCE = -np.inf


def tone(levels_and_seconds, rate=48_000, channels=2, hz=1000.0):
    """A sine whose peak level in dBFS changes: the tests of EBU Tech 3341 and 3342 are tables of such."""
    gain = np.concatenate(
        [np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in levels_and_seconds]
    )
    sine = gain * np.sin(2 * np.pi * hz / rate * np.arange(len(gain)))
    return np.tile(sine.astype(np.float32), (channels, 1))


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("case, level", [(1, -23), (2, -33)])
def test_ebu_tech_3341_steady(rate, case, level):
    found = measure(tone([(level, 20)], rate), rate)
    assert found.integrated_lufs == pytest.approx(level, abs=0.1)
    np.testing.assert_allclose(found.momentary_lufs[3:], level, atol=0.1)
    np.testing.assert_allclose(found.short_term_lufs[29:], level, atol=0.1)
    assert found.momentary_max_lufs == pytest.approx(level, abs=0.1)
    assert found.short_term_max_lufs == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize(
    "case, table",
    [
        (3, [(-36, 10), (-23, 60), (-36, 10)]),
        (4, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]),
        (5, [(-26, 20), (-20, 20.1), (-26, 20)]),
    ],
)
def test_ebu_tech_3341_gates(case, table):
    assert measure(tone(table), 48_000).integrated_lufs == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_6_five_channels():
    audio = np.vstack([tone([(level, 20)], channels=1) for level in (-28, -28, -24, -30, -30)])
    assert measure(audio, 48_000).integrated_lufs == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_9_short_term_stays():
    found = measure(tone([(-20, 1.34), (-30, 1.66)] * 5), 48_000)
    np.testing.assert_allclose(found.short_term_lufs[29:], -23, atol=0.1)


@pytest.mark.parametrize("shift", range(20))
def test_ebu_tech_3341_case_10_short_term_maximum(shift):
    found = measure(tone([(SILENCE, 0.15 * shift), (-23, 3.4), (SILENCE, 1)]), 48_000)
    assert found.short_term_max_lufs == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_11_short_term_maxima_one_after_another():
    """A live meter is reset before each segment; its windows still see what came before."""
    segments = [[(SILENCE, 0.15 * i), (-38 + i, 3.4), (SILENCE, 3 - 0.15 * i)] for i in range(20)]
    assert all(m == pytest.approx(-38 + i, abs=0.1) for i, m in enumerate(maxima(segments, 3)))


def test_ebu_tech_3341_case_12_momentary_stays():
    found = measure(tone([(-20, 0.18), (-30, 0.22)] * 25), 48_000)
    np.testing.assert_allclose(found.momentary_lufs[9:], -23, atol=0.1)


@pytest.mark.parametrize("shift", range(20))
def test_ebu_tech_3341_case_13_momentary_maximum(shift):
    found = measure(tone([(SILENCE, 0.02 * shift), (-23, 0.4), (SILENCE, 1)]), 48_000)
    assert found.momentary_max_lufs == pytest.approx(-23, abs=0.1)


def test_ebu_tech_3341_case_14_momentary_maxima_one_after_another():
    segments = [[(SILENCE, 0.02 * i), (-38 + i, 0.4), (SILENCE, 0.4 - 0.02 * i)] for i in range(20)]
    assert all(m == pytest.approx(-38 + i, abs=0.1) for i, m in enumerate(maxima(segments, 2)))


def maxima(segments, entry):
    """The highest reading during each segment: `progress[entry]`, set to nothing at its beginning."""
    memory = MODULE.allocate(channels=2, steps=2000) | {"sample_rate_hz": 48_000.0}
    kernels = {each.__name__: each for each in MODULE.kernels}
    call(kernels["prepare"], memory)
    found = []
    for segment in segments:
        memory["progress"][entry] = 0.0
        memory["x"] = tone(segment)
        call(kernels["block"], memory)
        found.append(-0.691 + 10 * np.log10(memory["progress"][entry]))
    return found


@pytest.mark.parametrize(
    "case, table, expected",
    [
        (1, [(-20, 20), (-30, 20)], 10),
        (2, [(-20, 20), (-15, 20)], 5),
        (3, [(-40, 20), (-20, 20)], 20),
        (4, [(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
    ],
)
def test_ebu_tech_3342(case, table, expected):
    assert measure(tone(table), 48_000).range_lu == pytest.approx(expected, abs=0.02)  # the standard allows 1


@pytest.fixture(scope="module")
def noise():
    """Noise that swells, with a beat, 8 s at 44.1 kHz."""
    rng = np.random.default_rng(7)
    at_s = np.arange(8 * 44_100) / 44_100
    return (rng.standard_normal((2, len(at_s))) * (0.02 + 0.02 * at_s) * np.exp(-3 * (at_s % 0.5))).astype(np.float32)


def test_agrees_with_the_gated_loudness_and_the_true_peak(noise):
    found = measure(noise, 44_100)
    assert found.integrated_lufs == pytest.approx(integrated_lufs(noise, 44_100), abs=1e-9)
    assert found.true_peak_db == true_peak_db(noise) == found.peaks_db.max()


def test_windows_equal_the_definition(noise):
    """K-weighted by scipy, with the coefficients of the standard, at 48 kHz."""
    from scipy.signal import lfilter

    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621]
    energy = (lfilter(*high_pass, lfilter(*shelf, noise.astype(float))) ** 2).sum(axis=0)
    total = np.concatenate([[0], np.cumsum(energy)])
    found = measure(noise, 48_000)
    for seconds, readings, highest in (
        (0.4, found.momentary_lufs, found.momentary_max_lufs),
        (3.0, found.short_term_lufs, found.short_term_max_lufs),
    ):
        ends = np.arange(round(seconds * 48_000), noise.shape[1] + 1, 480)
        expected = -0.691 + 10 * np.log10((total[ends] - total[ends - round(seconds * 48_000)]) / (seconds * 48_000))
        np.testing.assert_allclose(readings[round(10 * seconds) - 1 :], expected[::10], atol=1e-4)
        assert highest == pytest.approx(expected.max(), abs=1e-4)


def test_ratios_of_peak_to_loudness(noise):
    found = measure(noise, 44_100)
    assert found.plr_db == found.true_peak_db - found.integrated_lufs
    windows = range(SHORT_TERM_STEPS, len(found.peaks_db) + 1)
    ratios = [found.peaks_db[end - SHORT_TERM_STEPS : end].max() - found.short_term_lufs[end - 1] for end in windows]
    assert found.psr_db == pytest.approx(min(ratios))


def test_a_sine_has_the_ratio_of_its_crest_factor():
    found = measure(tone([(-12, 5)], hz=997.0), 48_000)
    assert found.psr_db == pytest.approx(0, abs=0.02)  # two channels, each 3 dB below its peak, and 0 dB at 997 Hz


@pytest.mark.parametrize("sizes", [[1000], [1, 4096, 17, 441, 2]])
def test_blocks_of_any_size_equal_the_whole(sizes, noise):
    audio = noise[:, :30_000]
    kernels = {each.__name__: each for each in MODULE.kernels}
    kept = []
    for turns in ([30_000], sizes):
        memory = MODULE.allocate(channels=2, steps=10) | {"sample_rate_hz": 44_100.0}
        call(kernels["prepare"], memory)
        start = turn = 0
        while start < audio.shape[1]:
            memory["x"] = np.ascontiguousarray(audio[:, start : start + turns[turn % len(turns)]])
            call(kernels["block"], memory)
            start, turn = start + memory["x"].shape[1], turn + 1
        call(kernels["finish"], memory)
        kept.append((memory["steps"], memory["progress"]))
    np.testing.assert_array_equal(kept[0][0], kept[1][0])
    np.testing.assert_array_equal(kept[0][1], kept[1][1])


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 96_000, 192_000])
def test_any_rate(rate):
    found = measure(tone([(-20, 4)], rate), rate)
    assert found.integrated_lufs == pytest.approx(-20, abs=0.1)
    assert found.true_peak_db == pytest.approx(-20, abs=0.1)
    assert len(found.momentary_lufs) == 40


def test_silence_snippets_and_broken_samples():
    for samples in (0, 1, 100, 19_000, 48_000):
        found = measure(np.zeros((2, samples), np.float32), 48_000)
        assert found.integrated_lufs == found.momentary_max_lufs == found.true_peak_db == -np.inf
        assert found.range_lu == 0 and np.isnan(found.plr_db) and np.isnan(found.psr_db)
    broken = tone([(-20, 5)])
    whole = measure(broken, 48_000)
    broken[0, 1000], broken[1, 9000], broken[1, 20_000] = np.nan, np.inf, -1e38
    assert measure(broken, 48_000).integrated_lufs == pytest.approx(whole.integrated_lufs, abs=0.01)
