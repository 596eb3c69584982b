"""What style, amount and network ask for -> the compressor's knobs, found on the song's own envelopes.

reference    the network's threshold, times and mix; for an amount other than 1 the threshold is moved until the mean
             reduction is that share of what it would be
style        asks for a mean gain reduction and a change of the crest factor. Bisection finds the threshold for the
             first and, around it, the attack for the second; the release follows the crest factor, shorter for
             percussive sound (after D. Giannoulis, M. Massberg, J. D. Reiss, "Parameter automation in a dynamic range
             compressor", J. Audio Eng. Soc. 61 (10), 2013)

How much a style asks for follows the spread of the song's levels: where that is small, there is nothing to do.
The make-up gain gives back the integrated loudness that the reduction takes (BS.1770, on 10 ms of K-weighted energy).
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2
from dawg_ai.dsp.math import exp, log
from dawg_ai.dsp.meters.loudness import LUFS_OFFSET, STEPS_PER_BLOCK, STEPS_PER_S, absolute_gate
from dawg_ai.plugins.compressor.envelope import (
    ACTIVE_DB,
    RELATIVE_GATE,
    db_of_power,
    detect,
    gated_level_db,
    mean_power,
    power_of_db,
    reduce,
)
from dawg_ai.plugins.compressor.features import RATE_HZ, STEPS

STYLES = ("level", "glue", "punch", "control", "parallel")
# Of each style: ratio, knee, look-ahead, mix; the range of attack and release.
RATIO = (2.0, 2.0, 4.0, 6.0, 10.0)
KNEE_DB = (12.0, 9.0, 6.0, 6.0, 6.0)
LOOKAHEAD_MS = (5.0, 5.0, 3.0, 10.0, 5.0)
MIX = (1.0, 1.0, 1.0, 1.0, 0.5)
FASTEST_MS = (2.0, 1.0, 2.0, 0.3, 0.3)
SLOWEST_MS = (200.0, 100.0, 200.0, 60.0, 60.0)
SHORTEST_MS = (300.0, 100.0, 50.0, 30.0, 80.0)
LONGEST_MS = (1500.0, 400.0, 250.0, 200.0, 400.0)
# What a style asks for at amount 1: dB of reduction for each dB of spread above ENOUGH_DB, at most so much, and dB of
# crest for each dB of reduction, in full for percussive sound and not at all for sustained.
PER_SPREAD = (1.0, 0.6, 1.0, 1.0, 0.8)
MOST_DB = (6.0, 3.0, 6.0, 6.0, 4.0)
CREST_PER_DB = (0.0, -0.1, 0.4, -0.3, -0.15)
ENOUGH_DB = 2.0  # spread of levels at which there is nothing to do
RATIO_OF_REFERENCE, KNEE_OF_REFERENCE_DB = 4.0, 6.0  # what the network was trained with

LOWEST_DB, HIGHEST_DB = -60.0, 0.0  # of the threshold knob
THRESHOLD_STEPS, ATTACK_STEPS = 10, 6
NEGLIGIBLE_DB = 0.1
MAX_MAKEUP_DB = 24.0
MIN_MIX = 0.05
PERCUSSIVE_DB, SUSTAINED_DB = 20.0, 8.0  # crest factors

# The share of the reduction's movement that is right, from its size and the expected error: a logistic curve over the
# logarithm of their quotient, fitted to validation songs.
EVEN, STEEP = 1.5, 0.4

THRESHOLD, RATIO_KNOB, KNEE, ATTACK, RELEASE, LOOKAHEAD, MAKEUP, MIX_KNOB = range(8)


@kernel
def decode(
    song_power_db: Annotated[F32, "frames", 1000],
    song_peak_db: Annotated[F32, "frames", 1000],
    song_loudness: Annotated[F32, "frames", 100],
    mode: Annotated[F32, 2],
    style: float,
    amount: float,
    settings: Annotated[F32, 4],
    doubt_db: Annotated[F32, 1],
    level_db: Annotated[F32, "frames", 1000],
    reduction_db: Annotated[F32, "frames", 1000],
    asked: Annotated[F64, 2],
    made: Annotated[F64, 2],
    makeup_db: Annotated[F64, 1],
    steps: Annotated[F64, "frames", 10],
    knobs: Annotated[F64, 8],
    confidence: Annotated[F64, 3],
) -> int:
    """Set the compressor.

    Args:
        song_power_db: of the features.
        song_peak_db: of the features.
        song_loudness: of the features.
        mode: one-hot: style, reference.
        style: index of the style.
        amount: of what is asked for.
        settings: of the network, for the mode reference.
        doubt_db: of the network: expected error of the gain reduction.
        level_db: scratch: the detector's level.
        reduction_db: left with the gain reduction that the knobs make.
        asked: overwritten: mean reduction and change of crest factor in dB that were asked for; of a reference, the
            first alone.
        made: overwritten: those that the knobs make.
        makeup_db: overwritten: how much louder dry and wet sound are made.
        steps: scratch of the loudness.
        knobs: overwritten.
        confidence: overwritten: the same for curve, times and output.
    """
    detect(song_power_db, level_db)
    gated = gated_level_db(song_power_db)
    active = gated + ACTIVE_DB
    crest = crest_db(song_power_db, song_peak_db, reduction_db, 0, False)
    if mode[1] > 0.5:
        _follow_network(gated, settings, knobs)
        asked[0] = amount * _reduce(level_db, knobs, active, reduction_db)
        if amount != 1.0:
            _meet_reduction(level_db, asked[0], knobs, active, reduction_db)
    else:
        _begin_style(int(style), crest, knobs)
        spread = max(spread_db(level_db, active) - ENOUGH_DB, 0.0)
        asked[0] = amount * min(PER_SPREAD[int(style)] * spread, MOST_DB[int(style)])
        asked[1] = CREST_PER_DB[int(style)] * asked[0] * percussive(crest)
        _meet_style(song_power_db, song_peak_db, level_db, crest, int(style), asked, knobs, active, reduction_db)
    for knob in range(8):  # as they are rounded to the knobs' steps
        knobs[knob] = knobs[knob] if knob == MAKEUP else _stepped(knob, knobs[knob])
    made[0] = _reduce(level_db, knobs, active, reduction_db)
    late = int(knobs[LOOKAHEAD])
    made[1] = crest_db(song_power_db, song_peak_db, reduction_db, late, True) - crest
    makeup_db[0] = loudness_loss_db(song_loudness, song_power_db, reduction_db, late, steps)
    _make_up(makeup_db[0], knobs)
    sure = _share(level_db, reduction_db, made[0], active, np.float64(doubt_db[0]))
    if mode[1] < 0.5:
        sure = 1.0 - min(0.5 * max(abs(made[0] - asked[0]), abs(made[1] - asked[1])), 1.0)
    for group in range(3):
        confidence[group] = sure
    return 0


@kernel
def _stepped(knob: int, value: float) -> float:
    """A value at the step of its knob: tenths, but release and mix in whole numbers."""
    scale = 1.0 if knob in (RELEASE, MIX_KNOB) else 10.0
    return float(int(value * scale + (0.5 if value >= 0.0 else -0.5))) / scale


@kernel
def _follow_network(gated: float, settings: F32, knobs: F64) -> None:
    """The network's settings as knobs."""
    knobs[THRESHOLD] = min(max(gated + np.float64(settings[0]), LOWEST_DB), HIGHEST_DB)
    knobs[RATIO_KNOB], knobs[KNEE], knobs[LOOKAHEAD] = RATIO_OF_REFERENCE, KNEE_OF_REFERENCE_DB, 0.0
    knobs[ATTACK], knobs[RELEASE] = np.float64(settings[1]), np.float64(settings[2])
    knobs[MIX_KNOB] = 100.0 * np.float64(settings[3])


