"""ADAA: antiderivative anti-aliasing of second order, for waveshapers.

The waveshaper acts on the line between samples, not on the samples alone. Where three samples in a row are x, y and
z, the output is the mean of the curve over all convex combinations of the three, uniformly: twice the second divided
difference of its second antiderivative (the Hermite-Genocchi formula). It comes one sample late, and by itself lowers
high frequencies as the mean of three samples does.

Source: S. Bilbao, F. Esqueda, J. D. Parker and V. Valimaki, "Antiderivative Antialiasing for Memoryless
Nonlinearities", IEEE Signal Processing Letters 24, 2017. There, differences of nearly equal samples are 0 / 0; here
the mean is then a Taylor series around their centre, or a form without differences. Errors stay below 1e-8.
"""

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.math import PI, exp, log, tanh

SERIES_WIDTH = 0.05  # three samples that lie within this take the Taylor series
SLOPE_SERIES_WIDTH = 0.01  # the same for the divided difference of two

LN_2 = 0.6931471805599453


@kernel
def needs_series(x: float, y: float, z: float) -> bool:
    """Whether three samples are so close that `mean_of_tanh_series` must be used."""
    return max(x, max(y, z)) - min(x, min(y, z)) < SERIES_WIDTH


@kernel
def mean_of_tanh(x: float, y: float, z: float, at_x: float, at_y: float, at_z: float) -> float:
    """The mean of tanh over all convex combinations of three samples.

    Args:
        x: the first sample; the order does not matter.
        y: the second.
        z: the third.
        at_x: `twice_integrated_tanh` of x.
        at_y: of y.
        at_z: of z.

    Returns:
        The mean, -1 to 1.
    """
    if x > y:
        x, y, at_x, at_y = y, x, at_y, at_x
    if y > z:
        y, z, at_y, at_z = z, y, at_z, at_y
    if x > y:
        x, y, at_x, at_y = y, x, at_y, at_x
    return 2.0 * (_slope(y, z, at_y, at_z) - _slope(x, y, at_x, at_y)) / (z - x)


@kernel
def _slope(a: float, b: float, at_a: float, at_b: float) -> float:
    """The mean of the integrated tanh from `a` to `b`."""
    width = b - a
    if width >= SLOPE_SERIES_WIDTH:
        return (at_b - at_a) / width
    middle = 0.5 * (a + b)
    t = tanh(middle)
    return _integrated_tanh(middle) + (1.0 - t * t) * width * width / 24.0


@kernel
def mean_of_tanh_series(x: float, y: float, z: float) -> float:
    """As `mean_of_tanh` for samples that are close: the Taylor series around their centre, to the fourth order.

    Powers of a uniform combination of offsets a, b and c have the mean 2 k! / (k + 2)! times the complete homogeneous
    symmetric polynomial of order k, here in terms of sums of powers; the offsets themselves sum to 0.
    """
    centre = (x + y + z) / 3.0
    a, b, c = x - centre, y - centre, z - centre
    second, third = a * a + b * b + c * c, a * a * a + b * b * b + c * c * c
    fourth = a * a * a * a + b * b * b * b + c * c * c * c
    t = tanh(centre)
    derivative = 1.0 - t * t
    curvature = -2.0 * t * derivative
    third_order = third / 30.0 * derivative * (6.0 * t * t - 2.0) / 6.0
    fourth_order = (0.125 * second * second + 0.25 * fourth) / 15.0 * derivative * t * (16.0 - 24.0 * t * t) / 24.0
    return t + second / 24.0 * curvature + third_order + fourth_order


@kernel
def _integrated_tanh(x: float) -> float:
    """The logarithm of cosh(x)."""
    size = abs(x)
    return size + log(1.0 + exp(-2.0 * size)) - LN_2


@kernel
def twice_integrated_tanh(x: float) -> float:
    """The integral of log cosh from 0 to x, for |x| up to 1000.

    It is x^2 / 2 - x ln 2 + pi^2 / 24 + Li2(-exp(-2 x)) / 2 for positive x; the dilogarithm is its series in
    w = ln(1 + exp(-2 x)) with Bernoulli's numbers (L. Lewin, "Polylogarithms and Associated Functions", 1981, 1.5).
    """
    size = abs(x)
    w = log(1.0 + exp(-2.0 * size))
    v = w * w
    p = 4.0647616451442255e-11 - v * 8.921691020456452e-13
    p = 1.8978869988970999e-09 - v * p
    p = 9.185773074661964e-08 - v * p
    p = 4.72411186696901e-06 - v * p
    p = 2.777777777777778e-04 - v * p
    p = 2.777777777777778e-02 - v * p
    value = size * (0.5 * size - LN_2) + PI * PI / 24.0 - 0.5 * w * (1.0 + w * (0.25 + w * p))
    return value if x >= 0.0 else -value


@kernel
def mean_of_hard_clip(x: float, y: float, z: float) -> float:
    """The mean of max(-1, min(1, .)) over all convex combinations of three samples.

    Args:
        x: the first sample; the order does not matter.
        y: the second.
        z: the third.

    Returns:
        The mean, -1 to 1.
    """
    return _mean_of_rectified(x + 1.0, y + 1.0, z + 1.0) - _mean_of_rectified(x - 1.0, y - 1.0, z - 1.0) - 1.0


@kernel
def _mean_of_rectified(x: float, y: float, z: float) -> float:
    """The mean of max(0, .) over all convex combinations, in closed form for each number of positive samples."""
    low, high = min(x, min(y, z)), max(x, max(y, z))
    middle = max(min(x, y), min(max(x, y), z))
    if high <= 0.0:
        return 0.0
    if middle <= 0.0:
        return high * high * high / (3.0 * (high - low) * (high - middle))
    mean = (x + y + z) / 3.0
    if low >= 0.0:
        return mean
    return mean - low * low * low / (3.0 * (middle - low) * (high - low))
