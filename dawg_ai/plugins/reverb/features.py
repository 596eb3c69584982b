"""Features of reverb: a song's tempo, band envelopes of a reference, and what training convolves: dry sounds, decays.

Of a reference the loudest ten seconds of its first minute count, relative to their loudest frame. `profile` is how
the level goes on after an onset, on average: a pre-delay shows as a dip, a wet level as what follows it.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2
from dawg_ai.dsp.math import cos, finite, log10
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.features.beat import BEAT
from dawg_ai.plugins.reverb.bands import (
    BANDS,
    FLOOR_DB,
    LEAD,
    RANGES,
    RATE_HZ,
    ROWS,
    WHOLE,
    envelope,
    prepare_bands,
)

CHUNK_FRAMES = 20
FRAMES = 2000  # of a reference: ten seconds
MAX_FRAMES = 12_000  # that are looked at: a minute
DEPTH_DB = 90.0  # below the loudest frame that counts
LAGS, BEFORE = 64, 8  # frames of the profile, of them before the onset
RISE_DB, ONSET_FRAMES = 6.0, 4  # of an onset, at least, within so many frames
QUIET_DB = -40.0  # onsets that are quieter, relative to the loudest frame, do not count
DIRECT_S, FADE_S = 0.0025, 0.001  # of a response: direct sound, and the fade-in after it
ONSET_POWER = 0.01  # of the highest sample's power: -20 dB (ISO 3382-1, 5.3.3)

COUNT = 0  # of `heard`


@kernel
def frame_reference(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 4096],
    cosines: Annotated[F64, 1024],
    sines: Annotated[F64, 1024],
    work: Annotated[F64, 4, 4160],
    energies: Annotated[F64, 30],
    rows_db: Annotated[F32, 20, 30],
    history: Annotated[F32, 12000, 30],
    heard: Annotated[F64, 1],
) -> None:
    """Add a tenth of a second; what comes after MAX_FRAMES is left out."""
    first = int(heard[COUNT])
    if first + CHUNK_FRAMES > MAX_FRAMES:
        return
    envelope(x, sample_rate_hz, 0, window, cosines, sines, work, energies, rows_db)
    for row in range(CHUNK_FRAMES):
        for k in range(ROWS):
            history[first + row, k] = rows_db[row, k]
    heard[COUNT] = float(first + CHUNK_FRAMES)


@kernel
def finish_reference(
    sample_rate_hz: float,
    frames: int,
    history: Annotated[F32, 12000, 30],
    heard: Annotated[F64, 1],
    bands: Annotated[F32, 30, 2000],
    profile: Annotated[F32, 4, 64],
) -> None:
    """The loudest ten seconds, their levels relative to the loudest frame, and their profile."""
    count = int(heard[COUNT])
    start = _loudest(history[:count], count)
    for i in range(FRAMES):
        for k in range(ROWS):
            bands[k, i] = history[start + i, k] if start + i < count else FLOOR_DB
    relative(bands)
    profiles(bands, profile)


@kernel
def _loudest(history: F32, count: int) -> int:
    """The first frame of the loudest FRAMES, in steps of a second."""
    best, at = -1.0, 0
    for start in range(0, max(count - FRAMES, 0) + 1, RATE_HZ):
        total = 0.0
        for i in range(start, min(start + FRAMES, count)):
            for part in range(RANGES):
                total += power_of_db(np.float64(history[i, WHOLE + part]))
        if total > best:
            best, at = total, start
    return at


@kernel
def power_of_db(level_db: float) -> float:
    """The power of a level."""
    return gain_from_log2(2.0 * LOG2_PER_DB * level_db)


@kernel
def relative(bands: Annotated[F32, 30, 2000]) -> None:
    """Levels relative to the loudest frame, all ranges together, at least -DEPTH_DB; in place."""
    highest = 0.0
    for i in range(FRAMES):
        highest = max(highest, _power(bands, i))
    top_db = 10.0 * log10(highest) if highest > 1e-11 else 0.0
    for k in range(ROWS):
        for i in range(FRAMES):
            bands[k, i] = max(np.float64(bands[k, i]) - top_db, -DEPTH_DB)


@kernel
def _power(bands: F32, i: int) -> float:
    """Power of a frame, all ranges together."""
    total = 0.0
    for part in range(RANGES):
        total += power_of_db(np.float64(bands[WHOLE + part, i]))
    return total


@kernel
def profiles(bands: Annotated[F32, 30, 2000], profile: Annotated[F32, 4, 64]) -> None:
    """Mean level after an onset relative to it, of each range and of all together.

    An onset is a frame that is RISE_DB louder than ONSET_FRAMES before, and the loudest of those around; it counts as
    much as it rises. Where there is none, the profile is that of the loudest frame.
    """
    profile[:] = 0.0
    total, loudest, at = 0.0, -1.0, 0
    for i in range(BEFORE, FRAMES - LAGS + BEFORE):
        here = _power(bands, i)
        if here > loudest:
            loudest, at = here, i
        if here < power_of_db(QUIET_DB):
            continue
        rise_db = 10.0 * log10(here / (_power(bands, i - ONSET_FRAMES) + 1e-12))
        if rise_db < RISE_DB or not _is_peak(bands, i, here):
            continue
        weight = min(rise_db, 40.0)
        total += weight
        _add_profile(bands, i, weight, profile)
    if total == 0.0:
        total = 1.0
        _add_profile(bands, at, 1.0, profile)
    for row in range(RANGES + 1):
        for lag in range(LAGS):
            profile[row, lag] = np.float64(profile[row, lag]) / total


@kernel
def _is_peak(bands: F32, i: int, here: float) -> bool:
    """Whether no frame around is louder."""
    for j in range(i - ONSET_FRAMES, i + ONSET_FRAMES + 1):  # noqa: SIM110  (a kernel has no generators)
        if j != i and _power(bands, j) > here:
            return False
    return True


@kernel
def _add_profile(bands: F32, i: int, weight: float, profile: F32) -> None:
    for lag in range(LAGS):
        j = i + lag - BEFORE
        for part in range(RANGES):
            level = np.float64(bands[WHOLE + part, j]) - np.float64(bands[WHOLE + part, i])
            profile[part, lag] += weight * level
        profile[RANGES, lag] += weight * 10.0 * log10((_power(bands, j) + 1e-9) / (_power(bands, i) + 1e-9))


@kernel
def frame_dry(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 4096],
    cosines: Annotated[F64, 1024],
    sines: Annotated[F64, 1024],
    work: Annotated[F64, 4, 4160],
    energies: Annotated[F64, 30],
    dry_db: Annotated[F32, 800, 30],
) -> None:
    """Four seconds of a dry sound, from LEAD frames before it."""
    envelope(x, sample_rate_hz, LEAD, window, cosines, sines, work, energies, dry_db)


@kernel
def wet_part(x: Annotated[F32, "channels", "samples"], sample_rate_hz: float) -> None:
    """Keep of a response what comes after its direct sound, from the direct sound on; in place.

    Args:
        x: (channels, samples), overwritten: zeros for DIRECT_S, a fade-in of FADE_S, and the rest.
        sample_rate_hz: the sample rate.
    """
    highest = 0.0
    for channel in range(x.shape[0]):
        for value in x[channel]:
            highest = max(highest, finite(np.float64(value)) * finite(np.float64(value)))
    onset, samples = 0, x.shape[1]
    while onset < samples - 1 and not _reaches(x, onset, ONSET_POWER * highest):
        onset += 1
    direct, fade = int(DIRECT_S * sample_rate_hz), int(FADE_S * sample_rate_hz) + 1
    for channel in range(x.shape[0]):
        for i in range(samples):
            value = finite(np.float64(x[channel, onset + i])) if onset + i < samples else 0.0
            rising = min(max(float(i - direct) / float(fade), 0.0), 1.0)
            x[channel, i] = value * (0.5 - 0.5 * cos(3.141592653589793 * rising))


@kernel
def _reaches(x: F32, i: int, power: float) -> bool:
    for channel in range(x.shape[0]):
        value = finite(np.float64(x[channel, i]))
        if value * value >= power:
            return True
    return False


@kernel
def frame_response(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 4096],
    cosines: Annotated[F64, 1024],
    sines: Annotated[F64, 1024],
    work: Annotated[F64, 4, 4160],
    energies: Annotated[F64, 30],
    response: Annotated[F32, "channels", "samples"],
    decay_db: Annotated[F32, 2000, 30],
) -> None:
    """Ten seconds of an impulse response, without its direct sound, from LEAD frames before that."""
    for channel in range(x.shape[0]):
        for i in range(x.shape[1]):
            response[channel, i] = x[channel, i]
    wet_part(response, sample_rate_hz)
    envelope(response, sample_rate_hz, LEAD, window, cosines, sines, work, energies, decay_db)


SONG = BEAT
REFERENCE = AudioFeatures(
    frame_s=0.125,
    hop_s=CHUNK_FRAMES / RATE_HZ,
    outputs=(),
    prepare=prepare_bands,
    frame=frame_reference,
    finish=finish_reference,
    whole=("bands", "profile"),
)
DRY = AudioFeatures(frame_s=4.0, outputs=("dry_db",), prepare=prepare_bands, frame=frame_dry)
RESPONSE = AudioFeatures(frame_s=10.0, outputs=("decay_db",), prepare=prepare_bands, frame=frame_response)

assert ROWS == BANDS + 2 * RANGES == 30, "the arrays are as wide as the rows"
