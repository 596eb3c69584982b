"""De-esser: turns down what is above a frequency, where it is above a threshold, by as much as the range.

It is a compressor on the upper band of a Linkwitz-Riley crossover (`crossover.py`). Attack and release as in
`compressor.py`; all channels get the same gain, after the loudest.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import glide
from dawg_ai.dsp.blocks.ballistics import FOLLOW
from dawg_ai.dsp.blocks.crossover import add, read, split, steer
from dawg_ai.dsp.blocks.dynamics import STRETCH, compress_band, set_curve, set_output, set_times
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel

KNEE_DB = 6.0


@kernel
def prepare(
    knobs: Annotated[F64, 6], sample_rate_hz: float, curve: Annotated[F64, 10], edges: Annotated[F64, 2]
) -> None:
    """Knobs to settings."""
    edges[0], edges[1] = knobs[0], sample_rate_hz
    set_curve(knobs[1], 1.0 - 1.0 / knobs[2], KNEE_DB, knobs[3], curve)
    set_times(knobs[4], knobs[5], sample_rate_hz, curve)
    set_output(0.0, 1.0, curve)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    curve: Annotated[F64, 10],
    edges: Annotated[F64, 2],
    filters: Annotated[F64, 1, 3, 5],
    now: Annotated[F64, 2],
    ramp: Annotated[F64, 3, 4],
    rows: Annotated[F64, 4, STRETCH],
    state: Annotated[F64, "channels", 10],
    reduction: Annotated[F64, FOLLOW],
    lower: Annotated[F64, "channels", STRETCH],
    upper: Annotated[F64, "channels", STRETCH],
    gain: Annotated[F64, STRETCH],
) -> None:
    """De-ess a block."""
    glide.aim(curve, ramp)
    start = 0
    while start < x.shape[1]:
        samples = steer(edges, filters, now, min(STRETCH, x.shape[1] - start))
        stop = start + samples
        glide.lay_out(ramp, rows, samples)
        read(x, start, stop, upper)
        split(lower, upper, samples, filters[0], state)
        compress_band(upper, samples, curve, rows, reduction, gain)
        add(lower, upper, y, start, stop)
        start = stop


EFFECT = Effect(
    "deesser",
    "Turns down sharp s sounds.",
    (
        Knob("crossover_hz", "From", "Hz", 1000, 16_000, 5500, 1, "log"),
        Knob("threshold_db", "Threshold", "dB", -60, 0, -30, 0.1),
        Knob("ratio", "Ratio", ": 1", 1, 20, 4, 0.1, "log"),
        Knob("range_db", "Range", "dB", 0, 24, 12, 0.1),
        Knob("attack_ms", "Attack", "ms", 0.1, 50, 1, 0.1, "log"),
        Knob("release_ms", "Release", "ms", 5, 500, 60, 1, "log"),
    ),
    prepare,
    process,
)
