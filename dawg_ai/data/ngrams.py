"""Fingerprints of notes: n-grams of intervals and rhythm, which another key, tempo or name leaves as they are.

Of the notes that begin together, the highest counts (the skyline). A step is the interval to the next one in
semitones and the ratio of neighbouring distances in time in halves of an octave. `SIZE` steps in a row are one
n-gram. Drums are left out: grooves are alike because music is.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from dawg_ai import midi, notes

SIZE = 10
TOGETHER_BEATS = 1 / 16
MAX_SHARED = 40  # an n-gram that more pieces have, such as a scale, says nothing

Grams = frozenset[int]


def fingerprint(path: Path) -> Grams:
    """The n-grams of a file of notes.

    Args:
        path: MIDI, or what else `dawg_ai.notes` reads.

    Returns:
        Hashes of the n-grams; none for drums alone.

    Raises:
        UsageError: the file is no such file.
    """
    if path.suffix.lower() in midi.SUFFIXES:
        tracks = (each.notes for each in midi.read(path).tracks if each.channel != midi.DRUM_CHANNEL)
        rows = midi.merged(tracks)
        starts, pitches = rows[:, 0], rows[:, 2]
    else:
        found = notes.read(path)
        starts, pitches = found[:, 0].astype(np.float64) * 2, found[:, 2].astype(np.float64)
    onsets: list[tuple[float, int]] = []
    for start, pitch in sorted(zip(starts.tolist(), np.round(pitches).astype(int).tolist(), strict=True)):
        if onsets and start - onsets[-1][0] < TOGETHER_BEATS:
            onsets[-1] = (onsets[-1][0], max(onsets[-1][1], pitch))
        else:
            onsets.append((start, pitch))
    if len(onsets) < SIZE + 2:
        return frozenset()
    times, heights = np.array([at for at, _ in onsets]), np.array([pitch for _, pitch in onsets])
    gaps = np.diff(times)
    ratios = np.round(2 * np.log2(gaps[1:] / gaps[:-1])).astype(int)
    steps = list(zip(np.diff(heights)[1:].tolist(), ratios.tolist(), strict=True))
    # Whoever repeats one note or one trill is like everyone who does.
    grams = (tuple(steps[at : at + SIZE]) for at in range(len(steps) - SIZE + 1))
    return frozenset(hash(gram) for gram in grams if len(set(gram)) > 3)


def matches(
    prints: Sequence[Grams], least_score: float = 0.25, least_shared: int = 8
) -> list[tuple[int, int, float]]:
    """Pairs of pieces that share much.

    Args:
        prints: their n-grams.
        least_score: the minimum share of the n-grams of the shorter one.
        least_shared: the minimum number of n-grams in common.

    Returns:
        First, second and score, the surest first.
    """
    owners = defaultdict(list)
    for number, grams in enumerate(prints):
        for gram in grams:
            owners[gram].append(number)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for numbers in owners.values():
        if len(numbers) <= MAX_SHARED:
            for pair in combinations(numbers, 2):
                shared[pair] += 1
    found = []
    for (first, second), count in shared.items():
        score = count / min(len(prints[first]), len(prints[second]))
        if count >= least_shared and score >= least_score:
            found.append((first, second, round(score, 4)))
    return sorted(found, key=lambda match: (-match[2], match[0], match[1]))
