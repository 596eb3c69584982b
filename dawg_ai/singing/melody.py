"""A melody of one voice with its syllables, as notes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dawg_ai import lyrics, midi, notes
from dawg_ai.errors import UsageError
from dawg_ai.notes import Notes
from dawg_ai.singing import score

DEFAULT = "la"
SYLLABLE = notes.COLUMNS.index("syllable")
VOICE = notes.COLUMNS.index("voice")
PITCH = notes.COLUMNS.index("pitch")


def read(path: Path, syllables: str = "", transpose_semitones: float = 0.0) -> Notes:
    """Read a melody and give each note its syllable.

    Args:
        path: MIDI, MusicXML, or notes as JSON; of several tracks that of the lowest channel is sung, without drums.
        syllables: set apart by spaces, sung in turn from the beginning again where there are fewer than notes; by
            default those that the file has, or "la".
        transpose_semitones: added to every pitch.

    Returns:
        (count, 6), one note at a time: of notes that begin together the highest stays.

    Raises:
        UsageError: the file has no notes, or a syllable cannot be sung.

    """
    rows = score.read(path) if path.suffix.lower() in score.SUFFIXES else notes.read(path)
    rows = rows[rows[:, VOICE] != midi.DRUM_CHANNEL]
    if not len(rows):
        raise UsageError(f"{path} has no notes to sing; expected a melody")
    melody = top(rows[rows[:, VOICE] == rows[:, VOICE].min()])
    melody[:, PITCH] += np.float32(transpose_semitones)
    if syllables or not melody[:, SYLLABLE].any():
        melody[:, SYLLABLE] = _in_turn(lyrics.syllables(syllables or DEFAULT), len(melody))
    return melody


def top(rows: Notes) -> Notes:
    """The highest of the notes that begin together.

    >>> top(np.float32([[0, 1, 60, 1, 0, 0], [0, 1, 64, 1, 0, 0], [1, 1, 62, 1, 0, 0]]))[:, 2].tolist()
    [64.0, 62.0]
    """
    order = np.lexsort((-rows[:, PITCH], rows[:, 0]))
    ordered = rows[order]
    first = np.concatenate([[True], np.diff(ordered[:, 0]) > 0])
    return np.ascontiguousarray(ordered[first])


def _in_turn(syllables: Sequence[int], count: int) -> np.ndarray:
    if not syllables:
        raise UsageError('no syllables were given; expected text such as "sa ku ra"')
    return np.resize(np.array(syllables, np.float32), count)
