"""Linkwitz-Riley crossovers: a sound split into bands whose sum has a flat magnitude response.

Each crossover is a low-pass and a high-pass of fourth order, two Butterworth biquads in series each. They are in
phase everywhere, and their sum is an all-pass of second order. When bands are summed, the sum of those below a
crossover goes through its all-pass, so that they are in phase with the bands that have gone through the crossover
itself. A crossover frequency that is moved is smoothed, by at most 1/320 of an octave every four samples: filters
whose coefficients jump ring, or become unstable.

Source: S. H. Linkwitz, "Active Crossover Networks for Noncoincident Drivers", J. Audio Eng. Soc. 24 (1), 1976.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import ALL_PASS, BUTTERWORTH_Q, HIGH_PASS, LOW_PASS, coefficients, tick
from dawg_ai.dsp.blocks.filters.biquad import design as design_filter
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Lanes, high, join, left, low, pair, right

UPDATE_SAMPLES, MAX_UPDATE_RATIO = 4, 1.0021684325960005
LOW, HIGH, ALL = range(3)  # filters of a crossover: low-pass, high-pass, all-pass
STATES_PER_CHANNEL = 10  # of a crossover: four of the low-pass, four of the high-pass, two of the all-pass


@kernel
def design(hz: float, sample_rate_hz: float, filters: Annotated[F64, 3, 5]) -> None:
    """Write the biquads of a crossover: low-pass, high-pass, all-pass.

    Args:
        hz: crossover frequency.
        sample_rate_hz: the sample rate.
        filters: overwritten.
    """
    design_filter(float(LOW_PASS), hz, 0.0, BUTTERWORTH_Q, sample_rate_hz, filters[LOW])
    design_filter(float(HIGH_PASS), hz, 0.0, BUTTERWORTH_Q, sample_rate_hz, filters[HIGH])
    design_filter(float(ALL_PASS), hz, 0.0, BUTTERWORTH_Q, sample_rate_hz, filters[ALL])


@kernel
def update_crossovers(
    edges: Annotated[F64, "places"],
    filters: Annotated[F64, "crossovers", 3, 5],
    now: Annotated[F64, "places"],
    longest: int,
) -> int:
    """Coefficient update: move the crossover frequencies towards their targets, if it is time.

    Args:
        edges: target frequencies in Hz and, last, the sample rate.
        filters: overwritten where a frequency moves.
        now: state: the present frequencies and, last, the samples until the next update. Zeros before the first call,
            which takes the targets at once.
        longest: samples that the caller would like to process.

    Returns:
        For how many samples, at most `longest`, the filters stay as they are.
    """
    count = filters.shape[0]
    if now[count] == 0.0:
        for i in range(count):
            if now[i] != edges[i]:
                here = now[i] if now[i] > 0.0 else edges[i]
                now[i] = min(max(edges[i], here / MAX_UPDATE_RATIO), here * MAX_UPDATE_RATIO)
                design(now[i], float(edges[count]), filters[i])
                now[count] = float(UPDATE_SAMPLES)
    if now[count] == 0.0:
        return longest
    unchanged = min(longest, int(now[count]))
    now[count] -= float(unchanged)
    return unchanged


@kernel
def load_channels(x: F32, start: int, stop: int, out: F64) -> None:
    """Sanitised samples of all channels.

    Args:
        x: (channels, samples).
        start: first sample.
        stop: one after the last.
        out: its first samples are overwritten.
    """
    for channel in range(x.shape[0]):
        sanitise(x[channel, start:stop], out[channel])


@kernel
def split(below: F64, above: F64, count: int, filters: Annotated[F64, 3, 5], state: F64) -> None:
    """Split a sound into the bands below and above a crossover.

    Four lanes hold the low-pass of two channels and the high-pass of the same.

    Args:
        below: (channels, samples), overwritten with the lower band.
        above: (channels, samples), the sound; overwritten with the upper band.
        count: samples to split.
        filters: of the crossover.
        state: (channels, STATES_PER_CHANNEL).
    """
    c = _two_filters(filters[LOW], filters[HIGH])
    last = np.uintp(state.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        s, t = state[first], state[second]
        a, b = above[first, :count], above[second, :count]
        d, e = below[first, :count], below[second, :count]
        p, q, u, v = _load_state(s, t, 0), _load_state(s, t, 1), _load_state(s, t, 2), _load_state(s, t, 3)
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
def add_band(total: F64, band: F64, count: int, filters: Annotated[F64, 3, 5], state: F64) -> None:
    """Add a band to the sum of all bands below it, which first goes through the all-pass of their crossover.

    Args:
        total: (channels, samples), in place.
        band: (channels, samples).
        count: samples.
        filters: of the crossover between them.
        state: that of `split`.
    """
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
def write_sum(one: F64, other: F64, y: F32, start: int, stop: int) -> None:
    """Write the sum of two bands.

    Args:
        one: (channels, samples), counted from 0.
        other: the same.
        y: (channels, samples), overwritten from `start` to `stop`.
        start: first sample.
        stop: one after the last.
    """
    for channel in range(y.shape[0]):
        out, a, b = y[channel, start:stop], one[channel], other[channel]
        for i in range(out.shape[0]):
            out[i] = a[i] + b[i]


@kernel
def _two_filters(one: F64, other: F64) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    """The low-pass in the lower pair of lanes, the high-pass in the upper."""
    return (
        _two_coefficients(one, other, 0),
        _two_coefficients(one, other, 1),
        _two_coefficients(one, other, 2),
        _two_coefficients(one, other, 3),
        _two_coefficients(one, other, 4),
    )


@kernel
def _two_coefficients(one: F64, other: F64, i: int) -> Lanes:
    """One coefficient of both filters."""
    return join(pair(one[i], one[i]), pair(other[i], other[i]))


@kernel
def _load_state(s: F64, t: F64, i: int) -> Lanes:
    """One state of both filters and both channels."""
    return join(pair(s[i], t[i]), pair(s[i + 4], t[i + 4]))
