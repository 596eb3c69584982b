"""Kaiser's window, for filters that are a sinc cut short: much attenuation in few taps.

Source: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", IEEE International
Symposium on Circuits and Systems, 1974.
"""

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.math import sqrt


@kernel
def window(place: float, beta: float) -> float:
    """1 at `place` 0, falling on both sides to 1 / I0(beta) at -1 and 1, and 0 beyond; `beta` up to 20.

    >>> window(0.0, 5.0), window(2.0, 5.0)
    (1.0, 0.0)
    """
    inside = 1.0 - place * place
    return _bessel(beta * sqrt(inside)) / _bessel(beta) if inside >= 0.0 else 0.0


@kernel
def _bessel(x: float) -> float:
    """The modified Bessel function of the first kind and order 0: its power series."""
    term, total, k = 1.0, 1.0, 0.0
    while term > 1e-17 * total:
        k += 1.0
        term *= (0.5 * x / k) * (0.5 * x / k)
        total += term
    return total
