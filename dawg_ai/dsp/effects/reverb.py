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

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.biquad import HIGH_SHELF, LOW_SHELF, design
from dawg_ai.dsp.blocks.network import LINES as MOST
from dawg_ai.dsp.blocks.network import absorb, collect, copy, deliver, diffuse, mix8, mix16
from dawg_ai.dsp.blocks.room import EARLY, EARLY_S, SHORTEST_S, line_lengths, prime, reflections
from dawg_ai.dsp.blocks.taps import RUN, put, read_moving, ring_size
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import Index, load4, store4
from dawg_ai.dsp.math import PI, amplitude, cos, exp, finite, power, sin, sqrt

DIFFUSERS = 3
BUTTERWORTH = 0.7071067811865476  # a shelf's steepest Q without a bump

LINES, LOW, MID, HIGH, LOW_HZ, HIGH_HZ, FREEZE, PRE, REFLECTED, RATE, DEPTH, WIDTH, MIX = range(13)

# What changes along straight lines, a new one every `RUN` samples: rows of a value and its step per sample.
DRY, WET, SIDE, NEAR, FAR, HELD, ENTER, COSINE, SINE, BEFORE = range(10)
# Settings: the targets of the first seven of these, then
GLIDE, TURN_COS, TURN_SIN, SWING, TARGET, COUNT, SIZE = range(7, 14)
# State
LFO_COS, LFO_SIN, NOW, AT, USED = range(5)


