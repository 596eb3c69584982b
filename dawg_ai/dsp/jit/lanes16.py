"""`dawg_ai.dsp.lanes16` compiled: LLVM's `<16 x float>`."""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, register_model, type_callable

from dawg_ai.dsp.jit.lanes import LanesModel, LanesType, compile_memory, compile_operator, spread
from dawg_ai.dsp.lanes16 import LANES, any_beyond16, clip16, load16, spread16, store16


class _SixteenType(LanesType):
    def __init__(self) -> None:
        types.Type.__init__(self, name="Sixteen")
        self.vector = ir.VectorType(ir.FloatType(), int(LANES))


register_model(_SixteenType)(LanesModel)
compile_operator(operator.truediv, "fdiv")
_SIXTEEN = _SixteenType()
compile_memory(load16, store16, _SIXTEEN)


@type_callable(spread16)  # type: ignore[untyped-decorator]
def _spread_type(_context: Any) -> Callable[..., Any]:
    return lambda value: _SIXTEEN


@lower_builtin(spread16, types.float32)  # type: ignore[untyped-decorator]
def _spread_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return spread(builder, arguments[0], _SIXTEEN.vector)


@type_callable(clip16)  # type: ignore[untyped-decorator]
def _clip_type(_context: Any) -> Callable[..., Any]:
    return lambda sixteen, limit: _SIXTEEN


@lower_builtin(clip16, _SixteenType, types.float32)  # type: ignore[untyped-decorator]
def _clip_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    held, limit = arguments
    for edge, outside in ((limit, ">"), (builder.fneg(limit), "<")):
        bound = spread(builder, edge, _SIXTEEN.vector)
        held = builder.select(builder.fcmp_ordered(outside, held, bound), bound, held)
    return held


@type_callable(any_beyond16)  # type: ignore[untyped-decorator]
def _beyond_type(_context: Any) -> Callable[..., Any]:
    return lambda sixteen, limit: types.boolean


@lower_builtin(any_beyond16, _SixteenType, types.float32)  # type: ignore[untyped-decorator]
def _beyond_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    values, limit = arguments
    above = builder.fcmp_ordered(">", values, spread(builder, limit, _SIXTEEN.vector))
    below = builder.fcmp_ordered("<", values, spread(builder, builder.fneg(limit), _SIXTEEN.vector))
    each = builder.bitcast(builder.or_(above, below), ir.IntType(int(LANES)))
    return builder.icmp_unsigned("!=", each, each.type(0))
