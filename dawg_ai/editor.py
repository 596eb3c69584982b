"""How a host shows and edits the notes of a plugin: as a step grid or a piano roll, in a tab of its own.

A plugin that takes or gives notes declares an `Editor`; it goes into the bundle's declaration (docs/bundle.md), so a
host draws the tab without knowing the plugin.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Share = Literal["all", "locked"]  # of the notes in the editor: all, or those of locked lanes


@dataclass(frozen=True)
class Lane:
    """A row of a step grid.

    Args:
        name: of the row, such as "snare".
        pitches: MIDI note numbers of its notes; a new note gets the first.
    """

    name: str
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class Syllables:
    """What the column `syllable` of notes is for words that are typed.

    Args:
        spellings: numbers of syllables by their spelling, in small letters.
        codas: what a last letter adds to the number of what is before it.
        default: what is sung where nothing is typed.
    """

    spellings: Mapping[str, int]
    codas: Mapping[str, int]
    default: str


@dataclass(frozen=True)
class PitchCurve:
    """Where an instrument's curves hold the pitch, as a MIDI note number with a fraction.

    Args:
        column: of the curves.
        frame_s: from one row to the next.
    """

    column: int
    frame_s: float


@dataclass(frozen=True)
class Editor:
    """A tab for notes.

    Args:
        title: of the tab, such as "Beats".
        gives: by source, which of the notes in the editor the plugin is given.
        lanes: rows of a step grid of sixteenths, from the top; without them it is a piano roll.
        pitches: the lowest and highest note of a piano roll.
        tempo: the control that is the tempo in bpm; "": the editor has one itself.
        bars: the control that is the number of bars; "": the editor has one itself.
        seed: the control that is the seed of all that is drawn; "": there is none.
        track: name of the track in a MIDI file.
        channel: of that track, from 0; 9 is General MIDI's for drums.
        program: General MIDI sound of that track, from 0.
        syllables: what can be sung to a note; None: notes have no words.
        pitch: where an answer has the pitch that is drawn over the notes, if it has.
    """

    title: str
    gives: Mapping[str, Share]
    lanes: tuple[Lane, ...] = ()
    pitches: tuple[int, int] = (36, 84)
    tempo: str = ""
    bars: str = ""
    seed: str = ""
    track: str = ""
    channel: int = 0
    program: int = 0
    syllables: Syllables | None = None
    pitch: PitchCurve | None = None

    def declaration(self) -> dict[str, Any]:
        """The editor as JSON, for a bundle."""
        return asdict(self)
