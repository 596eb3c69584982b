"""What the loud part of a song is like: its mean spectrum, its width, and how far its levels spread.

A song is compared by its loud part alone, as intros and endings say little of how it was mixed; and every second
counts the same there, whatever its level.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import log10, power
from dawg_ai.plugins.mastering.features import PERCENTILES, REGIONS

FLOOR_DB = -120.0
LOUD_LU = 10.0  # what is less below the 90th percentile of all seconds is the loud part
LOUDEST = 0.9
SILENCE_LUFS = -70.0
BINS, BINS_PER_LU = 280, 2.0  # of the histogram of loudness, from -100 LUFS on
FIRST_BANDS = (0, 17, 40, 55)  # of the three regions: below 200 Hz, up to 3 kHz, above
MEDIAN, NEAR_PEAK = 2, 5  # of the percentiles: the 50th and the 95th
# The share of time that each percentile stands for.
SHARES = (0.15, 0.225, 0.25, 0.2, 0.1, 0.045, 0.025, 0.005)


@kernel
def loud_floor(loudness: Annotated[F32, "frames", 1], histogram: Annotated[F64, BINS]) -> float:
    """The loudness in LUFS above which a second is of the loud part."""
    for i in range(BINS):
        histogram[i] = 0.0
    total = 0.0
    for row in range(loudness.shape[0]):
        level = np.float64(loudness[row, 0])
        if level > SILENCE_LUFS:
            histogram[np.uintp(min(max((level + 100.0) * BINS_PER_LU, 0.0), float(BINS - 1)))] += 1.0
            total += 1.0
    at, below = np.uintp(0), histogram[0]
    while below < LOUDEST * total:
        at += np.uintp(1)
        below += histogram[at]
    return max(float(at) / BINS_PER_LU - 100.0 - LOUD_LU, SILENCE_LUFS)


@kernel
def integrated(loudness: Annotated[F32, "frames", 1]) -> float:
    """Gated loudness in LUFS, from seconds in place of blocks of 400 ms: within about 0.3 LU; -100 for silence."""
    gate = SILENCE_LUFS
    mean = 0.0
    for _ in range(2):
        total, count = 0.0, 0.0
        for row in range(loudness.shape[0]):
            level = np.float64(loudness[row, 0])
            if level > gate:
                total += power(10.0, 0.1 * level)
                count += 1.0
        if count == 0.0:
            return -100.0
        mean = 10.0 * log10(total / count)
        gate = max(gate, mean - 10.0)
    return mean


@kernel
def mean_spectrum(
    rows: Annotated[F32, "frames", 55], loudness: Annotated[F32, "frames", 1], floor: float, mean: Annotated[F64, 55]
) -> None:
    """Mean power of the loud part in dB, each second at 0 LUFS; -120 where there is nothing."""
    for band in range(BANDS):
        mean[band] = 0.0
    count = 0.0
    for row in range(rows.shape[0]):
        level = np.float64(loudness[row, 0])
        if level > floor:
            count += 1.0
            for band in range(BANDS):
                if rows[row, band] > FLOOR_DB + 1.0:
                    mean[band] += power(10.0, 0.1 * (np.float64(rows[row, band]) - level))
    for band in range(BANDS):
        mean[band] = max(10.0 * log10(max(mean[band] / max(count, 1.0), 1e-12)), FLOOR_DB)


@kernel
def sum_db(mid: Annotated[F64, 55], side: Annotated[F64, 55], total: Annotated[F64, 55]) -> None:
    """Power of mid and side together in dB."""
    for band in range(BANDS):
        total[band] = 10.0 * log10(power(10.0, 0.1 * mid[band]) + power(10.0, 0.1 * side[band]))


@kernel
def widths(mid: Annotated[F64, 55], side: Annotated[F64, 55], width_db: Annotated[F64, 3]) -> None:
    """Power of side against mid in dB in each region; about -120 for mono."""
    for region in range(REGIONS):
        middle, sides = 1e-12, 1e-24
        for band in range(FIRST_BANDS[region], FIRST_BANDS[region + 1]):
            middle += power(10.0, 0.1 * mid[band])
            if side[band] > FLOOR_DB:
                sides += power(10.0, 0.1 * side[band])
        width_db[region] = max(10.0 * log10(sides / middle), FLOOR_DB)


@kernel
def spreads(
    levels: Annotated[F32, "frames", 24],
    loudness: Annotated[F32, "frames", 1],
    floor: float,
    spread_db: Annotated[F64, 3],
) -> None:
    """From the median to the 95th percentile of the level of each region in dB, the mean of the loud part."""
    count = 0.0
    for region in range(REGIONS):
        spread_db[region] = 0.0
    for row in range(levels.shape[0]):
        if np.float64(loudness[row, 0]) > floor:
            count += 1.0
            for region in range(REGIONS):
                own = levels[row, len(PERCENTILES) * region :]
                spread_db[region] += np.float64(own[NEAR_PEAK]) - np.float64(own[MEDIAN])
    for region in range(REGIONS):
        spread_db[region] /= max(count, 1.0)


@kernel
def reductions(
    levels: F32, loudness: F32, floor: float, region: Any, threshold_db: float, slope: float, knee_db: float
) -> tuple[float, float]:
    """What a compressor's static curve does to a region in the loud part.

    Args:
        levels: (frames, 24).
        loudness: (frames, 1).
        floor: of `loud_floor`.
        region: which one.
        threshold_db: of the compressor.
        slope: 1 - 1 / ratio.
        knee_db: width of the soft knee.

    Returns:
        Mean gain reduction in dB, and by how many dB the mean power falls, which make-up gain restores.
    """
    total, count, before, after = 0.0, 0.0, 1e-30, 1e-30
    for row in range(levels.shape[0]):
        if np.float64(loudness[row, 0]) > floor:
            count += 1.0
            own = levels[row, len(PERCENTILES) * region :]
            for i in range(len(PERCENTILES)):
                level = np.float64(own[i])
                over = level - threshold_db
                inside = min(max(over + 0.5 * knee_db, 0.0), knee_db)
                reduction = slope * (0.5 / knee_db * inside * inside + max(over - 0.5 * knee_db, 0.0))
                total += SHARES[i] * reduction
                before += SHARES[i] * power(10.0, 0.1 * level)
                after += SHARES[i] * power(10.0, 0.1 * (level - reduction))
    return total / max(count, 1.0), 10.0 * log10(before / after)
