"""Parametric equaliser: six bands in a row, each a shelf, bell, pass, notch or all-pass filter, then a trim.

Its filters are in `biquad.py`. They run in transposed direct form II with float64 state, which rounds 150 dB below
full scale (float32 state would leave 73 dB for a high-pass at 20 Hz).
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.biquad import BELL, HIGH_SHELF, KINDS, LOW_SHELF, coefficients, design, response_db, tick
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Lanes, high, join, left, low, pair, right
from dawg_ai.dsp.math import PI, amplitude, finite, sin

BANDS = 6
KNOBS_PER_BAND = 4
TRIM = BANDS * KNOBS_PER_BAND
DEPTH = BANDS - 1  # how many samples the last band is behind the first


@kernel
def prepare(knobs: Annotated[F64, 25], sample_rate_hz: float, settings: Annotated[F64, 6, 5]) -> None:
    """Knobs to one row of filter coefficients per band; the last band's numerator carries the trim."""
    for band in range(BANDS):
        at = KNOBS_PER_BAND * band
        design(knobs[at], knobs[at + 1], knobs[at + 2], knobs[at + 3], sample_rate_hz, settings[band])
    gain = amplitude(knobs[TRIM])
    for i in range(3):
        settings[BANDS - 1, i] *= gain


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 6, 5],
    state: Annotated[F64, "channels", 6, 3],
) -> None:
    """Filter a block. A sample that is not a finite number counts as silence: it would never leave the state.

    The bands stand in a pipeline: while the first filters sample i, the second filters sample i - 1, and so on, so
    that the six recurrences need not wait for each other. It fills at the beginning of a block and runs empty at the
    end. A band's state is p and q of `tick` and its last output.
    """
    samples = x.shape[1]
    last = np.uintp(x.shape[0] - 1)
    for t in range(min(DEPTH, samples)):
        _some_bands(x, y, settings, state, t, 0, t)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        a, b, c, d = x[first, DEPTH:], x[second, DEPTH:], y[first], y[second]
        _all_bands(a, b, c, d, settings, state[first], state[second])
    for t in range(samples, samples + DEPTH):
        _some_bands(x, y, settings, state, t, t - samples + 1, min(t, DEPTH))


@kernel
def _some_bands(x: F32, y: F32, settings: F64, state: F64, t: int, first: int, last: int) -> None:
    """The pipeline's step `t` at its ends, where only the bands `first` to `last` have a sample to filter."""
    for channel in range(x.shape[0]):
        for band in range(last, first - 1, -1):
            s = state[channel, band]
            v = finite(np.float64(x[channel, t])) if band == 0 else state[channel, band - 1, 2]
            s[2], s[0], s[1] = tick(v, coefficients(settings[band]), s[0], s[1])
            if band == DEPTH:
                y[channel, t - DEPTH] = s[2]


@kernel
def _all_bands(a: F32, b: F32, c: F32, d: F32, settings: F64, s: F64, t: F64) -> None:
    """The pipeline's steps with all bands at work: channels `a` and `b`, of states `s` and `t`, into `c` and `d`.

    Four lanes hold two channels of two bands.
    """
    c01, c23, c45 = _two_rows(settings[:2]), _two_rows(settings[2:4]), _two_rows(settings[4:])
    p01, q01, v01 = _four_states(s[:2], t[:2])
    p23, q23, v23 = _four_states(s[2:4], t[2:4])
    p45, q45, v45 = _four_states(s[4:], t[4:])
    for i in range(a.shape[0]):
        # From the last bands to the first: each takes what the one before it gave a sample ago.
        v45, p45, q45 = tick(join(high(v23), low(v45)), c45, p45, q45)
        v23, p23, q23 = tick(join(high(v01), low(v23)), c23, p23, q23)
        v = pair(finite(np.float64(a[i])), finite(np.float64(b[i])))
        v01, p01, q01 = tick(join(v, low(v01)), c01, p01, q01)
        c[i], d[i] = left(high(v45)), right(high(v45))
    _keep(s[:2], t[:2], p01, q01, v01)
    _keep(s[2:4], t[2:4], p23, q23, v23)
    _keep(s[4:], t[4:], p45, q45, v45)


@kernel
def _two_rows(rows: F64) -> tuple[Lanes, Lanes, Lanes, Lanes, Lanes]:
    return _two(rows, 0), _two(rows, 1), _two(rows, 2), _two(rows, 3), _two(rows, 4)


@kernel
def _two(rows: F64, i: int) -> Lanes:
    return join(pair(rows[0, i], rows[0, i]), pair(rows[1, i], rows[1, i]))


@kernel
def _four_states(s: F64, t: F64) -> tuple[Lanes, Lanes, Lanes]:
    return _four(s, t, 0), _four(s, t, 1), _four(s, t, 2)


@kernel
def _four(s: F64, t: F64, i: int) -> Lanes:
    return join(pair(s[0, i], t[0, i]), pair(s[1, i], t[1, i]))


@kernel
def _keep(s: F64, t: F64, p: Lanes, q: Lanes, v: Lanes) -> None:
    for i, lanes in enumerate((p, q, v)):
        s[0, i], t[0, i] = left(low(lanes)), right(low(lanes))
        s[1, i], t[1, i] = left(high(lanes)), right(high(lanes))


@kernel
def curve(
    settings: Annotated[F64, 6, 5],
    frequencies: Annotated[F64, "points"],
    sample_rate_hz: float,
    decibels: Annotated[F64, "points"],
) -> None:
    """Level in dB that the whole equaliser gives each of `frequencies` (Hz, up to half the sample rate)."""
    for i in range(frequencies.shape[0]):
        sine = sin(PI * frequencies[i] / sample_rate_hz)
        total = 0.0
        for band in range(BANDS):
            total += response_db(settings[band], sine * sine)
        decibels[i] = total


def _band_knobs(number: int, kind: int, center_hz: float) -> tuple[Knob, ...]:
    name, group = f"band{number}", f"Band {number}"
    q, most = (1.0 if kind == BELL else 0.71), len(KINDS) - 1
    return (
        Knob(f"{name}_kind", "Type", "", 0, most, kind, 1, "choice", KINDS, group, role="kind"),
        Knob(f"{name}_hz", "Frequency", "Hz", 20, 20_000, center_hz, 1, "log", group=group, role="frequency"),
        Knob(f"{name}_db", "Gain", "dB", -18, 18, 0, 0.1, group=group, role="gain"),
        Knob(f"{name}_q", "Q", "", 0.1, 10, q, 0.01, "log", group=group, role="q"),
    )


EFFECT = Effect(
    "eq",
    "Six bands of tone: shelves, bells, passes and notches.",
    (
        *_band_knobs(1, LOW_SHELF, 90),
        *_band_knobs(2, BELL, 200),
        *_band_knobs(3, BELL, 600),
        *_band_knobs(4, BELL, 2000),
        *_band_knobs(5, BELL, 5500),
        *_band_knobs(6, HIGH_SHELF, 9000),
        Knob("trim_db", "Trim", "dB", -24, 24, 0, step=0.1, group="Output"),
    ),
    prepare,
    process,
    curve,
)
