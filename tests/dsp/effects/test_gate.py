import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.gate import EFFECT

RATE = 48_000
NOISE = (0.3 * np.random.default_rng(1).standard_normal((2, 24_000))).astype(np.float32)
QUICK = {
    "threshold_db": -30,
    "ratio": 3,
    "knee_db": 0,
    "range_db": 40,
    "attack_ms": 0.1,
    "hold_ms": 0,
    "release_ms": 5,
}


def gated(audio, values, key=None, rate=RATE):
    return Processor(EFFECT, rate, values, len(audio)).process(audio, key)


def gains_db(values, key):
    sound = np.full_like(key, 0.1)
    return 20 * np.log10(gated(sound, values, key) / sound)[0]


def steady(*levels_db, seconds=0.5):
    return np.repeat(10.0 ** (np.array(levels_db) / 20), int(seconds * RATE))[None].astype(np.float32)


@pytest.mark.parametrize("knee_db", [0, 12])
def test_static_curve_is_a_downward_expander_with_a_range(knee_db):
    levels = np.arange(-80, 6, 2.5)
    measured = gains_db(QUICK | {"knee_db": knee_db}, steady(*levels, seconds=0.3))[14_399::14_400]
    under = -30 - levels
    bend = np.clip(under + knee_db / 2, 0, knee_db) ** 2 / (2 * knee_db) if knee_db else 0
    true = -np.minimum(2 * (bend + np.maximum(under - knee_db / 2, 0)), 40)
    np.testing.assert_allclose(measured, true, atol=2e-5)


@pytest.mark.parametrize("attack_ms, release_ms", [(1, 100), (50, 200), (80, 20)])
def test_it_opens_in_the_attack_and_closes_in_the_release(attack_ms, release_ms):
    gain = gains_db(QUICK | {"attack_ms": attack_ms, "release_ms": release_ms}, steady(-70, 0, -70, seconds=2))
    opened = gain[2 * RATE + round(attack_ms * RATE / 1000) - 1]
    closed = gain[4 * RATE + round(release_ms * RATE / 1000) - 1]
    assert opened == pytest.approx(-40 * np.exp(-1), abs=4e-3)
    assert closed == pytest.approx(-40 * (1 - np.exp(-1)), abs=4e-3)


@pytest.mark.parametrize("hold_ms", [1, 40, 250])
@pytest.mark.parametrize("rate", [8_000, 48_000, 192_000])
def test_it_stays_open_for_the_hold_time(hold_ms, rate):
    key = np.full((1, 2 * rate // 3), 1e-4, np.float32)
    key[0, rate // 10] = 1
    sound = np.full_like(key, 0.1)
    gain = 20 * np.log10(gated(sound, QUICK | {"hold_ms": hold_ms, "release_ms": 50}, key, rate)[0] / 0.1)
    closing = rate // 10 + 1 + np.flatnonzero(np.diff(gain[rate // 10 :]) < 0)[0]
    assert closing == rate // 10 + round(hold_ms * rate / 1000) + 1


def test_a_hold_time_turned_while_it_holds_is_survived():
    processor = Processor(EFFECT, RATE, QUICK | {"hold_ms": 250}, 2)
    for hold_ms in (250, 3, 0, 120, 1):
        processor.turn(QUICK | {"hold_ms": hold_ms})
        assert np.isfinite(processor.process(NOISE[:, :5000])).all()
    np.testing.assert_allclose(processor.process(0 * NOISE + np.float32(0.5))[:, -1], 0.5, rtol=1e-6)


def test_what_is_loud_passes_and_what_is_quiet_does_not():
    loud, quiet = NOISE[:, 4000:8000], NOISE[:, :4000] * np.float32(0.001)
    values = QUICK | {"hold_ms": 20, "release_ms": 50}
    np.testing.assert_allclose(gated(np.hstack([loud, loud]), values)[:, 4000:], loud, rtol=1e-3, atol=1e-6)
    rest = gated(np.hstack([quiet, quiet, quiet]), values)[:, 8000:]
    assert np.abs(rest).max() < 0.02 * np.abs(quiet).max()


@pytest.mark.parametrize("values", [{"ratio": 1}, {"range_db": 0}])
def test_without_anything_to_do_every_sample_is_left_alone(values):
    np.testing.assert_array_equal(gated(NOISE, QUICK | values), NOISE)


def test_a_key_opens_it_and_its_filter_is_a_butterworth_high_pass():
    quiet = NOISE * np.float32(0.001)
    key = np.zeros_like(quiet)
    key[:, 12_000:] = NOISE[:, 12_000:] * np.float32(0.05)
    out = gated(quiet, QUICK | {"hold_ms": 100}, key)
    assert np.abs(out[:, 8000:12_000]).max() < 0.02 * np.abs(quiet).max()
    filtered = sosfilt(butter(2, 400, "high", fs=RATE, output="sos"), key).astype(np.float32)
    inside = gated(NOISE, QUICK | {"sidechain_hz": 400}, key)
    np.testing.assert_allclose(inside, gated(NOISE, QUICK, filtered), atol=2e-7)


def test_look_ahead_is_the_reported_delay_of_the_sound_alone():
    values = QUICK | {"lookahead_ms": 5}
    assert Processor(EFFECT, RATE, values, 2).latency_samples == 240
    late = np.pad(NOISE, ((0, 0), (240, 0)))[:, : NOISE.shape[1]]
    np.testing.assert_array_equal(gated(NOISE, values), gated(late, QUICK, NOISE))


def test_no_ratio_is_nothing_to_do_while_it_is_turned_to_either():
    """Above the threshold nothing moves, on whichever side of it a ratio of 1 : 1 counts."""
    processor = Processor(EFFECT, RATE, QUICK | {"hold_ms": 50}, 2)
    loud = np.full((2, 2000), 0.5, np.float32)
    processor.process(loud)
    for ratio in (1, 3):
        processor.turn(QUICK | {"hold_ms": 50, "ratio": ratio})
        np.testing.assert_allclose(processor.process(loud), loud, rtol=1e-6)
