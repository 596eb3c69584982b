"""The kernels that turn what is wanted into knobs, each against what must be true of its result."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.meters import width
from dawg_ai.plugins.mastering import PLUGIN, rule, sections
from dawg_ai.plugins.mastering.refine import CEILING, DRIVE, LIMITER, RELEASE, refine

RATE_HZ = 44_100
NO_SPREAD = np.zeros(55)


def solved(free_lufs, free_peak_db, target_lufs, most_reduction_db=6.0, softness=0.3, ceiling_db=-1.0):
    """`refine` against a limiter that costs `softness` LU per dB of limiting: drive, loudness, number of renders."""
    knobs, confidence, secant = np.zeros(37), np.zeros(12), np.zeros(5)
    knobs[CEILING], knobs[RELEASE] = ceiling_db, 10.0
    for renders in range(1, PLUGIN.max_passes + 1):  # noqa: B007
        drive = knobs[DRIVE] if confidence[LIMITER] else 0.0
        limited_db = max(0.0, free_peak_db + drive - ceiling_db) if confidence[LIMITER] else 0.0
        lufs = free_lufs + drive - softness * limited_db
        if not refine(
            np.array([lufs, free_peak_db + drive]), np.array([target_lufs]), ceiling_db, most_reduction_db, knobs,
            confidence, secant,
        ):  # fmt: skip
            break
    assert confidence[LIMITER] == 1.0 and 5 <= knobs[RELEASE] <= 50
    return knobs[DRIVE], lufs, renders


@pytest.mark.parametrize("softness", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("free_lufs", [-30.0, -17.3, -14.02, -9.0])
def test_the_loudness_is_met_within_a_step_of_the_drive(free_lufs, softness):
    drive, lufs, renders = solved(free_lufs, free_lufs + 14.0, -14.0, 12.0, softness)
    assert abs(lufs + 14.0) <= 0.1 and renders <= 6
    assert drive == pytest.approx(round(drive, 1), abs=1e-9)


@pytest.mark.parametrize("most_db", [0.0, 3.0, 6.0])
def test_the_highest_peak_is_never_turned_down_by_more_than_was_allowed(most_db):
    drive, lufs, _ = solved(-20.0, -2.0, -8.0, most_db)
    reduction_db = -2.0 + drive + 1.0
    assert most_db - 0.2 <= reduction_db <= most_db
    assert lufs < -8.0


def test_silence_is_left_alone():
    assert solved(-np.inf, -np.inf, -14.0)[::2] == (0.0, 1)


def tone(song_db, target_db, spreads=0.0, share=1.0, spread_db=NO_SPREAD):
    found = np.zeros(55)
    rule.tone_rule(song_db, target_db, spread_db, spreads, share, np.zeros(55), found)
    return found


def test_the_rule_asks_for_the_difference_and_for_nothing_within_the_spread():
    tilt_db = np.linspace(-6, 6, 55)
    np.testing.assert_allclose(tone(-tilt_db - 30.0, np.zeros(55))[3:-3], tilt_db[3:-3], atol=1e-9)
    spread_db = np.full(55, 7.0)
    assert not tone(-tilt_db, np.zeros(55), 1.0, 1.0, spread_db).any()
    beyond = tone(-2 * tilt_db, np.zeros(55), 1.0, 0.5, spread_db)
    assert beyond[27] == 0.0 and 0.5 * (12 - 7) >= beyond[-1] > 2.0


@pytest.mark.parametrize("cut_hz", [8_000.0, 11_500.0, 15_000.0])
def test_what_a_codec_has_removed_from_a_reference_is_not_imitated(cut_hz):
    reference_db = np.where(cut_hz > CENTERS_HZ, 0.0, -70.0)
    asked_db = tone(np.zeros(55), reference_db)
    assert np.abs(asked_db).max() < 1e-9
    # Nor is what a song lacks there boosted.
    assert np.abs(tone(reference_db, np.zeros(55))).max() < 1e-9
    # A dull reference is no codec's.
    dull_db = -2.0 * np.maximum(np.arange(55.0) - 42, 0)
    assert tone(np.zeros(55), dull_db)[-1] < -8.0


def test_mono_stays_mono_and_width_is_bounded():
    found = np.ones(3)
    spread_db = np.full(3, 2.0)
    rule.width_rule(np.array([-120.0, -20.0, -1.0]), np.full(3, -6.0), spread_db, 1.0, 1.0, 3.0, found)
    np.testing.assert_allclose(found, [0.0, 3.0, -3.0])


def test_dynamics_only_ever_compress():
    found = np.ones(3)
    spread_db = np.ones(3)
    rule.dynamics_rule(np.array([2.0, 6.0, 30.0]), np.full(3, 3.0), spread_db, 1.0, 0.5, found)
    np.testing.assert_allclose(found, [0.0, 1.0, 3.0])


def test_the_loud_part_leaves_out_what_is_quiet():
    loudness = np.float32([[-50.0]] * 10 + [[-12.0]] * 10 + [[-18.0]] * 10)
    floor = sections.loud_floor(loudness, np.zeros(sections.BINS))
    assert -50 < floor < -18
    assert abs(sections.integrated(loudness) - 10 * np.log10((10**-1.2 + 10**-1.8) / 2)) < 1e-6


def test_a_static_curve_takes_from_the_power_what_the_levels_say():
    """A level that never changes: all of the reduction is in the power."""
    levels = np.full((4, 24), -10.0, np.float32)
    loudness = np.zeros((4, 1), np.float32)
    mean_db, lost_db = sections.reductions(levels, loudness, -10.0, 1, -20.0, 0.5, 6.0)
    assert mean_db == pytest.approx(5.0) and lost_db == pytest.approx(5.0)


def test_the_width_meter_reads_what_the_stereo_effect_sets():
    """Twice the width is 6 dB everywhere; of one band it is less, since one-pole crossovers overlap."""
    rng = np.random.default_rng(0)
    mid, side = (lfilter([1], [1, -0.8], rng.normal(0, 0.05, RATE_HZ)) for _ in range(2))
    x = np.float32([mid + 0.3 * side, mid - 0.3 * side])

    def read(sound):
        meter = width.Meter(2, RATE_HZ)
        meter.update(sound)
        return np.array(meter.result())

    def changed(*percent):
        knobs = dict(zip(("low_percent", "middle_percent", "high_percent"), percent, strict=True))
        crossovers = {"lower_hz": 200, "upper_hz": 3000}
        return read(Processor(effect.load("stereo"), RATE_HZ, knobs | crossovers, 2).render(x)) - read(x)

    np.testing.assert_allclose(changed(200, 200, 200), 6.0206, atol=1e-3)
    low, middle, high = changed(50, 100, 200)
    assert low < -2.0 and 0.0 < middle < 2.0 and 4.0 < high < 6.0
