"""What a style is made of.

Patterns are strings of sixteenths, one bar or two long: `X` accent, `x` normal stroke, `o` ghost note, `.` rest. Bass
lines: `R` root, `3` third, `5` fifth, `7` seventh, `8` octave, `a` step to the next root, `-` holds. Rhythms of
melodies: `x` begins a note, `-` holds.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dawg_ai.beat import styles
from dawg_ai.errors import UsageError

Pattern = Mapping[str, str]  # by drum

# General MIDI numbers of the drums that patterns name.
DRUMS: Mapping[str, int] = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "low tom": 43,
    "pedal hat": 44,
    "open hat": 46,
    "mid tom": 47,
    "crash": 49,
    "high tom": 50,
    "ride": 51,
    "tambourine": 54,
    "cowbell": 56,
    "conga": 63,
    "low conga": 64,
    "shaker": 70,
}


@dataclass(frozen=True)
class Feel:
    """How a style is played.

    Args:
        swing: delay of every second sixteenth (or eighth, see `swung`), in sixteenths: 1/3 is
            a triplet of sixteenths, 2/3 one of eighths.
        swung: which notes come late, sixteenths or eighths.
        push_ms: how late each drum is against the beat; negative is early.
        bar_ms: standard deviation of what all notes of a bar share.
        step_ms: of what all drums of a sixteenth share, so that kick and hat do not flam.
        hit_ms: of each hit alone.
        dynamics: standard deviation of velocity, from 0 to 1.
    """

    swing: float = 0.0
    swung: Literal["sixteenths", "eighths"] = "sixteenths"
    push_ms: Mapping[str, float] = field(default_factory=dict)
    bar_ms: float = 1.0
    step_ms: float = 2.0
    hit_ms: float = 1.0
    dynamics: float = 0.04


@dataclass(frozen=True)
class Style:
    """A style.

    Args:
        tempo_bpm: its usual tempo.
        kit: the kit that it is played on, a choice of the instrument `kit`.
        patterns: bars of drums; each stands for itself.
        fills: last bars of a phrase; drums that a fill does not name play on.
        bass: bass lines.
        melody: rhythms of melodies, two bars each.
        progression: chords where none are given, as roman numerals.
        feel: how it is played.
        kick_lock: share of the kicks that the bass plays with.
    """

    tempo_bpm: float
    kit: str
    patterns: tuple[Pattern, ...]
    fills: tuple[Pattern, ...]
    bass: tuple[str, ...]
    melody: tuple[str, ...]
    progression: str
    feel: Feel = field(default_factory=Feel)
    kick_lock: float = 0.0


def names() -> list[str]:
    """The styles there are.

    >>> "uk_garage" in names()
    True
    """
    return sorted(module.name for module in pkgutil.iter_modules(styles.__path__))


def load(name: str) -> Style:
    """The style called `name`; spaces, dots and dashes may stand for "_".

    Raises:
        UsageError: there is none of that name.
    """
    plain = name.lower().replace(" ", "_").replace("-", "_")
    if plain not in names():
        raise UsageError(f"there is no style {name!r}; there are: {', '.join(names())}")
    style: Style = importlib.import_module(f"{styles.__name__}.{plain}").STYLE
    return style
