"""Parametric equaliser: six bands in a row, each a shelf, bell, pass, notch or all-pass filter, then a trim.

Its filters are in `biquad.py`. They run in transposed direct form II with float64 state, which rounds 150 dB below
full scale (float32 state would leave 73 dB for a high-pass at 20 Hz).
"""

from typing import Annotated

from dawg_ai.dsp.biquad import BELL, HIGH_SHELF, KINDS, LOW_SHELF, design, response_db, tick
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, amplitude, finite, sin

BANDS = 6
KNOBS_PER_BAND = 4
TRIM = BANDS * KNOBS_PER_BAND


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
    state: Annotated[F64, "channels", 6, 2],
) -> None:
    """Filter a block. A sample that is not a finite number counts as silence: it would never leave the state."""
    for channel in range(x.shape[0]):
        source, target, delays = x[channel], y[channel], state[channel]
        for i in range(source.shape[0]):
            v = finite(float(source[i]))
            for band in range(BANDS):
                b0, b1, b2, a1, a2 = settings[band]
                v, delays[band, 0], delays[band, 1] = tick(v, b0, b1, b2, a1, a2, delays[band, 0], delays[band, 1])
            target[i] = v


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
