"""Parametric equaliser: up to 24 biquads, each of any type, for both channels, one of them, mid or side; then a trim.

    left, right -> bands of stereo, left and right -> mid, side -> bands of mid and side -> left, right -> trim

Bands are in series, each group in its order. Mid is (left + right) / 2 and side is (left - right) / 2. A channel
alone is left and mid: the bands of right and side do not touch it.

The filters of `matched.py` follow their analogue prototypes up to 20 kHz; the cookbook's (`biquad.py`) cramp there.
They run in transposed direct form II with float64 state, in groups of six (`cascade.py`). When knobs turn, every
coefficient is smoothed (`smoothing.py`), so that nothing clicks, whatever turns.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters import biquad, cascade, matched
from dawg_ai.dsp.blocks.filters.biquad import BELL, HIGH_SHELF, KINDS, LOW_SHELF, response_db
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.blocks.smoothing import SETTLING_SAMPLES
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, sin, sqrt

MAX_BANDS = 24
KNOBS_PER_BAND = 5
DESIGN, SHELF, TRIM = range(MAX_BANDS * KNOBS_PER_BAND, MAX_BANDS * KNOBS_PER_BAND + 3)

OFF = len(KINDS)
PLACEMENTS = ("stereo", "left", "right", "mid", "side")
STEREO, LEFT, RIGHT, MID, SIDE = range(len(PLACEMENTS))
DESIGNS = ("matched filters", "cookbook filters")
SHELVES = ("shelves by Q", "shelves by slope")

STAGES = 8  # groups of `cascade.SECTIONS` bands: four for left and right, four for mid and side
FIRST_MID_STAGE = 4
CHUNK = 1024  # samples that pass all stages while they are in the first-level cache
MAX_OUTPUT = 3e38  # within float32: 24 resonances on one frequency may exceed it

SEEN_VERSION, REMAINING, ACTIVITY = 0, 1, 2  # of `clock`; from the last on, one of these for each stage:
IDLE, CONSTANT, MOVING = range(3)


@kernel
def prepare(
    knobs: Annotated[F64, 123], sample_rate_hz: float, settings: Annotated[F64, 8, 5, 12], version: Annotated[F64, 1]
) -> None:
    """Knobs to biquad coefficients as `cascade` takes them; bands that are off or placed elsewhere are the identity.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten; the trim is in the first band's numerators.
        version: counted up, so that `process` sees that something has changed.
    """
    for stage in range(STAGES):
        for k in range(2 * cascade.SECTIONS):
            settings[stage, 0, k] = 1.0
            for i in range(1, 5):
                settings[stage, i, k] = 0.0
    for band in range(MAX_BANDS):
        at = KNOBS_PER_BAND * band
        placement = knobs[at + 4]
        stage = band // cascade.SECTIONS + (FIRST_MID_STAGE if placement >= MID else 0)
        k = 2 * (band % cascade.SECTIONS) + (1 if placement in (RIGHT, SIDE) else 0)
        if knobs[at] < OFF:
            _design_band(knobs[at : at + 4], knobs[DESIGN], knobs[SHELF], sample_rate_hz, settings[stage, :, k])
        for i in range(5 if placement == STEREO else 0):
            settings[stage, i, k + 1] = settings[stage, i, k]
    gain = amplitude(knobs[TRIM])
    for i in range(3):
        settings[0, i, 0] *= gain
        settings[0, i, 1] *= gain
    version[0] += 1.0


@kernel
def _design_band(band: F64, design: float, shelf: float, sample_rate_hz: float, row: F64) -> None:
    """The biquad of one band."""
    kind, center_hz, gain_db, q = band[0], band[1], band[2], band[3]
    if kind in (LOW_SHELF, HIGH_SHELF) and shelf > 0.0:
        q = q_of_slope(q, gain_db)
    if design > 0.0:
        biquad.design(kind, center_hz, gain_db, q, sample_rate_hz, row)
    else:
        matched.design(kind, center_hz, gain_db, q, sample_rate_hz, row)


@kernel
def q_of_slope(slope: float, gain_db: float) -> float:
    """Q of a shelf from its slope S.

    Source: the Audio EQ Cookbook.

    Args:
        slope: S; 1 is the steepest without a hump.
        gain_db: of the shelf.

    Returns:
        Q, at most 10.

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
    version: Annotated[F64, 1],
    rows: Annotated[F64, "channels", 8, 5, 12],
    lags: Annotated[F64, "channels", 8, 5, 12],
    scaled: Annotated[F64, "channels", 8, 5, 12],
    state: Annotated[F64, "channels", 8, 2, 12],
    clock: Annotated[F64, "channels", 10],
    work: Annotated[F64, 2, CHUNK],
) -> None:
    """Filter a block, two channels at a time; nan and infinities count as silence.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        version: of `prepare`.
        rows: state: coefficients on their way to `settings`; of each two channels, the first has the state of both.
        lags: state: what they follow on their way.
        scaled: state: what `cascade` makes of them once they are constant.
        state: of the biquads.
        clock: state: version seen, samples until all have arrived, activity of each stage.
        work: scratch.
    """
    channels = np.uintp(x.shape[0])
    for first in range(np.uintp(0), channels, np.uintp(2)):
        second = min(first + np.uintp(1), channels - np.uintp(1))
        now = clock[first]
        if now[SEEN_VERSION] != version[0]:
            _start_moving(settings, rows[first], lags[first], scaled[first], state[first], now)
            now[SEEN_VERSION] = version[0]
        start = 0
        while start < x.shape[1]:
            stop = min(start + CHUNK, x.shape[1])
            if now[REMAINING] > 0.0:
                stop = min(stop, start + int(now[REMAINING]))
            a, b = work[0, : stop - start], work[1, : stop - start]
            sanitise(x[first, start:stop], a)
            sanitise(x[second, start:stop], b)
            _filter(a, b, settings, rows[first], lags[first], scaled[first], state[first], now, first != second)
            _write_output(a, y[first, start:stop])
            if first != second:
                _write_output(b, y[second, start:stop])
            if now[REMAINING] > 0.0:
                now[REMAINING] -= float(stop - start)
                if now[REMAINING] == 0.0:
                    _end_moving(settings, rows[first], lags[first], scaled[first], state[first], now)
            start = stop


