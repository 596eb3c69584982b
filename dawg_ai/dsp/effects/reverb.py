"""Reverb: a feedback delay network whose knobs are what a room is measured by, decay times per band.

    x -> pre-delay (ring buffer) -> early reflections, eight taps per side -> early
    pre-delay -> three Schroeder all-pass diffusers -> input of the network
    network: 8 or 16 delay lines of prime lengths -> damping filters -> orthogonal feedback matrix -> plus input
    sums of the lines -> late
    early, late -> width -> wet;  x -> dry;  wet + dry -> y

Each line absorbs what a sound loses in that line's delay: the decay times (T60) below `low_hz`, between, and above
`high_hz` are a gain and two second-order shelves, half way (in dB) at those frequencies. An LFO rotates the feedback
matrix, slowly and without loss, so that modulation costs no treble as moving taps would. Frozen, the damping is
bypassed and the input is muted.

Sources: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991;
S. J. Schlecht and E. A. P. Habets, "Time-varying feedback matrices in feedback delay networks", JASA 138, 2015;
M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10, 1962, for the all-passes;
M. Karjalainen and H. Järveläinen, "Reverberation modeling using velvet noise", AES 30, 2007, for the early taps.
"""

from typing import Annotated, Any, TypeAlias

import numpy as np

from dawg_ai.dsp.blocks.delays.damping import design_damping
from dawg_ai.dsp.blocks.delays.delay_line import BLOCK, BLOCK_ROOM, read_cubic, ring_size, set_slope, tap_at, write
from dawg_ai.dsp.blocks.delays.diffuser import diffuse
from dawg_ai.dsp.blocks.delays.early_reflections import (
    EARLY_SPAN_S,
    design_reflections,
    reflect,
)
from dawg_ai.dsp.blocks.delays.feedback_delay_network import process_network
from dawg_ai.dsp.blocks.delays.lfo import advance_lfo, lfo_rotation
from dawg_ai.dsp.blocks.delays.prime_lengths import LINE_SPAN, MIN_LINE_S, line_lengths, next_prime
from dawg_ai.dsp.blocks.filters.one_pole import coefficient
from dawg_ai.dsp.blocks.sanitise import sanitise
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import amplitude, cos, power, sin, sqrt

DIFFUSERS, MAX_DIFFUSER_S = 3, 0.012

LINES, LOW, MID, HIGH, LOW_HZ, HIGH_HZ, FREEZE, PREDELAY_MS, EARLY_PERCENT, RATE, DEPTH, WIDTH, MIX = range(13)

# Ramps, renewed every `BLOCK` samples: a value and its step per sample.
DRY, WET, SIDE, EARLY, LATE, FROZEN, INPUT, ROTATION_COS, ROTATION_SIN, PREDELAY = range(10)
# Settings: the targets of the first seven ramps, then the one-pole coefficient, the LFO, and sizes.
SMOOTHING, TURN_COS, TURN_SIN, ROTATION_DEPTH, PREDELAY_TARGET = range(7, 12)
LINE_COUNT, PREDELAY_SIZE, LINE_SIZE, DIFFUSER_SIZE = range(12, 16)
# State
LFO_COS, LFO_SIN, PREDELAY_NOW, WRITE, LINES_IN_USE = range(5)

Gains: TypeAlias = tuple[float, float, float, float, float, float, float, float, float, float]


