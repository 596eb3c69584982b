"""The composition rules of a style: tempo, harmony, form and patterns.

Patterns are sixteenths. Drums and chords: `X` accent, `x` normal, `o` ghost. Bass: `R` root, `5` fifth, `8` octave,
`a` step to the next root. Arps: chord notes by number. `-` holds, `.` rests.
"""

from dataclasses import dataclass

from dawg_ai.compose.score import Section

Groove = dict[str, str]
Form = tuple[Section, ...]

DRUMS = "kick snare hats"


def section(name: str, bars: int, energy: float, players: str) -> Section:
    """A section; `players` are names separated by spaces."""
    return Section(name, bars, frozenset(players.split()), energy)


@dataclass(frozen=True)
class Style:
    """The musical material of a style. Progressions are degrees of the scale, one per bar, 0 = tonic."""

    tempo_bpm: tuple[float, float]
    swing: tuple[float, float]  # delay of every second sixteenth, in sixteenths
    looseness: float  # standard deviation of timing, in sixteenths
    scales: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    chord_size: int
    chord_centre: int  # MIDI pitch
    forms: tuple[Form, ...]
    grooves: tuple[Groove, ...]
    fills: bool
    bass_lines: tuple[str, ...]
    comping: tuple[str, ...]
    melodies: tuple[str, ...]  # two bars
    lift: int  # octaves by which the melody rises in the chorus
    arps: tuple[str, ...]
    roots_only: bool = False  # chords are single roots, for patches that add fifth and octave (power chords)
