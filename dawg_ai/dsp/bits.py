"""The bits of a float64 as a 64-bit integer and back (type punning), with which `math` splits exponent from mantissa.

Interpreted they go through `struct`; compiled, through one LLVM bitcast each (`jit/bits.py`), on any platform.
"""

import struct


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
