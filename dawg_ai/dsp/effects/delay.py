"""Echoes: free or in time with the beat, in stereo or from side to side; chorus and flanger with short times.

The line is read between its samples (`taps.py`): at four points while the tap moves, at 32 once it rests, with a
short fade from one to the other. A new time is glided to as by the motor of a tape machine, never faster than half
a sample per sample. In the loop stand a low cut and a high cut of 6 dB per octave each and, on demand, tanh; no part
of the loop amplifies, so that feedback below 100 % dies away.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.biquad import RING
from dawg_ai.dsp.blocks.clean import clean
from dawg_ai.dsp.blocks.notes import NOTES, note_seconds
from dawg_ai.dsp.blocks.taps import (
    MARGIN,
    NEAREST,
    NEAREST_AT_REST,
    POINTS,
    ROOM,
    RUN,
    aim,
    design_sinc,
    read,
    repeat,
    ring_size,
)
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8, upwards8
from dawg_ai.dsp.math import PI, amplitude, cos, exp, log10, sin, tanh

LONGEST_S = 5.0
OPEN_HZ = 20_000.0  # a high cut this high lets everything through
DUCKED_AT = 0.1  # the peak of the input, -20 dB, at which the echoes are turned down in full
FADE_RUNS = 8.0  # from a moving tap to a resting one and back

TIME, SYNC, TEMPO, MODE, FEEDBACK, LOW_CUT, HIGH_CUT, SATURATION, RATE, DEPTH, DUCK, WIDTH, MIX = range(13)

# What changes along straight lines, a new one every `RUN` samples: rows of a value and its step per sample.
DRY, WET, SIDE, BACK, BEND, CROSS, FADE, LEFT, RIGHT = range(9)
# Settings: the targets of the first six of these, then
GLIDE, SLIDE, TURN_COS, TURN_SIN, OPEN, CUT, DUCKING, RELEASE, SWING, TARGET, SIZE = range(6, 17)
# State
LFO_COS, LFO_SIN, NOW, SWAY, REST, AT, PEAK, LEVEL, SMOOTH, SLOW, STARTED = range(11)


@kernel
def prepare(knobs: Annotated[F64, 13], sample_rate_hz: float, settings: Annotated[F64, 17]) -> None:
    """Knobs to gains, samples, and rates per run."""
    runs_hz = sample_rate_hz / float(RUN)
    size = float(ring_size((LONGEST_S + 0.01) * sample_rate_hz, 1 << 20))
    depth = 0.001 * knobs[DEPTH] * sample_rate_hz
    delay = min(_delay_samples(knobs, sample_rate_hz), size - float(MARGIN) - depth)
    wet = 0.01 * knobs[MIX]
    # RING keeps what glides towards 0 out of the denormals.
    settings[DRY], settings[WET], settings[SIDE] = 1.0 - wet, wet + RING, 0.01 * knobs[WIDTH] + RING
    settings[BACK], settings[BEND] = 0.01 * knobs[FEEDBACK] + RING, 0.01 * knobs[SATURATION] + RING
    settings[CROSS] = knobs[MODE] + RING
    settings[GLIDE], settings[SLIDE] = _approach(0.01, runs_hz), _approach(0.05, runs_hz)
    angle = 2.0 * PI * knobs[RATE] / runs_hz
    settings[TURN_COS], settings[TURN_SIN] = cos(angle), sin(angle)
    high_hz, low_hz = knobs[HIGH_CUT], knobs[LOW_CUT]
    settings[OPEN] = 1.0 if high_hz >= OPEN_HZ else 1.0 - exp(-2.0 * PI * high_hz / sample_rate_hz)
    settings[CUT] = 1.0 - exp(-2.0 * PI * low_hz / sample_rate_hz)
    settings[DUCKING], settings[RELEASE] = 1.0 - amplitude(-knobs[DUCK]), 1.0 - _approach(0.2, runs_hz)
    settings[SWING], settings[TARGET] = min(depth, delay - NEAREST) + RING, delay
    settings[SIZE] = size


@kernel
def _approach(seconds: float, rate_hz: float) -> float:
    """How far a value goes towards its target in each step, for a time constant of `seconds`."""
    return 1.0 - exp(-1.0 / (seconds * rate_hz))


@kernel
def _delay_samples(knobs: Annotated[F64, 13], sample_rate_hz: float) -> float:
    """The delay asked for: free, or as long as a note."""
    seconds = 0.001 * knobs[TIME]
    if knobs[SYNC] > 0.5:
        seconds = note_seconds(int(knobs[SYNC] + 0.5) - 1, knobs[TEMPO], LONGEST_S)
    return float(max(seconds * sample_rate_hz, NEAREST))


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 17],
    state: Annotated[F64, "channels", 11],
    ramps: Annotated[F64, "channels", 9, 2],
    weights: Annotated[F64, "channels", 32],
    lines: Annotated[F64, "channels", 1048704],
    scratch: Annotated[F64, 5, ROOM],
) -> None:
    """Two channels at a time, as left and right; one left over is both. What they share is the first one's."""
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), last + np.uintp(1), np.uintp(2)):
        second = min(first + np.uintp(1), last)
        s, ramp = state[first], ramps[first]
        if s[STARTED] == 0.0:
            _start(settings, s, ramp, first != second)
        done = 0
        while done < x.shape[1]:
            offset = int(s[AT]) % RUN
            if offset == 0:
                _next_ramps(settings, s, ramp, weights[first], first != second)
            until = min(done + min(RUN - offset, _longest_run(s, ramp)), x.shape[1])
            size, at, n = np.uintp(int(settings[SIZE])), np.uintp(int(s[AT])), until - done
            a, b, c, d, e = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
            clean(x[first][done:until], a)
            clean(x[second][done:until], b)
            if settings[DUCKING] > 0.0:
                s[PEAK] = max(s[PEAK], max(_peak(a[:n]), _peak(b[:n])))
            read(lines[first], size, at, ramp[LEFT], ramp[FADE], offset, s[REST], weights[first], c, e, n)
            read(lines[second], size, at, ramp[RIGHT], ramp[FADE], offset, s[REST], weights[first], d, e, n)
            _colour(c[:n], d[:n], settings, s, state[second], ramp[BEND], offset)
            sent, other = lines[first][at:], lines[second][at:] if first != second else e
            _share(scratch, ramp, offset, y[first][done:until], y[second][done:until], sent, other)
            repeat(lines[first:], int(second - first) + 1, size, at, n)
            s[AT] = np.float64((at + np.uintp(n)) & (size - np.uintp(1)))
            done = until


