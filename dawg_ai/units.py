"""Conversions between the units that names carry."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def db_from_power(power: ArrayLike) -> NDArray[np.float64]:
    """Decibels of a power ratio; power at or below 1e-20 reads -200 dB.

    >>> float(db_from_power(100.0))
    20.0
    """
    return np.asarray(10.0 * np.log10(np.maximum(np.asarray(power, np.float64), 1e-20)))


def amplitude_from_db(decibels: float) -> float:
    """Amplitude ratio of a level difference.

    >>> round(amplitude_from_db(-6.0), 4)
    0.5012
    """
    return float(10.0 ** (decibels / 20.0))
