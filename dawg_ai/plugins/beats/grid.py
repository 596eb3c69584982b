"""Grids of sixteenths: how strokes, tempo and bars become what the network sees and learns.

A window is two bars, 32 steps of nine drums: whether a drum is struck, how hard (0 to 1), and how late in steps.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.plugins.beats.features import VOICES

STEPS, DRUMS = 32, len(VOICES)
STEPS_PER_BAR = 16
LEAST_HITS = 4  # of a window that is learned from

Array = NDArray[np.float32]

OFFSET_BINS, VELOCITY_BINS = 33, 32
OFFSETS = (
    np.arange(OFFSET_BINS) - OFFSET_BINS // 2
) / 32.0  # of bins, in steps: half a step early to half a step late
VELOCITIES = (np.arange(VELOCITY_BINS) + 0.5) / VELOCITY_BINS


@dataclass(frozen=True)
class Windows:
    """Windows: arrays of (windows, STEPS, DRUMS), and the item that each is from.

    Args:
        hit: 1 where a drum is struck.
        velocity: of those, 0 to 1.
        offset: of those, in steps, early below 0.
        tempo_bpm: (windows,).
        item: (windows,), index of the item.
    """

    hit: Array
    velocity: Array
    offset: Array
    tempo_bpm: Array
    item: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.hit)

    def __getitem__(self, which: NDArray[np.int64] | slice) -> "Windows":
        return Windows(*(each[which] for each in vars(self).values()))


def grid(strokes: Array, tempo_bpm: float) -> tuple[Array, Array, Array]:
    """Hits, velocities and offsets of all steps, (steps, DRUMS) each; the hardest stroke of each cell counts.

    Args:
        strokes: (count, 3): start in seconds, drum, velocity.
        tempo_bpm: tempo.
    """
    at = strokes[:, 0].astype(np.float64) * tempo_bpm / 15.0
    steps = np.floor(at + 0.5).astype(np.int64)
    length = -(-(int(steps.max(initial=0)) + 1) // STEPS_PER_BAR) * STEPS_PER_BAR
    hit, velocity, offset = np.zeros((3, length, DRUMS), np.float32)
    soft_first = np.argsort(strokes[:, 2], kind="stable")
    rows, drums = steps[soft_first], strokes[soft_first, 1].astype(np.int64)
    sounding = strokes[soft_first, 2] > 0
    rows, drums, of = rows[sounding], drums[sounding], soft_first[sounding]
    hit[rows, drums] = 1.0
    velocity[rows, drums] = strokes[of, 2]
    offset[rows, drums] = (at[of] - rows).astype(np.float32)
    return hit, velocity, offset


def windows(grids: list[tuple[Array, Array, Array]], tempos_bpm: list[float]) -> Windows:
    """All windows of two bars with LEAST_HITS strokes or more, a bar apart; shorter grids are padded with silence.

    Args:
        grids: of the items, as `grid` gives them.
        tempos_bpm: of the items.
    """
    cut: list[tuple[Array, Array, Array, float, int]] = []
    for item, ((hit, velocity, offset), tempo_bpm) in enumerate(zip(grids, tempos_bpm, strict=True)):
        short = max(0, STEPS - len(hit))
        padded = [np.pad(each, ((0, short), (0, 0))) for each in (hit, velocity, offset)]
        for first in range(0, len(padded[0]) - STEPS + 1, STEPS_PER_BAR):
            part = [each[first : first + STEPS] for each in padded]
            if part[0].sum() >= LEAST_HITS:
                cut.append((part[0], part[1], part[2], tempo_bpm, item))
    if not cut:
        empty = np.zeros((0, STEPS, DRUMS), np.float32)
        return Windows(empty, empty, empty, np.zeros(0, np.float32), np.zeros(0, np.int64))
    hits, velocities, offsets, bpm, numbers = zip(*cut, strict=True)
    tempos = np.array(bpm, np.float32)
    return Windows(np.stack(hits), np.stack(velocities), np.stack(offsets), tempos, np.array(numbers, np.int64))


def feel_of(hit: Array, velocity: Array, offset: Array) -> Array:
    """What knobs could have asked of windows, (windows, 7).

    Mean offset of the four sixteenths of a beat in steps (those without strokes: that of all), mean and standard
    deviation of velocity, strokes a step.
    """
    count = np.maximum(hit.sum((1, 2)), 1.0)
    mean = (offset * hit).sum((1, 2)) / count
    found = np.zeros((len(hit), 7), np.float32)
    for phase in range(4):
        of = hit[:, phase::4].sum((1, 2))
        late = (offset[:, phase::4] * hit[:, phase::4]).sum((1, 2))
        found[:, phase] = np.where(of > 0, late / np.maximum(of, 1.0), mean)
    found[:, 4] = (velocity * hit).sum((1, 2)) / count
    spread = (velocity - found[:, 4, None, None]) ** 2 * hit
    found[:, 5] = np.sqrt(spread.sum((1, 2)) / count)
    found[:, 6] = hit.sum((1, 2)) / STEPS
    return found