@kernel
def _begin_style(style: int, crest: float, knobs: F64) -> None:
    """What belongs to the style, and the release that suits the song's crest factor."""
    knobs[RATIO_KNOB], knobs[KNEE], knobs[LOOKAHEAD] = RATIO[style], KNEE_DB[style], LOOKAHEAD_MS[style]
    knobs[MIX_KNOB] = 100.0 * MIX[style]
    knobs[RELEASE] = _between(LONGEST_MS[style], SHORTEST_MS[style], percussive(crest))


@kernel
def percussive(crest: float) -> float:
    """How percussive a sound is by its crest factor in dB, 0 to 1."""
    return min(max((crest - SUSTAINED_DB) / (PERCUSSIVE_DB - SUSTAINED_DB), 0.0), 1.0)


@kernel
def _between(low: float, high: float, share: float) -> float:
    """A time between two others, by the logarithm."""
    return exp(log(low) + share * (log(high) - log(low)))


@kernel
def _reduce(level_db: F32, knobs: F64, active: float, reduction_db: F32) -> float:
    """The gain reduction of the knobs; returns its mean."""
    return reduce(
        level_db,
        knobs[THRESHOLD],
        knobs[RATIO_KNOB],
        knobs[KNEE],
        knobs[ATTACK],
        knobs[RELEASE],
        0.01 * knobs[MIX_KNOB],
        active,
        reduction_db,
    )


