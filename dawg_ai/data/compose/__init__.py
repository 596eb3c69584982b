"""Music composed by the program: six styles, any number of songs, everything from a seed.

`write` puts a song on paper, `perform` plays, mixes and masters it; `song` does both. Two neighbouring seeds
(0 and 1, 2 and 3, ...) are songs of one artist: the same instruments, drums and room, another piece.
"""

import numpy as np

from dawg_ai.data.compose.mix import perform
from dawg_ai.data.compose.score import Score
from dawg_ai.data.compose.sounds import palette
from dawg_ai.data.compose.styles import STYLES
from dawg_ai.data.compose.voices import RATE, Audio
from dawg_ai.data.compose.writing import write

__all__ = ["RATE", "SONGS_PER_ARTIST", "STYLES", "Audio", "song", "write"]

SONGS_PER_ARTIST = 2


def song(style: str, seed: int) -> tuple[Audio, Score]:
    """Song number `seed` of a style: `(2, samples)` float32 at 44.1 kHz, and its score (tempo, key, form, notes)."""
    score = write(style, seed)
    sound = palette(style, seed // SONGS_PER_ARTIST)
    rng = np.random.default_rng([22, list(STYLES).index(style), seed])
    return perform(score, sound, rng), score
