"""Sixteen float32 side by side: kernels that work on one stretch of sound or, unchanged, on sixteen at once.

`row` and `set_row` read and write one element of a vector, or one row of a matrix of 16 columns. Compiled, such a row
is LLVM's `<16 x float>`, which is added, subtracted, multiplied and divided each column for itself, with the same
bits that a single float32 would have got; interpreted, it is a NumPy row. Where `lanes.py` puts the two channels of a
recursive filter side by side, this does so with sixteen parts of a signal that know nothing of each other.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload, register_model

from dawg_ai.dsp.kernel import F32
from dawg_ai.dsp.lanes import _compile_operator, _LanesModel, _LanesType, _spread

COLUMNS = 16


def row(array: F32, i: Any) -> Any:
    """Element `i` of a vector, row `i` of a matrix of 16 columns."""
    return array[i]


def set_row(array: F32, i: Any, value: Any) -> None:
    """Write what `row` reads."""
    array[i] = value


def held(value: Any, most: np.float32) -> Any:
    """`value` within -most and most."""
    return np.maximum(-most, np.minimum(most, value))


class _RowType(_LanesType):
    def __init__(self) -> None:
        types.Type.__init__(self, name="Row")
        self.vector = ir.VectorType(ir.FloatType(), COLUMNS)


register_model(_RowType)(_LanesModel)
_compile_operator(operator.truediv, "fdiv")
_ROW = _RowType()


def _address(context: Any, builder: Any, array_type: Any, value: Any, i: Any) -> Any:
    array = context.make_array(array_type)(context, builder, value)
    bytes_on = builder.mul(i, builder.extract_value(array.strides, 0))
    start = builder.gep(builder.bitcast(array.data, ir.IntType(8).as_pointer()), [bytes_on])
    return builder.bitcast(start, _ROW.vector.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def _load(_typing: Any, array: Any, i: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, signature.args[0], *arguments), align=4)

    return _ROW(array, i), code


@intrinsic  # type: ignore[untyped-decorator]
def _store(_typing: Any, array: Any, i: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(context, builder, signature.args[0], *arguments[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, i, value), code


@intrinsic  # type: ignore[untyped-decorator]
def _held(_typing: Any, value: Any, most: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        held = arguments[0]
        for limit, outside in ((arguments[1], ">"), (builder.fneg(arguments[1]), "<")):
            bound = _spread(builder, limit, _ROW.vector)
            held = builder.select(builder.fcmp_ordered(outside, held, bound), bound, held)
        return held

    return _ROW(value, most), code


@overload(row)  # type: ignore[untyped-decorator]
def _row(array: Any, i: Any) -> Callable[..., Any]:
    def element(array: Any, i: Any) -> Any:
        return array[i]

    def whole(array: Any, i: Any) -> Any:
        return _load(array, i)

    return element if array.ndim == 1 else whole


@overload(set_row)  # type: ignore[untyped-decorator]
def _set_row(array: Any, i: Any, value: Any) -> Callable[..., Any]:
    def element(array: Any, i: Any, value: Any) -> Any:
        array[i] = value

    def whole(array: Any, i: Any, value: Any) -> Any:
        _store(array, i, value)

    return element if array.ndim == 1 else whole


@overload(held)  # type: ignore[untyped-decorator]
def _held_within(value: Any, most: Any) -> Callable[..., Any]:
    def single(value: Any, most: Any) -> Any:
        return max(-most, min(most, value))

    def whole(value: Any, most: Any) -> Any:
        return _held(value, most)

    return whole if isinstance(value, _RowType) else single
