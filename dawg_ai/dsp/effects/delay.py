"""Delay: echoes, free or in time with the beat, in stereo or ping-pong; chorus and flanger with short times.

    x -> plus feedback -> delay line (ring buffer) -> fractional read, modulated by the LFO -> high cut -> low cut
        -> tanh saturation -> echoes
    echoes -> feedback gain, crossed in ping-pong -> back into the delay line
    echoes -> width -> ducking by the peak of x -> wet;  x -> dry;  wet + dry -> y

The line is read between its samples (`delay_line.py`): by a cubic while the delay moves, by a windowed sinc once it
is constant, with a short crossfade. A new time is approached as by the motor of a tape machine, never faster than
half a sample per sample. The cuts are one-pole filters of 6 dB per octave. No part of the loop amplifies, so that
feedback below 100 % dies away. Parameters are smoothed by a one-pole, updated every `BLOCK` samples and interpolated
linearly between.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.delays.delay_line import (
    BLOCK,
    BLOCK_ROOM,
    MIN_CUBIC_DELAY,
    MIN_SINC_DELAY,
    MIRROR,
    SINC_TAPS,
    design_sinc,
    mirror_all,
    read_crossfaded,
    ring_size,
    set_slope,
)
from dawg_ai.dsp.blocks.delays.lfo import advance_lfo, lfo_rotation
from dawg_ai.dsp.blocks.delays.note_lengths import NOTES, note_seconds
from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.blocks.filters.one_pole import coefficient, coefficient_of_cutoff, low_pass
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import amplitude, log10, tanh

MAX_DELAY_S = 5.0
HIGH_CUT_OFF_HZ = 20_000.0  # the highest position of the high cut leaves it out
FULL_DUCK_PEAK = 0.1  # input peak, -20 dB, from which on the echoes are turned down in full
FADE_BLOCKS = 8.0  # length of the crossfade from cubic to sinc and back

TIME, SYNC, TEMPO, MODE, FEEDBACK, LOW_CUT, HIGH_CUT, SATURATION, RATE, DEPTH, DUCK, WIDTH, MIX = range(13)

# Ramps, renewed every `BLOCK` samples: a value and its step per sample. The shares are of tanh, crossed echoes, sinc.
DRY, WET, SIDE, LOOP, TANH, CROSS, HIGH_POLE, LOW_POLE, SINC, LEFT, RIGHT = range(11)
# Settings: the targets of the first eight ramps, then one-pole coefficients, the LFO's rotation, and so on.
SMOOTHING, TIME_SMOOTHING, TURN_COS, TURN_SIN = range(8, 12)
DUCKING, DUCK_RELEASE, LFO_DEPTH, TARGET, RING_SIZE = range(12, 17)
# State: LFO, smoothed delay and depth, the delay of the sinc, write position, ducking, loop filters, started.
LFO_COS, LFO_SIN, DELAY, DEPTH_NOW, SINC_DELAY, WRITE, PEAK, LEVEL, HIGH_STATE, LOW_STATE, STARTED = range(11)


@kernel
def prepare(knobs: Annotated[F64, 13], sample_rate_hz: float, settings: Annotated[F64, 17]) -> None:
    """Knobs to gains, delays in samples and one-pole coefficients.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten.
    """
    blocks_hz = sample_rate_hz / float(BLOCK)
    size = float(ring_size((MAX_DELAY_S + 0.01) * sample_rate_hz, 1 << 21))
    depth = 0.001 * knobs[DEPTH] * sample_rate_hz
    delay = min(_delay_samples(knobs, sample_rate_hz), size - float(MIRROR) - depth)
    wet = 0.01 * knobs[MIX]
    # The offset keeps what is smoothed towards 0 out of the denormals.
    settings[DRY], settings[WET] = 1.0 - wet, wet + DENORMAL_OFFSET
    settings[SIDE] = 0.01 * knobs[WIDTH] + DENORMAL_OFFSET
    settings[LOOP] = 0.01 * knobs[FEEDBACK] + DENORMAL_OFFSET
    settings[TANH] = 0.01 * knobs[SATURATION] + DENORMAL_OFFSET
    settings[CROSS] = knobs[MODE] + DENORMAL_OFFSET
    settings[SMOOTHING], settings[TIME_SMOOTHING] = coefficient(0.01, blocks_hz), coefficient(0.05, blocks_hz)
    settings[TURN_COS], settings[TURN_SIN] = lfo_rotation(knobs[RATE], blocks_hz)
    high_hz, low_hz = knobs[HIGH_CUT], knobs[LOW_CUT]
    settings[HIGH_POLE] = 1.0 if high_hz >= HIGH_CUT_OFF_HZ else coefficient_of_cutoff(high_hz, sample_rate_hz)
    settings[LOW_POLE] = coefficient_of_cutoff(low_hz, sample_rate_hz)
    settings[DUCKING], settings[DUCK_RELEASE] = 1.0 - amplitude(-knobs[DUCK]), 1.0 - coefficient(0.2, blocks_hz)
    settings[LFO_DEPTH], settings[TARGET] = min(depth, delay - MIN_CUBIC_DELAY) + DENORMAL_OFFSET, delay
    settings[RING_SIZE] = size


@kernel
def _delay_samples(knobs: Annotated[F64, 13], sample_rate_hz: float) -> float:
    """The delay asked for: free, or as long as a note."""
    seconds = 0.001 * knobs[TIME]
    if knobs[SYNC] > 0.5:
        seconds = note_seconds(int(knobs[SYNC] + 0.5) - 1, knobs[TEMPO], MAX_DELAY_S)
    return float(max(seconds * sample_rate_hz, MIN_CUBIC_DELAY))


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 17],
    state: Annotated[F64, "channels", 11],
    ramps: Annotated[F64, "channels", 11, 2],
    weights: Annotated[F64, "channels", 32],
    lines: Annotated[F64, "channels", 2097280],
    scratch: Annotated[F64, 5, BLOCK_ROOM],
) -> None:
    """Delay a block, two channels at a time as left and right; one left over is both.

    What two channels share (state, ramps, weights) is in the first one's arrays.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        state: LFO, smoothed delay, loop filters, ducking.
        ramps: state: smoothed parameters.
        weights: state: the windowed sinc.
        lines: state: the delay lines.
        scratch: inputs and echoes of a run.
    """
    if settings[RING_SIZE] == 0.0:
        return  # never prepared
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        s, ramp = state[first], ramps[first]
        if s[STARTED] == 0.0:
            _initialise(settings, s, ramp, first != second)
        done = 0
        while done < x.shape[1]:
            offset = int(s[WRITE]) % BLOCK
            if offset == 0:
                _update_ramps(settings, s, ramp, weights[first], first != second)
            until = min(done + min(BLOCK - offset, _block_length(s, ramp)), x.shape[1])
            size, at, n = np.uintp(int(settings[RING_SIZE])), np.uintp(int(s[WRITE])), until - done
            a, b, c, d, e = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
            sanitise(x[first][done:until], a)
            sanitise(x[second][done:until], b)
            if settings[DUCKING] > 0.0:
                s[PEAK] = max(s[PEAK], max(_peak(a[:n]), _peak(b[:n])))
            w, fixed = weights[first], s[SINC_DELAY]
            read_crossfaded(lines[first], size, at, ramp[LEFT], ramp[SINC], offset, fixed, w, c, e, n)
            read_crossfaded(lines[second], size, at, ramp[RIGHT], ramp[SINC], offset, fixed, w, d, e, n)
            _loop_filters(c[:n], d[:n], ramp, s, state[second], offset)
            left_in, other = lines[first][at:], lines[second][at:] if first != second else e
            _write_block(scratch, ramp, offset, y[first][done:until], y[second][done:until], left_in, other)
            mirror_all(lines[first:], int(second - first) + 1, size, at, n)
            s[WRITE] = np.float64((at + np.uintp(n)) & (size - np.uintp(1)))
            done = until


@kernel
def _initialise(settings: F64, s: F64, ramps: F64, stereo: bool) -> None:
    """Before the first sample: every parameter starts at its target."""
    for k in range(LOW_POLE + 1):
        ramps[k, 0] = settings[k]
    s[STARTED], s[LFO_COS], s[DELAY], s[DEPTH_NOW] = 1.0, 1.0, settings[TARGET], settings[LFO_DEPTH]
    ramps[LEFT, 0] = s[DELAY]
    ramps[RIGHT, 0] = s[DELAY] + (s[DEPTH_NOW] if stereo else 0.0)


@kernel
def _update_ramps(settings: F64, s: F64, ramps: F64, weights: F64, stereo: bool) -> None:
    """Parameter smoothing: the ramps of the next `BLOCK` samples."""
    for k in range(RIGHT + 1):
        ramps[k, 0] += float(BLOCK) * ramps[k, 1]
    s[LEVEL] = max(s[PEAK], s[LEVEL] * settings[DUCK_RELEASE]) + DENORMAL_OFFSET
    s[PEAK] = 0.0
    for k in range(LOW_POLE + 1):
        target = settings[k]
        if k == WET:
            target *= 1.0 - settings[DUCKING] * min(s[LEVEL] / FULL_DUCK_PEAK, 1.0)
        elif k == CROSS and not stereo:
            target = DENORMAL_OFFSET
        set_slope(ramps[k], ramps[k, 0] + (target - ramps[k, 0]) * settings[SMOOTHING])
    target, fastest = settings[TARGET], 0.5 * float(BLOCK)
    s[DELAY] += max(min((target - s[DELAY]) * settings[TIME_SMOOTHING], fastest), -fastest)
    s[DEPTH_NOW] += (settings[LFO_DEPTH] - s[DEPTH_NOW]) * settings[SMOOTHING]
    s[LFO_COS], s[LFO_SIN] = advance_lfo(s[LFO_COS], s[LFO_SIN], settings[TURN_COS], settings[TURN_SIN])
    longest = settings[RING_SIZE] - float(MIRROR)
    set_slope(ramps[LEFT], min(max(s[DELAY] + s[DEPTH_NOW] * s[LFO_SIN], MIN_CUBIC_DELAY), longest))
    right_lfo = s[LFO_COS] if stereo else s[LFO_SIN]
    set_slope(ramps[RIGHT], min(max(s[DELAY] + s[DEPTH_NOW] * right_lfo, MIN_CUBIC_DELAY), longest))

    constant = abs(target - s[DELAY]) < 1e-4 and s[DEPTH_NOW] < 1e-3 and target >= MIN_SINC_DELAY
    if constant and s[SINC_DELAY] != target and ramps[SINC, 0] == 0.0:
        design_sinc(target, weights)
        s[SINC_DELAY] = target
    step = 1.0 / FADE_BLOCKS if constant and s[SINC_DELAY] == target else -1.0 / FADE_BLOCKS
    set_slope(ramps[SINC], min(max(ramps[SINC, 0] + step, 0.0), 1.0))


@kernel
def _block_length(s: F64, ramps: F64) -> int:
    """How many samples can be read before the first of them is written."""
    longest = BLOCK
    for k in range(LEFT, RIGHT + 1):
        nearest = min(ramps[k, 0], ramps[k, 0] + float(BLOCK) * ramps[k, 1])
        longest = min(longest, int(nearest) - 1)
    if max(ramps[SINC, 0], ramps[SINC, 1]) > 0.0:
        longest = min(longest, int(s[SINC_DELAY]) - SINC_TAPS // 2 + 1)
    return max(longest, 1)


@kernel
def _peak(x: F64) -> float:
    """The highest absolute value."""
    peak = 0.0
    for i in range(len(x)):
        peak = max(peak, abs(x[i]))
    return peak


@kernel
def _ramp_at(ramp: F64, i: int) -> float:
    """The value of a ramp at sample `i`."""
    return float(ramp[0] + float(i) * ramp[1])


@kernel
def _loop_filters(left_echo: F64, right_echo: F64, ramps: F64, s: F64, t: F64, first: int) -> None:
    """High cut, low cut and saturation of the loop, in place."""
    high, low, saturation = ramps[HIGH_POLE], ramps[LOW_POLE], ramps[TANH]
    low_passed, lows = pair(s[HIGH_STATE], t[HIGH_STATE]), pair(s[LOW_STATE], t[LOW_STATE])
    for i in range(len(left_echo)):
        low_passed = low_pass(pair(left_echo[i], right_echo[i]), _ramp_at(high, first + i), low_passed)
        lows = low_pass(low_passed, _ramp_at(low, first + i), lows)
        passed = low_passed - lows
        left_echo[i], right_echo[i] = left(passed), right(passed)
    s[HIGH_STATE], s[LOW_STATE] = left(low_passed), left(lows)
    t[HIGH_STATE], t[LOW_STATE] = right(low_passed), right(lows)
    if max(saturation[0], saturation[1]) > 1e-9:
        for i in range(len(left_echo)):
            amount = _ramp_at(saturation, first + i)
            left_echo[i] += amount * (tanh(left_echo[i]) - left_echo[i])
            right_echo[i] += amount * (tanh(right_echo[i]) - right_echo[i])


@kernel
def _write_block(scratch: F64, ramps: F64, first: int, y: F32, z: F32, left_in: F64, other: F64) -> None:
    """Mix inputs and echoes into the outputs `y` and `z`, and into both delay lines."""
    a, b, c, d = scratch[0], scratch[1], scratch[2], scratch[3]
    gains = _gains(ramps)
    n = np.uintp(len(y))
    whole = n & ~np.uintp(7)
    for i in range(np.uintp(0), whole, EIGHT):
        k = upwards8(float(first + np.intp(i)))
        p, q, u, v = _mix(gains, k, load8(a, i), load8(b, i), load8(c, i), load8(d, i))
        store8(y, i, p)
        store8(z, i, q)
        store8(left_in, i, u)
        store8(other, i, v)
    for i in range(whole, n):
        y[i], z[i], left_in[i], other[i] = _mix(gains, float(first + np.intp(i)), a[i], b[i], c[i], d[i])


@kernel
def _gains(ramps: F64) -> Any:
    """The ramps of `_mix` as numbers that a loop can keep in registers."""
    dry, wet, side = (ramps[DRY, 0], ramps[DRY, 1]), (ramps[WET, 0], ramps[WET, 1]), (ramps[SIDE, 0], ramps[SIDE, 1])
    return dry, wet, side, (ramps[LOOP, 0], ramps[LOOP, 1]), (ramps[CROSS, 0], ramps[CROSS, 1])


@kernel
def _mix(gains: Any, k: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Both outputs, and the inputs of both delay lines, from inputs `a` and `b` and echoes `c` and `d`.

    In ping-pong (crossed), one line gets half of both inputs, the other none, and each the other side's echo.
    """
    dry, wet, side, back, cross = gains
    apart = d - c
    narrow = (0.5 - (k * side[1] + side[0]) * 0.5) * apart
    plain, echoed = k * dry[1] + dry[0], k * wet[1] + wet[0]
    crossed, kept = k * cross[1] + cross[0], k * back[1] + back[0]
    swapped = crossed * apart
    left_in = a + crossed * ((a + b) * 0.5 - a) + kept * (c + swapped)
    other = b - crossed * b + kept * (d - swapped)
    return plain * a + echoed * (c + narrow), plain * b + echoed * (d - narrow), left_in, other


