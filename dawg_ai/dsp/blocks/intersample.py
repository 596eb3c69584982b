"""How high a signal gets between its samples, at eight times its rate: what a limiter acts upon.

Seven phases between two samples, each of the 32 taps that the meter in `true_peak.py` has. Phases p and 8 - p mirror
each other: their sums over the taps are E + O and E - O of the even and odd parts, so that |E| + |O| is the higher.
The meter may skip what cannot be the highest; a limiter needs whatever may be above its ceiling.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes16 import LANES, beyond16, load16, store16
from dawg_ai.dsp.meters.true_peak import HALF

REACH = 2 * HALF - 1  # samples needed beyond those asked about
MOST = 2.55  # what is between samples is at most this often as high: the taps of the middle phase, all added up

_LEFT, _RIGHT = np.uintp(HALF - 1), np.uintp(HALF)  # of the gap, seen from the first sample needed
_ONE, _TAPS = np.uintp(1), np.uintp(HALF)


@kernel
def raise_to_peaks(
    x: F32, taps: Annotated[F32, 7, 16], least: float, peaks: F32, sums: Annotated[F32, 7, 16]
) -> None:
    """Raise `peaks`, a whole multiple of 16, to the highest of x[15 + i] and of what lies between it and the next.

    `x` has 31 samples more than `peaks`; each of size 1e30 at most. Where nothing can be above `least`, peaks stay.
    """
    bound = np.float32(least / MOST)
    for i in range(np.uintp(0), np.uintp(peaks.shape[0]), LANES):
        if not _any_beyond(x, i, bound):
            continue
        _sum(x, i, taps, sums)
        near, here = x[i + _LEFT :], peaks[i:]
        for lane in range(LANES):
            outer = max(abs(sums[0, lane]) + abs(sums[1, lane]), abs(sums[4, lane]) + abs(sums[5, lane]))
            inner = max(abs(sums[2, lane]) + abs(sums[3, lane]), abs(sums[6, lane]))
            here[lane] = max(max(here[lane], abs(near[lane])), max(outer, inner))


@kernel
def _any_beyond(x: F32, i: Index, bound: np.float32) -> bool:
    """Whether any of the samples is that sixteen gaps have to do with."""
    return (
        beyond16(load16(x, i), bound)
        or beyond16(load16(x, i + LANES), bound)
        or beyond16(load16(x, i + np.uintp(REACH)), bound)
    )


@kernel
def _sum(x: F32, i: Index, taps: F32, sums: F32) -> None:
    """Even and odd parts of phases 1 to 3 and the middle, of sixteen gaps."""
    before, after = load16(x, i + _LEFT), load16(x, i + _RIGHT)
    both, apart = before + after, after - before
    a, b, c, d = both * taps[0, 0], apart * taps[1, 0], both * taps[2, 0], apart * taps[3, 0]
    e, f, g = both * taps[4, 0], apart * taps[5, 0], both * taps[6, 0]
    for k in range(_ONE, _TAPS):
        before, after = load16(x, i + _LEFT - k), load16(x, i + _RIGHT + k)
        both, apart = before + after, after - before
        a, b, c, d = a + both * taps[0, k], b + apart * taps[1, k], c + both * taps[2, k], d + apart * taps[3, k]
        e, f, g = e + both * taps[4, k], f + apart * taps[5, k], g + both * taps[6, k]
    store16(sums[0], 0, a)
    store16(sums[1], 0, b)
    store16(sums[2], 0, c)
    store16(sums[3], 0, d)
    store16(sums[4], 0, e)
    store16(sums[5], 0, f)
    store16(sums[6], 0, g)
