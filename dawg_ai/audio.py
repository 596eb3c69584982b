"""Audio files in and out: `read`, `write`, `duration_s`, `stereo`, `at_rate`.

Everywhere in this package audio is an `Audio`: float32, shape (channels, samples), full scale 1.0. Files are wav,
flac, ogg and mp3, through libsndfile; only `at_rate` resamples. A file without usable sound raises `UnusableAudio`,
whose message names the file and the reason.
"""

import re
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from dawg_ai import files
from dawg_ai.errors import DawgError, UsageError

Audio = NDArray[np.float32]

SUFFIXES = frozenset({".flac", ".mp3", ".oga", ".ogg", ".wav"})

# -80 dBFS, below the least significant bit of a 14-bit file: a lower peak is digital silence.
SILENCE_PEAK = 1e-4

# Downmix gains (left, right) of each speaker in WAVE order (left, right, centre, low frequency, ...): ITU-R BS.775-3,
# table 2. As there, the low-frequency channel is left out.
_HALF_POWER = 0.7071067811865476
_LEFT, _RIGHT, _NONE = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)
_CENTRE = (_HALF_POWER, _HALF_POWER)
_LEFT_SIDE, _RIGHT_SIDE = (_HALF_POWER, 0.0), (0.0, _HALF_POWER)
_FOLD = {
    3: (_LEFT, _RIGHT, _CENTRE),
    4: (_LEFT, _RIGHT, _LEFT_SIDE, _RIGHT_SIDE),
    5: (_LEFT, _RIGHT, _CENTRE, _LEFT_SIDE, _RIGHT_SIDE),
    6: (_LEFT, _RIGHT, _CENTRE, _NONE, _LEFT_SIDE, _RIGHT_SIDE),
    7: (_LEFT, _RIGHT, _CENTRE, _NONE, _CENTRE, _LEFT_SIDE, _RIGHT_SIDE),
    8: (_LEFT, _RIGHT, _CENTRE, _NONE, _LEFT_SIDE, _RIGHT_SIDE, _LEFT_SIDE, _RIGHT_SIDE),
}


class UnusableAudio(DawgError):  # noqa: N818, the name says it all
    """A file without usable sound. `reason` says why; the message names the file too."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def read(path: Path) -> tuple[Audio, int]:
    """Decode a whole file. No channel is added or mixed; see `stereo`.

    Args:
        path: a wav, flac, ogg or mp3 file.

    Returns:
        Its audio, (channels, samples), and its sample rate in Hz.

    Raises:
        UnusableAudio: the file is missing, not audio, truncated, empty, silent, or holds NaN or infinity.
    """
    try:
        with soundfile.SoundFile(path) as file:
            promised_frames, log = file.frames, file.extra_info
            container, rate_hz = file.format, int(file.samplerate)
            interleaved = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudio(path, _why_unreadable(path, error)) from error
    frames = len(interleaved)
    # Lossy encoders count their own delay: music of released games decodes up to 0.13 s shorter than its header says.
    allowance = rate_hz // 2 if container in ("MP3", "OGG") else 0
    if frames + allowance < promised_frames or _cut_short(container, log):
        raise UnusableAudio(path, f"truncated: it breaks off after {frames / rate_hz:.3f} s")
    if frames == 0:
        raise UnusableAudio(path, "zero-length: it has no samples")
    audio: Audio = np.ascontiguousarray(interleaved.T)
    if not np.isfinite(audio).all():
        raise UnusableAudio(path, "it holds NaN or infinite samples")
    if max(-float(audio.min()), float(audio.max())) < SILENCE_PEAK:
        raise UnusableAudio(path, "silent: its peak is below -80 dBFS")
    return audio, rate_hz


def _cut_short(container: str, log: str) -> bool:
    """Whether libsndfile's log reports a truncated file; its frame count is of the samples that are there."""
    if container == "OGG":
        return "lacks an end-of-stream bit" in log
    found = re.search(r"^data : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    if container not in ("WAV", "WAVEX") or not found:
        return False
    # A program that writes into a pipe does not know the length and states (nearly) 4 GiB; that is not truncation.
    return int(found[2]) < int(found[1]) < 0x7FFFFFFF


def _why_unreadable(path: Path, error: Exception) -> str:
    if not path.is_file():
        return "there is no such file"
    if path.stat().st_size == 0:
        return "zero-length: the file is empty"
    reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return f"unreadable: {reason.rstrip('.')}"


def duration_s(path: Path) -> float:
    """Length in seconds according to the file's header; nothing is decoded.

    Args:
        path: an audio file.

    Returns:
        Seconds.

    Raises:
        UnusableAudio: the file is missing or not audio.
    """
    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudio(path, _why_unreadable(path, error)) from error


def stereo(audio: Audio) -> Audio:
    """Downmix surround to stereo; mono and stereo stay as they are.

    Three to eight channels are summed by ITU-R BS.775-3 (centre and sides at -3 dB, low-frequency channel left out).
    The order of more than eight channels is unknown, so the first two are taken.

    Args:
        audio: (channels, samples), channels in WAVE order.

    Returns:
        (1 or 2, samples); a downmix may exceed full scale.

    >>> centre_only = np.array([[0.0], [0.0], [1.0]], np.float32)
    >>> stereo(centre_only)
    array([[0.70710677],
           [0.70710677]], dtype=float32)
    """
    channels = len(audio)
    if channels <= 2:
        return audio
    if channels not in _FOLD:
        return audio[:2]
    weights = np.array(_FOLD[channels], np.float32).T
    return np.asarray(weights @ audio, np.float32)


def at_rate(audio: Audio, rate_hz: int, wanted_hz: int) -> Audio:
    """Resample by soxr's "HQ" setting: aliases and noise below -130 dB, flat to 0.91 of the lower Nyquist frequency.

    Args:
        audio: (channels, samples).
        rate_hz: its sample rate.
        wanted_hz: the sample rate of the result.

    Returns:
        (channels, resampled samples); the same array where both rates are equal.

    >>> at_rate(np.zeros((2, 441), np.float32), 44_100, 48_000).shape
    (2, 480)
    """
    if rate_hz == wanted_hz:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, rate_hz, wanted_hz, "HQ").T)


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
