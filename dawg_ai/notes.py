"""Notes, as plugins read and generate them and instruments play them: rows of `COLUMNS`.

Everywhere in this package notes are a `Notes`: float32, shape (count, 6), sorted by start. Times are in seconds, so
that an instrument needs no tempo.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dawg_ai import labels, midi
from dawg_ai.errors import UsageError

Notes = NDArray[np.float32]

# Pitch is a MIDI note number and may have a fraction; velocity is above 0 and up to 1; voice and syllable from 0.
COLUMNS = ("start_s", "duration_s", "pitch", "velocity", "voice", "syllable")
FORMAT = 1
SUFFIXES = (".json", labels.SUFFIX, *midi.SUFFIXES)


def notes(rows: ArrayLike) -> Notes:
    """Convert rows to notes: drop those of velocity 0, sort the others by start (stable).

    Args:
        rows: (count, 6); see COLUMNS.

    Returns:
        (notes, 6).

    Raises:
        UsageError: the rows are not of six finite numbers, a start or duration is below 0, or a velocity above 1.

    >>> notes([[1.0, 0.5, 36, 0.8, 0, 0], [0.0, 0.5, 42, 0.5, 0, 0], [0, 0, 0, 0, 0, 0]])[:, 2]
    array([42., 36.], dtype=float32)
    """
    try:
        with np.errstate(over="ignore"):  # to infinity, which is refused
            found = np.asarray(rows, np.float32)
    except (ValueError, TypeError):
        found = np.zeros((1, 0), np.float32)
    if not found.size and len(found) == 0:
        found = np.zeros((0, len(COLUMNS)), np.float32)
    wrong = found.ndim != 2 or found.shape[1] != len(COLUMNS)
    if (
        wrong
        or not np.isfinite(found).all()
        or (found[:, :2] < 0).any()
        or (found[:, 3] > 1).any()
        or (found[:, 3] < 0).any()
    ):
        raise UsageError(
            f"these are not notes; a note is {', '.join(COLUMNS)}: finite, times from 0 on, velocity from 0 to 1"
        )
    found = found[found[:, 3] > 0]
    return np.ascontiguousarray(found[np.argsort(found[:, 0], kind="stable")])


def read(path: Path) -> Notes:
    """Read a file of notes: MIDI, or JSON as `{"format": 1, "notes": [[start_s, duration_s, pitch, ...], ...]}`.

    Phoneme times (`.lab`) are read as notes without pitch; see `dawg_ai.labels`.

    Args:
        path: the file; the voices of a MIDI file's notes are its channels, from 0.

    Returns:
        (count, 6).

    Raises:
        UsageError: the file cannot be read or is not a file of notes.
    """
    if path.suffix.lower() in midi.SUFFIXES:
        return of_midi(midi.read(path))
    if path.suffix.lower() == labels.SUFFIX:
        return notes(labels.read(path))
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["format"] != FORMAT:
            raise UsageError(f"{path} is of format {found['format']}; expected {FORMAT}")
        rows = [[float(value) for value in row] for row in found["notes"]]
        if any(len(row) != len(COLUMNS) for row in rows):
            raise ValueError("a row has not six numbers")
        return notes(rows)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        shape = '{"format": 1, "notes": [[0.0, 0.5, 36, 0.8, 0, 0]]}'
        raise UsageError(f"{path} holds no notes; a file of notes looks like {shape}") from None


def of_midi(file: midi.File) -> Notes:
    """All notes of a MIDI file, in seconds by its tempo; the voices are its channels, from 0.

    >>> track = midi.Track(np.array([[4.0, 1.0, 36, 0.5]]), channel=midi.DRUM_CHANNEL)
    >>> of_midi(midi.File((track,), tempos=((0.0, 60.0),))).tolist()
    [[4.0, 1.0, 36.0, 0.5, 9.0, 0.0]]
    """
    rows = [np.zeros((0, len(COLUMNS)))]
    for track in file.tracks:
        start_s, end_s = file.seconds(track.notes[:, 0]), file.seconds(track.notes[:, 0] + track.notes[:, 1])
        voice = np.full(len(start_s), track.channel)
        rows.append(
            np.stack([start_s, end_s - start_s, track.notes[:, 2], track.notes[:, 3], voice, 0 * voice], axis=1)
        )
    return notes(np.concatenate(rows))
