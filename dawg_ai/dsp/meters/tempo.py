"""Tempo: the distance at which onsets repeat, and how far beyond chance they do.

    rise of low, middle, high bands -> sum of autocorrelations -> mean at multiples of each tempo's beat -> tempo

The autocorrelation is summed over ranges of the spectrum (E. D. Scheirer, "Tempo and beat analysis of acoustic
musical signals", J. Acoust. Soc. Am. 103, 1998): kick, snare and hat each repeat at their own distance, which the sum
of all bands does not show. The pulse is the beat at whose first eight multiples the autocorrelation is highest, with
next to no preference; the tempo is that octave of the pulse which is highest under a log-normal preference for 110
beats a minute with a standard deviation of 0.7 octaves, chosen on the playing of drummers (training and validation
parts of Groove MIDI). It is refined with 32 multiples and taken as steady for the whole song; slow and fast tempi may
be read as their double or half.

Whether there is a tempo at all is told by `regularity`: how many standard deviations the autocorrelation at the beats
is above that of a random sequence as long and as smooth (M. S. Bartlett, "On the theoretical specification and
sampling properties of autocorrelated time-series", J. Royal Statistical Society, Supplement 8, 1946).
"""

from typing import Annotated

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import exp, log2, sqrt

RANGES = 3
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
COARSE_BPM, FINE_BPM = 0.25, 0.01
PREFERRED_BPM = 110.0
PULSE_OCTAVES, TEMPO_OCTAVES = 2.0, 0.7  # standard deviation of the preference for a pulse, and among its octaves
OCTAVE_TOLERANCE = 0.02  # in octaves
MULTIPLES, FINE_MULTIPLES = 8, 32

MIN_MULTIPLES = 3  # of a beat in half of the song, for a tempo
MIN_ONSET_DB = 1.0  # a steady tone's largest rise is smaller: its beating and its leakage into other bands
MIN_ONSETS, MIN_ONSETS_PER_S = 6, SLOWEST_BPM / 120.0  # every second beat of the slowest tempo
SMOOTH_FRAMES = 10  # over which the onset strength is correlated with itself whatever the music


@kernel
def autocorrelation(rises: Annotated[F64, 3, "frames"], correlation: Annotated[F64, "lags"]) -> None:
    """Sum of the autocorrelations of all ranges, normalised to 1 at lag 0 and for the overlap.

    Args:
        rises: (3, frames), in place smoothed, so that a beat between two frames weighs as much as one on a frame, and
            standardised: mean 0, variance 1, or less where a range hardly moves.
        correlation: (lags,), overwritten.
    """
    frames, lags = rises.shape[1], correlation.shape[0]
    largest = 0.0
    for k in range(RANGES):
        _smooth(rises[k])
        largest = max(largest, _centred(rises[k]))
    correlation[:] = 0.0
    for k in range(RANGES):
        row = rises[k]
        scale = 1.0 / sqrt(max(_square_sum(row), 1e-3 * largest, 1e-30))
        for t in range(frames):
            row[t] *= scale
        for t in range(frames):
            now, later = row[t], row[t : min(t + lags, frames)]
            for lag in range(later.shape[0]):
                correlation[lag] += now * later[lag]
    whole = correlation[0]
    for lag in range(min(lags, frames)):
        correlation[lag] /= max(whole * (1.0 - float(lag) / float(frames)), 1e-30)


@kernel
def _smooth(row: F64) -> None:
    """Weighted mean of each value, twice, and its neighbours."""
    before = 0.0
    for t in range(row.shape[0]):
        here, after = row[t], row[t + 1] if t + 1 < row.shape[0] else 0.0
        row[t] = 0.25 * before + 0.5 * here + 0.25 * after
        before = here


@kernel
def _centred(row: F64) -> float:
    """Subtract the mean; the sum of squares that remains."""
    mean = 0.0
    for each in row:
        mean += each
    mean /= float(max(row.shape[0], 1))
    for t in range(row.shape[0]):
        row[t] -= mean
    return float(_square_sum(row))


@kernel
def _square_sum(row: F64) -> float:
    """Sum of squares."""
    total = 0.0
    for each in row:
        total += each * each
    return total


