"""The composer of demo songs: six styles, any number of songs, all generated from a seed.

    writing: style, seed -> score           voices, drums: notes -> audio
    mix: score, audio -> stems, buses       master: mix -> master

`song` runs all stages; `write` returns the score. Seeds 0 and 1, 2 and 3, and so on are songs of one artist, with the
same instruments, drums and reverb. All effects are the engine's (`rack.py`).
"""

from dawg_ai.audio import Audio
from dawg_ai.compose.mix import perform
from dawg_ai.compose.rack import RATE
from dawg_ai.compose.score import Score
from dawg_ai.compose.seeds import generator
from dawg_ai.compose.sound import palette
from dawg_ai.compose.styles import SOUNDS, STYLES
from dawg_ai.compose.writing import write

__all__ = ["RATE", "SONGS_PER_ARTIST", "STYLES", "Audio", "song", "write"]

SONGS_PER_ARTIST = 2


def song(style: str, seed: int) -> tuple[Audio, Score]:
    """Compose, play, mix and master a song.

    Args:
        style: One of `STYLES`.
        seed: Number of the song within its style, from 0.

    Returns:
        The master, (2, samples) float32 at `RATE`, and its score: tempo, key, form and notes.

    Example:
        >>> audio, score = song("house", 0)
        >>> len(audio), round(audio.shape[1] / RATE), score.bars, score.key
        (2, 47, 24, 'E dorian')
    """
    score = write(style, seed)
    sound = palette(SOUNDS[style], generator("artist", style, seed // SONGS_PER_ARTIST))
    return perform(score, sound, generator("studio", style, seed)), score
