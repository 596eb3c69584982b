"""Reverberation by a feedback delay network whose knobs are what a room is measured by: decay times per band.

Input, pre-delay, eight early reflections per side; beside them three all-passes, which make the sound dense, and the
late part: 8 or 16 delay lines of prime lengths whose outputs are mixed by an orthogonal matrix (`network.py`) and fed
back. Each line absorbs what a sound loses in that line's time: the T60 below `low_hz`, between, and above `high_hz`
are a gain and two second-order shelves, half way (in dB) at those frequencies. Modulation turns the matrix, slowly
and without loss, so that it costs no treble as moving taps would. Frozen, the lines absorb nothing and take nothing
in.

Sources: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991;
S. J. Schlecht and E. A. P. Habets, "Time-varying feedback matrices in feedback delay networks", JASA 138, 2015;
M. R. Schroeder, "Natural sounding artificial reverberation", JAES 10, 1962, for the all-passes;
M. Karjalainen and H. Järveläinen, "Reverberation modeling using velvet noise", AES 30, 2007, for the early taps.
"""

from typing import Annotated, Any, TypeAlias

import numpy as np

from dawg_ai.dsp.blocks.biquad import HIGH_SHELF, LOW_SHELF, design
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.blocks.diffusion import diffuse
from dawg_ai.dsp.blocks.network import DAMPING, pass_lines
from dawg_ai.dsp.blocks.room import EARLY_S, SHORTEST_S, SPAN, line_lengths, prime, reflect, reflections
from dawg_ai.dsp.blocks.taps import ROOM, RUN, ago, aim, put, read_moving, ring_size
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import PI, amplitude, cos, exp, power, sin, sqrt

DIFFUSERS, LONGEST_PASS_S = 3, 0.012
BUTTERWORTH = 0.7071067811865476  # a shelf's steepest Q without a bump

LINES, LOW, MID, HIGH, LOW_HZ, HIGH_HZ, FREEZE, PRE, REFLECTED, RATE, DEPTH, WIDTH, MIX = range(13)

# What changes along straight lines, a new one every `RUN` samples: rows of a value and its step per sample.
DRY, WET, SIDE, NEAR, FAR, HELD, ENTER, COSINE, SINE, BEFORE = range(10)
# Settings: the targets of the first seven of these, then
GLIDE, TURN_COS, TURN_SIN, SWING, TARGET, COUNT, SIZE, LINE_SIZE, PASS_SIZE = range(7, 16)
# State
LFO_COS, LFO_SIN, NOW, AT, USED = range(5)

Gains: TypeAlias = tuple[float, float, float, float, float, float, float, float, float, float]