@kernel
def prepare(
    knobs: Annotated[F64, 13],
    sample_rate_hz: float,
    settings: Annotated[F64, 14],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 160],
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
    """The two filters of a line, in its lane of its group of four."""
    through_db = -60.0 * length / sample_rate_hz
    low_db, mid_db, high_db = through_db / knobs[LOW], through_db / knobs[MID], through_db / knobs[HIGH]
    lane = damping[(line // 4) * 40 + line % 4 :]
    design(float(LOW_SHELF), knobs[LOW_HZ], low_db - mid_db, BUTTERWORTH, sample_rate_hz, row)
    gain = amplitude(mid_db)
    lane[0], lane[4], lane[8], lane[12], lane[16] = row[0] * gain, row[1] * gain, row[2] * gain, row[3], row[4]
    design(float(HIGH_SHELF), knobs[HIGH_HZ], high_db - mid_db, BUTTERWORTH, sample_rate_hz, row)
    lane[20], lane[24], lane[28], lane[32], lane[36] = row[0], row[1], row[2], row[3], row[4]


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 14],
    lengths: Annotated[F64, 2, 16],
    damping: Annotated[F64, 160],
    early: Annotated[F64, 2, 8, 2],
    passes: Annotated[F64, 2, 3],
    state: Annotated[F64, "channels", 5],
    ramps: Annotated[F64, "channels", 10, 2],
    absorbing: Annotated[F64, "channels", 160],
    before: Annotated[F64, "channels", 2, 65664],
    diffusers: Annotated[F64, "channels", 3, 2560],
    within: Annotated[F64, "channels", 3],
    lines: Annotated[F64, "channels", 16, 14208],
    places: Annotated[F64, "channels", 16],
    filters: Annotated[F64, "channels", 64],
    scratch: Annotated[F64, 8, 64],
    frames: Annotated[F64, 2, 16, 64],
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
                    _empty(lines[first], places[first], filters[first])
                    _approach(damping, 1.0, absorbing[first])
                    s[USED], ramp[ENTER, 0], ramp[ENTER, 1] = settings[COUNT], 0.0, 0.0
            until = min(done + RUN - offset, x.shape[1])
            n, size, at = until - done, np.uintp(int(settings[SIZE])), np.uintp(int(s[AT]))
            a, b, c, d = scratch[0][:n], scratch[1][:n], scratch[2][:n], scratch[3][:n]
            e, f, g, h = scratch[4][:n], scratch[5][:n], scratch[6][:n], scratch[7][:n]
            _enter(x[first][done:until], size, at, before[first], ramp[BEFORE], offset, early[0], a, c, scratch[4])
            _diffuse(diffusers[first], within[first], passes[0], c)
            if first != second:
                other = x[second][done:until]
                _enter(other, size, at, before[second], ramp[BEFORE], offset, early[1], b, d, scratch[5])
                _diffuse(diffusers[second], within[second], passes[1], d)
            else:
                copy(a, b)
                copy(c, d)
                copy(e, f)
            used = np.uintp(int(s[USED]))
            length, turn = lengths[used // np.uintp(8) - np.uintp(1)], ramp[HELD : SINE + 1]
            collect(lines[first], places[first], length, used, frames[0], n)
            absorb(absorbing[first], filters[first], used, frames[0], frames[1], n)
            if used == np.uintp(8):
                mix8(frames[0], frames[1], scratch[2:4], turn, offset, n, scratch[6:8])
            else:
                mix16(frames[0], frames[1], scratch[2:4], turn, offset, n, scratch[6:8])
            deliver(lines[first], places[first], length, used, frames[0], n)
            _leave(a, e, f, g, h, ramp, offset, y[first][done:until])
            _leave(b, f, e, h, g, ramp, offset, y[second][done:until])
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
        _aim(ramps[k], ramps[k, 0] + step if abs(step) > 1e-12 else target)
    lfo_cos, lfo_sin, turn_cos, turn_sin = s[LFO_COS], s[LFO_SIN], settings[TURN_COS], settings[TURN_SIN]
    s[LFO_COS], s[LFO_SIN] = lfo_cos * turn_cos - lfo_sin * turn_sin, lfo_cos * turn_sin + lfo_sin * turn_cos
    angle = settings[SWING] * s[LFO_SIN]
    _aim(ramps[COSINE], cos(angle))
    _aim(ramps[SINE], sin(angle))
    away, most = settings[TARGET] - s[NOW], 0.5 * float(RUN)
    s[NOW] += max(min(away * settings[GLIDE], most), -most) if abs(away) > 1e-3 else away
    _aim(ramps[BEFORE], s[NOW])


@kernel
def _approach(target: F64, share: float, now: F64) -> None:
    for i in range(np.uintp(0), np.uintp(len(now)), np.uintp(4)):
        here = load4(now, i)
        store4(now, i, here + (load4(target, i) - here) * share)


@kernel
def _aim(ramp: F64, end: float) -> None:
    ramp[1] = (end - ramp[0]) / float(RUN)


@kernel
def _empty(lines: F64, places: F64, filters: F64) -> None:
    for k in range(MOST):
        places[k] = 0.0
        for i in range(lines.shape[1]):
            lines[k, i] = 0.0
    for i in range(len(filters)):
        filters[i] = 0.0


@kernel
def _enter(
    x: F32, size: Index, at: Index, lines: F64, delay: F64, first: int, taps: F64, clean: F64, late: F64, out: F64
) -> None:
    """A side's samples through its pre-delay, into `late`, and its reflections, into `out`."""
    for i in range(len(clean)):
        clean[i] = finite(np.float64(x[i]))
    put(lines[0], size, at, clean)
    if delay[1] == 0.0:
        start = (at + size - np.uintp(int(delay[0]))) & (size - np.uintp(1))
        copy(lines[0][start : start + np.uintp(len(late))], late)
    else:
        read_moving(lines[0], size, at, delay[0], delay[1], first, late)
    put(lines[1], size, at, late)
    _reflect(lines[1], size, at, taps[: EARLY // 2], len(late), False, out)
    _reflect(lines[1], size, at, taps[EARLY // 2 :], len(late), True, out)


@kernel
def _diffuse(rings: F64, places: F64, lengths: F64, x: F64) -> None:
    for k in range(DIFFUSERS):
        places[k] = diffuse(rings[k], places[k], lengths[k], x)


@kernel
def _reflect(line: F64, size: Index, at: Index, taps: F64, n: int, add: bool, out: F64) -> None:
    """Four reflections at once, into `out` or added to it; in whole fours of samples."""
    a, b = _place(size, at, taps[0]), _place(size, at, taps[1])
    c, d = _place(size, at, taps[2]), _place(size, at, taps[3])
    e, f, g, h = taps[0, 1], taps[1, 1], taps[2, 1], taps[3, 1]
    for i in range(np.uintp(0), np.uintp(n), np.uintp(4)):
        one = e * load4(line, a + i) + f * load4(line, b + i)
        other = g * load4(line, c + i) + h * load4(line, d + i)
        total = one + other
        store4(out, i, load4(out, i) + total if add else total)


@kernel
def _place(size: Index, at: Index, tap: F64) -> Index:
    return (at + size - np.uintp(int(tap[0]))) & (size - np.uintp(1))


@kernel
def _leave(clean: F64, near: F64, other_near: F64, far: F64, other_far: F64, ramps: F64, first: int, y: F32) -> None:
    """A side's output: input, reflections and late part, the last two as wide as asked for."""
    dry, wet, side, reflected, late = ramps[DRY], ramps[WET], ramps[SIDE], ramps[NEAR], ramps[FAR]
    d, w, s, n, f = dry[0], wet[0], side[0], reflected[0], late[0]
    d_step, w_step, s_step, n_step, f_step = dry[1], wet[1], side[1], reflected[1], late[1]
    for i in range(len(y)):
        k = float(first + i)
        more, fully = n + k * n_step, f + k * f_step
        own = more * near[i] + fully * far[i]
        other = more * other_near[i] + fully * other_far[i]
        y[i] = (d + k * d_step) * clean[i] + (w + k * w_step) * (own + (0.5 - 0.5 * (s + k * s_step)) * (other - own))


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
