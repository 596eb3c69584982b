"""Pitch rules: from notes to the fundamental frequency of a singer, and with the network's filters to curves.

    glide       the step response of a damped second-order system, begun before the note: glide and overshoot
                (T. Saitou, M. Unoki and M. Akagi, Speech Communication 46, 2005)
    vibrato     a sine that sets in 250 ms after the note begins and grows for 200 ms
    drift       slow random deviation, a value every 0.3 s

Every frame is a closed form of the note that it is in and of the seed.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.effects.voice import COLUMNS, FLOOR_DB, FRAME_HZ, HARMONIC_ANCHORS, NOISE_ANCHORS
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, decibels, exp, log, sin, sqrt

from .timing import (
    NOTE_PITCH,
    NOTE_SINCE_S,
    NOTE_UNTIL_S,
    PITCH_AFTER,
    PITCH_BEFORE,
    VELOCITY,
)

GLIDE_EARLY = 0.4  # share of a glide before the note begins
RATE = 3.5  # natural frequency in rad per glide: the step response then is within the overshoot of its end
VIBRATO_FROM_S, VIBRATO_GROWS_S, VIBRATO_ENDS_S = 0.25, 0.2, 0.08
DRIFT_S = 0.3
USUAL_VELOCITY = 0.63
STEPS_PER_DB, STEPS_PER_SEMITONE = 8.0, 1024.0  # what is stored is short as JSON
VOICED = 0.5


@kernel
def step_response(time_s: float, glide_s: float, overshoot: float) -> float:
    """From 0 at time 0 to 1: a second-order system whose first peak is at 1 + `overshoot`."""
    if time_s <= 0.0:
        return 0.0
    peak = log(max(overshoot, 1e-4))
    damping = -peak / sqrt(PI * PI + peak * peak)
    natural = RATE / glide_s
    damped = natural * sqrt(1.0 - damping * damping)
    decay = exp(-damping * natural * time_s)
    return 1.0 - decay * (cos(damped * time_s) + damping * natural / damped * sin(damped * time_s))


@kernel
def _hash(seed: int, knot: int) -> float:
    """A number from -1 to 1 for each seed and knot."""
    h = (knot + 7919 * seed + 1) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return float(h) / 2147483648.0 - 1.0


@kernel
def drift(time_s: float, seed: int) -> float:
    """Smooth noise from -1 to 1, a value every 0.3 s (cubic between them)."""
    at = time_s / DRIFT_S
    knot = int(at)
    share = at - float(knot)
    share = share * share * (3.0 - 2.0 * share)
    return (1.0 - share) * _hash(seed, knot) + share * _hash(seed, knot + 1)


@kernel
def _ramp(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@kernel
def _pitch(
    note: F32, glide_s: float, overshoot: float, vibrato_semitones: float, vibrato_hz: float
) -> float:  # fmt: skip
    """The pitch of a frame, without drift."""
    since, until = np.float64(note[NOTE_SINCE_S]), np.float64(note[NOTE_UNTIL_S])
    pitch = np.float64(note[NOTE_PITCH])
    early = GLIDE_EARLY * glide_s
    before, after = np.float64(note[PITCH_BEFORE]) - pitch, np.float64(note[PITCH_AFTER]) - pitch
    found = pitch + before * (1.0 - step_response(since + early, glide_s, overshoot))
    found += after * step_response(early - until, glide_s, overshoot)
    grown = _ramp((since - VIBRATO_FROM_S) / VIBRATO_GROWS_S) * _ramp(until / VIBRATO_ENDS_S)
    cycles = vibrato_hz * max(since - VIBRATO_FROM_S, 0.0)
    return found + grown * vibrato_semitones * sin(2.0 * PI * (cycles - float(int(cycles))))


@kernel
def _rounded(value: float, steps: float) -> np.float32:
    scaled = value * steps
    return np.float32(float(int(scaled + (0.5 if scaled >= 0.0 else -0.5))) / steps)


@kernel
def decode(
    score_melody: Annotated[F32, "frames", 6],
    harmonic_db: Annotated[F32, "frames", 60],
    noise_db: Annotated[F32, "frames", 24],
    voicing: Annotated[F32, "frames", 1],
    vibrato_cents: float,
    vibrato_hz: float,
    glide_ms: float,
    overshoot_percent: float,
    drift_cents: float,
    formant_semitones: float,
    brightness_db: float,
    breath_percent: float,
    seed: float,
    curves: Annotated[F32, "frames", 85],
    knobs: Annotated[F64, 3],
) -> int:
    """Pitch by the rules, filters by the network."""
    knobs[0], knobs[1], knobs[2] = formant_semitones, brightness_db, breath_percent
    for i in range(score_melody.shape[0]):
        note = score_melody[i]
        pitch = _pitch(note, glide_ms / 1000.0, overshoot_percent / 100.0, vibrato_cents / 100.0, vibrato_hz)
        pitch += drift_cents / 100.0 * drift(float(i) / FRAME_HZ, int(seed))
        curves[i, 0] = _rounded(pitch, STEPS_PER_SEMITONE)
        gain_db = decibels(max(np.float64(note[VELOCITY]), 0.01) / USUAL_VELOCITY)
        for k in range(HARMONIC_ANCHORS):
            level = np.float64(harmonic_db[i, k]) + gain_db if voicing[i, 0] > VOICED else FLOOR_DB
            curves[i, 1 + k] = _rounded(max(level, FLOOR_DB), STEPS_PER_DB)
        for k in range(NOISE_ANCHORS):
            level = np.float64(noise_db[i, k]) + gain_db
            curves[i, COLUMNS - NOISE_ANCHORS + k] = _rounded(max(level, FLOOR_DB), STEPS_PER_DB)
    return 0