@kernel
def prepare(
    knobs: Annotated[F64, 13],
    sample_rate_hz: float,
    settings: Annotated[F64, 16],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 144],
    row: Annotated[F64, 5],
    early_taps: Annotated[F64, 2, 8, 2],
    diffuser_delays: Annotated[F64, 2, 3],
) -> None:
    """Knobs to delays, damping filters, early reflections and gains.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten.
        lengths: overwritten: delays of 8 and of 16 lines.
        damping: overwritten: damping filters.
        row: scratch.
        early_taps: overwritten: early reflections of both sides.
        diffuser_delays: overwritten.
    """
    wet, blocks_hz = 0.01 * knobs[MIX], sample_rate_hz / float(BLOCK)
    settings[DRY], settings[WET], settings[SIDE] = 1.0 - wet, wet, 0.01 * knobs[WIDTH]
    settings[EARLY] = 0.01 * knobs[EARLY_PERCENT]
    settings[FROZEN], settings[INPUT] = knobs[FREEZE], 1.0 - knobs[FREEZE]
    settings[SMOOTHING] = coefficient(0.01, blocks_hz)
    settings[TURN_COS], settings[TURN_SIN] = lfo_rotation(knobs[RATE], blocks_hz)
    settings[ROTATION_DEPTH] = 0.005 * knobs[DEPTH]
    settings[PREDELAY_TARGET] = max(float(int(0.001 * knobs[PREDELAY_MS] * sample_rate_hz + 0.5)), 1.0)
    settings[PREDELAY_SIZE] = float(ring_size(0.26 * sample_rate_hz, 1 << 17))
    settings[LINE_SIZE] = float(ring_size(MIN_LINE_S * LINE_SPAN * sample_rate_hz + float(BLOCK), 1 << 15))
    settings[DIFFUSER_SIZE] = float(ring_size(MAX_DIFFUSER_S * sample_rate_hz + float(BLOCK), 1 << 13))
    count = 16 if knobs[LINES] > 0.5 else 8
    settings[LINE_COUNT] = float(count)
    for choice in range(2):
        line_lengths(8 * (choice + 1), sample_rate_hz, lengths[choice])
    for k in range(count):
        length = lengths[count // 8 - 1, k]
        design_damping(length, knobs[LOW : HIGH + 1], knobs[LOW_HZ], knobs[HIGH_HZ], sample_rate_hz, row, damping, k)
    mean = MIN_LINE_S * 2.0 * sample_rate_hz
    remaining = amplitude(-120.0 * mean / (knobs[MID] * sample_rate_hz))  # energy that one pass through a line leaves
    settings[LATE] = sqrt(1.0 - remaining)  # so that a long decay is no louder than a short one
    for side in range(2):
        design_reflections(side, sample_rate_hz, early_taps[side])
        for k in range(DIFFUSERS):
            seconds = 0.0029 * power(1.9, float(k) + 0.2 * float(side))
            diffuser_delays[side, k] = next_prime(max(int(seconds * sample_rate_hz), BLOCK))


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 16],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 144],
    early_taps: Annotated[F64, 2, 8, 2],
    diffuser_delays: Annotated[F64, 2, 3],
    state: Annotated[F64, "channels", 5],
    ramps: Annotated[F64, "channels", 10, 2],
    damping_now: Annotated[F64, "channels", 144],
    predelays: Annotated[F64, "channels", 2, 131200],
    diffusers: Annotated[F64, "channels", 3, 8384],
    lines: Annotated[F64, "channels", 16, 32960],
    filters: Annotated[F64, "channels", 96],
    scratch: Annotated[F64, 8, BLOCK_ROOM],
) -> None:
    """Reverberate a block, two channels at a time as left and right; one left over is both.

    What two channels share (state, ramps, damping, lines) is in the first one's arrays.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        lengths: of `prepare`.
        damping: of `prepare`.
        early_taps: of `prepare`.
        diffuser_delays: of `prepare`.
        state: LFO, smoothed pre-delay, write position, lines in use.
        ramps: state: smoothed parameters.
        damping_now: state: smoothed damping filters.
        predelays: state: ring buffers before and after the pre-delay.
        diffusers: state: ring buffers of the all-passes.
        lines: state: delay lines of the network.
        filters: state of the damping.
        scratch: the signals of a run.
    """
    if settings[LINE_COUNT] == 0.0:
        return  # never prepared
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        s, ramp = state[first], ramps[first]
        if s[LINES_IN_USE] == 0.0:
            _initialise(settings, s, ramp)
            _smooth(damping, 1.0, damping_now[first])
        done = 0
        while done < x.shape[1]:
            offset = int(s[WRITE]) % BLOCK
            if offset == 0:
                _update_ramps(settings, s, ramp)
                _smooth(damping, 0.12 * settings[SMOOTHING], damping_now[first])
                if s[LINES_IN_USE] != settings[LINE_COUNT] and ramp[LATE, 0] < 1e-4:
                    _clear(lines[first], filters[first])
                    _smooth(damping, 1.0, damping_now[first])
                    s[LINES_IN_USE], ramp[INPUT, 0], ramp[INPUT, 1] = settings[LINE_COUNT], 0.0, 0.0
            until = min(done + BLOCK - offset, x.shape[1])
            n, size, at = until - done, np.uintp(int(settings[PREDELAY_SIZE])), np.uintp(int(s[WRITE]))
            diffuser_at = at & np.uintp(int(settings[DIFFUSER_SIZE]) - 1)
            for side in range(second - first + np.uintp(1)):
                channel, diffused = first + side, scratch[side + np.uintp(2)]
                dry, early = scratch[side], scratch[side + np.uintp(4)]
                part = x[channel][done:until]
                _predelay_and_reflect(
                    part, size, at, predelays[channel], ramp[PREDELAY], offset, early_taps[side], dry, diffused, early
                )
                diffuser_size = np.uintp(int(settings[DIFFUSER_SIZE]))
                diffuse(diffusers[channel], diffuser_delays[side], diffuser_size, diffuser_at, n, diffused)
            if first == second:
                for k in range(np.uintp(0), np.uintp(6), np.uintp(2)):
                    for i in range(np.uintp(BLOCK)):
                        scratch[k + np.uintp(1), i] = scratch[k, i]
            in_use, line_size = np.uintp(int(s[LINES_IN_USE])), np.uintp(int(settings[LINE_SIZE]))
            process_network(
                int(in_use), lines[first], lengths[in_use // EIGHT - np.uintp(1)], line_size,
                at & (line_size - np.uintp(1)), damping_now[first], filters[first],
                scratch[2:4], ramp[FROZEN : ROTATION_SIN + 1], offset, n, scratch[6:8],
            )  # fmt: skip
            _write_block(scratch, ramp, offset, y[first][done:until], y[second][done:until])
            s[WRITE] = np.float64((at + np.uintp(n)) & (size - np.uintp(1)))
            done = until


@kernel
def _initialise(settings: F64, s: F64, ramps: F64) -> None:
    """Before the first sample: every parameter starts at its target."""
    for k in range(INPUT + 1):
        ramps[k, 0] = settings[k]
    s[LFO_COS], ramps[ROTATION_COS, 0] = 1.0, 1.0
    s[PREDELAY_NOW], s[LINES_IN_USE] = settings[PREDELAY_TARGET], settings[LINE_COUNT]
    ramps[PREDELAY, 0] = s[PREDELAY_NOW]


@kernel
def _update_ramps(settings: F64, s: F64, ramps: F64) -> None:
    """Parameter smoothing: the ramps of the next `BLOCK` samples."""
    for k in range(PREDELAY + 1):
        ramps[k, 0] += float(BLOCK) * ramps[k, 1]
    for k in range(INPUT + 1):
        # To change the number of lines, the late part is faded out first.
        target = 0.0 if k == LATE and s[LINES_IN_USE] != settings[LINE_COUNT] else settings[k]
        step = (target - ramps[k, 0]) * settings[SMOOTHING]
        set_slope(ramps[k], ramps[k, 0] + step if abs(step) > 1e-12 else target)
    s[LFO_COS], s[LFO_SIN] = advance_lfo(s[LFO_COS], s[LFO_SIN], settings[TURN_COS], settings[TURN_SIN])
    angle = settings[ROTATION_DEPTH] * s[LFO_SIN]
    set_slope(ramps[ROTATION_COS], cos(angle))
    set_slope(ramps[ROTATION_SIN], sin(angle))
    distance, fastest = settings[PREDELAY_TARGET] - s[PREDELAY_NOW], 0.5 * float(BLOCK)
    step = max(min(distance * settings[SMOOTHING], fastest), -fastest)
    s[PREDELAY_NOW] += step if abs(distance) > 1e-3 else distance
    set_slope(ramps[PREDELAY], s[PREDELAY_NOW])


@kernel
def _smooth(target: F64, share: float, now: F64) -> None:
    """Coefficient update: one step of a one-pole smoother towards the target coefficients."""
    for i in range(np.uintp(0), np.uintp(len(now)), EIGHT):
        here = load8(now, i)
        store8(now, i, here + (load8(target, i) - here) * share)


@kernel
def _clear(lines: F64, filters: F64) -> None:
    """Zero the delay lines and the state of the damping."""
    for k in range(lines.shape[0]):
        for i in range(lines.shape[1]):
            lines[k, i] = 0.0
    for i in range(len(filters)):
        filters[i] = 0.0


@kernel
def _predelay_and_reflect(
    x: F32, size: Index, at: Index, lines: F64, delay: F64, first: int, taps: F64, dry: F64, diffused: F64, out: F64
) -> None:
    """One side: sanitised to `dry`, through the pre-delay to `diffused`, and its early reflections to `out`."""
    n = len(x)
    sanitise(x, dry)
    write(lines[0], size, at, dry[:n])
    if delay[1] == 0.0:
        start = tap_at(delay[0], size, at)
        for i in range(np.uintp(0), np.uintp(n), EIGHT):
            store8(diffused, i, load8(lines[0], start + i))
    else:
        read_cubic(lines[0], size, at, delay[0], delay[1], first, diffused, n)
    write(lines[1], size, at, diffused[:n])
    reflect(lines[1], size, at, taps, n, out)


@kernel
def _write_block(parts: F64, ramps: F64, first: int, y: F32, z: F32) -> None:
    """Mix dry sound, early and late part into both outputs; the last two by the width."""
    a, b, c, d, e, f = parts[0], parts[1], parts[4], parts[5], parts[6], parts[7]
    gains = _gains(ramps)
    n = np.uintp(len(y))
    whole = n & ~np.uintp(7)
    for i in range(np.uintp(0), whole, EIGHT):
        k = upwards8(float(first + np.intp(i)))
        early, late = (load8(c, i), load8(d, i)), (load8(e, i), load8(f, i))
        one, other = _mix(gains, k, load8(a, i), load8(b, i), early, late)
        store8(y, i, one)
        store8(z, i, other)
    for i in range(whole, n):
        one, other = _mix(gains, float(first + np.intp(i)), a[i], b[i], (c[i], d[i]), (e[i], f[i]))
        y[i] = one
        z[i] = other


@kernel
def _gains(ramps: F64) -> Gains:
    """The ramps of `_mix` as numbers that a loop can keep in registers."""
    dry, wet, side, early, late = ramps[DRY], ramps[WET], ramps[SIDE], ramps[EARLY], ramps[LATE]
    return dry[0], dry[1], wet[0], wet[1], side[0], side[1], early[0], early[1], late[0], late[1]


@kernel
def _mix(gains: Gains, k: Any, left: Any, right: Any, early: tuple[Any, Any], late: tuple[Any, Any]) -> Any:
    """Both outputs at sample `k` of the ramps."""
    dry, dry_step, wet, wet_step, side, side_step, early_gain, early_step, late_gain, late_step = gains
    early_now, late_now = early_gain + k * early_step, late_gain + k * late_step
    dry_gain, wet_gain = dry + k * dry_step, wet + k * wet_step
    one, other = early_now * early[0] + late_now * late[0], early_now * early[1] + late_now * late[1]
    narrow = (other - one) * (0.5 - 0.5 * (side + k * side_step))
    return dry_gain * left + wet_gain * (one + narrow), dry_gain * right + wet_gain * (other - narrow)


@kernel
def tail(knobs: Annotated[F64, 13], sample_rate_hz: float) -> int:
    """Samples until the slowest band is 60 dB down; frozen, it counts as if it were not."""
    slowest = max(knobs[LOW], max(knobs[MID], knobs[HIGH]))
    return int((slowest + 0.001 * knobs[PREDELAY_MS] + EARLY_SPAN_S) * sample_rate_hz) + 1


EFFECT = Effect(
    "reverb",
    "A room, told by its decay times in seconds: early reflections and a late tail.",
    (
        Knob("lines", "Lines", "", 0, 1, 0, 1, "choice", ("8", "16"), "Decay"),
        Knob("low_s", "Low decay", "s", 0.1, 20, 2.2, 0.01, "log", group="Decay"),
        Knob("mid_s", "Mid decay", "s", 0.1, 20, 1.8, 0.01, "log", group="Decay"),
        Knob("high_s", "High decay", "s", 0.1, 20, 0.9, 0.01, "log", group="Decay"),
        Knob("low_hz", "Low up to", "Hz", 50, 1000, 250, 1, "log", group="Decay"),
        Knob("high_hz", "High from", "Hz", 1000, 12_000, 4000, 10, "log", group="Decay"),
        Knob("freeze", "Freeze", "", 0, 1, 0, 1, "choice", ("off", "on"), "Decay"),
        Knob("predelay_ms", "Pre-delay", "ms", 0, 250, 15, 0.1, group="Space"),
        Knob("early_percent", "Early reflections", "%", 0, 100, 50, 1, group="Space"),
        Knob("rate_hz", "Rate", "Hz", 0.05, 5, 0.5, 0.01, "log", group="Modulation"),
        Knob("depth_percent", "Depth", "%", 0, 100, 30, 1, group="Modulation"),
        Knob("width_percent", "Width", "%", 0, 100, 100, 1, group="Output"),
        Knob("mix_percent", "Mix", "%", 0, 100, 25, 1, group="Output"),
    ),
    prepare,
    process,
    tail=tail,
    example={"mix_percent": 35},
)
