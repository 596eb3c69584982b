"""SIMD vectors of float64: `pair` for the two channels of stereo, `load4` and `store4` for arrays.

Kernels read like scalar code (`y = b0 * v + p`) and every lane gets the bits that scalar code would have got: nothing
is fused or reordered. Interpreted, `Lanes` is an ordinary Python object that a debugger can step through; compiled
(`dawg_ai.dsp.jit.lanes`), it is LLVM's `<2 x double>` or `<4 x double>`, which WebAssembly has too.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from dawg_ai.dsp.kernel import F32, F64

Index: TypeAlias = Any  # an int or, compiled, an unsigned one


class Lanes:
    """Values with elementwise +, - and *; a plain float acts on all of them."""

    def __init__(self, *values: float) -> None:
        self.values = tuple(float(value) for value in values)

    def _with(self, other: "Lanes | float", act: Callable[[float, float], float]) -> "Lanes":
        others = other.values if isinstance(other, Lanes) else (float(other),) * len(self.values)
        return Lanes(*map(act, self.values, others))

    def __add__(self, other: "Lanes | float") -> "Lanes":
        return self._with(other, operator.add)

    def __sub__(self, other: "Lanes | float") -> "Lanes":
        return self._with(other, operator.sub)

    def __rsub__(self, other: float) -> "Lanes":
        return Lanes(*(float(other) - value for value in self.values))

    def __mul__(self, other: "Lanes | float") -> "Lanes":
        return self._with(other, operator.mul)

    __radd__, __rmul__ = __add__, __mul__


def pair(left: float, right: float) -> Lanes:
    """Two lanes.

    >>> (pair(1.0, 2.0) * 3.0).values
    (3.0, 6.0)
    """
    return Lanes(left, right)


def left(lanes: Lanes) -> float:
    """The first of two lanes."""
    return lanes.values[0]


def right(lanes: Lanes) -> float:
    """The second of two lanes."""
    return lanes.values[1]


def join(low: Lanes, high: Lanes) -> Lanes:
    """Four lanes of two pairs.

    >>> join(pair(1.0, 2.0), pair(3.0, 4.0)).values
    (1.0, 2.0, 3.0, 4.0)
    """
    return Lanes(*low.values, *high.values)


def low(lanes: Lanes) -> Lanes:
    """The first pair of four lanes."""
    return Lanes(*lanes.values[:2])


def high(lanes: Lanes) -> Lanes:
    """The second pair of four lanes."""
    return Lanes(*lanes.values[2:])


def highest(a: Any, b: Any) -> Any:
    """The maximum of two floats, or of each lane.

    >>> highest(pair(1.0, 2.0), pair(0.0, 3.0)).values
    (1.0, 3.0)
    """
    return Lanes(*map(max, a.values, b.values)) if isinstance(a, Lanes) else max(a, b)


def load4(array: F64 | F32, start: Index) -> Lanes:
    """Four consecutive values of a contiguous array, from `start` on, as float64."""
    return Lanes(*array[start : start + 4])


def store4(array: F64 | F32, start: Index, lanes: Lanes) -> None:
    """Store four lanes to a contiguous array, from `start` on."""
    array[start : start + 4] = lanes.values
