"""True-peak interpolation for limiters: the highest value between samples, at eight times the rate.

A polyphase FIR of seven phases between two samples, with the 32 taps each of the meter in `true_peak.py`. Phases p
and 8 - p mirror each other: with E and O the sums over the even and odd parts of the taps, they are E + O and E - O,
so |E| + |O| is the higher of the two. The meter may skip what cannot be the highest; a limiter needs whatever may be
above its ceiling.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes16 import LANES, any_beyond16, load16, store16
from dawg_ai.dsp.meters.true_peak import HALF_TAPS

REACH = 2 * HALF_TAPS - 1  # further samples that the taps need
# Bound of an interpolated value over the highest sample: the absolute taps of the middle phase, summed.
MAX_OVERSHOOT = 2.55

# A gap's neighbours, counted from the first sample needed.
_BEFORE, _AFTER = np.uintp(HALF_TAPS - 1), np.uintp(HALF_TAPS)
_ONE, _TAPS = np.uintp(1), np.uintp(HALF_TAPS)


@kernel
def raise_to_peaks(
    x: F32, taps: Annotated[F32, 7, 16], threshold: float, peaks: F32, sums: Annotated[F32, 7, 16]
) -> None:
    """Raise `peaks` to the highest of x[15 + i] and of the interpolated values between it and the next sample.

    Args:
        x: 31 samples more than `peaks`, each of absolute value 1e30 at most.
        taps: of `true_peak.design`.
        threshold: peaks that cannot be above it stay as they are.
        peaks: (a multiple of 16,), in place.
        sums: scratch.
    """
    bound = np.float32(threshold / MAX_OVERSHOOT)
    for i in range(np.uintp(0), np.uintp(peaks.shape[0]), LANES):
        if not _any_above(x, i, bound):
            continue
        _convolve_phases(x, i, taps, sums)
        near, here = x[i + _BEFORE :], peaks[i:]
        for lane in range(LANES):
            outer = max(abs(sums[0, lane]) + abs(sums[1, lane]), abs(sums[4, lane]) + abs(sums[5, lane]))
            inner = max(abs(sums[2, lane]) + abs(sums[3, lane]), abs(sums[6, lane]))
            here[lane] = max(max(here[lane], abs(near[lane])), max(outer, inner))


@kernel
def _any_above(x: F32, i: Index, bound: np.float32) -> bool:
    """Whether any of the samples around sixteen gaps is above the bound."""
    return (
        any_beyond16(load16(x, i), bound)
        or any_beyond16(load16(x, i + LANES), bound)
        or any_beyond16(load16(x, i + np.uintp(REACH)), bound)
    )


@kernel
def _convolve_phases(x: F32, i: Index, taps: F32, sums: F32) -> None:
    """Even and odd parts of phases 1 to 3 and the middle phase, for sixteen gaps."""
    before, after = load16(x, i + _BEFORE), load16(x, i + _AFTER)
    even, odd = before + after, after - before
    a, b, c, d = even * taps[0, 0], odd * taps[1, 0], even * taps[2, 0], odd * taps[3, 0]
    e, f, g = even * taps[4, 0], odd * taps[5, 0], even * taps[6, 0]
    for k in range(_ONE, _TAPS):
        before, after = load16(x, i + _BEFORE - k), load16(x, i + _AFTER + k)
        even, odd = before + after, after - before
        a, b, c, d = a + even * taps[0, k], b + odd * taps[1, k], c + even * taps[2, k], d + odd * taps[3, k]
        e, f, g = e + even * taps[4, k], f + odd * taps[5, k], g + even * taps[6, k]
    store16(sums[0], 0, a)
    store16(sums[1], 0, b)
    store16(sums[2], 0, c)
    store16(sums[3], 0, d)
    store16(sums[4], 0, e)
    store16(sums[5], 0, f)
    store16(sums[6], 0, g)
