"""Multiband compressor: two to five bands, each with a compressor of its own.

The bands are of Linkwitz-Riley crossovers (`crossover.py`); with nothing to compress they add up to the sound with
its phase turned, flat to 0.0001 dB. All channels of a band get the same gain. Attack and release are what they are in
`compressor.py`.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import glide
from dawg_ai.dsp.blocks.ballistics import FOLLOW
from dawg_ai.dsp.blocks.crossover import add, join_band, read, split, steer
from dawg_ai.dsp.blocks.dynamics import NO_LIMIT_DB, STRETCH, compress_band, set_curve, set_output, set_times
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel

MOST = 5
COUNTS = ("2", "3", "4", "5")
KNOBS_PER_BAND = 5
FIRST = MOST + 2  # the first band's first knob: after the count, four crossovers, the knee and the mix


@kernel
def prepare(
    knobs: Annotated[F64, 32],
    sample_rate_hz: float,
    settings: Annotated[F64, 1],
    curves: Annotated[F64, 5, 10],
    edges: Annotated[F64, 5],
) -> None:
    """Knobs to crossovers and curves."""
    settings[0] = knobs[0] + 2.0
    for i in range(MOST - 1):
        edges[i] = knobs[1 + i]
    edges[MOST - 1] = sample_rate_hz
    knee_db, mix = knobs[MOST], knobs[MOST + 1] / 100.0
    for band in range(MOST):
        own, curve = knobs[FIRST + KNOBS_PER_BAND * band :], curves[band]
        set_curve(own[0], 1.0 - 1.0 / own[1], knee_db, NO_LIMIT_DB, curve)
        set_times(own[2], own[3], sample_rate_hz, curve)
        set_output(own[4], mix, curve)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 1],
    curves: Annotated[F64, 5, 10],
    edges: Annotated[F64, 5],
    filters: Annotated[F64, 4, 3, 5],
    now: Annotated[F64, 5],
    ramps: Annotated[F64, 5, 3, 4],
    rows: Annotated[F64, 5, 4, STRETCH],
    state: Annotated[F64, 4, "channels", 10],
    reductions: Annotated[F64, 5, FOLLOW],
    bands: Annotated[F64, 5, "channels", STRETCH],
    gain: Annotated[F64, STRETCH],
) -> None:
    """Split a block, compress each band, and add them up."""
    count = int(settings[0])
    for band in range(count):
        glide.aim(curves[band], ramps[band])
    start = 0
    while start < x.shape[1]:
        samples = steer(edges, filters, now, min(STRETCH, x.shape[1] - start))
        stop, rest = start + samples, bands[count - 1]
        read(x, start, stop, rest)
        for i in range(count - 1):
            split(bands[i], rest, samples, filters[i], state[i])
        for band in range(count):
            glide.lay_out(ramps[band], rows[band], samples)
            compress_band(bands[band], samples, curves[band], rows[band], reductions[band], gain)
        for i in range(1, count - 1):
            join_band(bands[0], bands[i], samples, filters[i], state[i])
        add(bands[0], rest, y, start, stop)
        start = stop


def _crossover_knob(number: int, hz: float) -> Knob:
    return Knob(f"crossover{number}_hz", f"Crossover {number}", "Hz", 40, 16_000, hz, 1, "log", group="Bands")


def _band_knobs(number: int) -> tuple[Knob, ...]:
    name, group = f"band{number}", f"Band {number}"
    return (
        Knob(f"{name}_threshold_db", "Threshold", "dB", -60, 0, -24, 0.1, group=group),
        Knob(f"{name}_ratio", "Ratio", ": 1", 1, 20, 2, 0.1, "log", group=group),
        Knob(f"{name}_attack_ms", "Attack", "ms", 0.1, 200, 10, 0.1, "log", group=group),
        Knob(f"{name}_release_ms", "Release", "ms", 5, 2000, 100, 1, "log", group=group),
        Knob(f"{name}_gain_db", "Gain", "dB", -12, 12, 0, 0.1, group=group),
    )


EFFECT = Effect(
    "multiband",
    "Two to five bands, each with a compressor of its own.",
    (
        Knob("bands", "Bands", "", 0, len(COUNTS) - 1, 1, 1, "choice", COUNTS, "Bands"),
        _crossover_knob(1, 200),
        _crossover_knob(2, 2000),
        _crossover_knob(3, 5000),
        _crossover_knob(4, 10_000),
        Knob("knee_db", "Knee", "dB", 0, 24, 6, 0.1, group="All bands"),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, 1, group="All bands"),
        *(knob for number in range(1, MOST + 1) for knob in _band_knobs(number)),
    ),
    prepare,
    process,
)
