import numpy as np
import pytest
from scipy.signal import freqz, sosfilt, sosfreqz

from dawg_ai.dsp.blocks.biquad import KINDS, design, response_db
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import eq
from dawg_ai.dsp.math import PI, sin

NOISE = (0.2 * np.random.default_rng(5).standard_normal((2, 20_000))).astype(np.float32)
TONES_HZ = np.geomspace(20, 20_000, 97)


def cookbook(kind, hz, db, q, rate):
    """The Audio EQ Cookbook, line by line."""
    a = 10 ** (db / 40)
    w0 = 2 * np.pi * hz / rate
    c, alpha = np.cos(w0), np.sin(w0) / (2 * q)
    root = 2 * np.sqrt(a) * alpha
    up, down = a + 1, a - 1
    return {
        "low shelf": (
            [a * (up - down * c + root), 2 * a * (down - up * c), a * (up - down * c - root)],
            [up + down * c + root, -2 * (down + up * c), up + down * c - root],
        ),
        "high shelf": (
            [a * (up + down * c + root), -2 * a * (down + up * c), a * (up + down * c - root)],
            [up - down * c + root, 2 * (down - up * c), up - down * c - root],
        ),
        "bell": ([1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]),
        "low pass": ([(1 - c) / 2, 1 - c, (1 - c) / 2], [1 + alpha, -2 * c, 1 - alpha]),
        "high pass": ([(1 + c) / 2, -1 - c, (1 + c) / 2], [1 + alpha, -2 * c, 1 - alpha]),
        "band pass": ([alpha, 0, -alpha], [1 + alpha, -2 * c, 1 - alpha]),
        "notch": ([1, -2 * c, 1], [1 + alpha, -2 * c, 1 - alpha]),
        "all pass": ([1 - alpha, -2 * c, 1 + alpha], [1 + alpha, -2 * c, 1 - alpha]),
    }[kind]


def response(kind, hz, db, q, rate, tones):
    row = np.zeros(5)
    design(float(KINDS.index(kind)), hz, db, q, rate, row)
    return np.array([response_db(row, sin(PI * f / rate) ** 2) for f in tones])


def settings(values, rate=44_100.0):
    rows = np.zeros((6, 5))
    eq.prepare(eq.EFFECT.vector(values), rate, rows)
    return rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
def test_response_is_that_of_the_cookbook(kind, rate):
    for hz in (20.0, 180.0, 1000.0, 7300.0, 20_000.0):
        for q in (0.1, 0.71, 2.5, 10.0):
            for db in (-18.0, 0.1, 12.0):
                tones = TONES_HZ[np.abs(TONES_HZ / hz - 1) > 0.01] if kind == "notch" else TONES_HZ
                true = 20 * np.log10(np.abs(freqz(*cookbook(kind, hz, db, q, rate), worN=tones, fs=rate)[1]))
                ours = response(kind, hz, db, q, rate, tones)
                heard = true > -150  # below, the digits that cancel are freqz's
                np.testing.assert_allclose(ours[heard], true[heard], atol=1e-6, err_msg=f"{hz} Hz, Q {q}, {db} dB")


def test_a_thousandth_of_a_decibel_would_be_noticed():
    near, far = (response("bell", 1000.0, db, 1.0, 44_100.0, TONES_HZ) for db in (6.0, 6.001))
    assert np.abs(near - far).max() > 5e-4


def test_curve_is_the_response_of_all_bands_and_trim():
    rows = settings({"band1_db": 4, "band3_db": -7.5, "band3_q": 3, "band4_kind": 4, "band6_db": 6, "trim_db": -3})
    ours = np.zeros(len(TONES_HZ))
    eq.curve(rows, TONES_HZ, 44_100.0, ours)
    _, h = sosfreqz(np.insert(rows, 3, 1, axis=1), TONES_HZ, fs=44_100)
    np.testing.assert_allclose(ours, 20 * np.log10(np.abs(h)), atol=1e-6)


def test_sound_is_that_of_scipy():
    values = {"band1_db": 4, "band2_db": -9, "band3_kind": 6, "band5_kind": 3, "band6_db": 6, "trim_db": 2}
    y = Processor(eq.EFFECT, 44_100, values, channels=2).process(NOISE)
    true = sosfilt(np.insert(settings(values), 3, 1, axis=1), NOISE.astype(float))
    assert np.abs(y - true).max() < 1e-7


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_zero_decibels_leave_every_sample_alone(channels):
    audio = np.tile(NOISE[:1], (channels, 1))
    np.testing.assert_array_equal(Processor(eq.EFFECT, 44_100, {}, channels).process(audio), audio)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_channels_do_not_touch_each_other(channels):
    audio = (0.2 * np.random.default_rng(6).standard_normal((channels, 3000))).astype(np.float32)
    values = {"band1_db": 6, "band4_db": -6}
    together = Processor(eq.EFFECT, 48_000, values, channels).process(audio)
    alone = [Processor(eq.EFFECT, 48_000, values, 1).process(audio[c : c + 1])[0] for c in range(channels)]
    np.testing.assert_array_equal(together, alone)


def test_knobs_turned_between_blocks_equal_scipy_with_its_state_carried_on():
    first, second = {"band2_db": 12}, {"band2_db": -12, "band3_kind": 4, "band3_hz": 500}
    processor = Processor(eq.EFFECT, 44_100, first, channels=2)
    y = [processor.process(NOISE[:, :777])]
    processor.turn(second)
    y.append(processor.process(NOISE[:, 777:]))
    rows = [np.insert(settings(values), 3, 1, axis=1) for values in (first, second)]
    state = np.zeros((6, 2, 2))
    before, state = sosfilt(rows[0], NOISE[:, :777].astype(float), zi=state)
    after, _ = sosfilt(rows[1], NOISE[:, 777:].astype(float), zi=state)
    assert np.abs(np.hstack(y) - np.hstack([before, after])).max() < 1e-6


def test_after_a_broken_sample_the_sound_goes_on():
    audio = NOISE.copy()
    audio[0, 100], audio[1, 200] = np.nan, np.inf
    silenced = np.where(np.isfinite(audio), audio, 0).astype(np.float32)
    process = [Processor(eq.EFFECT, 44_100, {"band1_db": 6}, 2).process(x) for x in (audio, silenced)]
    np.testing.assert_array_equal(*process)


def test_no_denormals_after_the_sound_ends():
    processor = Processor(eq.EFFECT, 44_100, {f"band{i}_db": 6 for i in range(1, 7)}, channels=2)
    processor.process(NOISE)
    silence = processor.process(np.zeros((2, 400_000), np.float32))
    assert (silence[:, -1000:] == 0).all()
    state = np.abs(processor.memory["state"])
    assert state[state > 0].min() > 1e-300


def test_center_is_held_below_half_the_sample_rate():
    values = {"band6_kind": 1, "band6_hz": 20_000, "band6_db": 12}
    y = Processor(eq.EFFECT, 8_000, values, channels=2).process(NOISE)
    assert np.isfinite(y).all() and np.abs(y).max() < 10
