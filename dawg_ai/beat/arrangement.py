"""Parts that play together, as a MIDI file and as a recipe of instruments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dawg_ai import chain, midi
from dawg_ai.beat import BEATS_PER_BAR, STEPS_PER_BEAT
from dawg_ai.dsp import effect
from dawg_ai.midi import Events
from dawg_ai.notes import Notes, notes

RINGS_ON = 0.05  # of a bar by which a file may be short of whole bars, or a note ring on after them
NONE: Events = np.zeros((0, 4))
LEVELS_DB = {"kit": -7.0, "bass": -11.0, "lead": -17.0}


@dataclass(frozen=True)
class Beat:
    """Drums, bass and melody.

    Args:
        tempo_bpm: tempo.
        bars: how long, of four beats each; the file ends there, so that a loop fits.
        drums: events of channel 10.
        bass: events of the bass.
        melody: events of the melody.
        kit: the choice of the instrument `kit`.
    """

    tempo_bpm: float
    bars: int
    drums: Events = field(default_factory=lambda: NONE)
    bass: Events = field(default_factory=lambda: NONE)
    melody: Events = field(default_factory=lambda: NONE)
    kit: str = "acoustic"

    def file(self) -> midi.File:
        """As a MIDI file: General MIDI drums on channel 10, a finger bass, a square lead."""
        end = float(self.bars * BEATS_PER_BAR)
        tracks = (
            midi.Track(_ended(self.drums, end), "Drums", midi.DRUM_CHANNEL),
            midi.Track(_ended(self.bass, end), "Bass", 0, 33),
            midi.Track(_ended(self.melody, end), "Melody", 1, 80),
        )
        with_notes = tuple(track for track in tracks if len(track.notes))
        return midi.File(with_notes, ((0.0, self.tempo_bpm),), length_beats=end)

    def recipe(self) -> dict[str, Any]:
        """As a recipe that `dawg_ai.chain` renders: one instrument for each part."""
        parts: dict[str, tuple[Events, Mapping[str, float | str]]] = {
            "kit": (self.drums, {"kit": self.kit}),
            "bass": (self.bass, {}),
            "lead": (self.melody, {}),
        }
        links = [
            {
                "effect": name,
                "knobs": {**knobs, "level_db": LEVELS_DB[name]},
                "notes": self._seconds(events).tolist(),
            }
            for name, (events, knobs) in parts.items()
            if len(events) and name in effect.names()
        ]
        return {"format": chain.FORMAT, "chain": links}

    def _seconds(self, events: Events) -> Notes:
        rows = np.zeros((len(events), 6))
        rows[:, :4] = events
        rows[:, 0] = np.maximum(rows[:, 0], 0.0)
        rows[:, :2] *= 60.0 / self.tempo_bpm
        return notes(rows)


def _ended(events: Events, end: float) -> Events:
    """Events that begin before `end`, none of which goes on after it."""
    kept = events[events[:, 0] < end].copy()
    kept[:, 1] = np.minimum(kept[:, 1], end - kept[:, 0])
    return kept


def looped(events: Events, bars: int) -> Events:
    """Events that are early at the start of a loop come at its end instead, as the next time through has them."""
    length = float(bars * BEATS_PER_BAR)
    turned = events.copy()
    turned[:, 0] %= length
    return midi.merged([turned])


def from_file(file: midi.File) -> Beat:
    """The parts of a MIDI file: channel 10, the first track with low notes as bass, the first other as melody."""
    pitched = [track for track in file.tracks if track.channel != midi.DRUM_CHANNEL]
    bass = next((track for track in pitched if "bass" in track.name.lower() or track.program in range(32, 40)), None)
    melody = next((track for track in pitched if track is not bass), None)
    onsets = [0.0, *(float(track.notes[:, 0].max()) for track in file.tracks)]
    last_bar = int((max(onsets) + 0.5 / STEPS_PER_BEAT) / BEATS_PER_BAR) + 1  # an early note belongs to the next bar
    whole_bars = int(file.length_beats / BEATS_PER_BAR + RINGS_ON)
    return Beat(
        tempo_bpm=file.tempos[0][1],
        bars=max(last_bar, whole_bars),
        drums=file.drums,
        bass=bass.notes if bass else NONE,
        melody=melody.notes if melody else NONE,
    )
