"""Power of a spectrum in bands of a sixth of an octave, from 31.25 Hz to 16 kHz.

Fractional-octave bands follow IEC 61260-1:2014 in spirit: centres are base-two multiples of 1 kHz, and band edges lie
half a step (here a twelfth of an octave) from either centre.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import power as to_the

BANDS = 55
BANDS_PER_OCTAVE = 6.0
LOWEST_CENTER_HZ = 31.25
CENTERS_HZ = LOWEST_CENTER_HZ * 2.0 ** (np.arange(BANDS) / BANDS_PER_OCTAVE)


@kernel
def band_powers(power: Annotated[F64, "bins"], bin_hz: float, highest_hz: float, bands: Annotated[F64, 55]) -> None:
    """Sum a power spectrum into bands.

    A bin that a band edge crosses is shared out in proportion, as if its power were spread evenly over it; so a band
    narrower than a bin still has a power, and equal density gives a band power in proportion to its width.

    Args:
        power: (bins,), bin k at k * bin_hz.
        bin_hz: distance of two bins.
        highest_hz: bands that reach above it, or above the last bin, are 0.
        bands: (55,), overwritten.

    >>> bands = np.zeros(BANDS)
    >>> band_powers(np.ones(1000), 20.0, 20_000.0, bands)
    >>> round(float(bands[30] / bands[24]), 3)  # an octave higher, twice as wide
    2.0
    """
    edge = LOWEST_CENTER_HZ * to_the(2.0, -0.5 / BANDS_PER_OCTAVE)
    for band in range(BANDS):
        lower = edge
        edge = LOWEST_CENTER_HZ * to_the(2.0, (float(band) + 0.5) / BANDS_PER_OCTAVE)
        bands[band] = 0.0
        if edge <= highest_hz and edge < (float(power.shape[0]) - 0.5) * bin_hz:
            bands[band] = sum_between(power, lower / bin_hz + 0.5, edge / bin_hz + 0.5)


@kernel
def sum_between(power: F64, lower: float, upper: float) -> float:
    """Sum of a power spectrum between two fractional bins.

    Args:
        power: taken as constant over [k, k + 1).
        lower: where the sum begins.
        upper: where it ends.
    """
    first, last = int(lower), int(upper)
    if first == last:
        return (upper - lower) * float(power[first])
    total = (float(first + 1) - lower) * float(power[first])
    for each in power[first + 1 : last]:
        total += each
    return total + (upper - float(last)) * float(power[last])