@kernel
def _start(settings: F64, s: F64, ramps: F64, stereo: bool) -> None:
    """Nothing glides to where it is from the beginning."""
    for k in range(CROSS + 1):
        ramps[k, 0] = settings[k]
    s[STARTED], s[LFO_COS], s[NOW], s[SWAY] = 1.0, 1.0, settings[TARGET], settings[SWING]
    ramps[LEFT, 0] = s[NOW]
    ramps[RIGHT, 0] = s[NOW] + (s[SWAY] if stereo else 0.0)


@kernel
def _next_ramps(settings: F64, s: F64, ramps: F64, weights: F64, stereo: bool) -> None:
    """Where everything goes during the next `RUN` samples."""
    for k in range(RIGHT + 1):
        ramps[k, 0] += float(RUN) * ramps[k, 1]
    s[LEVEL] = max(s[PEAK], s[LEVEL] * settings[RELEASE]) + RING
    s[PEAK] = 0.0
    for k in range(CROSS + 1):
        target = settings[k]
        if k == WET:
            target *= 1.0 - settings[DUCKING] * min(s[LEVEL] / DUCKED_AT, 1.0)
        elif k == CROSS and not stereo:
            target = RING
        aim(ramps[k], ramps[k, 0] + (target - ramps[k, 0]) * settings[GLIDE])
    target, most = settings[TARGET], 0.5 * float(RUN)
    s[NOW] += max(min((target - s[NOW]) * settings[SLIDE], most), -most)
    s[SWAY] += (settings[SWING] - s[SWAY]) * settings[GLIDE]
    lfo_cos, lfo_sin, turn_cos, turn_sin = s[LFO_COS], s[LFO_SIN], settings[TURN_COS], settings[TURN_SIN]
    s[LFO_COS], s[LFO_SIN] = lfo_cos * turn_cos - lfo_sin * turn_sin, lfo_cos * turn_sin + lfo_sin * turn_cos
    longest = settings[SIZE] - float(MARGIN)
    aim(ramps[LEFT], min(max(s[NOW] + s[SWAY] * s[LFO_SIN], NEAREST), longest))
    aim(ramps[RIGHT], min(max(s[NOW] + s[SWAY] * (s[LFO_COS] if stereo else s[LFO_SIN]), NEAREST), longest))

    rests = abs(target - s[NOW]) < 1e-4 and s[SWAY] < 1e-3 and target >= NEAREST_AT_REST
    if rests and s[REST] != target and ramps[FADE, 0] == 0.0:
        design_sinc(target, weights)
        s[REST] = target
    step = 1.0 / FADE_RUNS if rests and s[REST] == target else -1.0 / FADE_RUNS
    aim(ramps[FADE], min(max(ramps[FADE, 0] + step, 0.0), 1.0))


