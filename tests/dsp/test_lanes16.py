"""Sixteen lanes compiled are sixteen lanes interpreted."""

import numpy as np
import pytest

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes16 import LANES, any_beyond16, clip16, load16, spread16, store16


@kernel
def through_all(x: F32, by: np.float32) -> None:
    zero = np.uintp(0)
    v, w = load16(x, zero), load16(x, LANES)
    store16(x, zero, (v + w * by - v * w) / spread16(by))
    store16(x, LANES, clip16(w, by))


@kernel
def beyond(x: F32, most: np.float32) -> bool:
    return any_beyond16(load16(x, np.uintp(0)), most)


def test_compiled_lanes_are_interpreted_lanes():
    x, by = np.random.default_rng(3).standard_normal(32).astype(np.float32), np.float32(0.3)
    interpreted, compiled = x.copy(), x.copy()
    through_all.py_func(interpreted, by)
    through_all(compiled, by)
    np.testing.assert_array_equal(interpreted, compiled)
    np.testing.assert_array_equal(compiled[16:], x[16:].clip(-by, by))


@pytest.mark.parametrize("lane", range(16))
@pytest.mark.parametrize("sign", [1, -1])
def test_one_lane_beyond_is_enough(lane, sign):
    x, most = np.full(16, -0.5, np.float32), np.float32(0.5)
    x[lane] = sign * np.nextafter(most, np.float32(1))
    assert beyond(x, most) and beyond.py_func(x, most)
    x[lane] = sign * most
    assert not beyond(x, most) and not beyond.py_func(x, most)
