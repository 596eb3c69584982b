"""Audio fingerprints by landmarks, pairs of spectral peaks: A. Wang, "An industrial-strength audio search algorithm".

ISMIR 2003, pp. 7-13.

    sound -> mono at 8 kHz -> STFT -> local maxima in time and frequency -> pairs of near peaks -> hashes with times

A hash holds both frequencies and the time between them, so it survives lossy coding, another level or tone, and a cut
at the beginning. Two recordings are the same where many of their hashes are at one constant distance in time.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dawg_ai import audio

RATE_HZ = 8_000
WINDOW, HOP = 1024, 256  # 128 ms, every 32 ms
LOWEST_BIN, BINS = 16, 512  # from 125 Hz on
NEAR_FRAMES, NEAR_BINS = 10, 12  # a peak is the highest within these
PEAKS_PER_S = 12
FAN_OUT = 4  # pairs of a peak with later ones
ZONE_FRAMES, ZONE_BINS = 63, 64
MAX_SHARED = 60  # a hash that more recordings have says nothing, as of silence or one drum loop

Hashes = NDArray[np.uint64]  # (count, 2): hash, frame


class Match(NamedTuple):
    """Two recordings with hashes in common.

    Args:
        first: number of the first.
        second: number of the second.
        score: share of the hashes of the shorter one that lie at one distance in time.
        offset_s: by how much the second is later.
    """

    first: int
    second: int
    score: float
    offset_s: float


def fingerprint(path: Path) -> Hashes:
    """The landmarks of a file, with memory that does not grow with its length but by these.

    Args:
        path: an audio file.

    Returns:
        (count, 2) of hash and frame.

    Raises:
        UnusableAudio: it cannot be decoded, or is silent.
    """
    return _pairs(np.concatenate([np.zeros((0, 3)), *_peaks(path)]))


def matches(prints: Sequence[Hashes], least_score: float = 0.03, least_hits: int = 25) -> list[Match]:
    """Pairs of recordings that are the same, in whole or in part.

    Args:
        prints: their landmarks.
        least_score: the minimum score.
        least_hits: the minimum number of hashes at one distance.

    Returns:
        The pairs, each once, the surest first.
    """
    sizes = np.array([len(each) for each in prints])
    if sizes.sum() == 0:
        return []
    hashes = np.concatenate([each[:, 0] for each in prints])
    frames = np.concatenate([each[:, 1] for each in prints]).astype(np.int64)
    owners = np.repeat(np.arange(len(prints)), sizes)
    order = np.argsort(hashes, kind="stable")
    hashes, frames, owners = hashes[order], frames[order], owners[order]
    found: dict[tuple[int, int], NDArray[np.int64]] = {}
    pairs = []
    for distance in range(1, MAX_SHARED):
        # Neighbours in the sorted list with one hash; those of hashes that are too common come first to the limit.
        same = (hashes[distance:] == hashes[:-distance]) & (owners[distance:] != owners[:-distance])
        if not (hashes[distance:] == hashes[:-distance]).any():
            break
        left, right = np.flatnonzero(same), np.flatnonzero(same) + distance
        pairs.append(np.stack([owners[left], owners[right], frames[right] - frames[left]], 1))
    if not pairs:
        return []
    rows = np.concatenate(pairs)
    swapped = rows[:, 0] > rows[:, 1]
    rows[swapped] = rows[swapped][:, [1, 0, 2]] * [1, 1, -1]
    # One frame of tolerance: a cut is seldom a whole number of hops.
    keys = ((rows[:, 0] * len(prints) + rows[:, 1]) << 24) + (rows[:, 2] // 2 + (1 << 22))
    unique, counts = np.unique(keys, return_counts=True)
    for key, count in zip(unique, counts, strict=True):
        pair, bucket = int(key) >> 24, int(key) & 0xFFFFFF
        first, second = divmod(pair, len(prints))
        best = found.get((first, second))
        if best is None or count > best[0]:
            found[first, second] = np.array([count, bucket])
    result = []
    for (first, second), (count, bucket) in found.items():
        score = float(count) / float(min(sizes[first], sizes[second]))
        if count >= least_hits and score >= least_score:
            offset_s = (int(bucket) - (1 << 22)) * 2 * HOP / RATE_HZ
            result.append(Match(first, second, round(score, 4), round(offset_s, 2)))
    return sorted(result, key=lambda match: (-match.score, match.first, match.second))


def _peaks(path: Path) -> Iterator[NDArray[np.float64]]:
    """Frame, bin and level of the peaks, a second at a time."""
    sound = audio.resampled(audio.audible(path), RATE_HZ)
    window = np.hanning(WINDOW).astype(np.float32)
    waiting = np.zeros(0, np.float32)
    levels: list[NDArray[np.float32]] = []
    start, ended = 0, False
    blocks = sound.blocks()
    span = 1024  # frames that are looked at together, with their neighbours on both sides
    buffer = np.zeros((0, BINS - LOWEST_BIN), np.float32)
    while not ended:
        block = next(blocks, None)
        ended = block is None
        if block is not None:
            waiting = np.concatenate([waiting, block.mean(axis=0)])
            count = max(0, (len(waiting) - WINDOW) // HOP + 1)
            if count:
                frames = sliding_window_view(waiting, WINDOW)[: count * HOP : HOP] * window
                levels.append(np.abs(np.fft.rfft(frames, axis=1))[:, LOWEST_BIN:BINS].astype(np.float32))
                waiting = waiting[count * HOP :]
        if levels:
            buffer, levels = np.concatenate([buffer, *levels]), []
        while len(buffer) >= span + 2 * NEAR_FRAMES or (ended and len(buffer) > 0):
            part = buffer[: span + 2 * NEAR_FRAMES]
            yield _maxima(part, start)
            if len(buffer) <= span + 2 * NEAR_FRAMES and ended:
                return
            buffer, start = buffer[span:], start + span


def _maxima(levels: NDArray[np.float32], start: int) -> NDArray[np.float64]:
    """The local maxima of a stretch but for its neighbours at both ends; `start` is the frame that it begins at."""
    padded = np.pad(levels, ((NEAR_FRAMES, NEAR_FRAMES), (NEAR_BINS, NEAR_BINS)))
    across = sliding_window_view(padded, 2 * NEAR_FRAMES + 1, axis=0).max(axis=-1)
    highest = sliding_window_view(across, 2 * NEAR_BINS + 1, axis=1).max(axis=-1)
    at, bins = np.nonzero((levels == highest) & (levels > 1e-3))
    inside = (at >= (NEAR_FRAMES if start else 0)) & (at < len(levels) - NEAR_FRAMES)
    at, bins = at[inside], bins[inside]
    heights = levels[at, bins]
    second = (start + at) * HOP // RATE_HZ
    order = np.lexsort((-heights, second))
    rank = np.arange(len(order)) - np.searchsorted(second[order], second[order])
    kept = np.sort(order[rank < PEAKS_PER_S])
    return np.stack([(start + at[kept]).astype(np.float64), bins[kept] + LOWEST_BIN, heights[kept]], 1)


def _pairs(peaks: NDArray[np.float64]) -> Hashes:
    """Hashes of each peak with the next ones of its zone."""
    frames, bins = peaks[:, 0].astype(np.int64), peaks[:, 1].astype(np.int64)
    order = np.lexsort((bins, frames))
    frames, bins = frames[order], bins[order]
    used = np.zeros(len(frames), np.int64)
    found = []
    for distance in range(1, 48):
        if distance >= len(frames):
            break
        apart = frames[distance:] - frames[:-distance]
        fits = (apart >= 2) & (apart < ZONE_FRAMES) & (np.abs(bins[distance:] - bins[:-distance]) < ZONE_BINS)
        fits &= used[:-distance] < FAN_OUT
        left = np.flatnonzero(fits)
        used[left] += 1
        hashes = (bins[left] << 15) | (bins[left + distance] << 6) | apart[left]
        found.append(np.stack([hashes, frames[left]], 1))
    return np.concatenate(found).astype(np.uint64) if found else np.zeros((0, 2), np.uint64)
