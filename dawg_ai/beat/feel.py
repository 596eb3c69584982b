"""Feel: micro-timing and velocity of notes on a grid of sixteenths.

The time of a note is its step, and on top of it swing, the push of its drum, what its bar shares, what all notes of
its step share, and a little of its own. Kick and hat of one step so move together and do not flam.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dawg_ai.beat import STEPS_PER_BAR, STEPS_PER_BEAT
from dawg_ai.beat.style import DRUMS, Feel, Style
from dawg_ai.midi import Events

SAME_DRUM = {35: 36, 40: 38, 22: 42, 26: 46, 58: 43, 55: 49, 57: 49, 53: 51, 59: 51, 52: 49}  # edges and doubles
NAMES: Mapping[int, str] = {pitch: name for name, pitch in DRUMS.items()}
STRENGTHS = {"X": 0.94, "x": 0.72, "o": 0.36}
FURTHEST = 0.49  # sixteenths by which a note may be off the grid, where it is not swung
METRE = (1.0, 0.8, 0.9, 0.8)  # velocity of the sixteenths of a beat, where a style does not say


def drum_of(pitch: float) -> str:
    """The drum that patterns call a General MIDI number; "" for others.

    >>> drum_of(22), drum_of(39), drum_of(80)
    ('hat', 'clap', '')
    """
    number = round(pitch)
    return NAMES.get(SAME_DRUM.get(number, number), "")


def steps_of(notes: Events) -> NDArray[np.int64]:
    """The sixteenth nearest to each note."""
    return np.asarray(np.floor(notes[:, 0] * STEPS_PER_BEAT + 0.5).astype(np.int64))


@dataclass(frozen=True)
class Knobs:
    """What a person may ask of the feel; None leaves it to the style.

    Args:
        swing: delay of every second sixteenth (or eighth, as the style swings), in sixteenths.
        push_ms: how late everything is; negative is early.
        amount: share of the feel, 0 to 1; beyond 1 exaggerates.
        dynamics: factor on differences of velocity.
    """

    swing: float | None = None
    push_ms: float = 0.0
    amount: float = 1.0
    dynamics: float = 1.0

    def of(self, feel: Feel) -> Feel:
        """The style's feel with the swing that is asked for."""
        return feel if self.swing is None else replace(feel, swing=self.swing)


def timing(
    steps: NDArray[np.int64], drums: list[str], feel: Feel, push_ms: float, tempo_bpm: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """How late each note is, in beats.

    Args:
        steps: the sixteenth of each note, from 0.
        drums: the drum of each note, "" where none has a push of its own.
        feel: how it is played.
        push_ms: on top of the style's.
        tempo_bpm: what milliseconds are in beats depends on it.
        rng: drawn from once for each bar, each step and each note.
    """
    last = int(steps.max(initial=0)) + 1
    bar_ms = np.cumsum(rng.normal(0.0, feel.bar_ms / 2, -(-last // STEPS_PER_BAR)))
    bar_ms -= bar_ms[:1] if len(bar_ms) else 0.0
    step_ms = rng.normal(0.0, feel.step_ms, last)
    own_ms = rng.normal(0.0, feel.hit_ms, len(steps))
    late_ms = np.clip(bar_ms, -4 * feel.bar_ms, 4 * feel.bar_ms)[steps // STEPS_PER_BAR] + step_ms[steps] + own_ms
    late_ms += push_ms + np.array([feel.push_ms.get(drum, 0.0) for drum in drums])
    swings = steps % 2 == 1 if feel.swung == "sixteenths" else steps % 4 >= 2
    # Of swung eighths the sixteenth after the late one has only what is left.
    share = np.where(steps % 4 == 3, 0.5, 1.0) if feel.swung == "eighths" else 1.0
    return np.asarray(swings * share * feel.swing / STEPS_PER_BEAT + late_ms / 60_000 * tempo_bpm)


def starts(
    steps: NDArray[np.int64], drums: list[str], style: Style, knobs: Knobs, tempo_bpm: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Where notes on the grid are played, in beats; none nearer to another sixteenth, but for swing.

    The first may be early: before beat 0.

    Args:
        steps: the sixteenth of each note, from 0.
        drums: the drum of each note, "" where none has a push of its own.
        style: whose feel.
        knobs: of the feel.
        tempo_bpm: tempo.
        rng: drawn from.
    """
    late = knobs.amount * timing(steps, drums, knobs.of(style.feel), knobs.push_ms, tempo_bpm, rng)
    swung_at_most = max(FURTHEST, 0.1 + knobs.amount * knobs.of(style.feel).swing)
    late = np.clip(late, -FURTHEST / STEPS_PER_BEAT, swung_at_most / STEPS_PER_BEAT)
    return np.asarray(steps / STEPS_PER_BEAT + late)


def humanise(notes: Events, style: Style, knobs: Knobs, tempo_bpm: float, seed: int) -> Events:
    """Play notes with the feel of a style: none is added, left out, or moved to another sixteenth.

    Args:
        notes: drums or any others; sorted by start.
        style: whose feel.
        knobs: with an amount of 0 the notes come back as they are.
        tempo_bpm: tempo.
        seed: of all that is drawn.

    Returns:
        The notes in the same order as far as their starts allow.
    """
    if not len(notes) or knobs.amount == 0:
        return notes
    rng = np.random.default_rng(seed)
    steps, drums = steps_of(notes), [drum_of(pitch) for pitch in notes[:, 2]]
    straight = np.maximum(steps, 0)
    late = timing(straight, drums, knobs.of(style.feel), knobs.push_ms, tempo_bpm, rng)
    late = np.clip(late, -FURTHEST / STEPS_PER_BEAT, FURTHEST / STEPS_PER_BEAT)
    # A second stroke of the same drum within a sixteenth, as in a flam, keeps its distance from the first.
    before: dict[tuple[int, float], int] = {}
    for i, cell in enumerate(zip(steps, notes[:, 2], strict=True)):
        first = before.setdefault(cell, i)
        if first != i:
            late[i] = late[first] + notes[i, 0] - notes[first, 0]
    targets = steps / STEPS_PER_BEAT + late
    made = notes.copy()
    made[:, 0] = notes[:, 0] + knobs.amount * (targets - notes[:, 0])
    accents = np.array([_accent(style, drum, int(step)) for drum, step in zip(drums, straight, strict=True)])
    accents += rng.normal(0.0, style.feel.dynamics, len(notes))
    mean = notes[:, 3].mean()
    wanted = mean + knobs.dynamics * (accents - accents.mean())
    made[:, 3] = np.clip(notes[:, 3] + knobs.amount * (wanted - notes[:, 3]), 1 / 127, 1.0)
    return np.asarray(made[np.argsort(made[:, 0], kind="stable")])


def _accent(style: Style, drum: str, step: int) -> float:
    """How hard a style plays a drum at a sixteenth, by its patterns; elsewhere by the metre."""
    found = [
        STRENGTHS[token]
        for pattern in style.patterns
        if drum in pattern and (token := pattern[drum][step % len(pattern[drum])]) in STRENGTHS
    ]
    metre = 0.7 * METRE[step % STEPS_PER_BEAT]
    return float(np.mean(found)) if found else (0.36 if drum == "snare" else metre)
