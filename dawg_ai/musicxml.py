"""Lead sheets as compressed MusicXML: a melody of one voice and chord symbols, with repeats played out.

Read are pitches, ties, grace notes (left out), chord symbols, time signatures, tempo, repeats and their endings
(voltas); the first part alone. A reader of whole scores such as music21 fails on a third of OpenEWLD's files, whose
containers name a score that is not there or is not quoted as XML asks; here the first score in the archive counts.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from dawg_ai import midi
from dawg_ai.errors import UsageError

KINDS = {  # MusicXML's names of chords, as semitones above the root; others count as major
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "augmented": (0, 4, 8),
    "diminished": (0, 3, 6),
    "dominant": (0, 4, 7, 10),
    "major-seventh": (0, 4, 7, 11),
    "minor-seventh": (0, 3, 7, 10),
    "diminished-seventh": (0, 3, 6, 9),
    "augmented-seventh": (0, 4, 8, 10),
    "half-diminished": (0, 3, 6, 10),
    "major-minor": (0, 3, 7, 11),
    "minor-major": (0, 3, 7, 11),
    "major-sixth": (0, 4, 7, 9),
    "minor-sixth": (0, 3, 7, 9),
    "dominant-ninth": (0, 4, 7, 10, 14),
    "major-ninth": (0, 4, 7, 11, 14),
    "minor-ninth": (0, 3, 7, 10, 14),
    "suspended-second": (0, 2, 7),
    "suspended-fourth": (0, 5, 7),
    "power": (0, 7),
}
CHORD_OCTAVE = 48  # roots lie from here to an octave above
VELOCITY = 80 / 127
MOST_MEASURES = 10_000  # a damaged score may repeat for ever


@dataclass(frozen=True)
class LeadSheet:
    """A melody and its chords, as MIDI with one track each."""

    melody: midi.File
    chords: midi.File


@dataclass(frozen=True)
class _Measure:
    notes: tuple[
        tuple[float, float, int, bool], ...
    ]  # start in the measure and length in beats, pitch, tied to the next
    chords: tuple[tuple[float, int, tuple[int, ...]], ...]  # start in the measure, root's pitch class, semitones
    length_beats: float
    forward: bool
    backward: bool
    endings: frozenset[int]  # which times through the measure is played; empty: always


def read(path: Path) -> LeadSheet:
    """Read a lead sheet.

    Args:
        path: an .mxl file.

    Raises:
        UsageError: it is no lead sheet, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = (name for name in archive.namelist() if not name.startswith("META-INF"))
            score = next(name for name in names if name.endswith((".xml", ".musicxml")))
            root = ElementTree.fromstring(archive.read(score))
        part = root.find("part")
        if part is None:
            raise UsageError(f"{path} has no part; it is no lead sheet")
        measures, tempo_bpm, signature = _measures(part)
    except (OSError, zipfile.BadZipFile, StopIteration, ElementTree.ParseError, ValueError, KeyError) as error:
        raise UsageError(f"{path} is no lead sheet, or is damaged ({error or 'it holds no score'})") from None
    melody: list[list[float]] = []
    symbols: list[tuple[float, int, tuple[int, ...]]] = []
    tied: dict[int, list[float]] = {}
    at = 0.0
    for measure in (measures[i] for i in unfolded(measures)):
        for start, length, pitch, goes_on in measure.notes:
            if row := tied.pop(pitch, None):
                row[1] += length
            else:
                row = [at + start, length, float(pitch), VELOCITY]
                melody.append(row)
            if goes_on:
                tied[pitch] = row
        symbols += [(at + start, root, semitones) for start, root, semitones in measure.chords]
        at += measure.length_beats
    ends = [*(start for start, *_ in symbols), at][1:]
    chords = [
        [start, end - start, CHORD_OCTAVE + root_class + above, VELOCITY]
        for (start, root_class, semitones), end in zip(symbols, ends, strict=True)
        for above in semitones
        if end > start
    ]

    def file(rows: list[list[float]], name: str) -> midi.File:
        track = midi.Track(np.array(rows, np.float64).reshape(-1, 4), name)
        return midi.File((track,), ((0.0, tempo_bpm),), ((0.0, *signature),), at)

    return LeadSheet(file(melody, "Melody"), file(chords, "Chords"))