@kernel
def prepare(
    knobs: Annotated[F64, 13],
    sample_rate_hz: float,
    settings: Annotated[F64, 16],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 144],
    row: Annotated[F64, 5],
    early: Annotated[F64, 2, 8, 2],
    passes: Annotated[F64, 2, 3],
) -> None:
    """Knobs to line lengths, absorbing filters, reflections and gains."""
    wet, runs_hz = 0.01 * knobs[MIX], sample_rate_hz / float(RUN)
    settings[DRY], settings[WET], settings[SIDE] = 1.0 - wet, wet, 0.01 * knobs[WIDTH]
    settings[NEAR], settings[HELD], settings[ENTER] = 0.01 * knobs[REFLECTED], knobs[FREEZE], 1.0 - knobs[FREEZE]
    settings[GLIDE] = 1.0 - exp(-1.0 / (0.01 * runs_hz))
    angle = 2.0 * PI * knobs[RATE] / runs_hz
    settings[TURN_COS], settings[TURN_SIN], settings[SWING] = cos(angle), sin(angle), 0.005 * knobs[DEPTH]
    settings[TARGET] = max(float(int(0.001 * knobs[PRE] * sample_rate_hz + 0.5)), 1.0)
    settings[SIZE] = float(ring_size(0.26 * sample_rate_hz, 1 << 16))
    settings[LINE_SIZE] = float(ring_size(SHORTEST_S * SPAN * sample_rate_hz + float(RUN), 1 << 14))
    settings[PASS_SIZE] = float(ring_size(LONGEST_PASS_S * sample_rate_hz + float(RUN), 1 << 12))
    count = 16 if knobs[LINES] > 0.5 else 8
    settings[COUNT] = float(count)
    for choice in range(2):
        line_lengths(8 * (choice + 1), sample_rate_hz, lengths[choice])
    for k in range(count):
        _absorption(knobs, lengths[count // 8 - 1, k], sample_rate_hz, row, damping, k)
    mean = SHORTEST_S * 2.0 * sample_rate_hz
    kept = amplitude(-120.0 * mean / (knobs[MID] * sample_rate_hz))  # energy that a pass through a line leaves
    settings[FAR] = sqrt(1.0 - kept)  # so that a long decay is no louder than a short one
    for side in range(2):
        reflections(side, sample_rate_hz, early[side])
        for k in range(DIFFUSERS):
            seconds = 0.0029 * power(1.9, float(k) + 0.2 * float(side))
            passes[side, k] = prime(max(int(seconds * sample_rate_hz), RUN))


@kernel
def _absorption(knobs: F64, length: float, sample_rate_hz: float, row: F64, damping: F64, line: int) -> None:
    """The two filters of a line, in its lane of its group of eight."""
    through_db = -60.0 * length / sample_rate_hz
    low_db, mid_db, high_db = through_db / knobs[LOW], through_db / knobs[MID], through_db / knobs[HIGH]
    lane = damping[(line // 8) * DAMPING + line % 8 :]
    design(float(HIGH_SHELF), knobs[HIGH_HZ], high_db - mid_db, BUTTERWORTH, sample_rate_hz, row)
    gain = amplitude(mid_db) * row[0]
    lane[40], lane[48], lane[56], lane[64] = row[1] / row[0], row[2] / row[0], row[3], row[4]
    design(float(LOW_SHELF), knobs[LOW_HZ], low_db - mid_db, BUTTERWORTH, sample_rate_hz, row)
    lane[0], lane[8], lane[16], lane[24], lane[32] = row[0] * gain, row[1] * gain, row[2] * gain, row[3], row[4]


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 16],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 144],
    early: Annotated[F64, 2, 8, 2],
    passes: Annotated[F64, 2, 3],
    state: Annotated[F64, "channels", 5],
    ramps: Annotated[F64, "channels", 10, 2],
    absorbing: Annotated[F64, "channels", 144],
    before: Annotated[F64, "channels", 2, 65664],
    diffusers: Annotated[F64, "channels", 3, 4288],
    lines: Annotated[F64, "channels", 16, 16576],
    filters: Annotated[F64, "channels", 96],
    scratch: Annotated[F64, 8, ROOM],
) -> None:
    """Two channels at a time, as left and right; one left over is both. What they share is the first one's."""
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        s, ramp = state[first], ramps[first]
        if s[USED] == 0.0:
            _start(settings, s, ramp)
            _approach(damping, 1.0, absorbing[first])
        done = 0
        while done < x.shape[1]:
            offset = int(s[AT]) % RUN
            if offset == 0:
                _next_ramps(settings, s, ramp)
                _approach(damping, 0.12 * settings[GLIDE], absorbing[first])
                if s[USED] != settings[COUNT] and ramp[FAR, 0] < 1e-4:
                    _empty(lines[first], filters[first])
                    _approach(damping, 1.0, absorbing[first])
                    s[USED], ramp[ENTER, 0], ramp[ENTER, 1] = settings[COUNT], 0.0, 0.0
            until = min(done + RUN - offset, x.shape[1])
            n, size, at = until - done, np.uintp(int(settings[SIZE])), np.uintp(int(s[AT]))
            passing = at & np.uintp(int(settings[PASS_SIZE]) - 1)
            for side in range(second - first + np.uintp(1)):
                channel, late = first + side, scratch[side + np.uintp(2)]
                dry, near = scratch[side], scratch[side + np.uintp(4)]
                part = x[channel][done:until]
                _enter(part, size, at, before[channel], ramp[BEFORE], offset, early[side], dry, late, near)
                diffuse(diffusers[channel], passes[side], np.uintp(int(settings[PASS_SIZE])), passing, n, late)
            if first == second:
                for k in range(np.uintp(0), np.uintp(6), np.uintp(2)):
                    for i in range(np.uintp(RUN)):
                        scratch[k + np.uintp(1), i] = scratch[k, i]
            used, line_size = np.uintp(int(s[USED])), np.uintp(int(settings[LINE_SIZE]))
            pass_lines(
                int(used), lines[first], lengths[used // EIGHT - np.uintp(1)], line_size,
                at & (line_size - np.uintp(1)), absorbing[first], filters[first],
                scratch[2:4], ramp[HELD : SINE + 1], offset, n, scratch[6:8],
            )  # fmt: skip
            _leave(scratch, ramp, offset, y[first][done:until], y[second][done:until])
            s[AT] = np.float64((at + np.uintp(n)) & (size - np.uintp(1)))
            done = until


@kernel
def _start(settings: F64, s: F64, ramps: F64) -> None:
    """Nothing glides to where it is from the beginning."""
    for k in range(ENTER + 1):
        ramps[k, 0] = settings[k]
    s[LFO_COS], s[NOW], s[USED], ramps[COSINE, 0] = 1.0, settings[TARGET], settings[COUNT], 1.0
    ramps[BEFORE, 0] = s[NOW]


@kernel
def _next_ramps(settings: F64, s: F64, ramps: F64) -> None:
    """Where everything goes during the next `RUN` samples."""
    for k in range(BEFORE + 1):
        ramps[k, 0] += float(RUN) * ramps[k, 1]
    for k in range(ENTER + 1):
        # To change the number of lines, the late part is faded out first.
        target = 0.0 if k == FAR and s[USED] != settings[COUNT] else settings[k]
        step = (target - ramps[k, 0]) * settings[GLIDE]
        aim(ramps[k], ramps[k, 0] + step if abs(step) > 1e-12 else target)
    lfo_cos, lfo_sin, turn_cos, turn_sin = s[LFO_COS], s[LFO_SIN], settings[TURN_COS], settings[TURN_SIN]
    s[LFO_COS], s[LFO_SIN] = lfo_cos * turn_cos - lfo_sin * turn_sin, lfo_cos * turn_sin + lfo_sin * turn_cos
    angle = settings[SWING] * s[LFO_SIN]
    aim(ramps[COSINE], cos(angle))
    aim(ramps[SINE], sin(angle))
    away, most = settings[TARGET] - s[NOW], 0.5 * float(RUN)
    s[NOW] += max(min(away * settings[GLIDE], most), -most) if abs(away) > 1e-3 else away
    aim(ramps[BEFORE], s[NOW])


@kernel
def _approach(target: F64, share: float, now: F64) -> None:
    for i in range(np.uintp(0), np.uintp(len(now)), EIGHT):
        here = load8(now, i)
        store8(now, i, here + (load8(target, i) - here) * share)


@kernel
def _empty(lines: F64, filters: F64) -> None:
    for k in range(lines.shape[0]):
        for i in range(lines.shape[1]):
            lines[k, i] = 0.0
    for i in range(len(filters)):
        filters[i] = 0.0


@kernel
def _enter(
    x: F32, size: Index, at: Index, lines: F64, delay: F64, first: int, taps: F64, dry: F64, late: F64, out: F64
) -> None:
    """A side's samples through its pre-delay, into `late`, and its reflections, into `out`."""
    n = len(x)
    clean(x, dry)
    put(lines[0], size, at, dry[:n])
    if delay[1] == 0.0:
        start = ago(delay[0], size, at)
        for i in range(np.uintp(0), np.uintp(n), EIGHT):
            store8(late, i, load8(lines[0], start + i))
    else:
        read_moving(lines[0], size, at, delay[0], delay[1], first, late, n)
    put(lines[1], size, at, late[:n])
    reflect(lines[1], size, at, taps, n, out)


@kernel
def _leave(parts: F64, ramps: F64, first: int, y: F32, z: F32) -> None:
    """Both sides' outputs: input, reflections and late part, the last two as wide as asked for."""
    a, b, c, d, e, f = parts[0], parts[1], parts[4], parts[5], parts[6], parts[7]
    gains = _gains(ramps)
    n = np.uintp(len(y))
    whole = n & ~np.uintp(7)
    for i in range(np.uintp(0), whole, EIGHT):
        k = upwards8(float(first + np.intp(i)))
        near, far = (load8(c, i), load8(d, i)), (load8(e, i), load8(f, i))
        one, other = _sides(gains, k, load8(a, i), load8(b, i), near, far)
        store8(y, i, one)
        store8(z, i, other)
    for i in range(whole, n):
        one, other = _sides(gains, float(first + np.intp(i)), a[i], b[i], (c[i], d[i]), (e[i], f[i]))
        y[i] = one
        z[i] = other


@kernel
def _gains(ramps: F64) -> Gains:
    dry, wet, side, near, far = ramps[DRY], ramps[WET], ramps[SIDE], ramps[NEAR], ramps[FAR]
    return dry[0], dry[1], wet[0], wet[1], side[0], side[1], near[0], near[1], far[0], far[1]


@kernel
def _sides(gains: Gains, k: Any, left: Any, right: Any, near: tuple[Any, Any], far: tuple[Any, Any]) -> Any:
    dry, dry_step, wet, wet_step, side, side_step, more, more_step, fully, fully_step = gains
    reflected, late = more + k * more_step, fully + k * fully_step
    dry_gain, wet_gain = dry + k * dry_step, wet + k * wet_step
    one, other = reflected * near[0] + late * far[0], reflected * near[1] + late * far[1]
    narrow = (other - one) * (0.5 - 0.5 * (side + k * side_step))
    return dry_gain * left + wet_gain * (one + narrow), dry_gain * right + wet_gain * (other - narrow)


@kernel
def tail(knobs: Annotated[F64, 13], sample_rate_hz: float) -> int:
    """Samples until the slowest band is 60 dB down; frozen, it counts as if it were not."""
    slowest = max(knobs[LOW], max(knobs[MID], knobs[HIGH]))
    return int((slowest + 0.001 * knobs[PRE] + EARLY_S) * sample_rate_hz) + 1


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
)
