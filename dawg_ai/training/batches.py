"""Batches: what one training step sees is a function of (seed, step) and of nothing else.

So a run can stop at any step and go on as if it never had, and the next batch can be made while the network is busy.
"""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.clip import Clip
from dawg_ai.data.split import Part, part
from dawg_ai.plugin import Plugin

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Song:
    """A clip as training knows it: its features and whom it belongs to. `style` may be one no plugin knows."""

    id: str
    group: str
    style: str | None
    features: Arrays


def songs(clips: Sequence[Clip], features: Mapping[str, Arrays], split: int = 0) -> dict[Part, list[Song]]:
    """The clips that have features, by part of the split; each part sorted by id, so that no order matters."""
    parts: dict[Part, list[Song]] = {"train": [], "valid": [], "test": []}
    for clip in sorted(clips, key=lambda clip: clip.id):
        if clip.id in features:
            parts[part(clip.group, split)].append(Song(clip.id, clip.group, clip.style, features[clip.id]))
    return parts


def batch(plugin: Plugin, songs: Sequence[Song], seed: int, step: int, size: int) -> dict[str, NDArray[Any]]:
    """The examples of one step: name -> (size, ...)."""
    made: dict[str, NDArray[Any]] = plugin.part("examples").batch(songs, np.random.default_rng([seed, step]), size)
    return made


def batches(
    plugin: Plugin, songs: Sequence[Song], seed: int, start: int, size: int
) -> Generator[dict[str, NDArray[Any]], None, None]:
    """The batches of step `start` and on, each made in a thread while the one before it is learned from."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        following = thread.submit(batch, plugin, songs, seed, start, size)
        for step in count(start + 1):
            ready = following.result()
            following = thread.submit(batch, plugin, songs, seed, step, size)
            yield ready
