"""Sixteen float32 in a row: as `dawg_ai.dsp.lanes`, for what is computed of sixteen signals at once.

One register where the processor has so wide ones, else several; WebAssembly takes four. The bits are the same.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, register_model, type_callable

from dawg_ai.dsp import lanes
from dawg_ai.dsp.kernel import F32

LANES = np.uintp(16)


class Sixteen:
    """Values that are added, subtracted and multiplied each for itself; a float32 acts on all of them."""

    def __init__(self, values: F32) -> None:
        self.values = values

    def __add__(self, other: "Sixteen") -> "Sixteen":
        return Sixteen(self.values + other.values)

    def __sub__(self, other: "Sixteen") -> "Sixteen":
        return Sixteen(self.values - other.values)

    def __mul__(self, other: "Sixteen | np.float32") -> "Sixteen":
        return Sixteen(self.values * (other.values if isinstance(other, Sixteen) else other))


def load16(array: F32, start: Any) -> Sixteen:
    """Sixteen values of a contiguous array, from `start` on."""
    return Sixteen(array[start : start + LANES].copy())


def store16(array: F32, start: Any, sixteen: Sixteen) -> None:
    """Put them into a contiguous array, from `start` on."""
    array[start : start + LANES] = sixteen.values


class _SixteenType(lanes._LanesType):
    def __init__(self) -> None:
        types.Type.__init__(self, name="Sixteen")
        self.vector = ir.VectorType(ir.FloatType(), int(LANES))


register_model(_SixteenType)(lanes._LanesModel)
_SIXTEEN = _SixteenType()


@type_callable(load16)  # type: ignore[untyped-decorator]
def _load_type(_context: Any) -> Callable[..., Any]:
    return lambda array, start: _SIXTEEN


@lower_builtin(load16, types.Array, types.Integer)  # type: ignore[untyped-decorator]
def _load_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    address = lanes._address(context, builder, (signature.args[0], arguments[0]), arguments[1], _SIXTEEN)
    return builder.load(address, align=4)


@type_callable(store16)  # type: ignore[untyped-decorator]
def _store_type(_context: Any) -> Callable[..., Any]:
    return lambda array, start, sixteen: types.void


@lower_builtin(store16, types.Array, types.Integer, _SixteenType)  # type: ignore[untyped-decorator]
def _store_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    address = lanes._address(context, builder, (signature.args[0], arguments[0]), arguments[1], _SIXTEEN)
    builder.store(arguments[2], address, align=4)
    return context.get_dummy_value()
