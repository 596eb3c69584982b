"""Elementary functions as kernels, made of + - * / and bit operations alone.

Every platform has its own libm and they differ in the last bit; these give the same bits interpreted, natively and
in the browser. Errors stay below 1 unit in the last place (2.2e-16 relative) over the stated ranges.

Source: FreeBSD msun, descended from Sun's fdlibm (`e_exp.c`, `e_log10.c`, `k_sin.c`, `k_cos.c`, `e_rem_pio2.c`;
https://www.netlib.org/fdlibm), and S. L. Moshier's Cephes for tanh (`tanh.c`; https://www.netlib.org/cephes).
"""

from math import copysign, sqrt  # IEEE 754 fixes both to the bit

from dawg_ai.dsp.bits import from_bits, to_bits
from dawg_ai.dsp.kernel import kernel

__all__ = [
    "PI",
    "SQRT_HALF",
    "amplitude",
    "copysign",
    "cos",
    "decibels",
    "exp",
    "finite",
    "log",
    "log2",
    "log10",
    "power",
    "sin",
    "sqrt",
    "tanh",
]

PI = 3.141592653589793
SQRT_HALF = 0.7071067811865476  # 1 / sqrt(2): half power, -3.01 dB; the Q of a second-order Butterworth filter

# Added to a float below 2**51 and taken away again, this leaves the nearest integer; the sum's low bits hold it.
_TO_INTEGER = 6755399441055744.0
_HALF_PRECISION = -0x100000000  # clears the low 32 bits, so that a product of two such numbers is exact

# ln 2 in two parts; the first has 33 bits, so that its product with an exponent is exact.
_LN2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)
_PER_LN2 = 1.4426950408889634

# A base's (1 / ln base, ln 2 / ln base), each in two parts.
_NATURAL = (1.0, 0.0, *_LN2)
_BINARY = (1.44269504072144627571, 1.67517131648865118353e-10, 1.0, 0.0)
_DECIMAL = (
    4.34294481878168880939e-01,
    2.50829467116452752298e-11,
    3.01029995663611771306e-01,
    3.69423907715893078616e-13,
)

_LARGEST_SAMPLE = 1.0000000150474662e30  # 1e30 as a float32 has it, so that float32 samples are compared as they are
_PER_DECIBEL = (0.11512925464970228, 5.7995642524661006e-18)  # ln 10 / 20
_PER_QUARTER_TURN = 6.36619772367581382433e-01  # 2 / pi
_QUARTER_TURN = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)  # 33 bits each


@kernel
def _exp_of_sum(x: float, rest: float) -> float:
    """e^(x + rest) for a `rest` far smaller than `x`; 0 below -708, inf above 709.78."""
    if x < -708.0:
        return 0.0
    if x > 709.78:
        return x * float("inf")
    shifted = x * _PER_LN2 + _TO_INTEGER
    k = shifted - _TO_INTEGER
    high = x - k * _LN2[0]
    low = k * _LN2[1] - rest
    r = high - low
    t = r * r
    p = 4.13813679705723846039e-08
    p = p * t - 1.65339022054652515390e-06
    p = p * t + 6.61375632143793436117e-05
    p = p * t - 2.77777777770155933842e-03
    p = p * t + 1.66666666666666019037e-01
    c = r - t * p
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    # Doubled once apart, since the exponent 1024 of the largest results has no float of its own.
    return y * from_bits(((to_bits(shifted) + 1022) & 0x7FF) << 52) * 2.0


@kernel
def exp(x: float) -> float:
    """e^x; 0 below -708 (no denormals), inf above 709.78.

    >>> exp(-1.0)
    0.36787944117144233
    """
    return _exp_of_sum(x, 0.0)


@kernel
def _log_parts(x: float, base: tuple[float, float, float, float]) -> tuple[float, float]:
    """The logarithm of a positive normal `x` as the unevaluated sum of a large and a small part."""
    bits = to_bits(x)
    # Exponent and mantissa are separated so that the mantissa is in [sqrt(1/2), sqrt(2)).
    k = (bits - 0x3FE6A09E667F3BCD) >> 52
    f = from_bits(bits - (k << 52)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 1.818357216161805012e-01 + w * 1.479819860511658591e-01
    odd = 6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * odd)
    even = 2.222219843214978396e-01 + w * 1.531383769920937332e-01
    even = 3.999999999940941908e-01 + w * even
    half_square = 0.5 * f * f
    high = from_bits(to_bits(f - half_square) & _HALF_PRECISION)
    low = ((f - high) - half_square) + s * (half_square + (z * odd + w * even))
    large = high * base[0]
    small = k * base[3] + (low + high) * base[1] + low * base[0]
    exponent = k * base[2]
    total = exponent + large
    return total, small + ((exponent - total) + large)


@kernel
def _logarithm(x: float, base: tuple[float, float, float, float]) -> float:
    """The logarithm to any base, special values and denormals included."""
    if not x > 0.0:
        return -float("inf") if x == 0.0 else float("nan")
    if x == float("inf"):
        return x
    if x < 2.2250738585072014e-308:  # a denormal, which has fewer bits of mantissa: 2**54 makes it normal
        large, small = _log_parts(x * 18014398509481984.0, base)
        return (large - 54.0 * base[2]) + (small - 54.0 * base[3])
    large, small = _log_parts(x, base)
    return large + small


