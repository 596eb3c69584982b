"""Gate and expander: turns down what is below a threshold, by as much as the range.

    key (or x) -> high-pass of the side-chain (off at 20 Hz) -> peak detector, highest of all channels
        -> sliding maximum over the hold time -> level -> threshold, ratio, soft knee, range -> gain reduction
        -> attack and release ballistics -> gain
    x -> look-ahead delay -> times gain -> y

Attack is the time in which the gate opens, release that in which it closes, each 63 % (1 - 1/e) of the way in dB. All
channels get the same gain (full stereo link). A key, if there is one, drives the detector in place of the sound.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import smoothing
from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, smoothed_now
from dawg_ai.dsp.blocks.dynamics.gain_computer import (
    apply_gains,
    compute_gains,
    set_ballistics,
    set_output,
    set_static_curve,
)
from dawg_ai.dsp.blocks.dynamics.level_detector import (
    CHUNK,
    SIDECHAIN_OFF_HZ,
    channel_maximum,
    rectify_linked,
    rectify_sidechain,
    to_log2_levels,
)
from dawg_ai.dsp.blocks.dynamics.lookahead import lookahead_delay, samples_of_ms
from dawg_ai.dsp.blocks.filters.biquad import BUTTERWORTH_Q, HIGH_PASS, design
from dawg_ai.dsp.blocks.peaks.sliding_maximum import sliding_maximum
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB

DELAY, HOLD, SIDECHAIN = range(3)  # settings
REDUCTION = 2  # of the state `gate`: two of the sliding maximum, then those of the ballistics


@kernel
def prepare(
    knobs: Annotated[F64, 9],
    sample_rate_hz: float,
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 3],
    sidechain: Annotated[F64, 5],
) -> None:
    """Knobs to the static curve, the settings and the side-chain filter.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        curve: overwritten, the static curve.
        settings: overwritten.
        sidechain: overwritten, the biquad of the side-chain.
    """
    slope = -(knobs[1] - 1.0)  # negative for 1 : 1 too, where it is -0.0
    set_static_curve(knobs[0], slope, knobs[2], knobs[3], curve)
    set_ballistics(knobs[6], knobs[4], sample_rate_hz, curve)
    set_output(0.0, 1.0, curve)
    settings[HOLD] = float(samples_of_ms(knobs[5], sample_rate_hz) + 1)
    settings[DELAY], settings[SIDECHAIN] = float(samples_of_ms(knobs[7], sample_rate_hz)), knobs[8]
    design(float(HIGH_PASS), knobs[8], 0.0, BUTTERWORTH_Q, sample_rate_hz, sidechain)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    key: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 3],
    sidechain: Annotated[F64, 5],
    ramp: Annotated[F64, 4, 4],
    rows: Annotated[F64, 4, CHUNK],
    state: Annotated[F64, "channels", 2],
    gate: Annotated[F64, 2 + BALLISTICS_STATE],
    held: Annotated[F64, 96_001],
    ring: Annotated[F32, "channels", 3840 + CHUNK],
    clock: Annotated[I32, 5],
    work: Annotated[F64, "channels", CHUNK],
) -> None:
    """Gate a block.

    Args:
        x: (channels, samples), the input.
        key: (channels, samples), the side-chain input; `x` itself without one.
        y: (channels, samples), overwritten with the output.
        curve: of `prepare`.
        settings: of `prepare`.
        sidechain: of `prepare`.
        ramp: state of the smoothed curve.
        rows: the smoothed curve, sample by sample.
        state: per channel: side-chain filter.
        gate: state of the sliding maximum and the ballistics.
        held: state: the window of the sliding maximum.
        ring: state: ring buffers of the look-ahead.
        clock: state of the look-ahead.
        work: scratch: levels, then gains.
    """
    smoothing.set_targets(curve, ramp)
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        levels = work[0, : stop - start]
        smoothing.fill_ramps(ramp, rows, stop - start)
        lookahead_delay(x, y, ring, clock, int(settings[DELAY]), start, stop)
        if settings[SIDECHAIN] > SIDECHAIN_OFF_HZ:
            rectify_sidechain(key, start, stop, work, sidechain, state)
            channel_maximum(work, stop - start)
        else:
            rectify_linked(key, start, stop, levels)
        sliding_maximum(levels, held[: int(settings[HOLD])], gate)
        to_log2_levels(levels, 1.0)
        compute_gains(levels, curve, rows, gate[REDUCTION:])
        for channel in range(x.shape[0]):
            apply_gains(levels, y[channel, start:stop])


@kernel
def latency(knobs: Annotated[F64, 9], sample_rate_hz: float) -> int:
    """The look-ahead, in samples."""
    return samples_of_ms(knobs[7], sample_rate_hz)


@kernel
def reduction_db(gate: Annotated[F64, 2 + BALLISTICS_STATE]) -> float:
    """Gain reduction, the same for all channels."""
    return max(0.0, smoothed_now(gate[REDUCTION:]) / LOG2_PER_DB)


EFFECT = Effect(
    "gate",
    "Turns down what is below a threshold.",
    (
        Knob("threshold_db", "Threshold", "dB", -90, 0, -50, 0.1, group="Curve"),
        Knob("ratio", "Ratio", ": 1", 1, 50, 4, 0.1, "log", group="Curve"),
        Knob("knee_db", "Knee", "dB", 0, 24, 6, 0.1, group="Curve"),
        Knob("range_db", "Range", "dB", 0, 90, 40, 0.1, group="Curve"),
        Knob("attack_ms", "Attack", "ms", 0.1, 100, 1, 0.1, "log", group="Time"),
        Knob("hold_ms", "Hold", "ms", 0, 250, 50, 1, group="Time"),
        Knob("release_ms", "Release", "ms", 5, 2000, 200, 1, "log", group="Time"),
        Knob("lookahead_ms", "Look-ahead", "ms", 0, 10, 0, 0.1, group="Time"),
        Knob("sidechain_hz", "Side-chain high pass", "Hz", 20, 1000, 20, 1, "log", group="Detection"),
    ),
    prepare,
    process,
    latency=latency,
    reduction_db=reduction_db,
    example={"threshold_db": -21, "ratio": 8, "release_ms": 60, "hold_ms": 20},
)
