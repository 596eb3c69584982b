"""Parts in harmony with a melody: thirds and fifths within its key, octaves, and a choir in unison."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawg_ai.errors import UsageError
from dawg_ai.notes import Notes

from .melody import PITCH

MAJOR = (0, 2, 4, 5, 7, 9, 11)
STEPS = {"third": 2, "fifth": 4, "octave": 7}  # of the scale
CHOIR = "choir"
KINDS = (*STEPS, CHOIR)
CHOIR_VOICES = 3
DETUNE_SEMITONES, LATE_S = 0.12, 0.02  # a choir's voices differ by up to this
LEVEL_DB = -4.0  # of every part beside the melody


@dataclass(frozen=True)
class Part:
    """What one voice sings.

    Args:
        notes: (count, 6).
        seed: of its drift.
        level_db: in the mix.
    """

    notes: Notes
    seed: int
    level_db: float = 0.0


def parts(melody: Notes, kinds: Sequence[str], seed: int) -> list[Part]:
    """The melody, and the parts that go with it.

    Args:
        melody: (count, 6).
        kinds: of KINDS.
        seed: of all deviations.

    Raises:
        UsageError: there is no such harmony.
    """
    found = [Part(melody, seed)]
    rng = np.random.default_rng(seed)
    for kind in kinds:
        if kind == CHOIR:
            for _ in range(CHOIR_VOICES):
                other = melody.copy()
                other[:, PITCH] += np.float32(rng.uniform(-DETUNE_SEMITONES, DETUNE_SEMITONES))
                other[:, 0] += np.float32(rng.uniform(0, LATE_S))
                found.append(Part(other, seed + len(found), LEVEL_DB))
        elif kind in STEPS:
            other = melody.copy()
            other[:, PITCH] = above(melody[:, PITCH], STEPS[kind], key(melody))
            found.append(Part(other, seed + len(found), LEVEL_DB))
        else:
            raise UsageError(f"there is no harmony {kind!r}; there are: {', '.join(KINDS)}")
    return found


def key(melody: Notes) -> int:
    """Pitch class of the major scale that has most of the melody, by time; its relative minor is the same scale.

    >>> key(np.float32([[i, 1, pitch, 1, 0, 0] for i, pitch in enumerate((62, 64, 66, 67, 69))]))
    2
    """
    classes = np.round(melody[:, PITCH]).astype(int) % 12
    weights = np.bincount(classes, melody[:, 1], 12)
    first = int(classes[0])
    fits = [(weights[[(tonic + step) % 12 for step in MAJOR]].sum(), tonic == first, -tonic) for tonic in range(12)]
    return -max(fits)[2]


def above(pitches: Sequence[float] | np.ndarray, steps: int, tonic: int) -> np.ndarray:
    """Pitches so many steps of a major scale above; one between two degrees keeps its distance from the lower.

    >>> above([60, 64, 67], 2, 0).tolist()
    [64.0, 67.0, 71.0]
    """
    found = []
    for pitch in pitches:
        octave, semitones = divmod(float(pitch) - tonic, 12)
        degree = max(i for i, step in enumerate(MAJOR) if step <= semitones + 1e-6)
        higher = MAJOR[(degree + steps) % 7] + 12 * ((degree + steps) // 7)
        found.append(tonic + 12 * octave + higher + semitones - MAJOR[degree])
    return np.array(found, np.float32)
