"""The Kaiser window, for windowed-sinc FIR filters: much stop-band attenuation for few taps.

Source: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", IEEE International
Symposium on Circuits and Systems, 1974.
"""

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.math import sqrt


@kernel
def kaiser_window(place: float, beta: float) -> float:
    """The Kaiser window at one place.

    Args:
        place: -1 to 1 across the window; 0 beyond.
        beta: shape, up to 20; more gives deeper side lobes and a wider main lobe.

    Returns:
        1 in the middle, falling to 1 / I0(beta) at both ends.

    >>> kaiser_window(0.0, 5.0), kaiser_window(2.0, 5.0)
    (1.0, 0.0)
    """
    inside = 1.0 - place * place
    return _bessel_i0(beta * sqrt(inside)) / _bessel_i0(beta) if inside >= 0.0 else 0.0


@kernel
def _bessel_i0(x: float) -> float:
    """The modified Bessel function of the first kind and order 0: its power series."""
    term, total, k = 1.0, 1.0, 0.0
    while term > 1e-17 * total:
        k += 1.0
        term *= (0.5 * x / k) * (0.5 * x / k)
        total += term
    return total