@kernel
def tail(knobs: Annotated[F64, 13], sample_rate_hz: float) -> int:
    """Samples until the echoes are 60 dB down."""
    delay = _delay_samples(knobs, sample_rate_hz)
    kept = max(0.01 * abs(knobs[FEEDBACK]), 1e-3)
    return int(delay * (1.0 + 3.0 / -log10(kept)) + 0.001 * knobs[DEPTH] * sample_rate_hz) + 1


EFFECT = Effect(
    "delay",
    "Echoes, free or in time with the beat; chorus and flanger with short times.",
    (
        Knob("time_ms", "Time", "ms", 0.5, 2000, 350, 0.1, "log", group="Time"),
        Knob("sync", "Sync", "", 0, len(NOTES), 0, 1, "choice", ("free", *NOTES), "Time"),
        Knob("tempo_bpm", "Tempo", "bpm", 20, 300, 120, 0.1, group="Time"),
        Knob("mode", "Mode", "", 0, 1, 0, 1, "choice", ("stereo", "ping-pong"), "Time"),
        Knob("feedback_percent", "Feedback", "%", -98, 98, 35, 1, group="Loop"),
        Knob("low_cut_hz", "Low cut", "Hz", 20, 2000, 80, 1, "log", group="Loop"),
        Knob("high_cut_hz", "High cut", "Hz", 500, 20_000, 8000, 10, "log", group="Loop"),
        Knob("saturation_percent", "Saturation", "%", 0, 100, 0, 1, group="Loop"),
        Knob("rate_hz", "Rate", "Hz", 0.05, 10, 0.5, 0.01, "log", group="Modulation"),
        Knob("depth_ms", "Depth", "ms", 0, 10, 0, 0.01, group="Modulation"),
        Knob("duck_db", "Ducking", "dB", 0, 24, 0, 0.1, group="Output"),
        Knob("width_percent", "Width", "%", 0, 100, 100, 1, group="Output"),
        Knob("mix_percent", "Mix", "%", 0, 100, 30, 1, group="Output"),
    ),
    prepare,
    process,
    tail=tail,
    example={"time_ms": 280, "feedback_percent": 45, "mode": 1, "mix_percent": 35},
)
