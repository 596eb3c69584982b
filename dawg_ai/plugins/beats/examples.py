"""Training examples: windows of two bars, parts of which are hidden as the uses of the plugin hide them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.beat import drums, style
from dawg_ai.beat.feel import Knobs
from dawg_ai.data.item import Item
from dawg_ai.plugins.beats import STYLES
from dawg_ai.plugins.beats.features import voice_of
from dawg_ai.plugins.beats.grid import DRUMS, STEPS, STEPS_PER_BAR, Array, Windows, feel_of, grid, windows
from dawg_ai.plugins.beats.sampling import GROUP_OF, GROUPS

DEFAULT_BPM = 120.0
AUTHORED_SHARE = 0.15  # of examples from the styles that are written by hand
AUTHORED_EACH = 48  # windows of each
STYLE_KNOWN, TIMING_KNOWN, DYNAMICS_KNOWN, DENSITY_KNOWN = 0.7, 0.5, 0.5, 0.4
HIT, HIT_KNOWN, VELOCITY, OFFSET, VALUE_KNOWN = range(5)  # channels of a cell
TAP, TAP_OFFSET, TAP_KNOWN = range(3)  # channels of a step's tap
TASKS = ("generate", "humanise", "tap", "continue", "infill")
SHARES = (0.22, 0.36, 0.16, 0.16, 0.10)


def usable(items: Sequence[Item]) -> list[Item]:
    """Items in four-four time; all of them where none says its time."""
    return [item for item in items if item.annotations.get("time_signature", "4/4") == "4/4"]


def cut(items: Sequence[Item]) -> Windows:
    """All windows of items, with their tempo."""
    tempos = [float(item.annotations.get("tempo_bpm", DEFAULT_BPM)) for item in items]
    strokes = [np.asarray(item.features["pattern_strokes"], np.float32) for item in items]
    return windows([grid(each, bpm) for each, bpm in zip(strokes, tempos, strict=True)], tempos)


_cut: dict[tuple[str, ...], Windows] = {}


def _windows(items: Sequence[Item]) -> Windows:
    """`cut`, remembered: the same items come with every batch."""
    key = tuple(item.id for item in items)
    if key not in _cut:
        _cut.clear()
        _cut[key] = cut(items)
    return _cut[key]


@cache
def authored() -> tuple[Windows, NDArray[np.int64]]:
    """Windows of the styles that are written by hand, at several densities, and the number of each one's style."""
    grids, tempos, numbers = [], [], []
    for name in style.names():
        if name not in STYLES:
            continue
        chosen = style.load(name)
        for seed in range(AUTHORED_EACH):
            rng = np.random.default_rng(seed)
            tempo_bpm = chosen.tempo_bpm * rng.uniform(0.9, 1.1)
            notes = drums.generate(chosen, 4, Knobs(), rng.uniform(0.35, 0.7), tempo_bpm, seed)
            first = 2 * STEPS_PER_BAR / 4 * (seed % 2)
            notes = notes[(notes[:, 0] >= first - 0.1) & (notes[:, 0] < first + 7.9)]
            voices = [float(voice_of(int(pitch))) for pitch in notes[:, 2]]
            starts_s = np.maximum(notes[:, 0] - first, 0.0) * 60.0 / tempo_bpm
            grids.append(grid(np.stack([starts_s, voices, notes[:, 3]], 1).astype(np.float32), tempo_bpm))
            tempos.append(tempo_bpm)
            numbers.append(STYLES.index(name))
    made = windows(grids, tempos)
    return made, np.array(numbers)[made.item]


