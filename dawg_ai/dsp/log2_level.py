"""Levels in the log2 domain: log2 of an amplitude and back, fast enough for every sample.

Detectors, gain computers and ballistics work on log2 of the amplitude in place of decibels: the two differ by a
constant factor (one unit is 6.02 dB, one dB is `LOG2_PER_DB`), and a power of two costs no division. Knobs, and
whatever a person reads, are in dB.

`math.log2` and `math.exp` are right to the last bit and branch; these are polynomials without branches, so that
compilers vectorise a loop of them. They are right to 6e-7 dB; level 0 is the gain 1 exactly.
"""

from dawg_ai.dsp.bits import from_bits, to_bits
from dawg_ai.dsp.kernel import kernel

LOG2_PER_DB = 0.16609640474436813  # log2 units in a decibel: log2(10) / 20
MIN_AMPLITUDE = 1e-10  # -200 dBFS: the floor, so that silence has a finite level

_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_EXPONENT = -0x10000000000000  # keeps a float's sign and exponent
_TO_INTEGER = 6755399441055744.0  # added to a float below 2**51, this leaves the nearest integer in the low bits
_TO_INTEGER_BITS = 0x4338000000000000


@kernel
def log2_level(amplitude: float) -> float:
    """Level of an amplitude in the log2 domain.

    The mantissa is taken from [sqrt(1/2), sqrt(2)); there the polynomial, which interpolates at Chebyshev nodes, is
    within 1e-7 of log2(1 + f).

    Args:
        amplitude: 0 or more, full scale 1.0; below `MIN_AMPLITUDE` (-200 dB) it counts as that.

    Returns:
        log2 of the amplitude; times 6.02 it is the level in dBFS.

    >>> log2_level(1.0), log2_level(0.25)
    (0.0, -2.0)
    """
    bits = to_bits(max(amplitude, MIN_AMPLITUDE))
    above = bits - _SQRT_HALF_BITS
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
def gain_from_log2(level: float) -> float:
    """Amplitude ratio of a level in the log2 domain: 2 to the power of `level`.

    Args:
        level: within -1000 and 1000.

    >>> gain_from_log2(0.0), gain_from_log2(-3.0)
    (1.0, 0.125)
    """
    shifted = level + _TO_INTEGER
    r = level - (shifted - _TO_INTEGER)
    p = 0.0013390863364174759 + 0.00015453162941980736 * r
    p = 0.00961808255728395 + p * r
    p = 0.055503571142201544 + p * r
    p = 0.24022650760568132 + p * r
    p = 0.6931471880262287 + p * r
    return from_bits((to_bits(shifted) - _TO_INTEGER_BITS + 1023) << 52) * (1.0 + p * r)
