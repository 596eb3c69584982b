"""A sung part of a MusicXML score: notes with their lyrics.

The first part and its first verse count. Ties are joined, grace notes and all but the first note of a chord left out,
and a note without a lyric holds the vowel before. Repeats are not played out.
"""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from dawg_ai import lyrics, midi, notes
from dawg_ai.errors import UsageError
from dawg_ai.notes import Notes

SUFFIXES = (".musicxml", ".xml")
VELOCITY = 80 / 127


def read(path: Path) -> Notes:
    """Read the notes.

    Args:
        path: an uncompressed MusicXML file.

    Returns:
        (count, 6); see `dawg_ai.notes`.

    Raises:
        UsageError: it is no score, or a lyric cannot be sung.
    """
    try:
        part = ElementTree.parse(path).getroot().find("part")
        if part is None:
            raise ValueError("it has no part")
        rows, tempos = _part(part)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        raise UsageError(f"{path} is no MusicXML score, or is damaged ({error}); export it as .musicxml") from None
    beats = np.array(rows, np.float64).reshape(-1, 4)
    times = midi.File((), tuple(sorted(tempos.items())))
    start_s, end_s = times.seconds(beats[:, 0]), times.seconds(beats[:, 0] + beats[:, 1])
    columns = [start_s, end_s - start_s, beats[:, 2], np.full(len(beats), VELOCITY), 0 * start_s, beats[:, 3]]
    return notes.notes(np.stack(columns, axis=1))


def _part(part: ElementTree.Element) -> tuple[list[list[float]], dict[float, float]]:
    """Rows of start and length in beats, pitch and syllable; and the tempo in bpm by beat."""
    divisions, at = 1.0, 0.0
    tempos: dict[float, float] = {0.0: midi.DEFAULT_BPM}
    rows: list[list[float]] = []
    for measure in part.findall("measure"):
        for child in measure:
            for sound in [child] if child.tag == "sound" else child.findall("sound"):
                if sound.get("tempo"):
                    tempos[at] = float(sound.get("tempo", ""))
            length = float(child.findtext("duration") or 0) / divisions
            if child.tag == "attributes":
                divisions = float(child.findtext("divisions") or divisions)
            elif child.tag in ("backup", "forward"):
                at += length if child.tag == "forward" else -length
            elif child.tag == "note" and child.find("grace") is None and child.find("chord") is None:
                tied = {tie.get("type") for tie in child.findall("tie")}
                if child.find("pitch") is not None and "stop" in tied and rows:
                    rows[-1][1] += length
                elif child.find("pitch") is not None:
                    text = (child.findtext("lyric/text") or lyrics.HELD).strip()
                    rows.append([at, length, _pitch(child), float(lyrics.syllable(text))])
                at += length
    return rows, tempos


def _pitch(note: ElementTree.Element) -> float:
    step, octave = note.findtext("pitch/step") or "", int(note.findtext("pitch/octave") or "")
    return 12.0 * (octave + 1) + midi.PITCH_CLASSES[step] + float(note.findtext("pitch/alter") or 0)