@kernel
def _meet_reduction(level_db: F32, wanted_db: float, knobs: F64, active: float, reduction_db: F32) -> None:
    """Move the threshold until the mean reduction is what is wanted; it falls as the threshold rises."""
    low, high = LOWEST_DB, HIGHEST_DB
    for _ in range(THRESHOLD_STEPS):
        knobs[THRESHOLD] = 0.5 * (low + high)
        if _reduce(level_db, knobs, active, reduction_db) > wanted_db:
            low = knobs[THRESHOLD]
        else:
            high = knobs[THRESHOLD]
    knobs[THRESHOLD] = 0.5 * (low + high) if wanted_db >= NEGLIGIBLE_DB else HIGHEST_DB


@kernel
def _meet_style(
    song_power_db: F32,
    song_peak_db: F32,
    level_db: F32,
    crest: float,
    style: int,
    asked: F64,
    knobs: F64,
    active: float,
    reduction_db: F32,
) -> None:
    """Find the attack for the change of crest, a slower one gives more; each with the threshold for the reduction."""
    low, high = 0.0, 1.0
    for _ in range(ATTACK_STEPS):
        knobs[ATTACK] = _between(FASTEST_MS[style], SLOWEST_MS[style], 0.5 * (low + high))
        _meet_reduction(level_db, asked[0], knobs, active, reduction_db)
        if asked[0] < NEGLIGIBLE_DB:
            return
        changed = crest_db(song_power_db, song_peak_db, reduction_db, int(knobs[LOOKAHEAD]), True) - crest
        if changed > asked[1]:
            high = 0.5 * (low + high)
        else:
            low = 0.5 * (low + high)


@kernel
def spread_db(level_db: F32, active: float) -> float:
    """Mean distance of the detector's active levels from their mean, in dB."""
    mean, count = 0.0, 0.0
    for second in range(level_db.shape[0]):
        for value in level_db[second]:
            if np.float64(value) > active:
                mean += np.float64(value)
                count += 1.0
    mean /= max(count, 1.0)
    total = 0.0
    for second in range(level_db.shape[0]):
        for value in level_db[second]:
            if np.float64(value) > active:
                total += abs(np.float64(value) - mean)
    return total / max(count, 1.0)


