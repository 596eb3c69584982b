"""`dawg_ai.dsp.bits` compiled: one LLVM bitcast each."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, type_callable

from dawg_ai.dsp.bits import from_bits, to_bits


@type_callable(to_bits)  # type: ignore[untyped-decorator]
def _to_bits_type(_context: Any) -> Callable[..., Any]:
    return lambda x: types.int64


@lower_builtin(to_bits, types.float64)  # type: ignore[untyped-decorator]
def _to_bits_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.bitcast(arguments[0], ir.IntType(64))


@type_callable(from_bits)  # type: ignore[untyped-decorator]
def _from_bits_type(_context: Any) -> Callable[..., Any]:
    return lambda bits: types.float64


@lower_builtin(from_bits, types.int64)  # type: ignore[untyped-decorator]
def _from_bits_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.bitcast(arguments[0], ir.DoubleType())
