"""The classical rule: what lies outside the spread of finished music is brought part of the way back to it.

    song's loud part, minus target -> what lies beyond the spread (soft threshold) -> times a share, within limits

The target is the mean of finished music (`typical.py`), or the references. A reference has no spread: all that
differs counts. Above the low-pass of a lossy codec a spectrum says nothing, in the song or in a reference, and what
was found below it is held.

Used where no network is better, and for all of it where a person asks for the rule.
"""

from typing import Annotated

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.plugins.mastering.features import REGIONS
from dawg_ai.plugins.mastering.sections import FLOOR_DB

# In units of the spread of finished music (a standard deviation): what deviates less is left alone. Those of the tone
# were chosen on validation songs: of what leaves 95 % of finished songs within 1 dB, they remove most of a fault.
TONE_SPREADS, DYNAMICS_SPREADS, WIDTH_SPREADS = 0.75, 1.5, 1.5
# The share of what lies beyond that is taken away; with a reference, of all that differs from it.
TONE_SHARE, DYNAMICS_SHARE, WIDTH_SHARE = 0.15, 0.3, 0.5
REFERENCE_TONE_SHARE, REFERENCE_DYNAMICS_SHARE, REFERENCE_WIDTH_SHARE = 0.8, 0.3, 0.8
MOST_TONE_DB, MOST_REDUCTION_DB = 12.0, 3.0
MOST_WIDTH_DB = 3.0  # without a reference; twice that with one
NEARLY_MONO_DB = -40.0  # side against mid: what is narrower stays as it is
LOW_PASS_DB = 12.0  # a spectrum that falls by more within a sixth of an octave has been cut off there
LOWEST_LOW_PASS = 42  # the band at 4 kHz
SMOOTHING = (0.0625, 0.125, 0.1875, 0.25, 0.1875, 0.125, 0.0625)  # over an octave


@kernel
def beyond(value: float, spread: float) -> float:
    """Soft threshold: what of a value lies beyond +- spread."""
    return max(value - spread, 0.0) + min(value + spread, 0.0)


@kernel
def cut_off(spectrum_db: Annotated[F64, 55]) -> int:
    """The first band above a codec's low-pass; 55 where there is none."""
    for band in range(LOWEST_LOW_PASS, BANDS):
        if spectrum_db[band] < spectrum_db[band - 1] - LOW_PASS_DB or spectrum_db[band] <= FLOOR_DB:
            return band - 1  # the band that is cut through counts as missing too
    return BANDS


@kernel
def tone_rule(
    song_db: Annotated[F64, 55],
    target_db: Annotated[F64, 55],
    spread_db: Annotated[F64, 55],
    spreads: float,
    share: float,
    raw_db: Annotated[F64, 55],
    tone_db: Annotated[F64, 55],
) -> None:
    """The gain that a spectrum gets at each band, in dB.

    Args:
        song_db: its spectrum.
        target_db: what it is compared with.
        spread_db: standard deviation of such spectra.
        spreads: how many of them are left alone.
        share: of what lies beyond.
        raw_db: scratch.
        tone_db: overwritten; its mean over the bands that count is 0.
    """
    last = min(cut_off(song_db), cut_off(target_db))
    mean, count = 0.0, 0.0
    for band in range(last):
        if song_db[band] > FLOOR_DB + 1.0 and target_db[band] > FLOOR_DB + 1.0:
            mean += target_db[band] - song_db[band]
            count += 1.0
    mean /= max(count, 1.0)
    before = 0.0
    for band in range(BANDS):
        if band < last and song_db[band] > FLOOR_DB + 1.0 and target_db[band] > FLOOR_DB + 1.0:
            before = target_db[band] - song_db[band] - mean
        raw_db[band] = before
    for band in range(BANDS):
        smooth = 0.0
        for i in range(len(SMOOTHING)):
            smooth += SMOOTHING[i] * raw_db[min(max(band + i - 3, 0), BANDS - 1)]
        found = share * beyond(smooth, spreads * spread_db[band])
        tone_db[band] = min(max(found, -MOST_TONE_DB), MOST_TONE_DB)


@kernel
def width_rule(
    song_db: Annotated[F64, 3],
    target_db: Annotated[F64, 3],
    spread_db: Annotated[F64, 3],
    spreads: float,
    share: float,
    most_db: float,
    width_db: Annotated[F64, 3],
) -> None:
    """By how many dB side is raised against mid in each region; arguments as `tone_rule`, and the limit."""
    for region in range(REGIONS):
        width_db[region] = 0.0
        if song_db[region] > NEARLY_MONO_DB and target_db[region] > NEARLY_MONO_DB:
            found = share * beyond(target_db[region] - song_db[region], spreads * spread_db[region])
            width_db[region] = min(max(found, -most_db), most_db)


@kernel
def dynamics_rule(
    song_db: Annotated[F64, 3],
    target_db: Annotated[F64, 3],
    spread_db: Annotated[F64, 3],
    spreads: float,
    share: float,
    reduction_db: Annotated[F64, 3],
) -> None:
    """Mean gain reduction of each region, where its levels spread more than the target's; never below 0."""
    for region in range(REGIONS):
        found = share * beyond(song_db[region] - target_db[region], spreads * spread_db[region])
        reduction_db[region] = min(max(found, 0.0), MOST_REDUCTION_DB)
