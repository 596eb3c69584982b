import numpy as np
import pytest

from dawg_ai.dsp.blocks.spectra import fft


def transformed(z):
    size = len(z)
    tables = np.zeros((2, size // 4))
    fft.prepare(size, *tables)
    re, im = np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag)
    fft.transform(size, re, im, np.zeros(size), np.zeros(size), *tables)
    return re + 1j * im


@pytest.mark.parametrize("size", [2**k for k in range(4, 16)])
def test_equals_numpy(size):
    z = np.random.default_rng(size).standard_normal((2, size))
    z = z[0] + 1j * z[1]
    true = np.fft.fft(z)
    assert np.abs(transformed(z) - true).max() < 1e-15 * np.abs(true).max()


def test_an_impulse_has_every_frequency():
    impulse = np.zeros(64, complex)
    impulse[3] = 1.0
    np.testing.assert_allclose(np.abs(transformed(impulse)), 1.0, rtol=1e-15)


def test_interpreted_equals_compiled():
    z = np.exp(1j * np.arange(256.0))
    tables = np.zeros((2, 64))
    fft.prepare.py_func(256, *tables)
    re, im = z.real.copy(), z.imag.copy()
    fft.transform.py_func(256, re, im, np.zeros(256), np.zeros(256), *tables)
    np.testing.assert_array_equal(re + 1j * im, transformed(z))


def test_two_real_signals_in_one_transform():
    a, b = np.random.default_rng(12).standard_normal((2, 1024))
    z = transformed(a + 1j * b)
    powers = np.ones(513)
    fft.add_powers(1024, np.ascontiguousarray(z.real), np.ascontiguousarray(z.imag), powers)
    expected = 1 + 2 * (np.abs(np.fft.rfft(a)) ** 2 + np.abs(np.fft.rfft(b)) ** 2)
    np.testing.assert_allclose(powers, expected, rtol=1e-12)
