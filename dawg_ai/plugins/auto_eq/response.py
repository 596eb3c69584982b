"""What an equaliser's bands do to a spectrum, in closed form.

The cookbook's biquads (R. Bristow-Johnson, "Audio EQ Cookbook") written in phi = sin^2(w / 2): the terms that cancel
in b0 + b1 z^-1 + b2 z^-2 near 0 Hz are gone, so 40 Hz is as exact as 4 kHz. Only arithmetic is used: the functions
take NumPy arrays and PyTorch tensors alike, broadcast, and return power ratios |H|^2.

`phi` belongs to the frequency looked at, `phi0` to the band's centre, `a` is 10^(gain_db / 40).
"""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dawg_ai.dsp.blocks.filters.curve_fit import SAMPLE_RATE_HZ


def phi(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """sin^2(w / 2) of a frequency in Hz."""
    return np.asarray(np.sin(pi * np.asarray(frequency_hz, np.float64) / SAMPLE_RATE_HZ) ** 2)


def bell(phi: Any, phi0: Any, a: Any, q: Any) -> Any:
    """Power response of a peaking band.

    >>> round(float(10 * np.log10(bell(0.1, 0.1, 10 ** (6 / 40), 1.0))), 9)
    6.0
    """
    distance, width = (phi0 - phi) ** 2, phi0 * (1 - phi0) / q**2 * phi * (1 - phi)
    return (distance + width * a**2) / (distance + width / a**2)


def low_shelf(phi: Any, phi0: Any, a: Any, q: Any) -> Any:
    """Power response of a low shelf: the full gain far below the centre, none far above."""
    inside, outside, width = phi0 * (1 - phi), phi * (1 - phi0), phi0 * (1 - phi0) / q**2 * phi * (1 - phi)
    return a**2 * ((a * inside - outside) ** 2 + a * width) / ((inside - a * outside) ** 2 + a * width)


def high_shelf(phi: Any, phi0: Any, a: Any, q: Any) -> Any:
    """Power response of a high shelf: the full gain far above the centre, none far below."""
    inside, outside, width = phi * (1 - phi0), phi0 * (1 - phi), phi0 * (1 - phi0) / q**2 * phi * (1 - phi)
    return a**2 * ((a * inside - outside) ** 2 + a * width) / ((inside - a * outside) ** 2 + a * width)
