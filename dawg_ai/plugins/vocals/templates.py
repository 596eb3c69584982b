"""The rival: one envelope for each phoneme, a phoneme-template source-filter, with the same timing and pitch.

Each phoneme has three templates, for its beginning, middle and end, medians over the training songs, and frames
between them are interpolated linearly in dB. A frame is voiced if most frames of its phoneme and third are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.item import Item
from dawg_ai.lyrics import PHONEMES

from . import examples
from .timing import CURRENT, SINCE_S, UNTIL_S

Array = NDArray[np.float32]

THIRDS = 3


class Templates:
    """Templates of a voice.

    Args:
        items: recordings to learn them from.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        songs = [examples.aligned(item) for item in items]
        frames, harmonic, noise, voiced = (
            np.concatenate([song[name] for song in songs]) for name in ("score_frames", "harmonic", "noise", "voiced")
        )
        place = _place(frames)
        which = np.minimum((place * THIRDS).astype(int), THIRDS - 1)
        phoneme = frames[:, CURRENT].astype(int)
        sung = voiced[:, 0] > 0
        self.voiced = np.zeros((len(PHONEMES), THIRDS), np.float32)
        self.harmonic = np.full((len(PHONEMES), THIRDS, harmonic.shape[1]), np.median(harmonic[sung]), np.float32)
        self.noise = np.full((len(PHONEMES), THIRDS, noise.shape[1]), np.median(noise), np.float32)
        for p in range(len(PHONEMES)):
            for third in range(THIRDS):
                rows = (phoneme == p) & (which == third)
                if rows.any():
                    self.voiced[p, third] = voiced[rows].mean()
                    self.noise[p, third] = np.median(noise[rows], 0)
                if (rows & sung).any():
                    self.harmonic[p, third] = np.median(harmonic[rows & sung], 0)

    def outputs(self, frames: Array) -> dict[str, Array]:
        """What the network would be asked for: `harmonic_db`, `noise_db`, `voicing`, for (frames, 6)."""
        at = np.clip(_place(frames) * THIRDS - 0.5, 0, THIRDS - 1)
        low = np.minimum(at.astype(int), THIRDS - 2)
        share = (at - low).astype(np.float32)[:, None]
        phoneme = frames[:, CURRENT].astype(int)

        def between(table: Array) -> Array:
            return np.asarray((1 - share) * table[phoneme, low] + share * table[phoneme, low + 1])

        return {
            "harmonic_db": between(self.harmonic),
            "noise_db": between(self.noise),
            "voicing": between(self.voiced[:, :, None]),
        }


def _place(frames: Array) -> Array:
    """Where in its phoneme a frame is, 0 to 1."""
    since, until = frames[:, SINCE_S], frames[:, UNTIL_S]
    return np.asarray(since / np.maximum(since + until, 1e-3))
