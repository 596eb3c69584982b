"""Gate and expander: turns down what is below a threshold, by as much as the range.

Attack is the time in which it opens, release that in which it closes, each 63 % (1 - 1/e) of the way in dB. Its level
is the highest of the last samples, as many as the hold time lasts. All channels get the same gain, after the loudest.
A key, if there is one, is listened to in place of the sound itself.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import glide
from dawg_ai.dsp.blocks.ballistics import FOLLOW
from dawg_ai.dsp.blocks.biquad import HIGH_PASS, design
from dawg_ai.dsp.blocks.dynamics import (
    SIDECHAIN_OFF_HZ,
    STRETCH,
    apply,
    hold_highest,
    loudest,
    rectify_filtered,
    rectify_loudest,
    set_curve,
    set_output,
    set_times,
    to_gains,
    to_octaves,
)
from dawg_ai.dsp.blocks.lookahead import hold_back, samples
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel

DELAY, HOLD, SIDECHAIN = range(3)  # settings
REDUCTION = 2  # of the gate's state: two of `hold_highest`, then that of `follow`


@kernel
def prepare(
    knobs: Annotated[F64, 9],
    sample_rate_hz: float,
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 3],
    sidechain: Annotated[F64, 5],
) -> None:
    """Knobs to settings."""
    slope = -(knobs[1] - 1.0)  # negative for 1 : 1 too, where it is -0.0
    set_curve(knobs[0], slope, knobs[2], knobs[3], curve)
    set_times(knobs[6], knobs[4], sample_rate_hz, curve)
    set_output(0.0, 1.0, curve)
    settings[HOLD] = float(samples(knobs[5], sample_rate_hz) + 1)
    settings[DELAY], settings[SIDECHAIN] = float(samples(knobs[7], sample_rate_hz)), knobs[8]
    design(float(HIGH_PASS), knobs[8], 0.0, 0.7071067811865476, sample_rate_hz, sidechain)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    key: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 3],
    sidechain: Annotated[F64, 5],
    ramp: Annotated[F64, 3, 4],
    rows: Annotated[F64, 4, STRETCH],
    state: Annotated[F64, "channels", 2],
    gate: Annotated[F64, 2 + FOLLOW],
    held: Annotated[F64, 48_001],
    ring: Annotated[F32, "channels", 1920 + STRETCH],
    clock: Annotated[I32, 5],
    work: Annotated[F64, "channels", STRETCH],
) -> None:
    """Gate a block by what `key` does, which is `x` itself where nothing else is wanted."""
    glide.aim(curve, ramp)
    for start in range(0, x.shape[1], STRETCH):
        stop = min(start + STRETCH, x.shape[1])
        levels = work[0, : stop - start]
        glide.lay_out(ramp, rows, stop - start)
        hold_back(x, y, ring, clock, int(settings[DELAY]), start, stop)
        if settings[SIDECHAIN] > SIDECHAIN_OFF_HZ:
            rectify_filtered(key, start, stop, work, sidechain, state)
            loudest(work, stop - start)
        else:
            rectify_loudest(key, start, stop, levels)
        hold_highest(levels, held[: int(settings[HOLD])], gate)
        to_octaves(levels, 1.0)
        to_gains(levels, curve, rows, gate[REDUCTION:])
        for channel in range(x.shape[0]):
            apply(levels, y[channel, start:stop])


@kernel
def latency(knobs: Annotated[F64, 9], sample_rate_hz: float) -> int:
    """The look-ahead."""
    return samples(knobs[7], sample_rate_hz)


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
)
