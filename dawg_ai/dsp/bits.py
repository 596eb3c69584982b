"""The bits of a float64 as a 64-bit integer and back (type punning), with which `math` splits exponent from mantissa.

Interpreted they go through `struct`; compiled, through one LLVM bitcast each, on any platform.
"""

import struct
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, type_callable


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
