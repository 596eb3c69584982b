"""Standard MIDI Files, read and written: tracks of notes in beats, with tempo and time signatures.

Bytes are mido's affair (MIT): running status, escaped events, damaged files. It gives messages as they are, so what a
note is gets decided here, and nothing is lost on the way:

- tempo and time signatures count on whatever track they are;
- a note-off ends the note of its channel and pitch that has sounded longest; a note without one ends with its track;
- a note of length 0 is a note, one tick long: drum machines write such hits;
- a note is kept where it was played: no quantising.

Written are files of type 1, 480 ticks per quarter: tempo and time signature on a track of their own, then one named
track for each instrument. Notes of one pitch do not overlap, and all end before the file does.
"""

import io
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}  # semitones above C, by letter
PPQ = 480  # ticks per quarter note, as written
DRUM_CHANNEL = 9  # channel 10 of General MIDI, counted from 0
DEFAULT_BPM = 120.0  # of a file without a tempo
SUFFIXES = (".mid", ".midi")

Events = NDArray[np.float64]  # (notes, 4): start and length in beats (quarter notes), pitch, velocity above 0 up to 1


@dataclass(frozen=True)
class Track:
    """The notes of one channel of a track.

    Args:
        notes: (count, 4), sorted by start: start_beats, length_beats, pitch, velocity.
        name: as the file states it.
        channel: from 0 to 15; `DRUM_CHANNEL` for drums.
        program: number of the General MIDI sound, from 0.
    """

    notes: Events
    name: str = ""
    channel: int = 0
    program: int = 0


@dataclass(frozen=True)
class File:
    """A MIDI file.

    Args:
        tracks: those that have notes.
        tempos: (beat, bpm) for each change, sorted by beat; the first is at beat 0. A beat is a quarter note.
        signatures: (beat, numerator, denominator) for each change, sorted by beat.
        length_beats: where the file ends.
    """

    tracks: tuple[Track, ...]
    tempos: tuple[tuple[float, float], ...] = ((0.0, DEFAULT_BPM),)
    signatures: tuple[tuple[float, int, int], ...] = ((0.0, 4, 4),)
    length_beats: float = field(default=0.0)

    def seconds(self, beats: ArrayLike) -> NDArray[np.float64]:
        """Times in seconds of positions in beats, by all changes of tempo.

        >>> File((), ((0.0, 120.0), (4.0, 60.0))).seconds([2.0, 4.0, 5.0])
        array([1., 2., 3.])
        """
        starts, bpm = (np.array(column) for column in zip(*self.tempos, strict=True))
        begun = np.concatenate([[0.0], np.cumsum(np.diff(starts) * 60.0 / bpm[:-1])])
        at = np.asarray(beats, np.float64)
        which = np.maximum(np.searchsorted(starts, at, "right") - 1, 0)
        return np.asarray(begun[which] + (at - starts[which]) * 60.0 / bpm[which])

    @property
    def drums(self) -> Events:
        """All notes of channel 10, sorted by start."""
        return merged(track.notes for track in self.tracks if track.channel == DRUM_CHANNEL)


def merged(several: Iterable[Events]) -> Events:
    """Notes of several tracks as one, sorted by start."""
    found = np.concatenate([np.zeros((0, 4)), *several])
    return np.asarray(found[np.argsort(found[:, 0], kind="stable")])


