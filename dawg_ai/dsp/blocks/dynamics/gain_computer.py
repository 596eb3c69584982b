"""Gain computer of compressors and gates: static curve with a soft knee, ballistics, make-up gain, dry/wet mix.

Levels and gains are in the log2 domain (`log2_level.py`; one unit is 6.02 dB). The static curve turns a level into a
gain reduction, by how much to turn down; attack and release ballistics smooth the reduction.

    level -> minus threshold -> soft knee -> times slope, at most the range -> gain reduction -> ballistics
        -> make-up minus reduction -> gain -> dry/wet mix

Source: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design - A Tutorial and Analysis",
J. Audio Eng. Soc. 60 (6), 2012.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, apply_ballistics
from dawg_ai.dsp.blocks.dynamics.level_detector import CHUNK, to_log2_levels
from dawg_ai.dsp.blocks.filters.biquad import DENORMAL_OFFSET
from dawg_ai.dsp.blocks.filters.one_pole import coefficient_of_ms
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2
from dawg_ai.dsp.math import copysign

NO_LIMIT_DB = 1000.0  # a range that never limits the reduction

# Of a static curve. The first four are smoothed when a knob moves; the direction is 1 for reduction above the
# threshold and -1 for reduction below it; the last two are one-pole coefficients of the reduction.
THRESHOLD, SLOPE, MAKE_UP, MIX, DIRECTION, MAX_REDUCTION, KNEE, KNEE_SCALE, RISE, FALL = range(10)


@kernel
def set_static_curve(
    threshold_db: float, slope: float, knee_db: float, range_db: float, curve: Annotated[F64, 10]
) -> None:
    """Write the static curve.

    Args:
        threshold_db: where reduction begins.
        slope: dB of reduction for each dB above the threshold, 1 - 1 / ratio for a compressor; a negative one acts
            below the threshold.
        knee_db: width of the soft knee.
        range_db: the largest gain reduction.
        curve: overwritten.
    """
    curve[THRESHOLD], curve[SLOPE] = threshold_db * LOG2_PER_DB, abs(slope)
    curve[DIRECTION], curve[MAX_REDUCTION] = copysign(1.0, slope), range_db * LOG2_PER_DB
    curve[KNEE] = knee_db * LOG2_PER_DB
    curve[KNEE_SCALE] = 0.5 / curve[KNEE] if knee_db > 0.0 else 0.0


@kernel
def set_ballistics(rise_ms: float, fall_ms: float, sample_rate_hz: float, curve: Annotated[F64, 10]) -> None:
    """Write the ballistics.

    Args:
        rise_ms: time in which the reduction rises 63 % (1 - 1/e) of its way, in dB: a compressor's attack.
        fall_ms: the same for falling: a compressor's release.
        sample_rate_hz: the sample rate.
        curve: overwritten.
    """
    curve[RISE], curve[FALL] = coefficient_of_ms(rise_ms, sample_rate_hz), coefficient_of_ms(fall_ms, sample_rate_hz)


@kernel
def set_output(make_up_db: float, mix: float, curve: Annotated[F64, 10]) -> None:
    """Write the output stage.

    Args:
        make_up_db: added to the gain.
        mix: dry/wet mix, 0 to 1; the dry share passes unchanged.
        curve: overwritten.
    """
    curve[MAKE_UP], curve[MIX] = make_up_db * LOG2_PER_DB, mix


@kernel
def soft_knee(over: float, knee: float, knee_scale: float) -> float:
    """How far a level is over the threshold, with a parabola around 0 (a soft knee).

    Args:
        over: level minus threshold, log2 domain.
        knee: width of the knee, log2 domain.
        knee_scale: 1 / (2 knee), or 0 without a knee.

    Returns:
        `over` above the knee, 0 below it.
    """
    inside = min(max(over + 0.5 * knee, 0.0), knee)
    return knee_scale * inside * inside + max(over - 0.5 * knee, 0.0)


@kernel
def compute_gains(
    levels: F64, curve: Annotated[F64, 10], rows: Annotated[F64, 4, CHUNK], state: Annotated[F64, BALLISTICS_STATE]
) -> None:
    """Levels become gains, mixed with the dry sound, in place.

    Args:
        levels: (samples,), log2 domain; overwritten with amplitude ratios.
        curve: the static curve.
        rows: the smoothed settings, sample by sample (`smoothing.fill_ramps`).
        state: of `apply_ballistics`.
    """
    threshold, slope, make_up, mix = rows[THRESHOLD], rows[SLOPE], rows[MAKE_UP], rows[MIX]
    direction, largest = curve[DIRECTION], curve[MAX_REDUCTION]
    knee, knee_scale = curve[KNEE], curve[KNEE_SCALE]
    for i in range(levels.shape[0]):
        over = direction * (levels[i] - threshold[i])
        levels[i] = min(slope[i] * soft_knee(over, knee, knee_scale), largest) + DENORMAL_OFFSET
    apply_ballistics(levels, curve[RISE], curve[FALL], state)
    for i in range(levels.shape[0]):
        levels[i] = 1.0 + mix[i] * (gain_from_log2(make_up[i] - levels[i]) - 1.0)


@kernel
def compress_band(band: F64, count: int, curve: F64, rows: F64, state: F64, gain: F64) -> None:
    """Compress one band, all channels by the same gain, which follows the loudest channel.

    Args:
        band: (channels, samples), in place.
        count: samples.
        curve: the static curve.
        rows: the smoothed settings.
        state: of `apply_ballistics`.
        gain: scratch; left with the gains.
    """
    for i in range(count):
        gain[i] = abs(band[0, i])
    for channel in range(1, band.shape[0]):
        for i in range(count):
            gain[i] = max(gain[i], abs(band[channel, i]))
    to_log2_levels(gain[:count], 1.0)
    compute_gains(gain[:count], curve, rows, state)
    for channel in range(band.shape[0]):
        for i in range(count):
            band[channel, i] *= gain[i]


@kernel
def apply_gains(gains: F64, sound: F32) -> None:
    """Multiply `sound` by `gains`, sample by sample."""
    for i in range(sound.shape[0]):
        sound[i] = np.float64(sound[i]) * gains[i]