@kernel
def _longest_run(s: F64, ramps: F64) -> int:
    """How many samples can be read before the first of them is written."""
    longest = RUN
    for k in range(LEFT, RIGHT + 1):
        nearest = min(ramps[k, 0], ramps[k, 0] + float(RUN) * ramps[k, 1])
        longest = min(longest, int(nearest) - 1)
    if max(ramps[FADE, 0], ramps[FADE, 1]) > 0.0:
        longest = min(longest, int(s[REST]) - POINTS // 2 + 1)
    return max(longest, 1)


@kernel
def _peak(x: F64) -> float:
    peak = 0.0
    for i in range(len(x)):
        peak = max(peak, abs(x[i]))
    return peak


@kernel
def _at(ramp: F64, i: int) -> float:
    return float(ramp[0] + float(i) * ramp[1])


@kernel
def _colour(left_echo: F64, right_echo: F64, settings: F64, s: F64, t: F64, bend: F64, first: int) -> None:
    """The filters of the loop, and its saturation."""
    opened, cut = settings[OPEN], settings[CUT]
    smooth, slow = pair(s[SMOOTH], t[SMOOTH]), pair(s[SLOW], t[SLOW])
    for i in range(len(left_echo)):
        smooth = smooth * (1.0 - opened) + (pair(left_echo[i], right_echo[i]) * opened + RING)
        slow = slow * (1.0 - cut) + (smooth * cut + RING)
        passed = smooth - slow
        left_echo[i], right_echo[i] = left(passed), right(passed)
    s[SMOOTH], s[SLOW], t[SMOOTH], t[SLOW] = left(smooth), left(slow), right(smooth), right(slow)
    if max(bend[0], bend[1]) > 1e-9:
        for i in range(len(left_echo)):
            amount = _at(bend, first + i)
            left_echo[i] += amount * (tanh(left_echo[i]) - left_echo[i])
            right_echo[i] += amount * (tanh(right_echo[i]) - right_echo[i])


@kernel
def _share(scratch: F64, ramps: F64, first: int, y: F32, z: F32, sent: F64, other: F64) -> None:
    """Inputs and echoes of both sides into their outputs `y` and `z`, and into their lines."""
    a, b, c, d = scratch[0], scratch[1], scratch[2], scratch[3]
    gains = _gains(ramps)
    n = np.uintp(len(y))
    whole = n & ~np.uintp(7)
    for i in range(np.uintp(0), whole, EIGHT):
        k = upwards8(float(first + np.intp(i)))
        p, q, u, v = _shares(gains, k, load8(a, i), load8(b, i), load8(c, i), load8(d, i))
        store8(y, i, p)
        store8(z, i, q)
        store8(sent, i, u)
        store8(other, i, v)
    for i in range(whole, n):
        y[i], z[i], sent[i], other[i] = _shares(gains, float(first + np.intp(i)), a[i], b[i], c[i], d[i])


@kernel
def _gains(ramps: F64) -> Any:
    dry, wet, side = (ramps[DRY, 0], ramps[DRY, 1]), (ramps[WET, 0], ramps[WET, 1]), (ramps[SIDE, 0], ramps[SIDE, 1])
    return dry, wet, side, (ramps[BACK, 0], ramps[BACK, 1]), (ramps[CROSS, 0], ramps[CROSS, 1])


@kernel
def _shares(gains: Any, k: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Of inputs `a` and `b` and echoes `c` and `d`: both outputs, and what goes into both lines.

    Crossed, one line gets half of both inputs, the other none, and each the other side's echo.
    """
    dry, wet, side, back, cross = gains
    apart = d - c
    narrow = (0.5 - (k * side[1] + side[0]) * 0.5) * apart
    plain, echoed = k * dry[1] + dry[0], k * wet[1] + wet[0]
    crossed, kept = k * cross[1] + cross[0], k * back[1] + back[0]
    swapped = crossed * apart
    sent = a + crossed * ((a + b) * 0.5 - a) + kept * (c + swapped)
    other = b - crossed * b + kept * (d - swapped)
    return plain * a + echoed * (c + narrow), plain * b + echoed * (d - narrow), sent, other


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
)
