"""The effects rack: are knobs set as asked, is latency compensated, does a side-chain duck?"""

import numpy as np
import pytest

from dawg_ai.compose import rack
from dawg_ai.compose.rack import RATE, equaliser, high_pass, insert


def noise(seconds=1.0, level=0.1):
    samples = round(seconds * RATE)
    return np.float32(level) * np.random.default_rng(0).standard_normal((2, samples), np.float32)


def test_an_equaliser_has_the_bands_asked_for_and_no_others():
    hz = np.array([20.0, 100.0, 1000.0, 10_000.0])
    np.testing.assert_allclose(rack.response_db(equaliser(), hz), 0.0, atol=1e-9)
    bell = rack.response_db(equaliser(("bell", 1000, 6, 4)), hz)
    np.testing.assert_allclose(bell, [0, 0, 6, 0], atol=0.05)


@pytest.mark.parametrize("order", rack.HIGH_PASS_Q)
def test_a_high_pass_is_butterworth(order):
    hz = 100.0 * np.array([0.25, 0.5, 1.0, 4.0])
    expected = -10 * np.log10(1 + (100.0 / hz) ** (2 * order))
    np.testing.assert_allclose(rack.response_db(equaliser(*high_pass(100, order)), hz), expected, atol=0.15)


def test_latency_is_compensated():
    click = np.zeros((2, 4000), np.float32)
    click[:, 2000] = 0.1
    links = insert("limiter", ceiling_db=0), insert("saturation", drive_db=0, kind="soft clip", oversampling="4x")
    out = rack.process(click, *links)
    assert out.shape == click.shape and np.abs(out).argmax(axis=1).tolist() == [2000, 2000]


def test_knobs_go_to_the_nearest_value_they_can_take():
    quiet, loud = (rack.process(noise(level=0.01), insert("limiter", drive_db=db))[0].std() for db in (0.02, 6.04))
    assert 20 * np.log10(loud / quiet) == pytest.approx(6.0, abs=0.01)


def test_a_side_chain_ducks_while_the_key_sounds():
    key = noise()
    key[:, : RATE // 2] = 0.0
    ducking = insert("compressor", threshold_db=-40, ratio=4, attack_ms=1, release_ms=20)
    quiet = noise(level=0.001)
    gain = rack.side_chain(quiet, ducking, key) / quiet
    np.testing.assert_allclose(gain[:, : RATE // 2], 1.0, rtol=1e-5)
    assert np.median(gain[:, RATE // 2 + 1000 :]) < 0.2
