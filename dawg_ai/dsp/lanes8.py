"""SIMD vectors of eight float64: as `dawg_ai.dsp.lanes`, for eight signals, or eight samples of one, at once.

One register where the processor has 512-bit ones, else several; WebAssembly takes four. The bits are the same.
Arrays may be of float64, or of float32, which is widened when loaded and rounded when stored. Most functions of such
kernels also take floats in place of vectors: that is how the rest of a block that is no multiple of eight is done.
"""

from typing import Any, TypeAlias

import numpy as np

from dawg_ai.dsp.kernel import F32, F64
from dawg_ai.dsp.lanes import Index, Lanes

EIGHT = np.uintp(8)

Rows: TypeAlias = tuple[Any, Any, Any, Any, Any, Any, Any, Any]  # eight times lanes, or eight floats


def load8(array: F64 | F32, start: Index) -> Any:
    """Eight consecutive values of a contiguous array, from `start` on."""
    return Lanes(*array[start : start + EIGHT])


def store8(array: F64 | F32, start: Index, lanes: Any) -> None:
    """Store eight lanes to a contiguous array, from `start` on."""
    array[start : start + EIGHT] = lanes.values


def upwards8(first: float) -> Any:
    """The ramp `first`, `first` + 1, ... `first` + 7 (an iota).

    >>> upwards8(3.0).values
    (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
    """
    return Lanes(*(first + k for k in range(8)))


def transpose8(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Rows:
    """Transpose eight vectors as an 8 by 8 matrix.

    >>> rows = transpose8(*(upwards8(float(10 * k)) for k in range(8)))
    >>> rows[1].values
    (1.0, 11.0, 21.0, 31.0, 41.0, 51.0, 61.0, 71.0)
    """
    rows = zip(a.values, b.values, c.values, d.values, e.values, f.values, g.values, h.values, strict=True)
    a, b, c, d, e, f, g, h = (Lanes(*row) for row in rows)
    return a, b, c, d, e, f, g, h
