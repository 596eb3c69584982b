"""Eight lanes compiled are eight lanes interpreted."""

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, transpose8, upwards8


@kernel
def through_all(rows: F64, small: F32, first: float) -> None:
    zero = np.uintp(0)
    v = transpose8(
        load8(rows[0], zero), load8(rows[1], zero), load8(rows[2], zero), load8(rows[3], zero),
        load8(rows[4], zero), load8(rows[5], zero), load8(rows[6], zero), load8(rows[7], zero),
    )  # fmt: skip
    store8(rows[0], zero, v[1])
    store8(rows[1], zero, v[6] * upwards8(first) - load8(small, zero))
    store8(small, EIGHT, 0.1 * v[3] + v[7])


def test_compiled_lanes_are_interpreted_lanes():
    rng = np.random.default_rng(3)
    rows, small = rng.standard_normal((8, 8)), rng.standard_normal(16).astype(np.float32)
    interpreted, compiled = [(rows.copy(), small.copy()) for _ in range(2)]
    through_all.py_func(*interpreted, 0.3)
    through_all(*compiled, 0.3)
    for one, other in zip(interpreted, compiled, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(compiled[0][0], rows[:, 1])
