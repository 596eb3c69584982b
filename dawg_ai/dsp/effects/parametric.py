"""Parametric equaliser: up to 24 bands, each of any type, for both sides, one of them, mid or side; then a trim.

First come the bands of stereo, left and right, then those of mid and side, each in their order. Mid is (left + right)
/ 2 and side is (left - right) / 2. A channel alone is left and mid: the bands of right and side do not touch it.

The filters of `matched.py` follow their analogue prototypes up to 20 kHz; the cookbook's (`biquad.py`) cramp there.
They run in transposed direct form II with float64 state. When knobs turn, every coefficient goes in a straight line
to its new value over `GLIDE` samples, so that nothing clicks, whatever turns.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks import biquad, cascade, matched
from dawg_ai.dsp.blocks.biquad import BELL, HIGH_SHELF, KINDS, LOW_SHELF, response_db
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, sin, sqrt

BANDS = 24
KNOBS_PER_BAND = 5
DESIGN, SHELF, TRIM = range(BANDS * KNOBS_PER_BAND, BANDS * KNOBS_PER_BAND + 3)

OFF = len(KINDS)
PLACES = ("stereo", "left", "right", "mid", "side")
STEREO, LEFT, RIGHT, MID, SIDE = range(len(PLACES))
DESIGNS = ("matched filters", "cookbook filters")
SHELVES = ("shelves by Q", "shelves by slope")

STAGES = 8  # groups of `cascade.FILTERS` bands: four for left and right, four for mid and side
FIRST_OF_MID = 4
CHUNK = 1024  # samples that pass all stages while they are in the first-level cache
GLIDE = 128  # samples; a block of the browser's audio thread
LOUDEST = 3e38  # what 24 resonances on one frequency may not exceed, so that float32 can say it

SEEN, LEFT_TO_GLIDE, ACTIVITY = 0, 1, 2  # places in `clock`; from the last on, one of these for each stage:
RESTING, SETTLED, GLIDING = range(3)


@kernel
def prepare(
    knobs: Annotated[F64, 123], sample_rate_hz: float, settings: Annotated[F64, 8, 5, 12], turns: Annotated[F64, 1]
) -> None:
    """Knobs to filter coefficients as `cascade` wants them; bands that are off or elsewhere are the identity.

    The trim is in the first band's numerators. `turns` counts, so that `process` need not look what has changed.
    """
    for stage in range(STAGES):
        for k in range(2 * cascade.FILTERS):
            settings[stage, 0, k] = 1.0
            for i in range(1, 5):
                settings[stage, i, k] = 0.0
    for band in range(BANDS):
        at = KNOBS_PER_BAND * band
        place = knobs[at + 4]
        stage = band // cascade.FILTERS + (FIRST_OF_MID if place >= MID else 0)
        k = 2 * (band % cascade.FILTERS) + (1 if place in (RIGHT, SIDE) else 0)
        if knobs[at] < OFF:
            _design_band(knobs[at : at + 4], knobs[DESIGN], knobs[SHELF], sample_rate_hz, settings[stage, :, k])
        for i in range(5 if place == STEREO else 0):
            settings[stage, i, k + 1] = settings[stage, i, k]
    gain = amplitude(knobs[TRIM])
    for i in range(3):
        settings[0, i, 0] *= gain
        settings[0, i, 1] *= gain
    turns[0] += 1.0


@kernel
def _design_band(band: F64, design: float, shelf: float, sample_rate_hz: float, row: F64) -> None:
    kind, center_hz, gain_db, q = band[0], band[1], band[2], band[3]
    if kind in (LOW_SHELF, HIGH_SHELF) and shelf > 0.0:
        q = q_of_slope(q, gain_db)
    if design > 0.0:
        biquad.design(kind, center_hz, gain_db, q, sample_rate_hz, row)
    else:
        matched.design(kind, center_hz, gain_db, q, sample_rate_hz, row)


@kernel
def q_of_slope(slope: float, gain_db: float) -> float:
    """Q of a shelf from its slope S, 1 being the steepest without a hump; beyond it, Q ends at 10.

    Source: the Audio EQ Cookbook.

    >>> round(q_of_slope(1.0, 6.0), 6)
    0.707107
    """
    gain = amplitude(0.5 * gain_db)
    return 1.0 / sqrt(max((gain + 1.0 / gain) * (1.0 / slope - 1.0) + 2.0, 0.01))


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 8, 5, 12],
    turns: Annotated[F64, 1],
    rows: Annotated[F64, "channels", 8, 5, 12],
    steps: Annotated[F64, "channels", 8, 5, 12],
    scaled: Annotated[F64, "channels", 8, 5, 12],
    state: Annotated[F64, "channels", 8, 2, 12],
    clock: Annotated[F64, "channels", 10],
    work: Annotated[F64, 2, CHUNK],
) -> None:
    """Filter a block, two channels at a time; a sample that is not a finite number counts as silence.

    `rows` are the coefficients on their way to `settings`, and `scaled` what is made of them once they are there. Of
    each two channels the first has the state of both.
    """
    channels = np.uintp(x.shape[0])
    for first in range(np.uintp(0), channels, np.uintp(2)):
        second = min(first + np.uintp(1), channels - np.uintp(1))
        now = clock[first]
        if now[SEEN] != turns[0]:
            _set_out(settings, rows[first], steps[first], scaled[first], state[first], now)
            now[SEEN] = turns[0]
        start = 0
        while start < x.shape[1]:
            stop = min(start + CHUNK, x.shape[1])
            if now[LEFT_TO_GLIDE] > 0.0:
                stop = min(stop, start + int(now[LEFT_TO_GLIDE]))
            a, b = work[0, : stop - start], work[1, : stop - start]
            clean(x[first, start:stop], a)
            clean(x[second, start:stop], b)
            _filter(a, b, rows[first], steps[first], scaled[first], state[first], now, first != second)
            _give(a, y[first, start:stop])
            if first != second:
                _give(b, y[second, start:stop])
            if now[LEFT_TO_GLIDE] > 0.0:
                now[LEFT_TO_GLIDE] -= float(stop - start)
                if now[LEFT_TO_GLIDE] == 0.0:
                    _arrive(settings, rows[first], scaled[first], state[first], now)
            start = stop


@kernel
def _filter(a: F64, b: F64, rows: F64, steps: F64, scaled: F64, state: F64, clock: F64, stereo: bool) -> None:
    """Pass one chunk of two channels through the stages that do something."""
    middle = False
    for stage in range(STAGES):
        activity = clock[ACTIVITY + stage]
        if activity == RESTING:
            continue
        if stage >= FIRST_OF_MID and stereo and not middle:
            middle = True
            _to_mid(a, b)
        if activity == GLIDING:
            cascade.gliding(a, b, rows[stage], steps[stage], state[stage])
        else:
            cascade.settled(a, b, scaled[stage], state[stage])
    if middle:
        _from_mid(a, b)


@kernel
def _set_out(settings: F64, rows: F64, steps: F64, scaled: F64, state: F64, clock: F64) -> None:
    """Begin to glide to new settings; the very first are there at once."""
    if clock[SEEN] == 0.0:
        _arrive(settings, rows, scaled, state, clock)
    clock[LEFT_TO_GLIDE] = 0.0
    for stage in range(STAGES):
        moved = clock[ACTIVITY + stage] == GLIDING
        for i in range(5):
            for k in range(2 * cascade.FILTERS):
                steps[stage, i, k] = (settings[stage, i, k] - rows[stage, i, k]) / GLIDE
                moved = moved or settings[stage, i, k] != rows[stage, i, k]
        if moved:
            clock[LEFT_TO_GLIDE] = GLIDE
            if clock[ACTIVITY + stage] == SETTLED:
                cascade.stir(scaled[stage], state[stage])
            clock[ACTIVITY + stage] = GLIDING


@kernel
def _arrive(settings: F64, rows: F64, scaled: F64, state: F64, clock: F64) -> None:
    """End the glide; a stage that has come to rest forgets."""
    for stage in range(STAGES):
        if clock[SEEN] > 0.0 and clock[ACTIVITY + stage] != GLIDING:
            continue
        for i in range(5):
            for k in range(2 * cascade.FILTERS):
                rows[stage, i, k] = settings[stage, i, k]
        resting = _rests(rows[stage])
        clock[ACTIVITY + stage] = RESTING if resting else SETTLED
        for i in range(2 if resting else 0):
            for k in range(2 * cascade.FILTERS):
                state[stage, i, k] = 0.0
        cascade.settle(rows[stage], state[stage], scaled[stage])


@kernel
def _rests(rows: F64) -> bool:
    """Whether all filters of a stage are the identity."""
    for k in range(2 * cascade.FILTERS):
        if rows[0, k] != 1.0:
            return False
        for i in range(1, 5):
            if rows[i, k] != 0.0:
                return False
    return True


@kernel
def _give(a: F64, y: F32) -> None:
    for i in range(a.shape[0]):
        y[i] = min(max(a[i], -LOUDEST), LOUDEST)


@kernel
def _to_mid(a: F64, b: F64) -> None:
    for i in range(a.shape[0]):
        a[i], b[i] = 0.5 * (a[i] + b[i]), 0.5 * (a[i] - b[i])


@kernel
def _from_mid(a: F64, b: F64) -> None:
    for i in range(a.shape[0]):
        a[i], b[i] = a[i] + b[i], a[i] - b[i]


@kernel
def curve(
    settings: Annotated[F64, 8, 5, 12],
    frequencies: Annotated[F64, "points"],
    sample_rate_hz: float,
    decibels: Annotated[F64, "points"],
) -> None:
    """Level in dB at each of `frequencies` (Hz, up to half the sample rate), as the mean of both sides.

    The mean is of levels in dB, of left with right and of mid with side: a band of one alone is drawn half as high.
    """
    for i in range(frequencies.shape[0]):
        decibels[i] = 0.0
    for stage in range(STAGES):
        for k in range(0 if _rests(settings[stage]) else 2 * cascade.FILTERS):
            for i in range(frequencies.shape[0]):
                sine = sin(PI * frequencies[i] / sample_rate_hz)
                decibels[i] += 0.5 * response_db(settings[stage, :, k], sine * sine)


# The first six stand as in a six-band equaliser; the others are off, and spread evenly for when they are not.
_FIRST = ((LOW_SHELF, 90), (BELL, 200), (BELL, 600), (BELL, 2000), (BELL, 5500), (HIGH_SHELF, 9000))
_OTHERS = tuple((OFF, round(40 * 400 ** (i / 17))) for i in range(BANDS - len(_FIRST)))


def _band_knobs(number: int, kind: int, center_hz: float) -> tuple[Knob, ...]:
    name, group = f"band{number}", f"Band {number}"
    q = 0.71 if kind in (LOW_SHELF, HIGH_SHELF) else 1.0
    return (
        Knob(f"{name}_kind", "Type", "", 0, OFF, kind, 1, "choice", (*KINDS, "off"), group, role="kind"),
        Knob(f"{name}_hz", "Frequency", "Hz", 20, 20_000, center_hz, 1, "log", group=group, role="frequency"),
        Knob(f"{name}_db", "Gain", "dB", -18, 18, 0, 0.1, group=group, role="gain"),
        Knob(f"{name}_q", "Q", "", 0.1, 20, q, 0.01, "log", group=group, role="q"),
        Knob(f"{name}_place", "Place", "", 0, SIDE, STEREO, 1, "choice", PLACES, group),
    )


EFFECT = Effect(
    "parametric",
    "Up to 24 bands of any type, true to the analogue up to 20 kHz, for stereo, left, right, mid or side.",
    (
        *(knob for i, band in enumerate(_FIRST + _OTHERS) for knob in _band_knobs(i + 1, *band)),
        Knob("design", "Design", "", 0, 1, 0, 1, "choice", DESIGNS, "All bands"),
        Knob("shelf", "Meaning of Q", "", 0, 1, 0, 1, "choice", SHELVES, "All bands"),
        Knob("trim_db", "Trim", "dB", -24, 24, 0, step=0.1, group="All bands"),
    ),
    prepare,
    process,
    curve,
)
