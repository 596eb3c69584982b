"""Reading files: every sample that is there, or the reason why not.

libsndfile decodes. Where it believes a header rather than the file (MP3 without a count of frames, chained Ogg,
headers that were never finished), `riff`, `mpeg` and `ogg` find what is there and hand it over with the header
mended. What libsndfile does not decode goes to `foreign`.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile

from dawg_ai import files
from dawg_ai.audio import flac, foreign, mpeg, ogg, riff
from dawg_ai.audio import layout as layouts
from dawg_ai.audio.sound import BLOCK_SAMPLES, Audio, Blocks, Sound
from dawg_ai.audio.splice import Piece, Splice
from dawg_ai.audio.unusable import SILENCE_PEAK, UnusableAudio

SUFFIXES = frozenset({".flac", ".mp3", ".oga", ".ogg", ".wav"})

_BITS = {"PCM_S8": "16", "PCM_U8": "16", "PCM_16": "16", "PCM_24": "24"}
_LOSSY = frozenset({"MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III", "VORBIS", "OPUS"})
_UNKNOWN_FRAMES = 1 << 62  # libsndfile promises more than this where it does not know

# Lossy encoders count their own delay: music of released games decodes up to 0.13 s shorter than its header says.
_LOSSY_ALLOWANCE_S = 0.5


@dataclass(frozen=True)
class _Part:
    """What libsndfile decodes in one go: pieces of the file, or all of it as it is, but for the first samples."""

    pieces: tuple[Piece, ...] = ()
    added_samples: int = 0


@dataclass(frozen=True)
class _Found:
    """What the container holds.

    Args:
        parts: in the order of playing.
        mask: channel mask; 0 where there is none.
        missing: whether the container shows that the file breaks off.
        xiph: whether channels are in the order of Ogg.
    """

    parts: tuple[_Part, ...] = (_Part(),)
    mask: int = 0
    missing: bool = False
    xiph: bool = False


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """Read from the beginning to the end; soundfile seeks after each block otherwise, beyond the end of streams."""

    def seekable(self) -> bool:
        """Never."""
        return False


def open(path: Path) -> Sound:  # noqa: A001, as tarfile.open and wave.open
    """Open a file of audio; nothing is decoded yet.

    Args:
        path: wav, flac, ogg, mp3, or what else libsndfile reads; m4a and the like with the extra `formats`.

    Returns:
        Its audio. Channels come in WAVE order, none added and none mixed. Its blocks raise `UnusableAudio` where the
        file turns out to be damaged, truncated, empty, or to hold NaN or infinity.

    Raises:
        UnusableAudio: the file is missing or no audio.
    """
    found = _container(path)
    try:
        with _decoder(path, found.parts[0]) as file:
            channels, rate_hz, subtype = file.channels, int(file.samplerate), file.subtype
            promised = int(file.frames) - found.parts[0].added_samples if file.frames < _UNKNOWN_FRAMES else 0
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        other = foreign.open(path)
        if other is None:
            raise UnusableAudio(path, _why_unreadable(path, error)) from error
        return replace(other, blocks=lambda: _checked(path, other.blocks()))

    def blocks() -> Blocks:
        return _checked(path, _blocks(path, found, channels, rate_hz))

    mask, bits = layouts.of(channels, found.mask), _BITS.get(subtype, "32f")
    return Sound(rate_hz, channels, blocks, mask, bits, promised)


def read(path: Path) -> tuple[Audio, int]:
    """Decode a whole file. No channel is added or mixed; see `stereo`.

    Args:
        path: a file of audio; see `open`.

    Returns:
        Its audio, (channels, samples) with channels in WAVE order, and its sample rate in Hz.

    Raises:
        UnusableAudio: the file is missing, not audio, truncated, empty, or holds NaN or infinity.
    """
    sound = open(path)
    return sound.audio(), sound.rate_hz


def audible(path: Path) -> Sound:
    """Open a file to learn something of it: its blocks end with `UnusableAudio` if it is silent.

    Args:
        path: a file of audio; see `open`.

    Returns:
        Its audio.

    Raises:
        UnusableAudio: the file is missing or no audio.
    """
    sound = open(path)

    def blocks() -> Blocks:
        peak = 0.0
        for block in sound.blocks():
            peak = max(peak, -float(block.min()), float(block.max()))
            yield block
        if peak < SILENCE_PEAK:
            raise UnusableAudio(path, "silent: its peak is below -80 dBFS")

    return replace(sound, blocks=blocks)


def duration_s(path: Path) -> float:
    """Length in seconds: by the header where that can be believed, else by decoding.

    Args:
        path: a file of audio.

    Returns:
        Seconds.

    Raises:
        UnusableAudio: the file is missing or no audio.
    """
    found = _container(path)
    try:
        with _decoder(path, found.parts[0]) as file:
            if len(found.parts) == 1 and file.frames < _UNKNOWN_FRAMES:
                return (int(file.frames) - found.parts[0].added_samples) / int(file.samplerate)
    except (soundfile.LibsndfileError, OSError, ValueError):
        pass
    sound = open(path)
    return int(sum(block.shape[1] for block in sound.blocks())) / sound.rate_hz


def _container(path: Path) -> _Found:
    """Look at the container; raise UnusableAudio where there is no file to look at."""
    try:
        size = path.stat().st_size
        if path.is_file() and size == 0:
            raise UnusableAudio(path, "zero-length: the file is empty")
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as data,
        ):
            return _looked_at(file, data)
    except (OSError, ValueError) as error:
        raise UnusableAudio(path, _why_unreadable(path, error)) from error


def _looked_at(file: BinaryIO, data: memoryview) -> _Found:
    magic = bytes(data[:4])
    if magic in riff.MAGICS:
        wave = riff.parse(file, len(data))
        if wave is None:
            return _Found()
        return _Found((_Part(wave.pieces),), wave.mask, wave.missing)
    if magic == ogg.MAGIC:
        links = ogg.links(data)
        missing = not links or not links[-1].ended
        is_flac = bool(links) and bool(links[0].flac)
        if len(links) > 1 or is_flac:
            return _Found(tuple(_Part(link.pieces) for link in links), 0, missing, not is_flac)
        return _Found(missing=missing, xiph=True)
    if magic == flac.MAGIC:
        return _Found(mask=flac.mask(data))
    if magic[:3] in (b"FOR", b"caf", b"rif", b".sn"):
        return _Found()
    return _mpeg(data)


def _mpeg(data: memoryview) -> _Found:
    """The streams of an MP3; the file as it is where it holds none."""
    if mpeg.is_whole(data):
        return _Found()
    streams = mpeg.streams(data)
    promised = [(each.promised or 0) - len(each.at) for each in streams]
    missing = any(
        lost * each.first.samples > _LOSSY_ALLOWANCE_S * each.first.rate_hz
        for lost, each in zip(promised, streams, strict=True)
    )
    parts = tuple(_Part(mpeg.pieces(data, each), mpeg.added_samples(each)) for each in streams)
    return _Found(parts or (_Part(),), missing=missing)


@contextmanager
def _decoder(path: Path, part: _Part) -> Iterator[Any]:
    """libsndfile at work on a part of a file."""
    if part.pieces:
        with Splice(path.open("rb"), part.pieces) as file, _Forward(file) as decoder:
            yield decoder
    else:
        with _Forward(files.native(path)) as decoder:
            yield decoder


def _blocks(path: Path, found: _Found, channels: int, rate_hz: int) -> Blocks:
    order = list(layouts.xiph_order(channels)) if found.xiph and channels > 2 else None
    samples, promised = 0, 0
    for part in found.parts:
        try:
            with _decoder(path, part) as file:
                if (file.channels, int(file.samplerate)) != (channels, rate_hz):
                    came = f"{file.channels} channels at {file.samplerate} Hz"
                    raise UnusableAudio(
                        path,
                        f"after {samples / rate_hz:.3f} s it goes on with {came}: split it, and convert the parts",
                    )
                allowance = part.added_samples + int(_LOSSY_ALLOWANCE_S * rate_hz * (file.subtype in _LOSSY))
                if file.frames < _UNKNOWN_FRAMES:
                    promised += max(0, file.frames - allowance)
                file.read(part.added_samples)
                while len(interleaved := file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)):
                    samples += len(interleaved)
                    block = interleaved.T
                    yield np.ascontiguousarray(block if order is None else block[order])
        except (soundfile.LibsndfileError, OSError) as error:
            raise UnusableAudio(path, _why_unreadable(path, error)) from error
    if samples < promised or found.missing:
        raise UnusableAudio(path, f"truncated: it breaks off after {samples / rate_hz:.3f} s")


def _checked(path: Path, blocks: Blocks) -> Blocks:
    """Raise UnusableAudio where there are no samples, or NaN or infinity among them."""
    empty = True
    for block in blocks:
        if not np.isfinite(block).all():
            raise UnusableAudio(path, "it holds NaN or infinite samples")
        empty = False
        yield block
    if empty:
        raise UnusableAudio(path, "zero-length: it has no samples")


def _why_unreadable(path: Path, error: Exception) -> str:
    if path.is_dir():
        return "it is a folder; name a file in it"
    if not path.is_file():
        return "there is no such file"
    reason = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return f"unreadable: {reason.rstrip('.')}{foreign.hint(path)}"
