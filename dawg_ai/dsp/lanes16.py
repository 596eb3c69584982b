"""SIMD vectors of sixteen float32: as `dawg_ai.dsp.lanes`, for sixteen signals, or sixteen samples of one, at once.

One register where the processor has 512-bit ones, else several; WebAssembly takes four. The bits are the same.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, register_model, type_callable

from dawg_ai.dsp import lanes
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


class _SixteenType(lanes._LanesType):
    def __init__(self) -> None:
        types.Type.__init__(self, name="Sixteen")
        self.vector = ir.VectorType(ir.FloatType(), int(LANES))


register_model(_SixteenType)(lanes._LanesModel)
lanes._compile_operator(operator.truediv, "fdiv")
_SIXTEEN = _SixteenType()
lanes._compile_memory(load16, store16, _SIXTEEN)


@type_callable(spread16)  # type: ignore[untyped-decorator]
def _spread_type(_context: Any) -> Callable[..., Any]:
    return lambda value: _SIXTEEN


@lower_builtin(spread16, types.float32)  # type: ignore[untyped-decorator]
def _spread_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return lanes._spread(builder, arguments[0], _SIXTEEN.vector)


@type_callable(clip16)  # type: ignore[untyped-decorator]
def _clip_type(_context: Any) -> Callable[..., Any]:
    return lambda sixteen, limit: _SIXTEEN


@lower_builtin(clip16, _SixteenType, types.float32)  # type: ignore[untyped-decorator]
def _clip_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    held, limit = arguments
    for edge, outside in ((limit, ">"), (builder.fneg(limit), "<")):
        bound = lanes._spread(builder, edge, _SIXTEEN.vector)
        held = builder.select(builder.fcmp_ordered(outside, held, bound), bound, held)
    return held


@type_callable(any_beyond16)  # type: ignore[untyped-decorator]
def _beyond_type(_context: Any) -> Callable[..., Any]:
    return lambda sixteen, limit: types.boolean


@lower_builtin(any_beyond16, _SixteenType, types.float32)  # type: ignore[untyped-decorator]
def _beyond_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    values, limit = arguments
    above = builder.fcmp_ordered(">", values, lanes._spread(builder, limit, _SIXTEEN.vector))
    below = builder.fcmp_ordered("<", values, lanes._spread(builder, builder.fneg(limit), _SIXTEEN.vector))
    each = builder.bitcast(builder.or_(above, below), ir.IntType(int(LANES)))
    return builder.icmp_unsigned("!=", each, each.type(0))
