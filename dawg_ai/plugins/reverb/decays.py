"""Energy decays of the Bark bands, 200 times a second: sampled ones, and measured rooms, cleaned and re-decayed.

A decay is an array (BANDS, frames): by how much a band's energy comes back after each frame, from the first
reflection on (the direct sound is not part of it), so that white noise above 100 Hz keeps its energy.

Re-decaying measured responses: N. J. Bryan, "Impulse response data augmentation and deep neural networks for blind
room acoustic parameter estimation", ICASSP 2020. Here a room is stretched in time, which keeps its reflections and
its double slopes.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dawg_ai.plugins.reverb.bands import BANDS, CENTER, EDGES_HZ, LEAD, RATE_HZ

Array = NDArray[np.float64]

CENTERS_HZ = np.sqrt(np.maximum(np.array(EDGES_HZ[:-1]), 50.0) * np.array(EDGES_HZ[1:]))
WIDTHS_HZ = np.diff(EDGES_HZ)
# Range, and the Bark bands of an octave of it: 125 Hz to 8 kHz.
OCTAVES = ((0, (1, 2)), (0, (2, 4)), (1, (4, 7)), (1, (7, 11)), (1, (11, 16)), (2, (16, 19)), (2, (19, 23)))
FRAMES = 1600  # of a decay: eight seconds
SHORTEST_S, LONGEST_S = 0.15, 8.0
EFFECTIVE_S = 0.0116  # length of a rectangle with the statistics of the window
COUNTED = CENTERS_HZ > 100.0  # bands whose energy counts; below, responses hold hum


def sample(rng: np.random.Generator) -> Array:
    """A synthetic decay: T60 and its tilt over frequency, perhaps a second slope, early reflections, a build-up."""
    t60_s = _t60(rng)
    seconds = np.arange(FRAMES) / RATE_HZ
    decay = 10.0 ** (-6.0 * seconds / t60_s[:, None])
    if rng.random() < 0.35:  # a second, slower decay below the first, as of coupled rooms
        later_s = np.minimum(t60_s * rng.uniform(1.2, 2.5), 1.5 * LONGEST_S)
        decay += 10.0 ** (rng.uniform(-3.0, -0.8) - 6.0 * seconds / later_s[:, None])
    decay *= 1.0 - np.exp(-(seconds + 0.5 / RATE_HZ) / (0.001 + rng.exponential(0.008)))  # a diffuse build-up
    decay = fluctuating(decay, rng)
    early = np.zeros(FRAMES)
    for _ in range(rng.integers(0, 12)):
        at = int(rng.exponential(0.02) * RATE_HZ)
        early[min(at, 39)] += rng.exponential(1.0)
    if early.sum() > 0.0:
        # Energy of the early reflections against that of the late part, before 80 ms.
        share = 10.0 ** rng.uniform(-1.5, 0.4)
        tilt = (CENTERS_HZ / 1000.0) ** rng.uniform(-0.3, 0.1)
        decay += share * decay.sum(1, keepdims=True) * tilt[:, None] * early / early.sum()
    return normalised(decay * ((CENTERS_HZ / 1000.0) ** rng.uniform(-0.7, 0.3))[:, None])


def _t60(rng: np.random.Generator) -> Array:
    """T60 of each band in seconds: a parabola over log frequency through low, mid and high."""
    if rng.random() < 0.6:
        mid = rng.lognormal(np.log(1.5), 0.6)
    else:
        mid = np.exp(rng.uniform(np.log(SHORTEST_S), np.log(LONGEST_S)))
    low, high = mid * 2.0 ** rng.normal(0.25, 0.5), mid * 2.0 ** rng.normal(-0.6, 0.5)
    octaves = np.log2(CENTERS_HZ / 1000.0)
    wobble = rng.normal(0.0, 0.06, BANDS)
    logs = np.interp(octaves, np.log2([0.18, 0.5, 2.0, 6.0]), np.log2([low, mid, mid, high])) + wobble
    extra = np.maximum(octaves - np.log2(6.0), 0.0) * rng.uniform(-0.5, 0.0)
    return np.asarray(np.clip(2.0 ** (logs + extra), 0.5 * SHORTEST_S, 1.5 * LONGEST_S))


def fluctuating(energies: Array, rng: np.random.Generator) -> Array:
    """Energies (BANDS, frames) as those of noise: each band times a stretch of `_fluctuation` from a random place."""
    table, frames = _fluctuation(), energies.shape[1]
    starts = rng.integers(table.shape[1] - frames, size=BANDS)
    by = np.stack([row[start : start + frames] for row, start in zip(table, starts, strict=True)])
    return np.asarray(energies * by)


@lru_cache(maxsize=1)
def _fluctuation() -> Array:
    """Energy of noise in a band, relative to its mean: chi-square with as many degrees as band and window have.

    Neighbouring frames share most of their window: the sum of four draws has the marginal distribution, and their
    correlation.
    """
    shape = np.maximum(WIDTHS_HZ * EFFECTIVE_S, 1.0)  # of the gamma distribution
    draws = np.random.default_rng(0).standard_gamma(np.repeat(shape[:, None] / 4.0, 65_539, 1))
    sums = draws[:, :-3] + draws[:, 1:-2] + draws[:, 2:-1] + draws[:, 3:]
    return np.asarray(sums / shape[:, None])


def stretched(decay: Array, factor: float, tilt: float) -> Array:
    """A room whose decay takes `factor` times as long, and 2 ** tilt more for each octave above 1 kHz."""
    frames = np.arange(FRAMES)
    found = np.empty((BANDS, FRAMES))
    for band in range(BANDS):
        by = factor * 2.0 ** (tilt * np.clip(np.log2(CENTERS_HZ[band] / 1000.0), -3.0, 3.0))
        logs = np.log(decay[band] + 1e-30)
        found[band] = np.exp(np.interp(frames / by, np.arange(decay.shape[1]), logs))
    return normalised(found)


def normalised(decay: Array) -> Array:
    """The same shape, with the energy of a decay."""
    return np.asarray(decay * (WIDTHS_HZ[COUNTED].sum() / (WIDTHS_HZ[COUNTED] @ decay[COUNTED].sum(1))))


def t60(decay: Array) -> Array:
    """Reverberation time T30 of the ranges in seconds, (3,): the geometric mean of their octave bands'.

    Of Schroeder's backward integral, by the regression line from -5 to -35 dB (ISO 3382-1).
    """
    curves = np.cumsum((decay * WIDTHS_HZ[:, None])[:, ::-1], 1)[:, ::-1]
    logs: list[list[float]] = [[], [], []]
    for part, (first, last) in OCTAVES:
        curve = curves[first:last].sum(0)
        level = 10.0 * np.log10(curve / curve[0] + 1e-12)
        start, stop = int(np.argmax(level <= -5.0)), int(np.argmax(level <= -35.0))
        line = level[start : max(stop, start + 3)]
        away = np.arange(len(line)) - 0.5 * (len(line) - 1)
        slope = RATE_HZ * float(away @ line) / float(away @ away)
        logs[part].append(float(np.log(60.0 / max(-slope, 1.0))))
    return np.exp([np.mean(each) for each in logs])


def cleaned(decay_db: NDArray[np.float32]) -> Array:
    """A measured decay without its noise floor: where a band meets it, its slope goes on.

    Args:
        decay_db: (frames, rows) of `features.RESPONSE`.

    Returns:
        Energies (BANDS, FRAMES), normalised.
    """
    return _cleaned(decay_db.tobytes(), decay_db.shape)


@lru_cache(maxsize=256)
def _cleaned(content: bytes, shape: tuple[int, int]) -> Array:
    decay_db = np.frombuffer(content, np.float32).reshape(shape)[:, :BANDS]
    energies = 10.0 ** (0.1 * decay_db.T.astype(np.float64)) / WIDTHS_HZ[:, None]
    early = LEAD - CENTER  # rows whose windows are centred before the response begins
    found = np.zeros((BANDS, early + FRAMES))
    for band, crossing, per_frame in zip(range(BANDS), *crossings(decay_db), strict=True):
        end = min(crossing, early + FRAMES)
        found[band, :end] = energies[band, :end]
        if end < early + FRAMES:
            level = energies[band, max(end - 20, 0) : end].mean() if end else 0.0
            found[band, end:] = level * 10.0 ** (per_frame * (np.arange(early + FRAMES - end) + 10.0))
    found[:, early] += found[:, :early].sum(1)
    return normalised(found[:, early:])


def crossings(decay_db: NDArray[np.float32]) -> tuple[NDArray[np.int64], Array]:
    """Where each band meets its noise floor, and its slope before that.

    Args:
        decay_db: (frames, at least BANDS).

    Returns:
        Frames (BANDS,), and powers of ten in a frame (BANDS,), negative.
    """
    frames, slopes = [], []
    kernel = np.ones(20) / 20.0
    for band in range(BANDS):
        level = 10.0 * np.log10(np.convolve(10.0 ** (0.1 * decay_db[:, band].astype(np.float64)), kernel, "same"))
        heard = np.flatnonzero(decay_db[:, band] > -119.0)
        end = int(heard[-1]) + 1 if len(heard) else len(level)  # what follows is padding
        noise = float(np.median(level[max(end - max(end // 10, 10), 0) : end]))
        peak = int(np.argmax(level[:end])) if end else 0
        above = level[peak:end] > noise + 8.0
        crossing = peak + (int(np.argmin(above)) if not above.all() else len(above))
        first = peak + int(np.argmax(level[peak:crossing] < level[peak] - 5.0)) if crossing > peak else peak
        if crossing - first < 8:
            first, crossing = peak, max(crossing, min(peak + 8, end))
        x = np.arange(first, crossing)
        slope = float(np.polyfit(x, level[first:crossing], 1)[0]) if len(x) > 2 else -0.6
        frames.append(crossing)
        slopes.append(min(slope, -0.02) / 10.0)
    return np.array(frames), np.array(slopes)
