import numpy as np
import pytest

from dawg_ai.dsp import math

EXTENDED = np.longdouble
RANDOM = np.random.default_rng(1)
COUNT = 20_000

pytestmark = pytest.mark.skipif(np.finfo(EXTENDED).eps > 1e-18, reason="no extended precision to compare with")


def worst(function, reference, x):
    ours = np.array([function(float(each)) for each in x])
    true = reference(x.astype(EXTENDED))
    return float(np.max(np.abs((ours - true) / true)))


@pytest.mark.parametrize(
    "function, reference, low, high, bound",
    [
        (math.exp, np.exp, -700, 709, 1.4e-16),
        (math.exp, np.exp, -2, 2, 1.4e-16),
        (math.sin, np.sin, -1e4, 1e4, 1.4e-16),
        (math.sin, np.sin, 0, 3.14159, 1.4e-16),
        (math.cos, np.cos, -1e4, 1e4, 1.4e-16),
        (math.cos, np.cos, 0, 3.14159, 1.4e-16),
        (math.log, np.log, 0.5, 2, 1.4e-16),
        (math.log2, np.log2, 0.5, 2, 1.4e-16),
        (math.log10, np.log10, 0.5, 2, 1.4e-16),
        (math.tanh, np.tanh, -20, 20, 2.7e-16),
        (math.tanh, np.tanh, -1, 1, 2.7e-16),
        (math.amplitude, lambda x: EXTENDED(10) ** (x / 20), -120, 120, 1.4e-16),
    ],
)
def test_error_is_below_its_bound(function, reference, low, high, bound):
    assert worst(function, reference, RANDOM.uniform(low, high, COUNT)) < bound


@pytest.mark.parametrize("name", ["log", "log2", "log10"])
def test_logarithms_of_all_sizes(name):
    x = np.exp(RANDOM.uniform(-700, 700, COUNT))
    assert worst(getattr(math, name), getattr(np, name), x) < 1.4e-16


@pytest.mark.parametrize("exponent", [-3.0, 0.4996667741545416, 2.37])
def test_power(exponent):
    x = np.exp(RANDOM.uniform(-6, 6, COUNT))
    assert worst(lambda v: math.power(v, exponent), lambda v: v ** EXTENDED(exponent), x) < 2.2e-16


def test_a_worse_function_would_be_noticed():
    assert worst(lambda x: float(np.float32(math.exp(x))), np.exp, RANDOM.uniform(-2, 2, COUNT)) > 1e-9


def test_powers_of_two_and_ten_are_exact():
    assert [math.log2(2.0**k) for k in range(-1074, 1024)] == list(range(-1074, 1024))
    assert [math.log10(10.0**k) for k in range(23)] == list(range(23))
    assert [math.exp(0.0), math.cos(0.0), math.sin(0.0), math.tanh(0.0), math.amplitude(0.0)] == [1, 1, 0, 0, 1]
    assert math.decibels(1.0) == 0.0


@pytest.mark.parametrize("function", [math.exp, math.log, math.log2, math.sin, math.cos, math.tanh, math.amplitude])
def test_not_a_number_stays_one(function):
    assert np.isnan(function(float("nan")))


def test_the_ends():
    infinity = float("inf")
    assert (math.exp(infinity), math.exp(-infinity), math.exp(800.0)) == (infinity, 0.0, infinity)
    assert (math.log(infinity), math.log(0.0)) == (infinity, -infinity)
    assert np.isnan(math.log(-1.0)) and np.isnan(math.power(-1.0, 2.0))
    assert (math.tanh(infinity), math.tanh(-infinity)) == (1.0, -1.0)
    assert math.exp(709.7) == pytest.approx(np.exp(709.7), rel=1e-15)
    assert math.log(5e-324) == np.log(5e-324)


def test_finite_lets_audio_through():
    assert [math.finite(x) for x in (0.5, -2.0, 0.0, 1e10)] == [0.5, -2.0, 0.0, 1e10]
    assert [math.finite(x) for x in (float("nan"), float("inf"), -float("inf"), 1e31)] == [0, 0, 0, 0]
