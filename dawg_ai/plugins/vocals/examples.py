"""Training batches: excerpts of recordings, with the frames of their labels and the pitch that was sung."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item

from .analysis import CENTRE_ROWS, PITCH, VOICED
from .timing import PITCH as PITCH_COLUMN

Array = NDArray[np.float32]

WINDOW = 128  # frames of 10 ms
NO_PITCH = 60.0  # of a recording in which nothing is voiced
DETUNE_SEMITONES = 0.5  # the network sees the pitch off by up to this


def aligned(item: Item) -> dict[str, Array]:
    """The frames of an item's labels with the pitch that was sung, and the rows of its recording that belong to them.

    Returns:
        `score_frames` (frames, 6), `harmonic` (frames, 60), `noise` (frames, 24), `voiced` (frames, 1). Pitch is
        interpolated where there is none.
    """
    features = item.features
    pitch = np.asarray(features["recording_pitch"])
    frames = np.array(features["labels_frames"], np.float32)[CENTRE_ROWS:]
    count = min(len(frames), len(pitch))
    frames, pitch = frames[:count], pitch[:count]
    frames[:, PITCH_COLUMN] = continuous(pitch)
    return {
        "score_frames": frames,
        "harmonic": np.asarray(features["recording_harmonic"])[:count],
        "noise": np.asarray(features["recording_noise"])[:count],
        "voiced": pitch[:, VOICED : VOICED + 1],
    }


def continuous(pitch: Array) -> Array:
    """Pitch without gaps: linear between the voiced frames, (frames,)."""
    voiced = np.flatnonzero(pitch[:, VOICED])
    if not len(voiced):
        return np.full(len(pitch), NO_PITCH, np.float32)
    return np.asarray(np.interp(np.arange(len(pitch)), voiced, pitch[voiced, PITCH]), np.float32)


def batch(items: Sequence[Item], rng: np.random.Generator, size: int) -> dict[str, NDArray[Any]]:
    """Excerpts of WINDOW frames, drawn by length; what is shorter is padded with its last frame, of weight 0."""
    songs = [aligned(item) for item in items]
    lengths = np.array([len(song["voiced"]) for song in songs])
    chosen = rng.choice(len(songs), size, p=lengths / lengths.sum())
    return stacked([_excerpt(songs[i], rng) for i in chosen])


def stacked(excerpts: Sequence[Mapping[str, Array]]) -> dict[str, NDArray[Any]]:
    """Excerpts as one batch."""
    return {name: np.stack([each[name] for each in excerpts]) for name in excerpts[0]}


def _excerpt(song: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    length = len(song["voiced"])
    first = int(rng.integers(max(1, length - WINDOW + 1)))
    rows = np.arange(first, first + WINDOW)
    cut = {name: array[np.minimum(rows, length - 1)] for name, array in song.items()}
    cut["score_frames"][:, PITCH_COLUMN] += np.float32(rng.uniform(-DETUNE_SEMITONES, DETUNE_SEMITONES))
    return {**cut, "weight": (rows < length).astype(np.float32)[:, None]}
