"""Crossovers: a sound split into bands which, added up again, are as loud as it at every frequency.

Each crossover is a low pass and a high pass of fourth order, two Butterworth filters in a row each; they are in phase
everywhere, and their sum is an all-pass of second order. When bands are joined, the sum of those below a crossover
goes through its all-pass, so that they are in phase with what has gone through the crossover itself. A crossover
that is moved glides, at most 1/160 of an octave every four samples: filters that jump ring, or blow up.

Source: S. H. Linkwitz, "Active Crossover Networks for Noncoincident Drivers", J. Audio Eng. Soc. 24 (1), 1976.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.biquad import ALL_PASS, HIGH_PASS, LOW_PASS, coefficients, tick
from dawg_ai.dsp.blocks.biquad import design as design_filter
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Lanes, high, join, left, low, pair, right

BUTTERWORTH = 0.7071067811865476
STEP, FARTHEST = 4, 1.0043415672919243
LOW, HIGH, ALL = range(3)  # rows of a crossover's filters
SIZE = 10  # states of a crossover for each channel: four of the low pass, four of the high pass, two of the all-pass


@kernel
def design(hz: float, sample_rate_hz: float, filters: Annotated[F64, 3, 5]) -> None:
    """The filters of a crossover at `hz`."""
    design_filter(float(LOW_PASS), hz, 0.0, BUTTERWORTH, sample_rate_hz, filters[LOW])
    design_filter(float(HIGH_PASS), hz, 0.0, BUTTERWORTH, sample_rate_hz, filters[HIGH])
    design_filter(float(ALL_PASS), hz, 0.0, BUTTERWORTH, sample_rate_hz, filters[ALL])


@kernel
def steer(
    edges: Annotated[F64, "places"],
    filters: Annotated[F64, "crossovers", 3, 5],
    now: Annotated[F64, "places"],
    most: int,
) -> int:
    """Move crossovers on towards `edges`, if it is time; returns for how many, at most `most`, they stay.

    `edges` are their frequencies in Hz and, last, the sample rate; `now` is where they are and, last, the samples
    until the next step; all zeros at first, when they are at their `edges` at once.
    """
    count = filters.shape[0]
    if now[count] == 0.0:
        for i in range(count):
            if now[i] != edges[i]:
                here = now[i] if now[i] > 0.0 else edges[i]
                now[i] = min(max(edges[i], here / FARTHEST), here * FARTHEST)
                design(now[i], float(edges[count]), filters[i])
                now[count] = float(STEP)
    if now[count] == 0.0:
        return most
    stay = min(most, int(now[count]))
    now[count] -= float(stay)
    return stay


@kernel
def read(x: F32, start: int, stop: int, out: F64) -> None:
    """Samples of `x` from `start` to `stop`, at the beginning of `out`; what is not a finite number is silence."""
    for channel in range(x.shape[0]):
        clean(x[channel, start:stop], out[channel])


@kernel
def split(below: F64, above: F64, count: int, filters: Annotated[F64, 3, 5], state: F64) -> None:
    """What is in `above` (channels, samples) goes on into `below` and `above`, `count` samples of it.

    `state` is (channels, SIZE). Four lanes: the low pass of two channels and the high pass of the same.
    """
    c = _both(filters[LOW], filters[HIGH])
    last = np.uintp(state.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        s, t = state[first], state[second]
        a, b = above[first, :count], above[second, :count]
        d, e = below[first, :count], below[second, :count]
        p, q, u, v = _lanes(s, t, 0), _lanes(s, t, 1), _lanes(s, t, 2), _lanes(s, t, 3)
        for i in range(a.shape[0]):
            x = pair(a[i], b[i])
            z, p, q = tick(join(x, x), c, p, q)
            z, u, v = tick(z, c, u, v)
            d[i], e[i] = left(low(z)), right(low(z))
            a[i], b[i] = left(high(z)), right(high(z))
        for i, lanes in enumerate((p, q, u, v)):
            s[i], t[i] = left(low(lanes)), right(low(lanes))
            s[i + 4], t[i + 4] = left(high(lanes)), right(high(lanes))


@kernel
def join_band(total: F64, band: F64, count: int, filters: Annotated[F64, 3, 5], state: F64) -> None:
    """Add a band to the `total` of those below the crossover under it; with the `state` that `split` has."""
    c = coefficients(filters[ALL])
    last = np.uintp(state.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        s, t = state[first], state[second]
        a, b = total[first, :count], total[second, :count]
        d, e = band[first, :count], band[second, :count]
        p, q = pair(s[8], t[8]), pair(s[9], t[9])
        for i in range(a.shape[0]):
            z, p, q = tick(pair(a[i], b[i]), c, p, q)
            z = z + pair(d[i], e[i])
            a[i], b[i] = left(z), right(z)
        s[8], t[8], s[9], t[9] = left(p), right(p), left(q), right(q)


@kernel
def add(one: F64, other: F64, y: F32, start: int, stop: int) -> None:
    """The sum of two bands, as samples of `y` from `start` to `stop`."""
    for channel in range(y.shape[0]):
        out, a, b = y[channel, start:stop], one[channel], other[channel]
        for i in range(out.shape[0]):
            out[i] = a[i] + b[i]


@kernel
def _both(one: F64, other: F64) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    return _row(one, other, 0), _row(one, other, 1), _row(one, other, 2), _row(one, other, 3), _row(one, other, 4)


@kernel
def _row(one: F64, other: F64, i: int) -> Lanes:
    return join(pair(one[i], one[i]), pair(other[i], other[i]))


@kernel
def _lanes(s: F64, t: F64, i: int) -> Lanes:
    return join(pair(s[i], t[i]), pair(s[i + 4], t[i + 4]))
