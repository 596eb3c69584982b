"""A score: notes, drum hits, sections. Times are in beats (quarter notes)."""

from collections.abc import Mapping
from dataclasses import dataclass

BEATS_PER_BAR = 4
STEPS_PER_BEAT = 4  # a sixteenth grid
STEPS_PER_BAR = BEATS_PER_BAR * STEPS_PER_BEAT

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Note:
    """A pitched note. `pitch` is a MIDI number (60 = middle C), `velocity` an amplitude in 0..1."""

    start_beats: float
    length_beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Hit:
    """One stroke on one drum."""

    start_beats: float
    drum: str
    velocity: float


@dataclass(frozen=True)
class Section:
    """A section of the form: its players, and its dynamics (`energy`, a factor on all velocities in 0..1)."""

    name: str
    bars: int
    players: frozenset[str]
    energy: float


@dataclass(frozen=True)
class Score:
    """A whole song as notes. `parts` maps a player ("bass", "chords", "pad", "melody", "arp") to its notes."""

    style: str
    title: str
    tempo_bpm: float
    tonic: int  # pitch class, 0 = C
    scale: str
    sections: tuple[Section, ...]
    drums: tuple[Hit, ...]
    parts: Mapping[str, tuple[Note, ...]]

    @property
    def key(self) -> str:
        """Such as "F# dorian"."""
        return f"{NOTE_NAMES[self.tonic]} {self.scale}"

    @property
    def bars(self) -> int:
        """Length of the song in bars."""
        return sum(section.bars for section in self.sections)

    @property
    def beat_s(self) -> float:
        """Length of a beat in seconds."""
        return 60.0 / self.tempo_bpm
