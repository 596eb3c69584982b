"""Power of a spectrum in bands of a sixth of an octave, from 31.25 Hz to 16 kHz.

Bands of a constant fraction of an octave follow IEC 61260-1:2014 in spirit: centres are base-two multiples of
1 kHz, and neighbours meet half a step (here a twelfth of an octave) from either centre.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import power as to_the

BANDS = 55
PER_OCTAVE = 6.0
LOWEST_HZ = 31.25
CENTERS_HZ = LOWEST_HZ * 2.0 ** (np.arange(BANDS) / PER_OCTAVE)


@kernel
def band_powers(power: Annotated[F64, "bins"], bin_hz: float, highest_hz: float, bands: Annotated[F64, 55]) -> None:
    """Sum a power spectrum, whose bin k stands for `bin_hz` around k * bin_hz, into bands.

    A bin that an edge crosses is shared out in proportion, as if its power were spread evenly over it; so a band
    narrower than a bin still has a power, and equal density gives a band power in proportion to its width. Bands that
    reach above `highest_hz`, or above the last bin, are 0.
    """
    edge = LOWEST_HZ * to_the(2.0, -0.5 / PER_OCTAVE)
    for band in range(BANDS):
        lower = edge
        edge = LOWEST_HZ * to_the(2.0, (float(band) + 0.5) / PER_OCTAVE)
        bands[band] = 0.0
        if edge <= highest_hz and edge < (float(power.shape[0]) - 0.5) * bin_hz:
            bands[band] = _between(power, lower / bin_hz + 0.5, edge / bin_hz + 0.5)


@kernel
def _between(power: F64, lower: float, upper: float) -> float:
    """Sum of `power`, taken as constant over [k, k + 1), from `lower` to `upper`."""
    first, last = int(lower), int(upper)
    if first == last:
        return (upper - lower) * float(power[first])
    total = (float(first + 1) - lower) * float(power[first])
    for each in power[first + 1 : last]:
        total += each
    return total + (upper - float(last)) * float(power[last])