def read(path: Path) -> File:
    """Read a file of type 0 or 1.

    Args:
        path: the file.

    Raises:
        UsageError: it cannot be read, is no MIDI file, is damaged, or counts in SMPTE frames.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    import mido  # here, since most commands never see a MIDI file

    try:
        file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except Exception as error:  # mido raises whatever the damage leads to
        reason = str(error) or type(error).__name__
        raise UsageError(f"{path} is no MIDI file, or is damaged ({reason}); export it again as .mid") from None
    ppq = file.ticks_per_beat
    if not 0 < ppq < 0x8000:
        raise UsageError(f"{path} counts in SMPTE frames; export it with ticks per quarter note")
    tempos: dict[float, float] = {0.0: DEFAULT_BPM}
    signatures: dict[float, tuple[int, int]] = {0.0: (4, 4)}
    tracks, length = [], 0
    for messages in file.tracks:
        track = _Reader()
        for message in messages:
            track.take(message)
            if message.type == "set_tempo" and message.tempo > 0:
                tempos[track.tick / ppq] = 60e6 / message.tempo
            elif message.type == "time_signature":
                signatures[track.tick / ppq] = (message.numerator, message.denominator)
        tracks += track.tracks(ppq)
        length = max(length, track.tick)
    return File(
        tuple(tracks),
        tuple(sorted(tempos.items())),
        tuple((beat, *signature) for beat, signature in sorted(signatures.items())),
        length / ppq,
    )


class _Reader:
    """One track's messages become notes."""

    def __init__(self) -> None:
        self.tick = 0
        self._name = ""
        self._programs: dict[int, int] = {}
        self._found: dict[int, list[list[int]]] = defaultdict(list)  # by channel: start, end, pitch, velocity
        self._open: dict[tuple[int, int], deque[list[int]]] = defaultdict(deque)

    def take(self, message: Any) -> None:
        """The next message."""
        self.tick += message.time
        if message.type == "track_name":
            self._name = self._name or message.name.strip("\0 ")
        elif message.type == "program_change":
            self._programs.setdefault(message.channel, message.program)
        elif message.type in ("note_on", "note_off"):
            waiting = self._open[message.channel, message.note]
            if message.type == "note_on" and message.velocity:
                note = [self.tick, -1, message.note, message.velocity]
                self._found[message.channel].append(note)
                waiting.append(note)
            elif waiting:
                waiting.popleft()[1] = self.tick

    def tracks(self, ppq: int) -> list[Track]:
        """One track for each channel that has notes."""
        for waiting in self._open.values():
            for note in waiting:
                note[1] = self.tick
        return [
            Track(
                merged([np.array([[a / ppq, max(b - a, 1) / ppq, pitch, v / 127.0] for a, b, pitch, v in found])]),
                self._name,
                channel,
                self._programs.get(channel, 0),
            )
            for channel, found in sorted(self._found.items())
        ]


def write(path: Path, file: File) -> None:
    """Write a file of type 1; the same notes give the same bytes.

    Args:
        path: the file to write, whole or not at all.
        file: its content; what begins before beat 0 begins at 0, and a note's length is cut where the same pitch
            sounds again.
    """
    import mido

    made = mido.MidiFile(type=1, ticks_per_beat=PPQ)
    last = max([file.length_beats, *(float((t.notes[:, 0] + t.notes[:, 1]).max(initial=0)) for t in file.tracks)])
    end = _tick(last)
    timing = [(_tick(beat), mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for beat, bpm in file.tempos]
    timing += [
        (_tick(beat), mido.MetaMessage("time_signature", numerator=above, denominator=below))
        for beat, above, below in file.signatures
    ]
    made.tracks.append(_chunk(sorted(timing, key=lambda event: event[0]), end))
    for track in file.tracks:
        opening = [
            (0, mido.MetaMessage("track_name", name=track.name)),
            (0, mido.Message("program_change", channel=track.channel, program=track.program)),
        ]
        made.tracks.append(_chunk([*opening, *_events(track, end)], end))
    with atomic_write(path) as draft:
        made.save(draft)


def _tick(beats: float) -> int:
    return max(0, int(np.floor(beats * PPQ + 0.5)))


def _events(track: Track, end: int) -> list[tuple[int, Any]]:
    """Note-ons and note-offs by tick; at one tick, offs come first."""
    import mido

    found: list[tuple[int, int, Any]] = []
    following: dict[int, int] = {}  # by pitch, where the next note begins
    for start_beats, length_beats, pitch, velocity in track.notes[::-1]:
        number, start = round(pitch), min(_tick(start_beats), max(0, end - 1))
        stop = min(max(_tick(start_beats + length_beats), start + 1), following.get(number, max(end, start + 1)))
        if stop <= start:
            continue  # the same pitch begins at the same tick: one of the two is enough
        following[number] = start
        strength = min(127, max(1, round(velocity * 127)))
        on = mido.Message("note_on", channel=track.channel, note=number, velocity=strength)
        off = mido.Message("note_off", channel=track.channel, note=number, velocity=0)
        found += [(start, 1, on), (stop, 0, off)]
    found.sort(key=lambda event: (event[0], event[1], event[2].note))
    return [(tick, message) for tick, _, message in found]


def _chunk(events: Sequence[tuple[int, Any]], end: int) -> Any:
    """A track of messages whose times are differences."""
    import mido

    track, before = mido.MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - before))
        before = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - before)))
    return track
