"""Levels in octaves, the logarithm to base 2 of an amplitude, fast enough for every sample.

`math.log2` and `math.exp` are right to the last bit and branch; these are polynomials without branches, so that
compilers make vector code of a loop of them. They are right to 6e-7 dB; 0 octaves are the factor 1 exactly.
"""

from dawg_ai.dsp.bits import from_bits, to_bits
from dawg_ai.dsp.kernel import kernel

PER_DECIBEL = 0.16609640474436813  # octaves in a decibel: log2(10) / 20
FLOOR = 1e-10  # amplitude (-200 dB): nothing is quieter, so that silence has a level

_SQRT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_EXPONENT = -0x10000000000000  # keeps a float's sign and exponent
_TO_INTEGER = 6755399441055744.0  # added to a float below 2**51, this leaves the nearest integer in the low bits
_TO_INTEGER_BITS = 0x4338000000000000


@kernel
def octaves(amplitude: float) -> float:
    """log2 of an amplitude of at least `FLOOR`.

    The mantissa is taken from [sqrt(1/2), sqrt(2)); there the polynomial, which interpolates at Chebyshev's
    nodes, is within 1e-7 of log2(1 + f).

    >>> octaves(1.0), octaves(0.25)
    (0.0, -2.0)
    """
    bits = to_bits(max(amplitude, FLOOR))
    above = bits - _SQRT_HALF
    f = from_bits(bits - (above & _EXPONENT)) - 1.0
    p = 0.23265257880869303 - 0.1427597343487987 * f
    p = -0.2492718220733997 + p * f
    p = 0.2872888823756269 + p * f
    p = -0.36022518246130675 + p * f
    p = 0.48091670800016406 + p * f
    p = -0.7213529313629646 + p * f
    p = 1.4426949948930472 + p * f
    return from_bits(_TO_INTEGER_BITS + (above >> 52)) - _TO_INTEGER + p * f


@kernel
def factor(octaves: float) -> float:
    """2 to the power of `octaves`, which must lie within +-1000.

    >>> factor(0.0), factor(-3.0)
    (1.0, 0.125)
    """
    shifted = octaves + _TO_INTEGER
    r = octaves - (shifted - _TO_INTEGER)
    p = 0.0013390863364174759 + 0.00015453162941980736 * r
    p = 0.00961808255728395 + p * r
    p = 0.055503571142201544 + p * r
    p = 0.24022650760568132 + p * r
    p = 0.6931471880262287 + p * r
    return from_bits((to_bits(shifted) - _TO_INTEGER_BITS + 1023) << 52) * (1.0 + p * r)
