"""Compressor: turns down what is above a threshold; feed-forward, its gain computed in the log domain.

    key (or x) -> high-pass of the side-chain (off at 20 Hz) -> peak or RMS detector -> level -> stereo link
        -> threshold, ratio, soft knee -> gain reduction -> attack and release ballistics -> make-up -> gain
        -> dry/wet mix
    x -> look-ahead delay -> times gain -> times automatic make-up ("Keep loudness") -> y

Attack and release are the times in which the gain goes 63 % (1 - 1/e) of the way, in dB, to where a step of the level
sends it. A key, if there is one, drives the detector in place of the sound. The blocks are in
`blocks/dynamics`: `level_detector.py`, `gain_computer.py`, `ballistics.py`, `lookahead.py`, `auto_makeup.py`.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design - A Tutorial and Analysis",
J. Audio Eng. Soc. 60 (6), 2012.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import smoothing
from dawg_ai.dsp.blocks.dynamics.auto_makeup import LOUDNESS_MS, makeup_gains
from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, smoothed_now
from dawg_ai.dsp.blocks.dynamics.gain_computer import (
    NO_LIMIT_DB,
    apply_gains,
    compute_gains,
    set_ballistics,
    set_output,
    set_static_curve,
)
from dawg_ai.dsp.blocks.dynamics.level_detector import (
    CHUNK,
    RMS_MS,
    SIDECHAIN_OFF_HZ,
    channel_maximum,
    link_levels,
    mean_square,
    rectify,
    rectify_linked,
    rectify_sidechain,
    to_log2_levels,
)
from dawg_ai.dsp.blocks.dynamics.lookahead import lookahead_delay, samples_of_ms
from dawg_ai.dsp.blocks.filters.biquad import BUTTERWORTH_Q, HIGH_PASS, design
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, I32, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB
from dawg_ai.dsp.meters.loudness import k_weighting

AUTO, RMS, LINK, DELAY, SIDECHAIN, LOUDNESS = range(6)  # settings; RMS and LOUDNESS are one-pole coefficients
# A channel's state: two of the side-chain filter, the mean square, the ballistics' state, eight of the K-weighting.
SQUARE, REDUCTION, WEIGHTING = 2, 3, 3 + BALLISTICS_STATE


@kernel
def prepare(
    knobs: Annotated[F64, 12],
    sample_rate_hz: float,
    curve: Annotated[F64, 10],
    settings: Annotated[F64, 6],
    sidechain: Annotated[F64, 5],
    weighting: Annotated[F64, 2, 5],
) -> None:
    """Knobs to the static curve, the settings and the filters.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        curve: overwritten, the static curve.
        settings: overwritten.
        sidechain: overwritten, the biquad of the side-chain.
        weighting: overwritten, the K-weighting.
    """
    set_static_curve(knobs[0], 1.0 - 1.0 / knobs[1], knobs[2], NO_LIMIT_DB, curve)
    set_ballistics(knobs[3], knobs[4], sample_rate_hz, curve)
    set_output(knobs[9], knobs[11] / 100.0, curve)
    settings[RMS] = coefficient_of_ms(RMS_MS, sample_rate_hz) if knobs[5] > 0.5 else 0.0
    settings[LINK] = knobs[6] / 100.0
    settings[SIDECHAIN] = knobs[7]
    settings[DELAY] = float(samples_of_ms(knobs[8], sample_rate_hz))
    settings[AUTO] = knobs[10]
    settings[LOUDNESS] = coefficient_of_ms(LOUDNESS_MS, sample_rate_hz)
    design(float(HIGH_PASS), knobs[7], 0.0, BUTTERWORTH_Q, sample_rate_hz, sidechain)
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
    ramp: Annotated[F64, 4, 4],
    rows: Annotated[F64, 4, CHUNK],
    auto_ramp: Annotated[F64, 4, 3],
    auto: Annotated[F64, 1, CHUNK],
    state: Annotated[F64, "channels", WEIGHTING + 8],
    energies: Annotated[F64, 2],
    ring: Annotated[F32, "channels", 3840 + CHUNK],
    clock: Annotated[I32, 5],
    work: Annotated[F64, "channels", CHUNK],
    loud: Annotated[F64, 2, CHUNK],
) -> None:
    """Compress a block.

    Args:
        x: (channels, samples), the input.
        key: (channels, samples), the side-chain input; `x` itself without one.
        y: (channels, samples), overwritten with the output.
        curve: of `prepare`.
        settings: of `prepare`.
        sidechain: of `prepare`.
        weighting: of `prepare`.
        ramp: state of the smoothed curve.
        rows: the smoothed curve, sample by sample.
        auto_ramp: state of the smoothed settings.
        auto: the smoothed switch of the automatic make-up.
        state: per channel: side-chain filter, mean square, ballistics, K-weighting.
        energies: state of the automatic make-up.
        ring: state: ring buffers of the look-ahead.
        clock: state of the look-ahead.
        work: scratch: levels, then gains.
        loud: scratch of the automatic make-up.
    """
    smoothing.set_targets(curve, ramp)
    smoothing.set_targets(settings, auto_ramp)
    start = 0
    while start < x.shape[1]:
        stop = min(start + CHUNK, x.shape[1])
        fading = auto_ramp[smoothing.NOW, AUTO] != auto_ramp[smoothing.TARGET, AUTO]
        if fading:
            stop = min(stop, start + int(auto_ramp[smoothing.CLOCK, smoothing.REMAINING]))
        count = stop - start
        smoothing.fill_ramps(ramp, rows, count)
        smoothing.fill_ramps(auto_ramp, auto, count)
        lookahead_delay(x, y, ring, clock, int(settings[DELAY]), start, stop)
        _detect(key, start, stop, work, settings, sidechain, state)
        if settings[LINK] == 1.0:
            _gains_linked(work, count, settings, curve, rows, state)
        else:
            _gains_per_channel(work, count, settings, curve, rows, state)
        if fading or settings[AUTO] > 0.0:
            makeup_gains(y, start, stop, work, settings[LOUDNESS], weighting, state[:, WEIGHTING:], energies, loud)
            _apply_makeup(work, count, auto, loud)
        for channel in range(x.shape[0]):
            apply_gains(work[channel], y[channel, start:stop])
        start = stop


@kernel
def _detect(key: F32, start: int, stop: int, levels: F64, settings: F64, sidechain: F64, state: F64) -> None:
    """Level detector: amplitudes or mean squares of the key; fully linked, the first row is the highest channel."""
    plain, linked = settings[RMS] == 0.0 and settings[SIDECHAIN] <= SIDECHAIN_OFF_HZ, settings[LINK] == 1.0
    if plain and linked:
        rectify_linked(key, start, stop, levels[0])
        return
    if settings[SIDECHAIN] > SIDECHAIN_OFF_HZ:
        rectify_sidechain(key, start, stop, levels, sidechain, state)
    else:
        for channel in range(key.shape[0]):
            rectify(key[channel, start:stop], levels[channel])
    if settings[RMS] > 0.0:
        for channel in range(key.shape[0]):
            state[channel, SQUARE] = mean_square(
                levels[channel, : stop - start], settings[RMS], state[channel, SQUARE]
            )
    if linked:
        channel_maximum(levels, stop - start)


@kernel
def _gains_linked(levels: F64, count: int, settings: F64, curve: F64, rows: F64, state: F64) -> None:
    """Fully linked: one gain for all channels; it goes on from the channel with the largest gain reduction."""
    most_reduced = 0
    for channel in range(1, state.shape[0]):
        if state[channel, REDUCTION] > state[most_reduced, REDUCTION]:
            most_reduced = channel
    to_log2_levels(levels[0, :count], 0.5 if settings[RMS] > 0.0 else 1.0)
    compute_gains(levels[0, :count], curve, rows, state[most_reduced, REDUCTION:WEIGHTING])
    for channel in range(state.shape[0]):
        for i in range(REDUCTION, WEIGHTING):
            state[channel, i] = state[most_reduced, i]
    for channel in range(1, levels.shape[0]):
        for i in range(count):
            levels[channel, i] = levels[0, i]


@kernel
def _gains_per_channel(levels: F64, count: int, settings: F64, curve: F64, rows: F64, state: F64) -> None:
    """Partly linked: a gain for each channel."""
    for channel in range(levels.shape[0]):
        to_log2_levels(levels[channel, :count], 0.5 if settings[RMS] > 0.0 else 1.0)
    link_levels(levels, count, settings[LINK])
    for channel in range(levels.shape[0]):
        compute_gains(levels[channel, :count], curve, rows, state[channel, REDUCTION:WEIGHTING])


@kernel
def _apply_makeup(gains: F64, count: int, auto: F64, loud: F64) -> None:
    """Multiply the gains by the automatic make-up in the first row of `loud`, faded by `auto`."""
    for channel in range(gains.shape[0]):
        for i in range(count):
            gains[channel, i] *= 1.0 + auto[0, i] * (loud[0, i] - 1.0)


@kernel
def latency(knobs: Annotated[F64, 12], sample_rate_hz: float) -> int:
    """The look-ahead, in samples."""
    return samples_of_ms(knobs[8], sample_rate_hz)


@kernel
def reduction_db(state: Annotated[F64, "channels", WEIGHTING + 8]) -> float:
    """Gain reduction of the channel that is turned down most; make-up and mix left out."""
    most = 0.0
    for channel in range(state.shape[0]):
        most = max(most, smoothed_now(state[channel, REDUCTION:WEIGHTING]) / LOG2_PER_DB)
    return most


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
    reduction_db=reduction_db,
    example={"threshold_db": -37, "ratio": 8, "attack_ms": 3, "release_ms": 80},
)
