"""The matched filters beside their analogue prototypes, straight from the transfer functions in s."""

from itertools import product

import numpy as np
import pytest

from dawg_ai.dsp.blocks.filters import biquad, matched
from dawg_ai.dsp.blocks.filters.biquad import KINDS

RATE = 44_100.0
TONES_HZ = np.geomspace(20, 20_000, 400)
CENTERS_HZ = (50.0, 200.0, 1000.0, 5000.0, 10_000.0, 16_000.0, 20_000.0)
QS = (0.3, 0.5, 0.707, 1.0, 2.0, 4.0, 8.0, 10.0)
GAINS_DB = (-18.0, -12.0, -6.0, -3.0, 3.0, 6.0, 12.0, 18.0)


def analogue_db(kind, hz, db, q, tones):
    """The prototypes of the Audio EQ Cookbook."""
    s, a = 1j * tones / hz, 10 ** (db / 40)
    root = np.sqrt(a) / q
    above, below = {
        "low shelf": (a * (s * s + root * s + a), a * s * s + root * s + 1),
        "bell": (s * s + s * a / q + 1, s * s + s / (a * q) + 1),
        "high shelf": (a * (a * s * s + root * s + 1), s * s + root * s + a),
        "low pass": (1, s * s + s / q + 1),
        "high pass": (s * s, s * s + s / q + 1),
        "band pass": (s / q, s * s + s / q + 1),
        "notch": (s * s + 1, s * s + s / q + 1),
    }[kind]
    return 20 * np.log10(np.abs(above / below) + 1e-30)


def designed(design, kind, hz, db, q, rate=RATE):
    row = np.zeros(5)
    design(float(KINDS.index(kind)), hz, db, q, rate, row)
    return row


def response_db(row, tones, rate=RATE):
    z = np.exp(-2j * np.pi * tones / rate)
    return 20 * np.log10(np.abs((row[0] + z * (row[1] + z * row[2])) / (1 + z * (row[3] + z * row[4]))) + 1e-30)


def error_db(design, kind, hz, db, q, rate=RATE, tones=TONES_HZ):
    """The largest difference from the analogue, where that is above -30 dB."""
    true = analogue_db(kind, hz, db, q, tones)
    return np.abs(response_db(designed(design, kind, hz, db, q, rate), tones, rate) - true)[true > -30].max(
        initial=0.0
    )


def errors_db(design, kind, qs=QS, gains=(0.0,)):
    return [error_db(design, kind, *setting) for setting in [(f, g, q) for f, q, g in product(CENTERS_HZ, qs, gains)]]


def test_448_bells():
    errors = errors_db(matched.design, "bell", gains=GAINS_DB)
    assert len(errors) == 448
    assert np.percentile(errors, 95) < 1.1 and max(errors) < 2.0 and np.median(errors) < 0.06
    assert np.percentile(errors_db(biquad.design, "bell", gains=GAINS_DB), 95) > 9


def test_a_bell_at_16_khz():
    assert error_db(matched.design, "bell", 16_000.0, 12.0, 1.0) < 0.63
    assert error_db(biquad.design, "bell", 16_000.0, 12.0, 1.0) > 8


@pytest.mark.parametrize(
    "kind, qs, gains, bar, cookbook",
    [
        ("low shelf", (0.1, 0.3, 0.5, 0.707, 1.0), GAINS_DB, 0.29, 7.0),
        ("high shelf", (0.1, 0.3, 0.5, 0.707, 1.0), GAINS_DB, 0.29, 7.0),
        ("low shelf", (2.0,), GAINS_DB, 0.98, 11.0),
        ("high shelf", (2.0,), GAINS_DB, 0.98, 11.0),
        ("low shelf", (4.0,), GAINS_DB, 3.4, 17.0),
        ("low pass", (0.5, 0.707, 1.0, 2.0, 4.0, 8.0), (0.0,), 1.75, 20.0),
        ("high pass", (0.5, 0.707, 1.0), (0.0,), 2.3, 9.0),
        ("high pass", (2.0, 4.0, 8.0), (0.0,), 6.9, 15.0),
        ("band pass", (0.5, 0.707, 1.0, 2.0, 4.0, 8.0), (0.0,), 3.0, 15.0),
        ("notch", (2.0, 4.0, 8.0, 10.0), (0.0,), 3.7, 17.0),
    ],
)
def test_worst_of_every_other_kind(kind, qs, gains, bar, cookbook):
    """`bar` is what is reached, a hundredth or so above; the cookbook's worst is above `cookbook`."""
    worst = max(errors_db(matched.design, kind, qs, gains))
    assert 0.9 * bar < worst < bar
    assert max(errors_db(biquad.design, kind, qs, gains)) > cookbook


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", [8000.0, 44_100.0, 192_000.0])
def test_zeros_and_poles_are_inside_the_unit_circle(kind, rate):
    for hz, q, db in product((20.0, 500.0, 2500.0, 3200.0, 14_000.0, 18_000.0), (*QS, 20.0), (-18.0, 0.1, 6.0, 18.0)):
        row = designed(matched.design, kind, hz, db, q, rate)
        assert np.isfinite(row).all() and np.abs(np.roots([1, *row[3:]])).max() < 1
        if kind in ("low shelf", "bell", "high shelf"):
            assert np.abs(np.roots(row[:3])).max() < 1


@pytest.mark.parametrize("kind", ["low shelf", "bell", "high shelf", "low pass", "high pass", "band pass", "notch"])
def test_at_20_hz_of_192_khz_no_digits_are_lost(kind):
    for q, db in product((0.1, 0.707, 10.0), (-18.0, 18.0)):
        assert error_db(matched.design, kind, 20.0, db, q, 192_000.0) < 0.02


@pytest.mark.parametrize("kind", ["low shelf", "bell", "high shelf"])
def test_a_cut_is_its_boost_upside_down(kind):
    for hz, q in product(CENTERS_HZ, QS):
        up, down = (response_db(designed(matched.design, kind, hz, db, q), TONES_HZ) for db in (9.0, -9.0))
        np.testing.assert_allclose(up, -down, atol=1e-6)


@pytest.mark.parametrize("kind", ["low shelf", "bell", "high shelf"])
def test_zero_decibels_are_the_identity(kind):
    np.testing.assert_array_equal(designed(matched.design, kind, 3000.0, 0.0, 1.0), [1, 0, 0, 0, 0])


def test_all_pass_is_flat():
    assert np.abs(response_db(designed(matched.design, "all pass", 9000.0, 0.0, 2.0), TONES_HZ)).max() < 1e-9


def test_a_hundredth_of_a_decibel_would_be_noticed():
    row = designed(matched.design, "bell", 1000.0, 6.0, 1.0)
    true = analogue_db("bell", 1000.0, 6.01, 1.0, TONES_HZ)
    assert 0.005 < np.abs(response_db(row, TONES_HZ) - true).max() < 0.03
