"""The compressor on envelopes of 1 kHz, as kernels: detector, static curve, ballistics, and what they do to a sound.

It follows dsp/effects/compressor.py with the RMS detector and linked channels: the gain computer is that of
`blocks/dynamics`, and the smoothed branching ballistics are taken step by step. All levels are in dB.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design - A Tutorial and Analysis",
J. Audio Eng. Soc. 60 (6), 2012.
"""

import numpy as np

from dawg_ai.dsp.blocks.dynamics.gain_computer import soft_knee
from dawg_ai.dsp.blocks.dynamics.level_detector import RMS_MS
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2, log2_level
from dawg_ai.dsp.math import log10
from dawg_ai.plugins.compressor.features import FLOOR_DB, RATE_HZ

ABSOLUTE_GATE = 1e-7  # mean square of a second that counts: -70 dB
RELATIVE_GATE = 0.1  # of the mean square above the absolute gate: -10 dB
ACTIVE_DB = -25.0  # relative to the gated level: where the detector is below, a reduction does not count


@kernel
def power_of_db(level_db: float) -> float:
    """The power of a level."""
    return gain_from_log2(2.0 * LOG2_PER_DB * level_db)


@kernel
def db_of_power(power: float) -> float:
    """The level of a power, at least -200 dB."""
    return 0.5 * log2_level(power) / LOG2_PER_DB


@kernel
def gated_level_db(power_db: F32) -> float:
    """Level of a sound in dB, without its silences: the gates of BS.1770 on the mean squares of its seconds.

    Args:
        power_db: (seconds, 1000), mean square of each millisecond.

    Returns:
        dB; FLOOR_DB where no second is above the absolute gate.
    """
    gate, level = ABSOLUTE_GATE, 0.0
    for _ in range(2):
        total, count = 0.0, 0.0
        for second in range(power_db.shape[0]):
            power = mean_power(power_db[second])
            if power > gate:
                total += power
                count += 1.0
        level = total / max(count, 1.0)
        gate = max(gate, RELATIVE_GATE * level)
    return max(10.0 * log10(level), FLOOR_DB) if level > 0.0 else FLOOR_DB


@kernel
def mean_power(power_db: F32) -> float:
    """Mean square of a second."""
    total = 0.0
    for value in power_db:
        total += power_of_db(np.float64(value))
    return total / float(power_db.shape[0])


@kernel
def detect(power_db: F32, level_db: F32) -> None:
    """The RMS detector.

    Args:
        power_db: (seconds, 1000), mean square of each millisecond.
        level_db: the same shape, overwritten with the detector's level at the end of each.
    """
    coefficient = coefficient_of_ms(RMS_MS, float(RATE_HZ))
    mean = 0.0
    for second in range(power_db.shape[0]):
        for i in range(power_db.shape[1]):
            mean += coefficient * (power_of_db(np.float64(power_db[second, i])) - mean)
            level_db[second, i] = db_of_power(mean)


@kernel
def reduce(
    level_db: F32,
    threshold_db: float,
    ratio: float,
    knee_db: float,
    attack_ms: float,
    release_ms: float,
    mix: float,
    active_db: float,
    reduction_db: F32,
) -> float:
    """The gain reduction of a compressor.

    Args:
        level_db: (seconds, 1000), of `detect`.
        threshold_db: of the compressor.
        ratio: of the compressor.
        knee_db: of the compressor.
        attack_ms: of the compressor.
        release_ms: of the compressor.
        mix: dry/wet mix, 0 to 1.
        active_db: where the level is below, the reduction does not count for the mean.
        reduction_db: the same shape as `level_db`, overwritten: by how much sound and mix are turned down.

    Returns:
        The mean reduction in dB.
    """
    slope = 1.0 - 1.0 / ratio
    scale = 0.5 / knee_db if knee_db > 0.0 else 0.0
    attack, release = coefficient_of_ms(attack_ms, float(RATE_HZ)), coefficient_of_ms(release_ms, float(RATE_HZ))
    now, total, count = 0.0, 0.0, 0.0
    for second in range(level_db.shape[0]):
        for i in range(level_db.shape[1]):
            level = np.float64(level_db[second, i])
            step = slope * soft_knee(level - threshold_db, knee_db, scale) - now
            now += step * (attack if step > 0.0 else release)
            mixed = now
            if mix < 1.0:
                mixed = -2.0 * db_of_power(1.0 + mix * (gain_from_log2(-LOG2_PER_DB * now) - 1.0))
            reduction_db[second, i] = mixed
            if level > active_db:
                total += mixed
                count += 1.0
    return total / max(count, 1.0)
