"""Notes to hits on a grid of sixteenths, and the sampler that turns logits into notes."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import exp
from dawg_ai.features.notes import NoteFeatures

STEPS, DRUMS, PASSES = 32, 3, 4
DRAW, PASS, COUNT = range(3)


@kernel
def drum(pitch: float) -> int:
    """Which of bass drum, snare and hi-hat a General MIDI drum is."""
    return 0 if pitch < 37.5 else 1 if pitch < 41.5 else 2


@kernel
def encode(notes: Annotated[F32, "rows", 6], hits: Annotated[F32, 32, 3]) -> int:
    """Hits at 120 bpm: velocities, one row for each sixteenth up to the last note."""
    rows = 1
    for i in range(notes.shape[0]):
        step = min(int(np.float64(notes[i, 0]) * 8.0 + 0.5), STEPS - 1)
        hits[step, drum(np.float64(notes[i, 2]))] = notes[i, 3]
        rows = max(rows, step + 1)
    return rows


@kernel
def uniform(memory: F64) -> float:
    """The next number from 0 to 1: MINSTD (Park and Miller 1988), exact in float64."""
    product = 16807.0 * memory[DRAW]
    memory[DRAW] = product - 2147483647.0 * float(int(product / 2147483647.0))
    return memory[DRAW] / 2147483647.0


@kernel
def decode(
    logits: Annotated[F32, 32, 3],
    seed: float,
    density: float,
    tempo_bpm: float,
    grid: Annotated[F32, 32, 3],
    played: Annotated[F32, 96, 6],
    memory: Annotated[F64, 3],
) -> int:
    """Sample the hits of eight sixteenths; returns 1 until all of them are there."""
    if memory[PASS] == 0.0:
        memory[DRAW] = seed + 1.0
        for _ in range(10):
            uniform(memory)
    first = 8 * int(memory[PASS])
    for step in range(first, first + 8):
        for which in range(DRUMS):
            probability = 1.0 / (1.0 + exp(-(np.float64(logits[step, which]) + density)))
            if uniform(memory) < probability:
                grid[step, which] = np.float32(1.0)
                note = int(memory[COUNT])
                played[note, 0] = np.float32(float(step) * 15.0 / tempo_bpm)
                played[note, 1] = np.float32(0.1)
                played[note, 2] = np.float32(36.0 if which == 0 else 38.0 if which == 1 else 42.0)
                played[note, 3] = np.float32(0.5 + 0.5 * uniform(memory))
                memory[COUNT] += 1.0
    memory[PASS] += 1.0
    return 1 if memory[PASS] < float(PASSES) else 0


FEATURES = NoteFeatures(outputs=("hits",), encode=encode)
