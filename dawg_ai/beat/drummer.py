"""The trained drummer: the bundle of the plugin `beats`, asked for events on the same grid."""

from collections.abc import Mapping

import numpy as np

from dawg_ai import ask
from dawg_ai import bundle as bundles
from dawg_ai.beat.feel import Knobs
from dawg_ai.beat.style import Style
from dawg_ai.bundle import Bundle
from dawg_ai.midi import Events, merged
from dawg_ai.notes import Notes, notes

PLUGIN = "beats"
STROKES_A_STEP = 2.4  # at density 1


def load() -> Bundle:
    """The bundle.

    Raises:
        UsageError: it is not here.
    """
    return bundles.load(PLUGIN)


def controls(
    bundle: Bundle, style: str, sound: Style, knobs: Knobs, density: float | None, tempo_bpm: float, seed: int
) -> dict[str, float]:
    """The bundle's controls for what a person asks of the library's drums.

    Args:
        bundle: the drummer.
        style: name of the style; one that the drummer does not know counts as any.
        sound: the style, for the swing that is meant where only a push is asked for.
        knobs: of the feel; without swing and push the drummer plays as it has learned.
        density: 0 to 1, or None for as usual.
        tempo_bpm: tempo.
        seed: of what is drawn.
    """
    known = next(knob.choices for knob in bundle.controls if knob.name == "style")
    asked = knobs.swing is not None or knobs.push_ms != 0.0
    found = {
        "style": float(known.index(style)) if style in known else 0.0,
        "tempo_bpm": tempo_bpm,
        "density": 0.0 if density is None else max(0.05, density * STROKES_A_STEP),
        "feel": float(asked),
        "amount": knobs.amount,
        "seed": float(seed),
    }
    if asked:
        swing = sound.feel.swing if knobs.swing is None else knobs.swing
        found |= {"swing": swing, "push_ms": knobs.push_ms, "dynamics": 0.2 * knobs.dynamics}
    return found


def play(
    bundle: Bundle, mode: str, given: Mapping[str, Events], tempo_bpm: float, asked: Mapping[str, float]
) -> Events:
    """Drums of a mode of the drummer.

    Args:
        bundle: the drummer.
        mode: one of its modes.
        given: events by source.
        tempo_bpm: tempo.
        asked: controls.

    Raises:
        UsageError: a control is out of range, or a source is missing.
    """
    files = {name: [_seconds(events, tempo_bpm)] for name, events in given.items()}
    rows = np.array(ask.ask(bundle, files, asked, mode).memory["played"], np.float64)
    rows = rows[rows[:, 3] > 0]
    rows[:, :2] *= tempo_bpm / 60.0
    return merged([rows[:, :4]])


def _seconds(events: Events, tempo_bpm: float) -> Notes:
    rows = np.zeros((len(events), 6))
    rows[:, :4] = events
    rows[:, 0] = np.maximum(rows[:, 0], 0.0)
    rows[:, :2] *= 60.0 / tempo_bpm
    return notes(rows)
