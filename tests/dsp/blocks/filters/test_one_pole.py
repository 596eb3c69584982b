"""First-order filters against SciPy."""

import numpy as np
import pytest
from scipy.signal import bilinear, freqz, lfilter

from dawg_ai.dsp.blocks.filters import one_pole

RATE = 48_000.0
NOISE = np.random.default_rng(6).standard_normal(2000)


def run(tick, *settings):
    state, out = 0.0, []
    for v in NOISE:
        y, state = tick(float(v), *settings, state)
        out.append(y)
    return out


def test_low_pass_is_scipys():
    a, y, out = one_pole.coefficient_of_cutoff(1000.0, RATE), 0.0, []
    for v in NOISE:
        y = one_pole.low_pass(float(v), a, y)
        out.append(y)
    np.testing.assert_allclose(out, lfilter([a], [1, a - 1], NOISE), atol=1e-12)


def test_topology_preserving_low_pass_is_the_bilinear_one():
    k = np.tan(np.pi * 1000 / RATE)
    b, a = bilinear([k], [1, k], fs=0.5)
    np.testing.assert_allclose(run(one_pole.tpt_tick, one_pole.tpt_coefficient(1000.0, RATE)), lfilter(b, a, NOISE),
                               atol=1e-12)  # fmt: skip


def test_high_pass_blocks_dc_and_is_3_db_down_at_its_cutoff():
    row = np.zeros(3)
    one_pole.design_high_pass(300.0, RATE, row)
    np.testing.assert_allclose(run(one_pole.tick, one_pole.coefficients(row)), lfilter(row[:2], [1, row[2]], NOISE),
                               atol=1e-12)  # fmt: skip
    _, h = freqz(row[:2], [1, row[2]], worN=[0, 300], fs=RATE)
    np.testing.assert_allclose(np.abs(h), [0, np.sqrt(0.5)], atol=1e-12)


@pytest.mark.parametrize("low, high", [(2.0, 0.5), (1.0, 4.0)])
def test_shelf_has_its_gains_at_both_ends_and_their_mean_between(low, high):
    row = np.zeros(3)
    one_pole.design_shelf(1000.0, low, high, RATE, row)
    _, h = freqz(row[:2], [1, row[2]], worN=[0, 1000, RATE / 2], fs=RATE)
    np.testing.assert_allclose(np.abs(h), [low, np.sqrt(low * high), high], rtol=1e-12)


def test_a_time_constant_covers_63_percent():
    a, y = one_pole.coefficient(0.01, RATE), 0.0
    for _ in range(480):
        y += a * (1.0 - y)
    assert y == pytest.approx(1 - np.exp(-1), abs=1e-12)
    assert one_pole.coefficient_of_ms(10.0, RATE) == pytest.approx(a, rel=1e-14)
