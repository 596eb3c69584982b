"""Conversions between the units that names carry: decibels, powers, amplitudes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def db_from_power(power: ArrayLike) -> NDArray[np.float64]:
    """Decibels of a power ratio, 10 log10(power).

    Args:
        power: any shape; at or below 1e-20 it reads -200 dB.

    Returns:
        dB, of the same shape.

    >>> float(db_from_power(100.0))
    20.0
    """
    return np.asarray(10.0 * np.log10(np.maximum(np.asarray(power, np.float64), 1e-20)))


def amplitude_from_db(decibels: float) -> float:
    """Amplitude ratio of a level difference, 10^(decibels / 20).

    Args:
        decibels: level difference in dB.

    Returns:
        Amplitude ratio, 1 at 0 dB.

    >>> round(amplitude_from_db(-6.0), 4)
    0.5012
    """
    return float(10.0 ** (decibels / 20.0))
