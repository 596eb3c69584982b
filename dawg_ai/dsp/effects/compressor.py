"""Compressor: turns down what is above a threshold; feed-forward, its gain computed on levels in octaves.

Attack and release are the times in which the gain goes 63 % (1 - 1/e) of the way, in dB, to where a step of the level
sends it. The kernels are in `dynamics.py` and `ballistics.py`. A key, if there is one, is listened to in place of the
sound itself.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import glide
from dawg_ai.dsp.blocks.ballistics import FOLLOW
from dawg_ai.dsp.blocks.biquad import HIGH_PASS, design
from dawg_ai.dsp.blocks.dynamics import (
    NO_LIMIT_DB,
    RMS_MS,
    SIDECHAIN_OFF_HZ,
    STRETCH,
    apply,
    loudest,
    mean_square,
    pace,
    pull_together,
    rectify,
    rectify_filtered,
    rectify_loudest,
    set_curve,
    set_output,
    set_times,
    to_gains,
    to_octaves,
)
from dawg_ai.dsp.blocks.lookahead import hold_back, samples
from dawg_ai.dsp.blocks.makeup import LOUDNESS_MS, compare
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel
from dawg_ai.dsp.meters.loudness import k_weighting

AUTO, RMS, LINK, DELAY, SIDECHAIN, LOUDNESS = range(6)  # settings
# A channel's state: two of the side-chain's filter, the mean square, that of `follow`, eight of loudness filters.
MEAN, REDUCTION, WEIGHTED = 2, 3, 3 + FOLLOW


@kernel
def prepare(
    knobs: Annotated[F64, 12],
    sample_rate_hz: float,
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 6],
    sidechain: Annotated[F64, 5],
    weighting: Annotated[F64, 2, 5],
) -> None:
    """Knobs to settings."""
    set_curve(knobs[0], 1.0 - 1.0 / knobs[1], knobs[2], NO_LIMIT_DB, curve)
    set_times(knobs[3], knobs[4], sample_rate_hz, curve)
    set_output(knobs[9], knobs[11] / 100.0, curve)
    settings[RMS] = pace(RMS_MS, sample_rate_hz) if knobs[5] > 0.5 else 0.0
    settings[LINK] = knobs[6] / 100.0
    settings[SIDECHAIN] = knobs[7]
    settings[DELAY] = float(samples(knobs[8], sample_rate_hz))
    settings[AUTO] = knobs[10]
    settings[LOUDNESS] = pace(LOUDNESS_MS, sample_rate_hz)
    design(float(HIGH_PASS), knobs[7], 0.0, 0.7071067811865476, sample_rate_hz, sidechain)
    k_weighting(sample_rate_hz, weighting)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    key: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 6],
    sidechain: Annotated[F64, 5],
    weighting: Annotated[F64, 2, 5],
    ramp: Annotated[F64, 3, 4],
    rows: Annotated[F64, 4, STRETCH],
    auto_ramp: Annotated[F64, 3, 3],
    auto: Annotated[F64, 1, STRETCH],
    state: Annotated[F64, "channels", WEIGHTED + 8],
    energies: Annotated[F64, 2],
    ring: Annotated[F32, "channels", 1920 + STRETCH],
    clock: Annotated[I32, 5],
    work: Annotated[F64, "channels", STRETCH],
    loud: Annotated[F64, 2, STRETCH],
) -> None:
    """Compress a block by what `key` does, which is `x` itself where nothing else is wanted."""
    glide.aim(curve, ramp)
    glide.aim(settings, auto_ramp)
    start = 0
    while start < x.shape[1]:
        stop = min(start + STRETCH, x.shape[1])
        fading = auto_ramp[glide.CLOCK, glide.LEFT] > 0.0 and auto_ramp[glide.GRADE, AUTO] != 0.0
        if fading:
            stop = min(stop, start + int(auto_ramp[glide.CLOCK, glide.LEFT]))
        count = stop - start
        glide.lay_out(ramp, rows, count)
        glide.lay_out(auto_ramp, auto, count)
        hold_back(x, y, ring, clock, int(settings[DELAY]), start, stop)
        _detect(key, start, stop, work, settings, sidechain, state)
        if settings[LINK] == 1.0:
            _reduce_all(work, count, settings, curve, rows, state)
        else:
            _reduce_each(work, count, settings, curve, rows, state)
        if fading or settings[AUTO] > 0.0:
            compare(y, start, stop, work, settings[LOUDNESS], weighting, state[:, WEIGHTED:], energies, loud)
            _keep_loudness(work, count, auto, loud)
        for channel in range(x.shape[0]):
            apply(work[channel], y[channel, start:stop])
        start = stop


@kernel
def _detect(key: F32, start: int, stop: int, levels: F64, settings: F64, sidechain: F64, state: F64) -> None:
    """Amplitudes, or mean squares of them, of what the compressor listens to; if it is linked, the highest first."""
    plain, linked = settings[RMS] == 0.0 and settings[SIDECHAIN] <= SIDECHAIN_OFF_HZ, settings[LINK] == 1.0
    if plain and linked:
        rectify_loudest(key, start, stop, levels[0])
        return
    if settings[SIDECHAIN] > SIDECHAIN_OFF_HZ:
        rectify_filtered(key, start, stop, levels, sidechain, state)
    else:
        for channel in range(key.shape[0]):
            rectify(key[channel, start:stop], levels[channel])
    if settings[RMS] > 0.0:
        for channel in range(key.shape[0]):
            state[channel, MEAN] = mean_square(levels[channel, : stop - start], settings[RMS], state[channel, MEAN])
    if linked:
        loudest(levels, stop - start)


@kernel
def _reduce_all(levels: F64, count: int, settings: F64, curve: F64, rows: F64, state: F64) -> None:
    """One gain for all, after the levels in the first row; it goes on from the channel that is turned down most."""
    lead = 0
    for channel in range(1, state.shape[0]):
        if state[channel, REDUCTION] > state[lead, REDUCTION]:
            lead = channel
    to_octaves(levels[0, :count], 0.5 if settings[RMS] > 0.0 else 1.0)
    to_gains(levels[0, :count], curve, rows, state[lead, REDUCTION:WEIGHTED])
    for channel in range(state.shape[0]):
        for i in range(REDUCTION, WEIGHTED):
            state[channel, i] = state[lead, i]
    for channel in range(1, levels.shape[0]):
        for i in range(count):
            levels[channel, i] = levels[0, i]


@kernel
def _reduce_each(levels: F64, count: int, settings: F64, curve: F64, rows: F64, state: F64) -> None:
    """A gain for each channel, after levels that are more or less linked."""
    for channel in range(levels.shape[0]):
        to_octaves(levels[channel, :count], 0.5 if settings[RMS] > 0.0 else 1.0)
    pull_together(levels, count, settings[LINK])
    for channel in range(levels.shape[0]):
        to_gains(levels[channel, :count], curve, rows, state[channel, REDUCTION:WEIGHTED])


@kernel
def _keep_loudness(gains: F64, count: int, auto: F64, loud: F64) -> None:
    """Gains times the make-up in the first row of `loud`, as far as that is switched on."""
    for channel in range(gains.shape[0]):
        for i in range(count):
            gains[channel, i] *= 1.0 + auto[0, i] * (loud[0, i] - 1.0)


@kernel
def latency(knobs: Annotated[F64, 12], sample_rate_hz: float) -> int:
    """The look-ahead."""
    return samples(knobs[8], sample_rate_hz)


EFFECT = Effect(
    "compressor",
    "Turns down what is above a threshold.",
    (
        Knob("threshold_db", "Threshold", "dB", -60, 0, -18, 0.1, group="Curve"),
        Knob("ratio", "Ratio", ": 1", 1, 20, 4, 0.1, "log", group="Curve"),
        Knob("knee_db", "Knee", "dB", 0, 24, 6, 0.1, group="Curve"),
        Knob("attack_ms", "Attack", "ms", 0.1, 200, 10, 0.1, "log", group="Time"),
        Knob("release_ms", "Release", "ms", 5, 2000, 100, 1, "log", group="Time"),
        Knob("detector", "Detector", "", 0, 1, 0, 1, "choice", ("peak", "RMS"), group="Detection"),
        Knob("link_percent", "Stereo link", "%", 0, 100, 100, 1, group="Detection"),
        Knob("sidechain_hz", "Side-chain high pass", "Hz", 20, 1000, 20, 1, "log", group="Detection"),
        Knob("lookahead_ms", "Look-ahead", "ms", 0, 10, 0, 0.1, group="Time"),
        Knob("makeup_db", "Make-up", "dB", -12, 24, 0, 0.1, group="Output"),
        Knob("auto_makeup", "Keep loudness", "", 0, 1, 0, 1, "choice", ("off", "on"), group="Output"),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, 1, group="Output"),
    ),
    prepare,
    process,
    latency=latency,
)
