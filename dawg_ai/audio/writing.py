"""Writing files of audio."""

from pathlib import Path

import numpy as np
import soundfile

from dawg_ai import files
from dawg_ai.audio.sound import Audio
from dawg_ai.errors import UsageError


def written_as(path: Path) -> str:
    """The sample format in which `write` saves a file, chosen by its suffix.

    Args:
        path: the file to be written.

    Returns:
        libsndfile's name of the format.

    Raises:
        UsageError: the suffix is none of .wav, .flac and .ogg.

    >>> written_as(Path("mix.flac"))
    'PCM_24'
    """
    formats = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}
    if path.suffix.lower() not in formats:
        raise UsageError(f"{path}: sound is written as .wav, .flac or .ogg, not {path.suffix or 'without a suffix'}")
    return formats[path.suffix.lower()]


def write(path: Path, audio: Audio, rate_hz: int) -> int:
    """Write an audio file atomically. The suffix decides: .wav is 32-bit float, .flac 24-bit integer, .ogg Vorbis.

    Args:
        path: the file; a file of that name is replaced.
        audio: (channels, samples), finite; only .wav holds values beyond full scale.
        rate_hz: its sample rate.

    Returns:
        The number of samples that were clipped to full scale, always 0 for .wav.

    Raises:
        UsageError: the suffix is another one, or the audio is not (channels, samples) of finite numbers.
    """
    subtype = written_as(path)
    if audio.ndim != 2 or not np.isfinite(audio).all():
        raise UsageError(f"{path}: audio must be finite, shape (channels, samples); this is of shape {audio.shape}")
    clamped = 0
    if subtype != "FLOAT":
        clamped = int(np.count_nonzero(np.abs(audio) > 1.0))
        audio = np.clip(audio, -1.0, 1.0)
    with files.atomic_write(path) as draft, soundfile.SoundFile(draft, "w", rate_hz, len(audio), subtype) as file:
        # In blocks: libsndfile's Vorbis encoder overflows its stack when given a minute in one call.
        for start in range(0, audio.shape[1], 1 << 16):
            file.write(np.ascontiguousarray(audio[:, start : start + (1 << 16)].T))
    return clamped
