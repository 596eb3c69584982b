"""`dawg_ai.dsp.lanes` compiled: LLVM's vectors and what is done with them."""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, overload, register_model, type_callable

from dawg_ai.dsp.lanes import high, highest, join, left, load4, low, pair, right, store4


class LanesType(types.Type):  # type: ignore[misc]
    """Lanes of one width."""

    def __init__(self, width: int) -> None:
        super().__init__(name=f"Lanes{width}")
        self.vector = ir.VectorType(ir.DoubleType(), width)


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """Lanes as a vector of LLVM's."""

    def __init__(self, manager: Any, lanes: LanesType) -> None:
        super().__init__(manager, lanes, lanes.vector)


_PAIR, _FOUR = LanesType(2), LanesType(4)


def _place(index: int) -> Any:
    return ir.Constant(ir.IntType(32), index)


def places(*indices: int) -> Any:
    """Which lanes of two vectors a shuffle takes."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), list(indices))


def spread(builder: Any, value: Any, vector: Any) -> Any:
    """A vector as it is; a float in every lane (a splat)."""
    if value.type == vector:
        return value
    lanes = ir.Constant(vector, ir.Undefined)
    for index in range(vector.count):
        lanes = builder.insert_element(lanes, value, _place(index))
    return lanes


def compile_memory(load: Any, store: Any, lanes: LanesType) -> None:
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


def compile_operator(act: Callable[..., Any], instruction: str) -> None:
    """Let an operator of Python act on lanes."""

    @intrinsic  # type: ignore[untyped-decorator]
    def emit(_typing: Any, a: Any, b: Any) -> Any:
        result = a if isinstance(a, LanesType) else b

        def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*(spread(builder, each, result.vector) for each in arguments))

        return result(a, b), code

    @overload(act)  # type: ignore[untyped-decorator]
    def choose(a: Any, b: Any) -> Callable[..., Any] | None:
        def implementation(a: Any, b: Any) -> Any:
            return emit(a, b)

        return implementation if isinstance(a, LanesType) or isinstance(b, LanesType) else None


for _act, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    compile_operator(_act, _instruction)


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


@lower_builtin(left, LanesType)  # type: ignore[untyped-decorator]
def _left_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.extract_element(arguments[0], _place(0))


@lower_builtin(right, LanesType)  # type: ignore[untyped-decorator]
def _right_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.extract_element(arguments[0], _place(1))


@type_callable(join)  # type: ignore[untyped-decorator]
def _join_type(_context: Any) -> Callable[..., Any]:
    return lambda low, high: _FOUR


@lower_builtin(join, LanesType, LanesType)  # type: ignore[untyped-decorator]
def _join_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(*arguments, places(0, 1, 2, 3))


@type_callable(low)  # type: ignore[untyped-decorator]
@type_callable(high)  # type: ignore[untyped-decorator]
def _half_type(_context: Any) -> Callable[..., Any]:
    return lambda lanes: _PAIR


@lower_builtin(low, LanesType)  # type: ignore[untyped-decorator]
def _low_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(arguments[0], arguments[0], places(0, 1))


@lower_builtin(high, LanesType)  # type: ignore[untyped-decorator]
def _high_code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
    return builder.shuffle_vector(arguments[0], arguments[0], places(2, 3))


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

    return of_lanes if isinstance(a, LanesType) else of_floats


compile_memory(load4, store4, _FOUR)
