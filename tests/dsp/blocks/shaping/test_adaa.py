import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import spence

from dawg_ai.dsp.blocks.shaping import adaa
from dawg_ai.dsp.math import tanh


def mean_by_quadrature(curve, x, y, z):
    """The mean over the triangle of mixtures, as a mean over one edge of means over lines, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    nodes, weights = (nodes + 1) / 2, weights / 2
    s, t = np.meshgrid(nodes, nodes)
    mixed = x + s * (y - x) + s * t * (z - y)  # s is the share of y and z together; its density is 2 s
    return float((2 * s * curve(mixed) * np.outer(weights, weights)).sum())


def mean_of_tanh(x, y, z):
    if adaa.needs_series(x, y, z):
        return adaa.mean_of_tanh_series(x, y, z)
    return adaa.mean_of_tanh(x, y, z, *(adaa.twice_integrated_tanh(v) for v in (x, y, z)))


@pytest.mark.parametrize("spread", [0, 1e-6, 1e-3, 0.03, 0.0499, 0.0501, 0.2, 1.0, 5.0])
def test_mean_of_tanh_is_that_of_an_integral(spread):
    rng = np.random.default_rng(1)
    for _ in range(30):
        x, y, z = (float(v) for v in rng.uniform(-3, 3) + spread * rng.uniform(-0.5, 0.5, 3))
        for three in ((x, y, z), (z, y, x), (x, y, x), (x, x, z), (x, y, y + 1e-9)):
            assert mean_of_tanh(*three) == pytest.approx(mean_by_quadrature(np.tanh, *three), abs=1e-10)


@pytest.mark.parametrize("spread", [0.1, 1.0, 5.0])
def test_mean_of_clipped_is_that_of_an_integral(spread):
    rng = np.random.default_rng(2)
    for _ in range(30):
        x, y, z = (float(v) for v in rng.uniform(-2, 2) + spread * rng.uniform(-0.5, 0.5, 3))
        true = mean_by_quadrature(lambda v: np.clip(v, -1, 1), x, y, z)
        assert adaa.mean_of_hard_clip(x, y, z) == pytest.approx(true, abs=2e-4 * spread)  # quadrature at a corner


def test_equal_samples_give_the_curve_itself():
    for v in (-3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 1.5):
        assert adaa.mean_of_hard_clip(v, v, v) == np.clip(v, -1, 1)
        assert mean_of_tanh(v, v, v) == tanh(v)  # so that silence with a bias stays silence
        assert adaa.mean_of_hard_clip(v, v + 1e-300, v) == pytest.approx(np.clip(v, -1, 1), abs=1e-15)


@pytest.mark.parametrize("x", [-20.0, -1.0, 0.0, 0.01, 0.7, 3.0, 12.0])
def test_second_antiderivative(x):
    size = abs(x)
    closed = 0.5 * size * size - size * np.log(2) + np.pi**2 / 24 + 0.5 * spence(1 + np.exp(-2 * size))
    assert adaa.twice_integrated_tanh(x) == pytest.approx(np.copysign(closed, x), abs=1e-13)
    true, _ = quad(lambda v: np.logaddexp(v, -v) - np.log(2), 0, x, epsabs=1e-13)
    assert adaa.twice_integrated_tanh(x) == pytest.approx(true, abs=1e-11)
