"""Music composed by the program: six styles, any number of songs, everything from a seed.

`write` puts a song on paper, `perform` plays, mixes and masters it; `song` does both. Two neighbouring seeds
(0 and 1, 2 and 3, ...) are songs of one artist: the same instruments, drums and room, another piece.
"""

from dawg_ai.data.compose.mix import perform
from dawg_ai.data.compose.score import Score
from dawg_ai.data.compose.seeds import generator
from dawg_ai.data.compose.sound import palette
from dawg_ai.data.compose.styles import SOUNDS, STYLES
from dawg_ai.data.compose.voices import RATE, Audio
from dawg_ai.data.compose.writing import write

__all__ = ["RATE", "SONGS_PER_ARTIST", "STYLES", "Audio", "song", "write"]

SONGS_PER_ARTIST = 2


def song(style: str, seed: int) -> tuple[Audio, Score]:
    """Song number `seed` of a style: `(2, samples)` float32 at 44.1 kHz, and its score (tempo, key, form, notes)."""
    score = write(style, seed)
    sound = palette(SOUNDS[style], generator("artist", style, seed // SONGS_PER_ARTIST))
    return perform(score, sound, generator("studio", style, seed)), score
