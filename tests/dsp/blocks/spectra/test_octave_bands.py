import numpy as np
import pytest

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ, band_powers

EDGES_HZ = 31.25 * 2.0 ** ((np.arange(BANDS + 1) - 0.5) / 6)


def reference(power, bin_hz, highest_hz):
    """Differences of the running sum, whose steps are made ramps as wide as a bin."""
    edges = np.arange(len(power) + 1) - 0.5
    running = np.interp(EDGES_HZ / bin_hz, edges, np.concatenate([[0], np.cumsum(power)]))
    return np.where(EDGES_HZ[1:] <= highest_hz, np.diff(running), 0.0)


def banded(power, bin_hz, highest_hz):
    bands = np.zeros(BANDS)
    band_powers(power, bin_hz, highest_hz, bands)
    return bands


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("size", [2048, 8192, 32_768])
def test_equals_the_reference(rate, size):
    power = np.random.default_rng(3).exponential(size=size // 2 + 1)
    expected = reference(power, rate / size, rate / 2)
    np.testing.assert_allclose(banded(power, rate / size, rate / 2), expected, rtol=1e-9, atol=1e-9)


def test_centers():
    assert CENTERS_HZ[0] == 31.25 and CENTERS_HZ[30] == 1000 and CENTERS_HZ[54] == 16_000


def test_equal_density_gives_power_in_proportion_to_width():
    bands = banded(np.ones(4097), 44_100 / 8192, 22_050.0)
    np.testing.assert_allclose(bands * 44_100 / 8192, np.diff(EDGES_HZ), rtol=1e-12)


@pytest.mark.parametrize("band", [20, 30, 54])
def test_a_line_lands_in_its_band(band):
    power = np.zeros(4097)
    power[round(CENTERS_HZ[band] * 8192 / 44_100)] = 1.0
    bands = banded(power, 44_100 / 8192, 22_050.0)
    assert bands[band] == pytest.approx(1.0) and np.delete(bands, band).sum() == pytest.approx(0.0)


def test_nothing_above_half_the_sample_rate():
    bands = banded(np.ones(1025), 8_000 / 2048, 4_000.0)
    assert (bands[EDGES_HZ[1:] > 4_000] == 0).all() and (bands[EDGES_HZ[1:] <= 4_000] > 0).all()