def style_numbers(items: Sequence[Item]) -> NDArray[np.int64]:
    """Number of each item's style among STYLES; 0 where it is none of them."""
    return np.array([STYLES.index(item.style) if item.style in STYLES else 0 for item in items], np.int64)


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Inputs as declared, and targets: `hit`, `velocity`, `offset` (size, STEPS, DRUMS)."""
    items = usable(items)
    by_hand, numbers = authored()
    others = rng.integers(len(by_hand), size=size)
    known = _windows(items)
    hand = rng.uniform(size=size) < (AUTHORED_SHARE if len(known) else 1.0)
    drawn = known if len(known) else by_hand
    picks = rng.integers(len(drawn), size=size)

    def either(name: str) -> Array:
        ours, theirs = getattr(by_hand, name)[others], getattr(drawn, name)[picks]
        found: Array = np.where(hand.reshape(-1, *[1] * (ours.ndim - 1)), ours, theirs)
        return found

    real = Windows(either("hit"), either("velocity"), either("offset"), either("tempo_bpm"), drawn.item[picks])
    styles = np.where(hand, numbers[others], style_numbers(items)[real.item] if len(known) else 0)
    styles = np.where(rng.uniform(size=size) < STYLE_KNOWN, styles, 0)
    hit_known, value_known, tapped = masks(rng.choice(len(TASKS), size, p=SHARES), rng)
    feel_known = rng.uniform(size=(size, 3)) < (TIMING_KNOWN, DYNAMICS_KNOWN, DENSITY_KNOWN)
    return inputs(real, styles, hit_known, value_known, tapped, feel_known)


Mask = NDArray[np.bool_]


def masks(tasks: NDArray[np.int64], rng: np.random.Generator) -> tuple[Mask, Mask, Mask]:
    """What is known of each window in its task.

    Args:
        tasks: index in TASKS of each window.
        rng: drawn from: how far the sampler is, and whether the bar before is there.

    Returns:
        Cells whose hit is known, cells whose velocity and offset are known, (windows, STEPS, DRUMS) each, and whether
        the taps are given, (windows,).
    """
    size = len(tasks)
    stage = rng.integers(GROUPS + 1, size=size)
    before = np.arange(STEPS)[:, None] < STEPS_PER_BAR
    has_bar = (tasks == TASKS.index("continue")) | (rng.uniform(size=size) < 0.4)
    hit_known = (GROUP_OF[None] < stage[:, None, None]) | (before & has_bar[:, None, None])
    hit_known |= (tasks == TASKS.index("humanise"))[:, None, None]
    scattered = rng.uniform(size=(size, STEPS, DRUMS)) < rng.uniform(size=(size, 1, 1))
    lanes = rng.uniform(size=(size, 1, DRUMS)) < 0.5
    infilled = (tasks == TASKS.index("infill"))[:, None, None]
    hit_known = np.where(infilled, scattered | lanes, hit_known)
    value_known = np.where(infilled, hit_known, before & has_bar[:, None, None])
    return hit_known, value_known, tasks == TASKS.index("tap")


def inputs(
    real: Windows, styles: NDArray[np.int64], hit_known: Mask, value_known: Mask, tapped: Mask, feel_known: Mask
) -> dict[str, Array]:
    """The network's inputs for windows of which a part is known, and the targets.

    Args:
        real: the windows.
        styles: number of each one's style; 0 where it is not known.
        hit_known: cells whose hit is known.
        value_known: cells whose velocity and offset are known.
        tapped: (windows,) whether the taps are given.
        feel_known: (windows, 3) whether timing, dynamics and density are given.
    """
    hit, values = real.hit * hit_known, real.hit * value_known
    cells = np.stack([hit, hit_known, values * real.velocity, values * real.offset, value_known], axis=3)
    taps = np.zeros((len(real), STEPS, 3), np.float32)
    loudest = np.argmax(real.velocity * real.hit, axis=2)[..., None]
    taps[..., TAP] = real.hit.max(2)
    taps[..., TAP_OFFSET] = np.take_along_axis(real.offset * real.hit, loudest, 2)[..., 0]
    taps[..., TAP_KNOWN] = 1.0
    taps *= tapped[:, None, None]
    feel = feel_of(real.hit, real.velocity, real.offset)
    flags = feel_known.astype(np.float32)
    feel = np.concatenate(
        [feel[:, :4] * flags[:, :1], feel[:, 4:6] * flags[:, 1:2], feel[:, 6:] * flags[:, 2:], flags], 1
    )
    made = {
        "cells": cells.reshape(len(real), STEPS, DRUMS * 5),
        "taps": taps,
        "feel_vector": feel,
        "style": np.eye(len(STYLES))[styles],
        "tempo_bpm": real.tempo_bpm[:, None],
        "hit": real.hit,
        "velocity": real.velocity,
        "offset": real.offset,
    }
    return {name: value.astype(np.float32) for name, value in made.items()}
