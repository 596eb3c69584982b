"""SIMD vectors of sixteen float32: as `dawg_ai.dsp.lanes`, for sixteen signals, or sixteen samples of one, at once.

One register where the processor has 512-bit ones, else several; WebAssembly takes four. The bits are the same.
"""

from typing import Any, TypeAlias

import numpy as np

from dawg_ai.dsp.kernel import F32

LANES = np.uintp(16)


class Sixteen:
    """Sixteen float32 with elementwise +, -, * and /; a float32 operand acts on all of them."""

    def __init__(self, values: F32) -> None:
        self.values = values

    def __add__(self, other: "Sixteen | np.float32") -> "Sixteen":
        return Sixteen(self.values + _values(other))

    def __sub__(self, other: "Sixteen | np.float32") -> "Sixteen":
        return Sixteen(self.values - _values(other))

    def __mul__(self, other: "Sixteen | np.float32") -> "Sixteen":
        return Sixteen(self.values * _values(other))

    def __truediv__(self, other: "Sixteen | np.float32") -> "Sixteen":
        return Sixteen(self.values / _values(other))


Operand: TypeAlias = Sixteen | np.float32


def _values(operand: Operand) -> Any:
    return operand.values if isinstance(operand, Sixteen) else operand


def load16(array: F32, start: Any) -> Sixteen:
    """Sixteen consecutive values of a contiguous array, from `start` on."""
    return Sixteen(array[start : start + LANES].copy())


def store16(array: F32, start: Any, sixteen: Sixteen) -> None:
    """Store them to a contiguous array, from `start` on."""
    array[start : start + LANES] = sixteen.values


def spread16(value: np.float32) -> Sixteen:
    """A vector of sixteen equal values (a splat)."""
    return Sixteen(np.full(LANES, value, np.float32))


def clip16(sixteen: Sixteen, limit: np.float32) -> Sixteen:
    """Clip each value to [-limit, limit]."""
    return Sixteen(np.maximum(np.minimum(sixteen.values, limit), -limit))


def any_beyond16(sixteen: Sixteen, limit: np.float32) -> bool:
    """Whether any absolute value is above `limit`."""
    return bool(np.any(np.abs(sixteen.values) > limit))
