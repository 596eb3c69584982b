"""SIMD vectors of float64: `pair` for the two channels of stereo, `load4` and `store4` for arrays.

Kernels read like scalar code (`y = b0 * v + p`) and every lane gets the bits that scalar code would have got: nothing
is fused or reordered. Interpreted, `Lanes` is an ordinary Python object that a debugger can step through; compiled,
it is LLVM's `<2 x double>` or `<4 x double>`, which WebAssembly has too.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, overload, register_model, type_callable

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


class _LanesType(types.Type):  # type: ignore[misc]
    def __init__(self, width: int) -> None:
        super().__init__(name=f"Lanes{width}")
        self.vector = ir.VectorType(ir.DoubleType(), width)


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, lanes: _LanesType) -> None:
        super().__init__(manager, lanes, lanes.vector)


_PAIR, _FOUR = _LanesType(2), _LanesType(4)


def _place(index: int) -> Any:
    return ir.Constant(ir.IntType(32), index)


def _places(*indices: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), list(indices))


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """A vector as it is; a float in every lane (a splat)."""
    if value.type == vector:
        return value
    lanes = ir.Constant(vector, ir.Undefined)
    for index in range(vector.count):
        lanes = builder.insert_element(lanes, value, _place(index))
    return lanes


def _compile_memory(load: Any, store: Any, lanes: _LanesType) -> None:
    """Let `load` and `store` move such lanes; an array of float32 is widened when loaded and rounded when stored."""

    def place(context: Any, builder: Any, array: Any, value: Any, start: Any) -> tuple[Any, Any]:
        """The address of `array[start]` as that of a vector, and the vector's type."""
        stored = ir.VectorType(context.get_data_type(array.dtype), lanes.vector.count)
        data = context.make_array(array)(context, builder, value).data
        return builder.bitcast(builder.gep(data, [start]), stored.as_pointer()), stored

    @type_callable(load)  # type: ignore[untyped-decorator]
    def load_type(_context: Any) -> Callable[..., Any]:
        return lambda array, start: lanes

    @lower_builtin(load, types.Array, types.Integer)  # type: ignore[untyped-decorator]
    def load_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = signature.args[0]
        address, stored = place(context, builder, array, *arguments)
        value = builder.load(address, align=array.dtype.bitwidth // 8)
        return value if stored == lanes.vector else builder.fpext(value, lanes.vector)

    @type_callable(store)  # type: ignore[untyped-decorator]
    def store_type(_context: Any) -> Callable[..., Any]:
        return lambda array, start, value: types.void

    @lower_builtin(store, types.Array, types.Integer, type(lanes))  # type: ignore[untyped-decorator]
    def store_code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, value = signature.args[0], arguments[2]
        address, stored = place(context, builder, array, *arguments[:2])
        value = value if stored == lanes.vector else builder.fptrunc(value, stored)
        builder.store(value, address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()


def _compile_operator(act: Callable[..., Any], instruction: str) -> None:
    @intrinsic  # type: ignore[untyped-decorator]
    def emit(_typing: Any, a: Any, b: Any) -> Any:
        result = a if isinstance(a, _LanesType) else b

        def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*(_spread(builder, each, result.vector) for each in arguments))

        return result(a, b), code

    @overload(act)  # type: ignore[untyped-decorator]
    def choose(a: Any, b: Any) -> Callable[..., Any] | None:
        def implementation(a: Any, b: Any) -> Any:
            return emit(a, b)

        return implementation if isinstance(a, _LanesType) or isinstance(b, _LanesType) else None


for _act, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _compile_operator(_act, _instruction)


@type_callable(pair)  # type: ignore[untyped-decorator]
def _pair_type(_context: Any) -> Callable[..., Any]:
    return lambda left, right: _PAIR


@lower_builtin(pair, types.float64, types.float64)  # type: ignore[untyped-decorator]
def _pair_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    lanes = builder.insert_element(ir.Constant(_PAIR.vector, ir.Undefined), arguments[0], _place(0))
    return builder.insert_element(lanes, arguments[1], _place(1))


@type_callable(left)  # type: ignore[untyped-decorator]
@type_callable(right)  # type: ignore[untyped-decorator]
def _lane_type(_context: Any) -> Callable[..., Any]:
    return lambda lanes: types.float64


@lower_builtin(left, _LanesType)  # type: ignore[untyped-decorator]
def _left_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.extract_element(arguments[0], _place(0))


@lower_builtin(right, _LanesType)  # type: ignore[untyped-decorator]
def _right_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.extract_element(arguments[0], _place(1))


@type_callable(join)  # type: ignore[untyped-decorator]
def _join_type(_context: Any) -> Callable[..., Any]:
    return lambda low, high: _FOUR


@lower_builtin(join, _LanesType, _LanesType)  # type: ignore[untyped-decorator]
def _join_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(*arguments, _places(0, 1, 2, 3))


@type_callable(low)  # type: ignore[untyped-decorator]
@type_callable(high)  # type: ignore[untyped-decorator]
def _half_type(_context: Any) -> Callable[..., Any]:
    return lambda lanes: _PAIR


@lower_builtin(low, _LanesType)  # type: ignore[untyped-decorator]
def _low_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(arguments[0], arguments[0], _places(0, 1))


@lower_builtin(high, _LanesType)  # type: ignore[untyped-decorator]
def _high_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(arguments[0], arguments[0], _places(2, 3))


@intrinsic  # type: ignore[untyped-decorator]
def _highest(_typing: Any, a: Any, b: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        first, second = arguments
        return builder.select(builder.fcmp_ordered(">", second, first), second, first)

    return a(a, b), code


@overload(highest)  # type: ignore[untyped-decorator]
def _choose_highest(a: Any, b: Any) -> Callable[..., Any]:
    def of_lanes(a: Any, b: Any) -> Any:
        return _highest(a, b)

    def of_floats(a: Any, b: Any) -> Any:
        return max(a, b)

    return of_lanes if isinstance(a, _LanesType) else of_floats


_compile_memory(load4, store4, _FOUR)
