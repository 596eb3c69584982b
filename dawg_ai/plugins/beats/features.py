"""Drum strokes of a file: when, on which of nine drums, how hard."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.features.notes import NoteFeatures

VOICES = ("kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride")
KICK, SNARE, CLOSED_HAT, OPEN_HAT, LOW_TOM, MID_TOM, HIGH_TOM, CRASH, RIDE = range(9)
PITCHES = (36.0, 38.0, 42.0, 46.0, 43.0, 47.0, 50.0, 49.0, 51.0)  # General MIDI number of each


@kernel
def voice_of(pitch: int) -> int:
    """Which of the nine drums a General MIDI number is, edges of the Roland TD-11 included (22, 26, 58).

    >>> [VOICES[voice_of(pitch)] for pitch in (36, 22, 26, 58, 53, 39)]
    ['kick', 'closed hat', 'open hat', 'low tom', 'ride', 'snare']
    """
    if pitch <= 36:
        return CLOSED_HAT if pitch == 22 else OPEN_HAT if pitch == 26 else KICK
    if pitch <= 40:
        return SNARE  # with side stick and hand clap
    if pitch == 42 or pitch == 44 or pitch == 54 or pitch >= 69:
        return CLOSED_HAT  # with pedal, tambourine and shakers
    if pitch == 46:
        return OPEN_HAT
    if pitch == 41 or pitch == 43 or pitch == 58 or pitch == 64:
        return LOW_TOM
    if pitch == 45 or pitch == 47 or pitch == 63:
        return MID_TOM
    if pitch == 49 or pitch == 52 or pitch == 55 or pitch == 57:
        return CRASH
    if pitch == 51 or pitch == 53 or pitch == 56 or pitch == 59:
        return RIDE  # with the cowbell
    return HIGH_TOM


@kernel
def encode(notes: Annotated[F32, "rows", 6], strokes: Annotated[F32, 16384, 3]) -> int:
    """Start in seconds, drum and velocity of each note; one row of zeros where there is none."""
    count: int = notes.shape[0]
    for i in range(count):
        strokes[i, 0] = notes[i, 0]
        strokes[i, 1] = np.float32(float(voice_of(int(notes[i, 2] + np.float32(0.5)))))
        strokes[i, 2] = notes[i, 3]
    return max(count, 1)


FEATURES = NoteFeatures(outputs=("strokes",), encode=encode)
