"""De-esser: a split-band compressor that turns down what is above a frequency, by at most the range.

    x -> Linkwitz-Riley crossover -> lower band, upper band
    upper band -> peak detector, highest of all channels -> level -> threshold, ratio, soft knee, range
        -> gain reduction -> attack and release ballistics -> gain -> times upper band
    lower band + upper band -> y

Attack and release as in `compressor.py`; all channels get the same gain (full stereo link).
"""

from typing import Annotated

from dawg_ai.dsp.blocks import smoothing
from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, smoothed_now
from dawg_ai.dsp.blocks.dynamics.gain_computer import compress_band, set_ballistics, set_output, set_static_curve
from dawg_ai.dsp.blocks.dynamics.level_detector import CHUNK
from dawg_ai.dsp.blocks.filters.crossover import load_channels, split, update_crossovers, write_sum
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB

KNEE_DB = 6.0


@kernel
def prepare(
    knobs: Annotated[F64, 6], sample_rate_hz: float, curve: Annotated[F64, 10], edges: Annotated[F64, 2]
) -> None:
    """Knobs to the crossover and the static curve.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        curve: overwritten, the static curve.
        edges: overwritten with the crossover frequency in Hz and the sample rate.
    """
    edges[0], edges[1] = knobs[0], sample_rate_hz
    set_static_curve(knobs[1], 1.0 - 1.0 / knobs[2], KNEE_DB, knobs[3], curve)
    set_ballistics(knobs[4], knobs[5], sample_rate_hz, curve)
    set_output(0.0, 1.0, curve)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    curve: Annotated[F64, 10],
    edges: Annotated[F64, 2],
    filters: Annotated[F64, 1, 3, 5],
    now: Annotated[F64, 2],
    ramp: Annotated[F64, 4, 4],
    rows: Annotated[F64, 4, CHUNK],
    state: Annotated[F64, "channels", 10],
    reduction: Annotated[F64, BALLISTICS_STATE],
    lower: Annotated[F64, "channels", CHUNK],
    upper: Annotated[F64, "channels", CHUNK],
    gain: Annotated[F64, CHUNK],
) -> None:
    """Split a block, compress the upper band, and sum both.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        curve: of `prepare`.
        edges: of `prepare`.
        filters: state: biquads of the crossover.
        now: state: present crossover frequency.
        ramp: state of the smoothed curve.
        rows: the smoothed curve, sample by sample.
        state: per channel, of the filters.
        reduction: state of the ballistics.
        lower: scratch.
        upper: scratch.
        gain: scratch.
    """
    smoothing.set_targets(curve, ramp)
    start = 0
    while start < x.shape[1]:
        samples = update_crossovers(edges, filters, now, min(CHUNK, x.shape[1] - start))
        stop = start + samples
        smoothing.fill_ramps(ramp, rows, samples)
        load_channels(x, start, stop, upper)
        split(lower, upper, samples, filters[0], state)
        compress_band(upper, samples, curve, rows, reduction, gain)
        write_sum(lower, upper, y, start, stop)
        start = stop


@kernel
def reduction_db(reduction: Annotated[F64, BALLISTICS_STATE]) -> float:
    """Gain reduction of the upper band."""
    return max(0.0, smoothed_now(reduction) / LOG2_PER_DB)


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
    reduction_db=reduction_db,
    example={"crossover_hz": 4000, "threshold_db": -53, "ratio": 8, "range_db": 18},
)
