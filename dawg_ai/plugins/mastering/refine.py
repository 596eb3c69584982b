"""The solver: the limiter's drive, moved by the secant method until the master is as loud as asked for.

The first render is without the limiter, and gives loudness and true peak of what goes into it. From then on the drive
moves, as far as the highest peak need not be turned down by more than was allowed.
"""

from typing import Annotated

from dawg_ai.dsp.kernel import F64, kernel

DRIVE, CEILING, RELEASE = 34, 35, 36  # of `knobs`
LIMITER = 11  # of `confidence`; below the plugin's least the limiter is left out
MOST_DRIVE_DB = 24.0
# The release of the limiter: short where it catches a few peaks, so that the sound around them is left alone; longer
# where it has much to do, so that it does not follow the waves of the bass.
LIGHT_DB, RELEASE_MS, LONGER_MS_PER_DB, LONGEST_MS = 2.0, 10.0, 10.0, 50.0
SECOND_PASS_DB = 0.0436  # by which the limiter's second pass stays below the ceiling
LOUDNESS, PEAK = range(2)  # of `measured`
SILENCE_LUFS = -70.0
# Of the state: renders so far, loudness and true peak before the limiter, drive and loudness of the last render.
PASSES, FREE_LUFS, FREE_PEAK_DB, PAST_DRIVE, PAST_LUFS = range(5)


@kernel
def refine(
    measured: Annotated[F64, 2],
    target_lufs: Annotated[F64, 1],
    ceiling_db: float,
    most_reduction_db: float,
    knobs: Annotated[F64, 37],
    confidence: Annotated[F64, 12],
    secant: Annotated[F64, 5],
) -> int:
    """Move the drive towards the loudness; return 1 until it is there, or as near as it may come.

    Args:
        measured: integrated loudness in LUFS and true peak in dBTP of the last render.
        target_lufs: the loudness that is asked for.
        ceiling_db: of the limiter.
        most_reduction_db: by how much the limiter may turn down the highest peak.
        knobs: of the chain; drive and release are set.
        confidence: of the chain; the limiter comes in.
        secant: state; zeros before the first render.
    """
    confidence[LIMITER] = 1.0
    drive, slope = 0.0, 1.0
    if secant[PASSES] == 0.0:
        secant[FREE_LUFS], secant[FREE_PEAK_DB] = measured[LOUDNESS], measured[PEAK]
        if measured[LOUDNESS] <= SILENCE_LUFS:
            return 0
    else:
        drive = knobs[DRIVE]
        if abs(drive - secant[PAST_DRIVE]) > 0.05:
            slope = (measured[LOUDNESS] - secant[PAST_LUFS]) / (drive - secant[PAST_DRIVE])
            slope = min(max(slope, 0.2), 1.0)
    secant[PASSES] += 1.0
    secant[PAST_DRIVE], secant[PAST_LUFS] = drive, measured[LOUDNESS]
    most_db = most_reduction_db + ceiling_db - SECOND_PASS_DB - secant[FREE_PEAK_DB]
    wanted_db = drive + (target_lufs[0] - measured[LOUDNESS]) / slope
    knobs[DRIVE] = _on_step(min(max(min(wanted_db, most_db - 0.05), -MOST_DRIVE_DB), MOST_DRIVE_DB))
    reduction_db = secant[FREE_PEAK_DB] + knobs[DRIVE] - ceiling_db
    knobs[RELEASE] = min(RELEASE_MS + LONGER_MS_PER_DB * max(reduction_db - LIGHT_DB, 0.0), LONGEST_MS)
    return 1 if secant[PASSES] == 1.0 or knobs[DRIVE] != drive else 0


@kernel
def _on_step(drive_db: float) -> float:
    """The nearest step of the knob."""
    steps = 10.0 * drive_db + 1000.5
    return (float(int(steps)) - 1000.0) / 10.0
