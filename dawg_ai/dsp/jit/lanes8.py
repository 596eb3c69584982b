"""`dawg_ai.dsp.lanes8` compiled: LLVM's `<8 x double>`."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, type_callable

from dawg_ai.dsp.jit.lanes import LanesType, compile_memory, places, spread
from dawg_ai.dsp.lanes8 import load8, store8, transpose8, upwards8

_LANES = LanesType(8)
_ROWS = types.UniTuple(_LANES, 8)
compile_memory(load8, store8, _LANES)


@type_callable(upwards8)  # type: ignore[untyped-decorator]
def _upwards_type(_context: Any) -> Callable[..., Any]:
    return lambda first: _LANES


@lower_builtin(upwards8, types.float64)  # type: ignore[untyped-decorator]
def _upwards_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    steps = ir.Constant(_LANES.vector, [float(k) for k in range(8)])
    return builder.fadd(spread(builder, arguments[0], _LANES.vector), steps)


@type_callable(transpose8)  # type: ignore[untyped-decorator]
def _transpose_type(_context: Any) -> Callable[..., Any]:
    return lambda a, b, c, d, e, f, g, h: _ROWS


@lower_builtin(transpose8, *[LanesType] * 8)  # type: ignore[untyped-decorator]
def _transpose_code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    """In three steps: swap single lanes between neighbours, then pairs between every other row, then halves."""
    rows = list(arguments)
    for size in (1, 2, 4):
        first = [(lane & ~size) + (8 if lane & size else 0) for lane in range(8)]
        second = [lane + size for lane in first]
        for k in range(8):
            if not k & size:
                pair = rows[k], rows[k + size]
                rows[k] = builder.shuffle_vector(*pair, places(*first))
                rows[k + size] = builder.shuffle_vector(*pair, places(*second))
    return context.make_tuple(builder, _ROWS, rows)
