"""From what is wanted of tone, dynamics and width, by network or rule, to the knobs of the chain.

    network or rule -> wanted values, expected errors -> confidence -> held back where there is little -> amounts
    tone      -> six bands fitted to the curve (`curve_fit.py`), and a trim that keeps the loudness
    dynamics  -> thresholds that give the wanted mean gain reduction, and make-up gain
    width     -> percent of each region
    level     -> the loudness to reach, which `refine.py` solves

A reference that is to count for part only asks the network twice, the second time without it.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import response_db
from dawg_ai.dsp.blocks.filters.curve_fit import (
    BANDS,
    GAIN,
    KINDS,
    OCTAVE,
    PARAMETERS,
    POINTS,
    Q_OCTAVE,
    SAMPLE_RATE_HZ,
    SHELF_Q,
    band_db,
    fit,
    phi_of,
    within,
)
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS_PER_OCTAVE, LOWEST_CENTER_HZ
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import exp, log2, log10, power
from dawg_ai.dsp.meters.loudness import k_weighting
from dawg_ai.plugins.mastering import refine, rule, sections
from dawg_ai.plugins.mastering.features import CROSSOVERS_HZ, REGIONS
from dawg_ai.plugins.mastering.typical import (
    SPREAD_DB,
    SPREAD_OF_SPREAD_DB,
    SPREAD_OF_TONE_DB,
    SPREAD_OF_WIDTH_DB,
    TONE_DB,
    WIDTH_DB,
)

__all__ = ["CROSSOVERS_HZ", "HOLD_LOW", "KNOBS", "RATIO", "decode"]

KNOBS = 37
MULTIBAND, STEREO = 25, 31  # where they begin among the knobs; the limiter's are `refine.DRIVE` and so on
MULTIBAND_CONFIDENCE, STEREO_CONFIDENCE = 7, 10
RATIO, KNEE_DB = 2.0, 6.0  # of the multiband compressor
CENTERS_HZ = (90.0, 200.0, 600.0, 2000.0, 5500.0, 9000.0)  # where the fit of the six bands begins

# Which stages the network decides; the others go by the rule.
LEARNED_TONE, LEARNED_DYNAMICS, LEARNED_WIDTH = True, True, True
RULE_CONFIDENCE = 0.5  # where a rule acts; it does not know how sure it is
# The share of a fault that an answer removes, from the quotient of its size and its expected error: logistic curves.
TONE_EVEN, TONE_STEEP = 1.65, 1.5
REDUCTION_EVEN, REDUCTION_STEEP = 1.13, 1.5
WIDTH_EVEN, WIDTH_STEEP = 1.28, 1.75
HOLD_LOW, HOLD_HIGH = 0.25, 0.5  # shares from which an answer begins to count, and counts in full
NARROW = 2.0  # per octave^2: a band's share is of what lies within about an octave
LEAST_TONE_DB, LEAST_REDUCTION_DB, LEAST_WIDTH_DB = 0.3, 0.1, 0.25  # what is less is left out

MASTER, REFERENCE = range(2)  # of `mode`
# Of `heads`, in dB: values, and after as many their expected errors.
TONE, REDUCTION, WIDTH, HEADS = 0, 55, 58, 61
LEVEL_BANDS = (6, 42)  # from 62.5 Hz to 4 kHz, which every song has: the level of a spectrum
PASS = 0  # of `state`: which pass this is


@kernel
def decode(
    mode: Annotated[F32, 2],
    song_mid: Annotated[F32, "frames", 55],
    song_side: Annotated[F32, "frames", 55],
    song_levels: Annotated[F32, "frames", 24],
    song_loudness: Annotated[F32, "frames", 1],
    reference_mid: Annotated[F32, "reference_frames", 55],
    reference_side: Annotated[F32, "reference_frames", 55],
    reference_levels: Annotated[F32, "reference_frames", 24],
    reference_loudness: Annotated[F32, "reference_frames", 1],
    tone_bel: Annotated[F32, 55],
    tone_doubt_db: Annotated[F32, 55],
    reduction_db: Annotated[F32, 3],
    reduction_doubt_db: Annotated[F32, 3],
    width_db: Annotated[F32, 3],
    width_doubt_db: Annotated[F32, 3],
    loudness_lufs: float,
    ceiling_db: float,
    tone: float,
    dynamics: float,
    width: float,
    reference_tone: float,
    reference_level: float,
    reference_width: float,
    method: float,
    knobs: Annotated[F64, 37],
    confidence: Annotated[F64, 12],
    target_lufs: Annotated[F64, 1],
    heads: Annotated[F64, 122],
    differences: Annotated[F64, 61],
    stages: Annotated[F64, 5],
    song_is: Annotated[F64, 5, 55],
    reference_is: Annotated[F64, 5, 55],
    histogram: Annotated[F64, 280],
    weighting_db: Annotated[F64, 55],
    filters_of_k: Annotated[F64, 2, 5],
    parameters: Annotated[F64, 4, 18],
    curves: Annotated[F64, 4, 55],
    responses: Annotated[F64, 6, 55],
    slopes: Annotated[F64, 18, 55],
    normal: Annotated[F64, 18, 18],
) -> int:
    """Set all knobs but the drive; return 1 to have the network asked again, without the references.

    Args:
        mode: one-hot: master, reference; changed for the second pass.
        song_mid: spectra of mid.
        song_side: spectra of side.
        song_levels: percentiles of levels.
        song_loudness: loudness of each second.
        reference_mid: of the references, and so the following.
        reference_side: as above.
        reference_levels: as above.
        reference_loudness: as above.
        tone_bel: the network's tone, and so the following.
        tone_doubt_db: its expected error.
        reduction_db: mean gain reduction of each region.
        reduction_doubt_db: its expected error.
        width_db: change of width of each region.
        width_doubt_db: its expected error.
        loudness_lufs: the loudness asked for.
        ceiling_db: of the limiter.
        tone: amount of the equaliser.
        dynamics: amount of the multiband compressor.
        width: amount of the change of width.
        reference_tone: how much the references count for tone and dynamics.
        reference_level: how much they count for the loudness.
        reference_width: how much they count for width.
        method: 1: the rule decides all stages.
        knobs: overwritten.
        confidence: overwritten.
        target_lufs: overwritten with the loudness to reach.
        heads: state: what is wanted, and expected errors.
        differences: overwritten: the song's loud part minus what it is compared with, in dB, as `heads`.
        stages: state: number of the pass; whether there are references.
        song_is: overwritten: the song's loud part, in rows: mid, side, both; widths and spreads; scratch.
        reference_is: the same of the references.
        histogram: scratch.
        weighting_db: scratch: K-weighting.
        filters_of_k: scratch: its filters.
        parameters: scratch of the fit.
        curves: scratch of the fit.
        responses: scratch of the fit.
        slopes: scratch of the fit.
        normal: scratch of the fit.
    """
    learned = method < 0.5
    if stages[PASS] == 0.0:
        stages[1] = 1.0 if mode[REFERENCE] > 0.5 else 0.0
        stages[2] = _loud_part(song_mid, song_side, song_levels, song_loudness, song_is, histogram)
        stages[3] = _loud_part(
            reference_mid, reference_side, reference_levels, reference_loudness, reference_is, histogram
        )
    referenced = stages[1] > 0.5
    _take_network(tone_bel, tone_doubt_db, reduction_db, reduction_doubt_db, width_db, width_doubt_db, heads,
                  reference_tone, reference_width, stages[PASS] > 0.5)  # fmt: skip
    stages[PASS] += 1.0
    used = learned and (LEARNED_TONE or LEARNED_DYNAMICS or LEARNED_WIDTH)
    if used and referenced and stages[PASS] == 1.0 and min(reference_tone, reference_width) < 1.0:
        mode[MASTER], mode[REFERENCE] = np.float32(1.0), np.float32(0.0)
        return 1
    mode[MASTER], mode[REFERENCE] = np.float32(0.0 if referenced else 1.0), np.float32(1.0 if referenced else 0.0)
    tone_share = reference_tone if referenced else 0.0
    width_share = reference_width if referenced else 0.0
    _compare(song_is, reference_is, tone_share, width_share, differences)
    if not (learned and LEARNED_TONE):
        _rule_for_tone(song_is, reference_is, tone_share, curves, heads)
    if not (learned and LEARNED_DYNAMICS):
        _rule_for_dynamics(song_is, reference_is, tone_share, parameters, heads)
    if not (learned and LEARNED_WIDTH):
        _rule_for_width(song_is, reference_is, width_share, parameters, heads)
    _set_tone(heads, learned and LEARNED_TONE, tone, song_is[2], weighting_db, filters_of_k, knobs, confidence,
              parameters, curves, responses, slopes, normal)  # fmt: skip
    _set_dynamics(heads, learned and LEARNED_DYNAMICS, dynamics, song_levels, song_loudness, stages[2], song_is[2],
                  curves[2], knobs, confidence)  # fmt: skip
    _set_width(heads, learned and LEARNED_WIDTH, width, knobs, confidence)
    target_lufs[0] = loudness_lufs
    if referenced:
        level = sections.integrated(reference_loudness)
        if level > sections.SILENCE_LUFS:
            target_lufs[0] += reference_level * (level - loudness_lufs)
    knobs[refine.DRIVE], knobs[refine.CEILING], knobs[refine.RELEASE] = 0.0, ceiling_db, refine.RELEASE_MS
    confidence[refine.LIMITER] = 0.0  # first without it
    return 0


@kernel
def _loud_part(mid: F32, side: F32, levels: F32, loudness: F32, found: F64, histogram: F64) -> float:
    """Spectra of mid, side and both, widths and spreads of the loud part; return where it begins."""
    floor = sections.loud_floor(loudness, histogram)
    sections.mean_spectrum(mid, loudness, floor, found[0])
    sections.mean_spectrum(side, loudness, floor, found[1])
    sections.sum_db(found[0], found[1], found[2])
    sections.widths(found[0], found[1], found[3])
    sections.spreads(levels, loudness, floor, found[3, REGIONS:])
    return floor


@kernel
def _take_network(
    tone_bel: F32, tone_doubt_db: F32, reduction_db: F32, reduction_doubt_db: F32, width_db: F32, width_doubt_db: F32,
    heads: F64, tone_share: float, width_share: float, again: bool,
) -> None:  # fmt: skip
    """Keep what the network says; the second time, mix it with what it said before with the references."""
    for i in range(POINTS):
        _mix(heads, TONE + i, 10.0 * np.float64(tone_bel[i]), np.float64(tone_doubt_db[i]), tone_share, again)
    for i in range(REGIONS):
        _mix(heads, REDUCTION + i, np.float64(reduction_db[i]), np.float64(reduction_doubt_db[i]), tone_share, again)
        _mix(heads, WIDTH + i, np.float64(width_db[i]), np.float64(width_doubt_db[i]), width_share, again)


@kernel
def _mix(heads: F64, at: int, value: float, doubt: float, share: float, again: bool) -> None:
    kept = share if again else 0.0
    heads[at] = kept * heads[at] + (1.0 - kept) * value
    heads[HEADS + at] = kept * heads[HEADS + at] + (1.0 - kept) * doubt


@kernel
def _compare(song: F64, reference: F64, tone_share: float, width_share: float, differences: F64) -> None:
    """What makes a stage act, for whoever asks why: the song minus finished music, or minus the references."""
    mine, typical, its = 0.0, 0.0, 0.0
    for i in range(LEVEL_BANDS[0], LEVEL_BANDS[1]):
        mine += song[2, i]
        typical += TONE_DB[i]
        its += reference[2, i]
    count = float(LEVEL_BANDS[1] - LEVEL_BANDS[0])
    for i in range(POINTS):
        target = (1.0 - tone_share) * (TONE_DB[i] - typical / count) + tone_share * (reference[2, i] - its / count)
        differences[TONE + i] = song[2, i] - mine / count - target
    for i in range(REGIONS):
        target = (1.0 - tone_share) * SPREAD_DB[i] + tone_share * reference[3, REGIONS + i]
        differences[REDUCTION + i] = song[3, REGIONS + i] - target
        differences[WIDTH + i] = song[3, i] - (1.0 - width_share) * WIDTH_DB[i] - width_share * reference[3, i]


@kernel
def _rule_for_tone(song: F64, reference: F64, share: float, curves: F64, heads: F64) -> None:
    """By the rule, the references counting for `share`."""
    for i in range(POINTS):
        curves[0, i], curves[1, i] = TONE_DB[i], SPREAD_OF_TONE_DB[i]
    rule.tone_rule(song[2], curves[0], curves[1], rule.TONE_SPREADS, rule.TONE_SHARE, curves[2], curves[3])
    for i in range(POINTS):
        heads[TONE + i] = (1.0 - share) * curves[3, i]
    if share > 0.0:
        rule.tone_rule(song[2], reference[2], curves[1], 0.0, rule.REFERENCE_TONE_SHARE, curves[2], curves[3])
        for i in range(POINTS):
            heads[TONE + i] += share * curves[3, i]


@kernel
def _rule_for_dynamics(song: F64, reference: F64, share: float, work: F64, heads: F64) -> None:
    """As `_rule_for_tone`."""
    mine, its, typical, spread, found = song[3, REGIONS:], reference[3, REGIONS:], work[0], work[1], work[2]
    for i in range(REGIONS):
        typical[i], spread[i] = SPREAD_DB[i], SPREAD_OF_SPREAD_DB[i]
    rule.dynamics_rule(mine, typical, spread, rule.DYNAMICS_SPREADS, rule.DYNAMICS_SHARE, found)
    for i in range(REGIONS):
        heads[REDUCTION + i] = (1.0 - share) * found[i]
    if share > 0.0:
        rule.dynamics_rule(mine, its, spread, 0.0, rule.REFERENCE_DYNAMICS_SHARE, found)
        for i in range(REGIONS):
            heads[REDUCTION + i] += share * found[i]


@kernel
def _rule_for_width(song: F64, reference: F64, share: float, work: F64, heads: F64) -> None:
    """As `_rule_for_tone`."""
    mine, its, typical, spread, found = song[3], reference[3], work[0], work[1], work[2]
    for i in range(REGIONS):
        typical[i], spread[i] = WIDTH_DB[i], SPREAD_OF_WIDTH_DB[i]
    rule.width_rule(mine, typical, spread, rule.WIDTH_SPREADS, rule.WIDTH_SHARE, rule.MOST_WIDTH_DB, found)
    for i in range(REGIONS):
        heads[WIDTH + i] = (1.0 - share) * found[i]
    if share > 0.0:
        most_db = 2.0 * rule.MOST_WIDTH_DB
        rule.width_rule(mine, its, spread, 0.0, rule.REFERENCE_WIDTH_SHARE, most_db, found)
        for i in range(REGIONS):
            heads[WIDTH + i] += share * found[i]


@kernel
def _share(size: float, doubt: float, even: float, steep: float) -> float:
    """The share of a fault that an answer of this size and expected error removes on average."""
    return 1.0 / (1.0 + even * power(max(doubt, 1e-3) / (size + 1e-3), steep))


@kernel
def _held(share: float) -> float:
    """How much of an answer counts."""
    return min(max((share - HOLD_LOW) / (HOLD_HIGH - HOLD_LOW), 0.0), 1.0)


@kernel
def _set_tone(
    heads: F64, learned: bool, amount: float, song_db: F64, weighting_db: F64, filters: F64, knobs: F64,
    confidence: F64, parameters: F64, curves: F64, responses: F64, slopes: F64, normal: F64,
) -> None:  # fmt: skip
    """Six bands and a trim; `curves[2]` is left with their response in dB, trim included."""
    wanted, phi, missing = curves[0], curves[1], curves[2]
    mean, largest = 0.0, 0.0
    for i in range(POINTS):
        mean += heads[TONE + i] / float(POINTS)
    for i in range(POINTS):
        wanted[i] = heads[TONE + i] - mean
        largest = max(largest, abs(wanted[i]))
        phi[i] = phi_of(LOWEST_CENTER_HZ * power(2.0, float(i) / BANDS_PER_OCTAVE))
    whole = _share_around(heads, wanted, 0.0, 0.0) if learned else RULE_CONFIDENCE
    if largest < LEAST_TONE_DB or amount == 0.0:
        whole = 0.0
    values, start, step = parameters[0], parameters[1], parameters[2]
    for band in range(BANDS):
        octave = log2(CENTERS_HZ[band] / 1000.0)
        # Half of what is wanted there: from zero, all bands may go up where one down would do.
        nearest = np.uintp(BANDS_PER_OCTAVE * (octave - log2(LOWEST_CENTER_HZ / 1000.0)) + 0.5)
        values[GAIN + band] = 0.5 * wanted[nearest]
        values[OCTAVE + band] = octave
        values[Q_OCTAVE + band] = log2(SHELF_Q if band in (0, BANDS - 1) else 1.0)
    for p in range(PARAMETERS):
        values[p] = within(p, values[p])
        start[p] = values[p]
    if whole > 0.0:
        fit(values, start, phi, wanted, responses, missing, slopes, normal, step)
    factor = amount * (_held(whole) if learned else 1.0)
    for i in range(POINTS):
        curves[3, i] = 0.0
    for band in range(BANDS):
        octave, q_octave = values[OCTAVE + band], values[Q_OCTAVE + band]
        gain_db = factor * values[GAIN + band] if whole > 0.0 else 0.0
        knobs[4 * band], knobs[4 * band + 1] = float(KINDS[band]), 1000.0 * power(2.0, octave)
        knobs[4 * band + 2], knobs[4 * band + 3] = gain_db, power(2.0, q_octave)
        confidence[band] = _share_around(heads, wanted, octave, NARROW) if learned and whole > 0.0 else whole
        band_db(band, gain_db, octave, q_octave, phi, responses[band])
        for i in range(POINTS):
            curves[3, i] += responses[band, i]
    confidence[BANDS] = whole
    if learned and whole < HOLD_LOW:
        for band in range(BANDS):
            confidence[band] = min(confidence[band], whole)
    _weigh(weighting_db, filters)
    before, after = 0.0, 0.0
    for i in range(POINTS):
        energy = power(10.0, 0.1 * (song_db[i] + weighting_db[i]))
        before += energy
        after += energy * power(10.0, 0.1 * curves[3, i])
    trim_db = 10.0 * log10(before / after)
    knobs[4 * BANDS] = trim_db
    for i in range(POINTS):
        curves[2, i] = curves[3, i] + trim_db


@kernel
def _share_around(heads: F64, wanted: F64, octave: float, narrow: float) -> float:
    """The share of a fault that the curve removes around a frequency, in octaves above 1 kHz; `narrow` 0: in all."""
    size, doubt, sum_of_weights = 0.0, 0.0, 0.0
    for i in range(POINTS):
        away = log2(LOWEST_CENTER_HZ / 1000.0) + float(i) / BANDS_PER_OCTAVE - octave
        weight = exp(-narrow * away * away)
        size += weight * abs(wanted[i])
        doubt += weight * heads[HEADS + TONE + i]
        sum_of_weights += weight
    return _share(size / sum_of_weights, doubt / sum_of_weights, TONE_EVEN, TONE_STEEP)


@kernel
def _weigh(weighting_db: F64, filters: F64) -> None:
    """K-weighting at each band."""
    k_weighting(SAMPLE_RATE_HZ, filters)
    for i in range(POINTS):
        square = phi_of(LOWEST_CENTER_HZ * power(2.0, float(i) / BANDS_PER_OCTAVE))
        weighting_db[i] = response_db(filters[0], square) + response_db(filters[1], square)


@kernel
def _set_dynamics(
    heads: F64, learned: bool, amount: float, levels: F32, loudness: F32, floor: float, song_db: F64, change_db: F64,
    knobs: F64, confidence: F64,
) -> None:  # fmt: skip
    """The threshold of each region that gives the wanted mean gain reduction, and as much make-up gain."""
    for region in range(REGIONS):
        wanted = heads[REDUCTION + region]
        share = RULE_CONFIDENCE
        if learned:
            share = _share(wanted, heads[HEADS + REDUCTION + region], REDUCTION_EVEN, REDUCTION_STEEP)
            wanted *= _held(share)
        wanted *= amount
        if wanted < LEAST_REDUCTION_DB:
            wanted, share = 0.0, 0.0
        # The equaliser before it has changed the level of what comes in.
        before, after = 1e-12, 1e-12
        for band in range(sections.FIRST_BANDS[region], sections.FIRST_BANDS[region + 1]):
            energy = power(10.0, 0.1 * song_db[band])
            before += energy
            after += energy * power(10.0, 0.1 * change_db[band])
        change = 10.0 * log10(after / before)
        lowest, highest, gain_db = -60.0, 0.0, 0.0
        for _ in range(16 if wanted > 0.0 else 0):
            middle = 0.5 * (lowest + highest)
            slope = 1.0 - 1.0 / RATIO
            mean, lost = sections.reductions(levels, loudness, floor, region, middle - change, slope, KNEE_DB)
            if mean > wanted:
                lowest = middle
            else:
                highest, gain_db = middle, lost
        knobs[MULTIBAND + 2 * region], knobs[MULTIBAND + 2 * region + 1] = highest, gain_db
        confidence[MULTIBAND_CONFIDENCE + region] = share


@kernel
def _set_width(heads: F64, learned: bool, amount: float, knobs: F64, confidence: F64) -> None:
    """Width of each region in percent, and the confidence of the three."""
    surest = 0.0
    for region in range(REGIONS):
        wanted = heads[WIDTH + region]
        share = RULE_CONFIDENCE
        if learned:
            share = _share(abs(wanted), heads[HEADS + WIDTH + region], WIDTH_EVEN, WIDTH_STEEP)
            wanted *= _held(share)
        wanted *= amount
        if abs(wanted) < LEAST_WIDTH_DB:
            wanted, share = 0.0, 0.0
        knobs[STEREO + region] = min(100.0 * power(10.0, 0.05 * wanted), 200.0)
        surest = max(surest, share)
    confidence[STEREO_CONFIDENCE] = surest
