"""The bits of a float64 as an integer and back: what `math` splits exponent from mantissa with.

Interpreted they go through `struct`; compiled, through one LLVM bitcast each, on any platform.
"""

import struct
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload


def to_bits(x: float) -> int:
    """The 64 bits of `x` as a signed integer.

    >>> hex(to_bits(1.0))
    '0x3ff0000000000000'
    """
    return int(struct.unpack("<q", struct.pack("<d", x))[0])


def from_bits(bits: int) -> float:
    """The float64 whose bits are the signed 64-bit integer `bits`.

    >>> from_bits(0x3FF0000000000000)
    1.0
    """
    return float(struct.unpack("<d", struct.pack("<q", bits))[0])


@intrinsic  # type: ignore[untyped-decorator]
def _float_as_int(_typing: Any, _x: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), code


@intrinsic  # type: ignore[untyped-decorator]
def _int_as_float(_typing: Any, _bits: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), code


@overload(to_bits)  # type: ignore[untyped-decorator]
def _to_bits(x: Any) -> Callable[..., Any]:
    def implementation(x: Any) -> Any:
        return _float_as_int(x)

    return implementation


@overload(from_bits)  # type: ignore[untyped-decorator]
def _from_bits(bits: Any) -> Callable[..., Any]:
    def implementation(bits: Any) -> Any:
        return _int_as_float(bits)

    return implementation