@kernel
def _filter(
    a: F64, b: F64, settings: F64, rows: F64, lags: F64, scaled: F64, state: F64, clock: F64, stereo: bool
) -> None:  # fmt: skip
    """Pass one chunk of two channels through the stages that are not idle."""
    mid_side = False
    for stage in range(STAGES):
        activity = clock[ACTIVITY + stage]
        if activity == IDLE:
            continue
        if stage >= FIRST_MID_STAGE and stereo and not mid_side:
            mid_side = True
            _to_mid_side(a, b)
        if activity == MOVING:
            cascade.filter_moving(a, b, settings[stage], rows[stage], lags[stage], state[stage])
        else:
            cascade.filter_constant(a, b, scaled[stage], state[stage])
    if mid_side:
        _to_left_right(a, b)


@kernel
def _start_moving(settings: F64, rows: F64, lags: F64, scaled: F64, state: F64, clock: F64) -> None:
    """Coefficient update: move to new settings; the very first are taken at once."""
    if clock[SEEN_VERSION] == 0.0:
        _end_moving(settings, rows, lags, scaled, state, clock)
    clock[REMAINING] = 0.0
    for stage in range(STAGES):
        moves = clock[ACTIVITY + stage] == MOVING
        for i in range(5):
            for k in range(2 * cascade.SECTIONS):
                moves = moves or settings[stage, i, k] != rows[stage, i, k]
        if moves:
            clock[REMAINING] = float(SETTLING_SAMPLES)
            if clock[ACTIVITY + stage] == CONSTANT:
                cascade.unscale_state(scaled[stage], state[stage])
            clock[ACTIVITY + stage] = MOVING


@kernel
def _end_moving(settings: F64, rows: F64, lags: F64, scaled: F64, state: F64, clock: F64) -> None:
    """All have arrived; the state of a stage that has become idle is cleared."""
    for stage in range(STAGES):
        if clock[SEEN_VERSION] > 0.0 and clock[ACTIVITY + stage] != MOVING:
            continue
        for i in range(5):
            for k in range(2 * cascade.SECTIONS):
                rows[stage, i, k] = lags[stage, i, k] = settings[stage, i, k]
        idle = _is_identity(rows[stage])
        clock[ACTIVITY + stage] = IDLE if idle else CONSTANT
        for i in range(2 if idle else 0):
            for k in range(2 * cascade.SECTIONS):
                state[stage, i, k] = 0.0
        cascade.scale_state(rows[stage], state[stage], scaled[stage])