def _measures(part: ElementTree.Element) -> tuple[list[_Measure], float, tuple[int, int]]:
    """All measures as written, the tempo, and the time signature."""
    divisions, tempo_bpm, signature = 1.0, midi.DEFAULT_BPM, (4, 4)
    found: list[_Measure] = []
    open_endings: frozenset[int] = frozenset()
    for element in part.findall("measure"):
        at, last, notes, chords = 0.0, 0.0, [], []
        forward = backward = closes = False
        endings = open_endings
        for child in element:
            if child.tag == "attributes":
                divisions = float(child.findtext("divisions") or divisions)
                if child.find("time") is not None:
                    signature = int(child.findtext("time/beats") or 4), int(child.findtext("time/beat-type") or 4)
            elif child.tag == "harmony" and child.find("root") is not None:
                chords.append((at, *_symbol(child)))
            elif child.tag == "note" and child.find("grace") is None:
                length = float(child.findtext("duration") or 0) / divisions
                start = last if child.find("chord") is not None else at
                if child.find("pitch") is not None:
                    ties = {tie.get("type") for tie in child.findall("tie")}
                    notes.append((start, length, _pitch(child), "start" in ties))
                last, at = start, max(at, start + length)
            elif child.tag in ("backup", "forward"):
                at += float(child.findtext("duration") or 0) / divisions * (1 if child.tag == "forward" else -1)
            elif child.tag == "barline":
                repeat, ending = child.find("repeat"), child.find("ending")
                forward |= repeat is not None and repeat.get("direction") == "forward"
                backward |= repeat is not None and repeat.get("direction") == "backward"
                if ending is not None and ending.get("type") == "start":
                    endings = frozenset(int(n) for n in (ending.get("number") or "1").replace(" ", "").split(","))
                closes |= ending is not None and ending.get("type") in ("stop", "discontinue")
            for sound in [child] if child.tag == "sound" else child.findall("sound"):
                tempo_bpm = float(sound.get("tempo") or tempo_bpm)
        found.append(_Measure(tuple(notes), tuple(chords), at, forward, backward, endings))
        open_endings = frozenset() if closes else endings
    return found, tempo_bpm, signature


def _pitch(note: ElementTree.Element) -> int:
    step, octave = note.findtext("pitch/step") or "", note.findtext("pitch/octave") or ""
    return 12 * (int(octave) + 1) + midi.PITCH_CLASSES[step] + round(float(note.findtext("pitch/alter") or 0))


def _symbol(harmony: ElementTree.Element) -> tuple[int, tuple[int, ...]]:
    """Root's pitch class and semitones above it."""
    root = midi.PITCH_CLASSES[harmony.findtext("root/root-step") or ""] + round(
        float(harmony.findtext("root/root-alter") or 0)
    )
    return root % 12, KINDS.get((harmony.findtext("kind") or "").strip(), KINDS["major"])


def unfolded(measures: list[_Measure]) -> list[int]:
    """The order in which measures are played: back to the last forward repeat, by first and second endings."""
    order: list[int] = []
    begin, at, times = 0, 0, 1
    done: set[tuple[int, int]] = set()
    while at < len(measures) and len(order) < MOST_MEASURES:
        measure = measures[at]
        if measure.forward and at != begin:
            begin, times = at, 1
        if measure.endings and times not in measure.endings:
            at += 1
            continue
        order.append(at)
        if measure.backward and (at, times) not in done:
            again = any(times + 1 in other.endings for other in measures[at + 1 :]) if measure.endings else times < 2
            done.add((at, times))
            if again:
                at, times = begin, times + 1
                continue
        at += 1
        leaves = measure.endings and not (at < len(measures) and measures[at].endings)
        if measure.backward or leaves:
            begin, times = at, 1
    return order
