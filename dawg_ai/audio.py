"""Audio files in and out: `read`, `write`, `duration_s`, `stereo`, `at_rate`.

Everywhere in this package audio is an `Audio`: float32, shape (channels, samples), full scale 1.0. Files are wav,
flac, ogg and mp3, through libsndfile; only `at_rate` changes the sampling rate. A file that nothing can be learned
from raises `UnusableAudio`, whose message names the file and the reason.
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

# A peak below -80 dBFS: less than the last bit of a 14-bit file, so nothing that was played.
SILENCE_PEAK = 1e-4

# Of each speaker, in the order of WAVE files (left, right, centre, low frequency, ...), how much goes left and right:
# ITU-R BS.775-3, table 2. The low-frequency channel is left out, as there.
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
    """A file that holds no usable sound. `reason` says why; the message names the file too."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def read(path: Path) -> tuple[Audio, int]:
    """Decode a whole file; return its audio [shape=(channels, samples)] and its sampling rate in Hz.

    Mono stays one channel and surround stays as many as it is; see `stereo`.

    Raises
    ------
    UnusableAudio
        The file is missing, not audio, cut short, without samples, holds NaN or infinity, or is silent.
    """
    try:
        with soundfile.SoundFile(path) as file:
            promised_frames, log = file.frames, file.extra_info
            container, rate_hz = file.format, int(file.samplerate)
            interleaved = file.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudio(path, _why_unreadable(path, error)) from error
    frames = len(interleaved)
    # Lossy encoders count their own delay: sound files of released games decode up to 0.13 s short of their header.
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
    """Whether libsndfile's log tells of a missing end; its frame count is that of what is left."""
    if container == "OGG":
        return "lacks an end-of-stream bit" in log
    found = re.search(r"^data : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    if container not in ("WAV", "WAVEX") or not found:
        return False
    # Programs that write into a pipe cannot know the length and claim (nearly) 4 GiB; nothing is missing then.
    return int(found[2]) < int(found[1]) < 0x7FFFFFFF


def _why_unreadable(path: Path, error: Exception) -> str:
    if not path.is_file():
        return "there is no such file"
    if path.stat().st_size == 0:
        return "zero-length: the file is empty"
    reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return f"unreadable: {reason.rstrip('.')}"


def duration_s(path: Path) -> float:
    """Length in seconds as the file's header has it, without decoding. Raises `UnusableAudio`."""
    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableAudio(path, _why_unreadable(path, error)) from error


def stereo(audio: Audio) -> Audio:
    """At most two channels [shape=(1 or 2, samples)]: mono and stereo as they are, surround folded down.

    Three to eight channels, in the order of WAVE files, are summed by ITU-R BS.775-3 (centre and sides at -3 dB, low
    frequencies left out; the sum may exceed full scale). Of more than eight, whose order nothing tells, the first
    two are taken.

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
    """The same sound, at the same pitch, sampled `wanted_hz` times a second; as it is where that is its rate.

    By soxr in its "HQ" setting: alias and noise below -130 dB, flat to 0.91 of the lower Nyquist frequency.

    >>> at_rate(np.zeros((2, 441), np.float32), 44_100, 48_000).shape
    (2, 480)
    """
    if rate_hz == wanted_hz:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, rate_hz, wanted_hz, "HQ").T)


def written_as(path: Path) -> str:
    """The sample format that `write` gives a file, by its suffix. Raises `UsageError` if it writes no such files."""
    formats = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}
    if path.suffix.lower() not in formats:
        raise UsageError(f"{path}: sound is written as .wav, .flac or .ogg, not {path.suffix or 'without a suffix'}")
    return formats[path.suffix.lower()]


def write(path: Path, audio: Audio, rate_hz: int) -> int:
    """Write audio [shape=(channels, samples)] whole or not at all; return how many samples had to be clamped.

    The suffix decides: .wav is 32-bit float (nothing is clamped), .flac 24-bit, .ogg Vorbis.

    Raises
    ------
    UsageError
        The suffix is another one, or the audio is not (channels, samples) of finite numbers.
    """
    subtype = written_as(path)
    if audio.ndim != 2 or not np.isfinite(audio).all():
        raise UsageError(f"{path}: audio must be finite, shape (channels, samples); this is of shape {audio.shape}")
    clamped = 0
    if subtype != "FLOAT":
        clamped = int(np.count_nonzero(np.abs(audio) > 1.0))
        audio = np.clip(audio, -1.0, 1.0)
    with files.whole(path) as draft, soundfile.SoundFile(draft, "w", rate_hz, len(audio), subtype) as file:
        # In pieces: libsndfile's Vorbis encoder overflows its stack when a minute comes in one call.
        for start in range(0, audio.shape[1], 1 << 16):
            file.write(np.ascontiguousarray(audio[:, start : start + (1 << 16)].T))
    return clamped