@kernel
def _is_identity(rows: F64) -> bool:
    """Whether all filters of a stage are the identity."""
    for k in range(2 * cascade.SECTIONS):
        if rows[0, k] != 1.0:
            return False
        for i in range(1, 5):
            if rows[i, k] != 0.0:
                return False
    return True


@kernel
def _write_output(a: F64, y: F32) -> None:
    """Clip to what float32 holds."""
    for i in range(a.shape[0]):
        y[i] = min(max(a[i], -MAX_OUTPUT), MAX_OUTPUT)


@kernel
def _to_mid_side(a: F64, b: F64) -> None:
    """Left and right to mid and side, in place."""
    for i in range(a.shape[0]):
        a[i], b[i] = 0.5 * (a[i] + b[i]), 0.5 * (a[i] - b[i])


@kernel
def _to_left_right(a: F64, b: F64) -> None:
    """Mid and side to left and right, in place."""
    for i in range(a.shape[0]):
        a[i], b[i] = a[i] + b[i], a[i] - b[i]


@kernel
def curve(
    settings: Annotated[F64, 8, 5, 12],
    frequencies: Annotated[F64, "points"],
    sample_rate_hz: float,
    decibels: Annotated[F64, "points"],
) -> None:
    """Magnitude response in dB, the mean of both channels.

    The mean is of levels in dB, of left with right and of mid with side: a band of one alone is drawn half as high.

    Args:
        settings: of `prepare`.
        frequencies: in Hz, up to half the sample rate.
        sample_rate_hz: the sample rate.
        decibels: overwritten.
    """
    for i in range(frequencies.shape[0]):
        decibels[i] = 0.0
    for stage in range(STAGES):
        for k in range(0 if _is_identity(settings[stage]) else 2 * cascade.SECTIONS):
            for i in range(frequencies.shape[0]):
                sine = sin(PI * frequencies[i] / sample_rate_hz)
                decibels[i] += 0.5 * response_db(settings[stage, :, k], sine * sine)


# The first six are those of a six-band equaliser; the others are off, and spread evenly for when they are not.
_FIRST_BANDS = ((LOW_SHELF, 90), (BELL, 200), (BELL, 600), (BELL, 2000), (BELL, 5500), (HIGH_SHELF, 9000))
_OTHER_BANDS = tuple((OFF, round(40 * 400 ** (i / 17))) for i in range(MAX_BANDS - len(_FIRST_BANDS)))


def _band_knobs(number: int, kind: int, center_hz: float) -> tuple[Knob, ...]:
    """The knobs of one band."""
    name, group = f"band{number}", f"Band {number}"
    q = 0.71 if kind in (LOW_SHELF, HIGH_SHELF) else 1.0
    return (
        Knob(f"{name}_kind", "Type", "", 0, OFF, kind, 1, "choice", (*KINDS, "off"), group, role="kind"),
        Knob(f"{name}_hz", "Frequency", "Hz", 20, 20_000, center_hz, 1, "log", group=group, role="frequency"),
        Knob(f"{name}_db", "Gain", "dB", -18, 18, 0, 0.1, group=group, role="gain"),
        Knob(f"{name}_q", "Q", "", 0.1, 20, q, 0.01, "log", group=group, role="q"),
        Knob(f"{name}_place", "Place", "", 0, SIDE, STEREO, 1, "choice", PLACEMENTS, group),
    )


EFFECT = Effect(
    "parametric",
    "Up to 24 bands of any type, true to the analogue up to 20 kHz, for stereo, left, right, mid or side.",
    (
        *(knob for i, band in enumerate(_FIRST_BANDS + _OTHER_BANDS) for knob in _band_knobs(i + 1, *band)),
        Knob("design", "Design", "", 0, 1, 0, 1, "choice", DESIGNS, "All bands"),
        Knob("shelf", "Meaning of Q", "", 0, 1, 0, 1, "choice", SHELVES, "All bands"),
        Knob("trim_db", "Trim", "dB", -24, 24, 0, step=0.1, group="All bands"),
    ),
    prepare,
    process,
    curve,
    example={"band1_db": -9, "band4_db": 6, "band6_db": 9, "band6_place": 4},
)
