"""Training batches, each a function of (seed, step) alone.

So a run can stop at any step and resume exactly, and the next batch can be made while the network trains.
"""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Arrays, Item
from dawg_ai.data.split import part
from dawg_ai.plugin import Plugin
from dawg_ai.store import Stored


def items(clips: Sequence[Clip], features: Mapping[str, Arrays], split: int = 0) -> dict[Part, list[Item]]:
    """Split the clips that have features. The official split of a dataset takes precedence.

    Args:
        clips: the clips, in any order.
        features: arrays by clip id.
        split: number of the split.

    Returns:
        Items by part, each part sorted by id.
    """
    parts: dict[Part, list[Item]] = {"train": [], "valid": [], "test": []}
    for clip in sorted(clips, key=lambda clip: clip.id):
        if clip.id in features:
            item = Item(clip.id, clip.group, Stored(features, clip.id), clip.style, clip.annotations)
            parts[clip.part or part(clip.group, split)].append(item)
    return parts


def batch(plugin: Plugin, items: Sequence[Item], seed: int, step: int, size: int) -> dict[str, NDArray[Any]]:
    """Make the batch of one step.

    Args:
        plugin: its `examples.batch` makes the batch.
        items: items to draw from.
        seed: seed of the run.
        step: number of the step, from 0.
        size: number of examples.

    Returns:
        Arrays (size, ...) by name: the network's inputs, and targets for the loss.
    """
    made: dict[str, NDArray[Any]] = plugin.part("examples").batch(items, np.random.default_rng([seed, step]), size)
    return made


def batches(
    plugin: Plugin, items: Sequence[Item], seed: int, start: int, size: int
) -> Generator[dict[str, NDArray[Any]], None, None]:
    """The batches from step `start` on, each prefetched in a thread while the network trains on the one before."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        prefetched = thread.submit(batch, plugin, items, seed, start, size)
        for step in count(start + 1):
            ready = prefetched.result()
            prefetched = thread.submit(batch, plugin, items, seed, step, size)
            yield ready