@kernel
def crest_db(power_db: F32, peak_db: F32, reduction_db: F32, late: int, reduced: bool) -> float:
    """Mean crest factor, peak to RMS level, of the seconds above the relative gate.

    Args:
        power_db: of the features.
        peak_db: of the features.
        reduction_db: the gain reduction.
        late: look-ahead in ms: the gain is that much ahead of the sound.
        reduced: whether the reduction is applied; which seconds count follows the sound before it.
    """
    seconds = power_db.shape[0]
    gate = 0.0
    for second in range(seconds):
        gate += RELATIVE_GATE * mean_power(power_db[second]) / float(seconds)
    total, count = 0.0, 0.0
    for second in range(seconds):
        if mean_power(power_db[second]) <= gate:
            continue
        energy, highest = 0.0, -200.0
        for i in range(RATE_HZ):
            gain_db = 0.0
            if reduced:
                at = min(second * RATE_HZ + i + late, seconds * RATE_HZ - 1)
                gain_db = -np.float64(reduction_db[at // RATE_HZ, at % RATE_HZ])
            energy += power_of_db(np.float64(power_db[second, i]) + gain_db)
            highest = max(highest, np.float64(peak_db[second, i]) + gain_db)
        total += highest - db_of_power(energy / float(RATE_HZ))
        count += 1.0
    return total / max(count, 1.0)


@kernel
def loudness_loss_db(loudness: F32, power_db: F32, reduction_db: F32, late: int, steps: F64) -> float:
    """By how many dB the reduction lowers the integrated loudness.

    Args:
        loudness: (seconds, 100), of the features.
        power_db: (seconds, 1000), of the features: how the loudness of 10 ms is spread over them.
        reduction_db: (seconds, 1000).
        late: look-ahead in ms.
        steps: scratch, (seconds, 10): energies of the steps between gating blocks.
    """
    for second in range(steps.shape[0]):
        for step in range(steps.shape[1]):
            steps[second, step] = _step_energy(loudness, power_db, reduction_db, late, second, step, False)
    before = _gated_energy(steps)
    for second in range(steps.shape[0]):
        for step in range(steps.shape[1]):
            steps[second, step] = _step_energy(loudness, power_db, reduction_db, late, second, step, True)
    after = _gated_energy(steps)
    if before <= 0.0 or after <= 0.0:
        return 0.0
    return min(max(db_of_power(before) - db_of_power(after), 0.0), MAX_MAKEUP_DB)


@kernel
def _step_energy(
    loudness: F32, power_db: F32, reduction_db: F32, late: int, second: int, step: int, reduced: bool
) -> float:
    """K-weighted mean square of 100 ms, with the reduction or without."""
    width = RATE_HZ // STEPS
    count = STEPS // STEPS_PER_S
    energy = 0.0
    for part in range(step * count, (step + 1) * count):
        share = 1.0
        if reduced:
            before, after = 0.0, 0.0
            for i in range(part * width, (part + 1) * width):
                at = min(second * RATE_HZ + i + late, loudness.shape[0] * RATE_HZ - 1)
                power = power_of_db(np.float64(power_db[second, i]))
                before += power
                after += power * power_of_db(-np.float64(reduction_db[at // RATE_HZ, at % RATE_HZ]))
            share = after / before
        energy += share * power_of_db(np.float64(loudness[second, part]) - LUFS_OFFSET)
    return energy / float(count)


@kernel
def _gated_energy(steps: F64) -> float:
    """Mean square of the gating blocks above the absolute and the relative gate (BS.1770)."""
    last = steps.shape[0] * STEPS_PER_S - STEPS_PER_BLOCK
    gate, mean = absolute_gate(), 0.0
    for _ in range(2):
        total, count = 0.0, 0.0
        for first in range(last + 1):
            energy = 0.0
            for at in range(first, first + STEPS_PER_BLOCK):
                energy += steps[at // STEPS_PER_S, at % STEPS_PER_S]
            energy /= float(STEPS_PER_BLOCK)
            if energy > gate:
                total += energy
                count += 1.0
        mean = total / max(count, 1.0)
        gate = max(gate, RELATIVE_GATE * mean)
    return mean


@kernel
def _make_up(gain_db: float, knobs: F64) -> None:
    """Set make-up and mix so that dry and wet sound become louder by as much.

    The effect's make-up gain is in the wet sound alone: (1 - m) + m w is made louder by a gain G where the mix is
    1 - G (1 - m), and the wet sound is given what is then missing.
    """
    gain, dry = gain_from_log2(gain_db * LOG2_PER_DB), 1.0 - 0.01 * knobs[MIX_KNOB]
    mix = max(1.0 - gain * dry, MIN_MIX)
    knobs[MIX_KNOB] = float(int(100.0 * mix + 0.5))
    mix = 0.01 * knobs[MIX_KNOB]
    wet = gain * (1.0 - dry) / mix
    knobs[MAKEUP] = min(2.0 * db_of_power(wet) if wet > 0.0 else 0.0, MAX_MAKEUP_DB)


@kernel
def _share(level_db: F32, reduction_db: F32, mean: float, active: float, doubt: float) -> float:
    """The share of the reduction's movement that is right, from its size and the expected error."""
    size, count = 0.0, 0.0
    for second in range(level_db.shape[0]):
        for i in range(level_db.shape[1]):
            if np.float64(level_db[second, i]) > active:
                size += abs(np.float64(reduction_db[second, i]) - mean)
                count += 1.0
    size /= max(count, 1.0)
    return 1.0 / (1.0 + EVEN * exp(STEEP * log((doubt + 1e-3) / (size + 1e-3))))
