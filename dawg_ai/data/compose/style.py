"""What a style is on paper: tempo, harmony, form and patterns.

Patterns are sixteenths. Drums and chords: `X` accent, `x` normal, `o` ghost. Bass: `R` root, `5` fifth, `8` octave,
`a` step to the next root. Arps: chord notes by number. `-` holds, `.` rests.
"""

from dataclasses import dataclass

from dawg_ai.data.compose.score import Section

Groove = dict[str, str]
Form = tuple[Section, ...]

DRUMS = "kick snare hats"


def section(name: str, bars: int, energy: float, players: str) -> Section:
    """A section whose players are given as words."""
    return Section(name, bars, frozenset(players.split()), energy)


@dataclass(frozen=True)
class Style:
    """What a style plays. Progressions are degrees of the scale, one per bar, 0 = tonic."""

    tempo_bpm: tuple[float, float]
    swing: tuple[float, float]  # how late every second sixteenth is, in sixteenths
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
    lift: int  # octaves the tune rises in the chorus
    arps: tuple[str, ...]
    roots_only: bool = False  # the chord player gets single roots: an overdriven guitar adds fifth and octave itself
