import numpy as np
import pytest

from dawg_ai.dsp.blocks.spectra import circular_convolution

RNG = np.random.default_rng(9)


def convolved(
    z, taps, transform_filter=circular_convolution.transform_filter, convolve=circular_convolution.convolve
):
    size, tables = len(z), circular_convolution.twiddles(len(z))
    bins = np.zeros((2, size))
    bins[0, : len(taps)] = taps
    transform_filter(*bins, *tables)
    numbers = np.array([z.real, z.imag])
    convolve(*numbers, *bins, *tables)
    return numbers[0] + 1j * numbers[1]


def noise(size):
    parts = RNG.standard_normal((2, size))
    return parts[0] + 1j * parts[1]


@pytest.mark.parametrize("size", [4**k for k in range(5, 10)])
def test_equals_the_product_of_numpys_transforms(size):
    z, taps = noise(size), RNG.standard_normal(size // 2)
    true = np.fft.ifft(np.fft.fft(z) * np.fft.fft(taps, size))
    assert np.abs(convolved(z, taps) - true).max() < 2e-15 * np.abs(true).max()


def test_a_filter_of_one_late_tap_turns_the_block_round():
    z, taps = noise(4096), np.zeros(4096)
    taps[5] = 0.5
    np.testing.assert_allclose(convolved(z, taps), 0.5 * np.roll(z, 5), atol=1e-14)


def test_interpreted_equals_compiled():
    z, taps = noise(4096), RNG.standard_normal(300)
    interpreted = convolved(
        z, taps, circular_convolution.transform_filter.py_func, circular_convolution.convolve.py_func
    )
    np.testing.assert_array_equal(interpreted, convolved(z, taps))