@kernel
def tempo(frames_per_s: float, frames: int, correlation: Annotated[F64, "lags"]) -> float:
    """Tempo in beats per minute.

    Args:
        frames_per_s: rate of the onset strength.
        frames: its length.
        correlation: of `autocorrelation`.
    """
    pulse = _preferred(0.0, PULSE_OCTAVES, frames_per_s, frames, correlation)
    around = _preferred(pulse, TEMPO_OCTAVES, frames_per_s, frames, correlation)
    best, found = -1e9, around
    for i in range(-int(0.03 * around / FINE_BPM), int(0.03 * around / FINE_BPM) + 1):
        bpm = around + FINE_BPM * float(i)
        score = _mean_correlation(bpm, FINE_MULTIPLES, frames_per_s, frames, correlation)
        if score > best:
            best, found = score, bpm
    return found


@kernel
def _preferred(
    octave_of_bpm: float, octaves: float, frames_per_s: float, frames: int, correlation: Annotated[F64, "lags"]
) -> float:
    """The tempo of the highest correlation times preference: of all, or of the octaves of one above 0."""
    best, found = -1e9, PREFERRED_BPM
    for i in range(int((FASTEST_BPM - SLOWEST_BPM) / COARSE_BPM) + 1):
        bpm = SLOWEST_BPM + COARSE_BPM * float(i)
        off = log2(bpm / octave_of_bpm) + 8.5 if octave_of_bpm > 0.0 else 8.5
        if abs(off - float(int(off)) - 0.5) < OCTAVE_TOLERANCE:
            deviations = log2(bpm / PREFERRED_BPM) / octaves
            score = _mean_correlation(bpm, MULTIPLES, frames_per_s, frames, correlation)
            score *= exp(-0.5 * deviations * deviations)
            if score > best:
                best, found = score, bpm
    return found


@kernel
def _mean_correlation(
    bpm: float, multiples: int, frames_per_s: float, frames: int, correlation: Annotated[F64, "lags"]
) -> float:
    """Mean autocorrelation at the multiples of a beat up to half the frames; -1 where these are too few."""
    beat, total, count = 60.0 * frames_per_s / bpm, 0.0, 0
    for multiple in range(1, multiples + 1):
        lag = beat * float(multiple)
        if int(lag) + 1 < correlation.shape[0] and 2 * int(lag) <= frames:
            total += _interpolated(correlation, lag)
            count += 1
    return total / float(count) if count >= MIN_MULTIPLES else -1.0


@kernel
def _interpolated(correlation: F64, lag: float) -> float:
    """The autocorrelation between two lags."""
    whole = int(lag)
    share = lag - float(whole)
    return float((1.0 - share) * correlation[whole] + share * correlation[whole + 1])


@kernel
def regularity(
    strength: Annotated[F64, "frames"], bpm: float, frames_per_s: float, correlation: Annotated[F64, "lags"]
) -> float:
    """How far a song keeps to its tempo.

    Args:
        strength: (frames,), onset strength.
        bpm: the tempo.
        frames_per_s: rate of the onset strength.
        correlation: of `autocorrelation`.

    Returns:
        The sum of the autocorrelation at up to eight multiples of the beat, in its standard deviations in a random
        sequence; 0 where onsets or beats are too few to tell.
    """
    frames, onset_count = strength.shape[0], 0
    for t in range(1, frames - 1):
        if strength[t] >= MIN_ONSET_DB and strength[t] > strength[t - 1] and strength[t] >= strength[t + 1]:
            onset_count += 1
    if onset_count < MIN_ONSETS or float(onset_count) < MIN_ONSETS_PER_S * float(frames) / frames_per_s:
        return 0.0
    beat, total, variance, count = 60.0 * frames_per_s / bpm, 0.0, 0.0, 0
    for multiple in range(1, MULTIPLES + 1):
        lag = beat * float(multiple)
        if int(lag) + 1 < correlation.shape[0] and 2 * int(lag) <= frames:
            total += _interpolated(correlation, lag)
            variance += 1.0 / (float(frames) - lag)
            count += 1
    if count < MIN_MULTIPLES:
        return 0.0
    # Bartlett: neighbours that are alike leave fewer frames that are independent.
    alike = 1.0
    for lag in range(1, min(SMOOTH_FRAMES + 1, correlation.shape[0])):
        alike += 2.0 * correlation[lag] * correlation[lag]
    return float(total / sqrt(variance * alike))
