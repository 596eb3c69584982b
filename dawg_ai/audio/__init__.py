"""Audio files in and out, sample rates and channel layouts.

Everywhere in this package audio is an `Audio`: float32, shape (channels, samples), full scale 1.0, channels in WAVE
order; a `Sound` is the same as a stream of blocks. A file without usable sound raises `UnusableAudio`, whose message
names the file and the reason.
"""

from dawg_ai.audio.reading import SUFFIXES, audible, duration_s, open, read
from dawg_ai.audio.sound import BLOCK_SAMPLES, Audio, Blocks, Sound, at_rate, folded, held, kept, resampled, stereo
from dawg_ai.audio.unusable import UnusableAudio
from dawg_ai.audio.writing import create, write

__all__ = [
    "BLOCK_SAMPLES", "SUFFIXES", "Audio", "Blocks", "Sound", "UnusableAudio", "at_rate", "audible", "create",
    "duration_s", "folded", "held", "kept", "open", "read", "resampled", "stereo", "write",
]  # fmt: skip