@kernel
def log(x: float) -> float:
    """Natural logarithm; -inf at 0, nan below.

    >>> log(10.0)
    2.302585092994046
    """
    return _logarithm(x, _NATURAL)


@kernel
def log2(x: float) -> float:
    """Logarithm to base 2, exact for powers of two; -inf at 0, nan below.

    >>> log2(8.0)
    3.0
    """
    return _logarithm(x, _BINARY)


@kernel
def log10(x: float) -> float:
    """Logarithm to base 10; -inf at 0, nan below.

    >>> log10(1000.0)
    3.0
    """
    return _logarithm(x, _DECIMAL)


@kernel
def _product(x: float, y: float) -> tuple[float, float]:
    """x * y rounded, and what the rounding left out (T. J. Dekker, Numerische Mathematik 18, 1971)."""
    x_high = 134217729.0 * x
    x_high = x_high - (x_high - x)
    y_high = 134217729.0 * y
    y_high = y_high - (y_high - y)
    x_low, y_low = x - x_high, y - y_high
    product = x * y
    return product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


@kernel
def power(x: float, y: float) -> float:
    """x^y for x > 0 and |y| below 1e6; 0 at x = 0, nan below. Error: 1 ulp for results within e^-20 to e^20.

    >>> power(10.0, -2.0)
    0.01
    """
    if not 2.2250738585072014e-308 <= x < float("inf"):
        return 0.0 * y if x >= 0.0 else float("nan")
    large, small = _log_parts(x, _NATURAL)
    product, rest = _product(y, large)
    return _exp_of_sum(product, rest + y * small)


@kernel
def amplitude(decibels: float) -> float:
    """Amplitude ratio of a level difference in dB, 10^(decibels / 20); exactly 1 at 0 dB.

    >>> amplitude(20.0)
    10.0
    """
    product, rest = _product(decibels, _PER_DECIBEL[0])
    return _exp_of_sum(product, rest + decibels * _PER_DECIBEL[1])


@kernel
def decibels(amplitude: float) -> float:
    """Level in dB of an amplitude ratio, 20 log10(amplitude); -inf at 0.

    >>> decibels(0.1)
    -20.0
    """
    return 20.0 * log10(amplitude)


@kernel
def tanh(x: float) -> float:
    """Hyperbolic tangent.

    >>> tanh(100.0)
    1.0
    """
    size = abs(x)
    if size < 0.625:
        z = x * x
        p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3
        q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3
        return x + x * z * (p / q)
    if size < 20.0:
        return copysign(1.0 - 2.0 / (exp(2.0 * size) + 1.0), x)
    return x if x != x else copysign(1.0, x)


@kernel
def _reduced(x: float) -> tuple[int, float, float]:
    """Argument reduction (Cody and Waite): the quadrant of `x` modulo 4, and the remainder in two parts."""
    shifted = x * _PER_QUARTER_TURN + _TO_INTEGER
    k = shifted - _TO_INTEGER
    first = x - k * _QUARTER_TURN[0]
    second = k * _QUARTER_TURN[1]
    high = first - second
    low = k * _QUARTER_TURN[2] - ((first - high) - second)
    y = high - low
    return to_bits(shifted) & 3, y, (high - y) - low


@kernel
def _sin_near_0(x: float, rest: float) -> float:
    """sin(x + rest) for |x| <= pi / 4."""
    z = x * x
    r = 2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    r = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * r)
    v = z * x
    return x - ((z * (0.5 * rest - v * r) - rest) - v * -1.66666666666666324348e-01)


@kernel
def _cos_near_0(x: float, rest: float) -> float:
    """cos(x + rest) for |x| <= pi / 4."""
    z = x * x
    r = -2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    r = 4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 + z * r))
    half = 0.5 * z
    w = 1.0 - half
    return w + (((1.0 - w) - half) + (z * (z * r) - x * rest))


@kernel
def sin(x: float) -> float:
    """Sine of an angle in radians, |x| up to 1e5.

    >>> sin(PI / 6.0)
    0.49999999999999994
    """
    quarter, y, rest = _reduced(x)
    value = _cos_near_0(y, rest) if quarter & 1 else _sin_near_0(y, rest)
    return -value if quarter & 2 else value


@kernel
def cos(x: float) -> float:
    """Cosine of an angle in radians, |x| up to 1e5.

    >>> cos(PI / 3.0)
    0.5000000000000001
    """
    quarter, y, rest = _reduced(x)
    value = _sin_near_0(y, rest) if quarter & 1 else _cos_near_0(y, rest)
    return -value if (quarter + 1) & 2 else value


@kernel
def finite(x: float) -> float:
    """`x`, or 0 in place of nan, infinities and absolute values above 1e30.

    Recursive filters sanitise their input with it, since such a sample would never leave their state.

    >>> finite(0.5), finite(float("nan")), finite(-float("inf"))
    (0.5, 0.0, 0.0)
    """
    return x if abs(x) < _LARGEST_SAMPLE else 0.0
