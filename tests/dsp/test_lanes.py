import numpy as np

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.lanes import Lanes, high, highest, join, left, load4, low, pair, right, store4


@kernel
def mixed(a, out):
    v = load4(a, 0)
    w = join(pair(a[4], a[5]), high(v))
    store4(out, 0, 0.3 * v - w * v + (v - 0.1) * (0.7 - w))
    both = low(v) * low(w) + 2.0
    out[4], out[5] = left(both), right(both)
    store4(out, 6, highest(v, w))


def test_compiled_lanes_are_interpreted_lanes():
    a = np.random.default_rng(2).standard_normal(6)
    compiled, interpreted, plain = np.zeros(10), np.zeros(10), np.zeros(10)
    mixed(a, compiled)
    mixed.py_func(a, interpreted)
    v, w = a[:4], np.array([a[4], a[5], a[2], a[3]])
    plain[:4] = 0.3 * v - w * v + (v - 0.1) * (0.7 - w)
    plain[4:6] = v[:2] * w[:2] + 2.0
    plain[6:] = np.maximum(v, w)
    np.testing.assert_array_equal(compiled, interpreted)
    np.testing.assert_array_equal(compiled, plain)


def test_a_float_acts_on_all_lanes():
    assert (1.0 + Lanes(1, 2, 3, 4) * 2).values == (3, 5, 7, 9)
