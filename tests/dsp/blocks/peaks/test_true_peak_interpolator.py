import numpy as np
import pytest
from scipy.signal import resample

from dawg_ai.dsp.blocks.peaks.true_peak_interpolator import REACH, raise_to_peaks
from dawg_ai.dsp.meters.true_peak import HALF_TAPS, design

TAPS = np.zeros((7, 16), np.float32)
design(TAPS)


def peaks_of(x, least=0.0):
    count = len(x) - REACH
    peaks, sums = np.zeros(-(-count // 16) * 16, np.float32), np.zeros((7, 16), np.float32)
    raise_to_peaks(np.pad(x, (0, 16)).astype(np.float32), TAPS, least, peaks, sums)
    return peaks[:count]


@pytest.mark.parametrize("hz, worst_db", [(997, 0.02), (10_000, 0.06), (15_000, 0.09), (19_000, 0.15)])
def test_the_peak_of_a_sine_is_found_whatever_its_phase(hz, worst_db):
    """Eight times oversampled, a sine's peak may lie by a sixteenth of a sample beside a point."""
    for phase in np.linspace(0, np.pi, 15):
        found = peaks_of(np.sin(2 * np.pi * hz / 44_100 * np.arange(2000) + phase)).max()
        assert -worst_db < 20 * np.log10(found) < 0.02


def test_a_peak_stands_where_it_is():
    """Between the samples 500 and 501, seen from the first of which all neighbours are given."""
    time = np.arange(1000) - 500.4
    found = peaks_of(np.sinc(0.5 * time))
    assert found.argmax() == 500 - (HALF_TAPS - 1)
    assert found.max() == pytest.approx(1, abs=0.003)


def test_peaks_are_those_of_an_eightfold_resampling():
    rng = np.random.default_rng(3)
    spectrum = np.zeros(1025, complex)
    spectrum[1:880] = rng.standard_normal(879) + 1j * rng.standard_normal(879)  # up to 19 kHz
    x = np.fft.irfft(spectrum)
    x /= np.abs(x).max()
    true = np.abs(resample(x, 8 * len(x))).reshape(-1, 8).max(1)
    np.testing.assert_allclose(peaks_of(x), true[HALF_TAPS - 1 : len(x) - HALF_TAPS], atol=0.006)


def test_no_peak_above_what_is_asked_for_is_left_out():
    """In samples whose signs are those of the middle phase's taps, so that what is between is as high as can be."""
    worst = np.zeros(500)
    worst[200:232] = np.sign(np.concatenate([TAPS[6][::-1], TAPS[6]]))
    highest = peaks_of(worst).max()
    assert highest == pytest.approx(2 * np.abs(TAPS[6]).sum(), rel=1e-6)
    assert peaks_of(worst, 0.999 * highest).max() == highest


def test_only_what_is_surely_lower_is_left_out():
    rng = np.random.default_rng(4)
    x = rng.standard_normal(20_000) * np.exp(-8 * (np.arange(20_000) % 5000) / 5000)
    every, high = peaks_of(x), peaks_of(x, 1.5)
    np.testing.assert_array_equal(np.maximum(high, 1.5), np.maximum(every, 1.5))
    assert 0.5 < np.mean(high == 0) < 0.9
