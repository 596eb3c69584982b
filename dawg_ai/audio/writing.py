"""Audio files out, block by block: WAV, FLAC, AIFF, MP3, Ogg Vorbis and Opus.

`create` opens a file for writing, `write` writes a whole one. Both are atomic: an error, such as a full disk, leaves
the file that was there before. What a format does not hold, be it bits, channels or a layout, is refused.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from dawg_ai import files
from dawg_ai.audio import layout as layouts
from dawg_ai.audio import tags as tagging
from dawg_ai.audio.encoder import EncodedFile
from dawg_ai.audio.formats import format_of, refuse
from dawg_ai.audio.sound import Audio
from dawg_ai.audio.tags import Tags
from dawg_ai.audio.wav import WavFile
from dawg_ai.errors import DawgError, UsageError

_BLOCK = 1 << 16  # samples; libsndfile's Vorbis encoder overflows its stack when given a minute in one call


class Writer:
    """An audio file that is being written.

    Attributes:
        clipped_samples: samples so far that were beyond full scale and could not be written as they are.
    """

    def __init__(self, path: Path, sink: "_Sink", channels: int, bits: str, order: list[int], seed: int) -> None:
        self.clipped_samples = 0
        self._path, self._sink, self._channels, self._order = path, sink, channels, order
        self._float = bits == "32f"
        self._quantise = _quantiser(int(bits), channels, seed) if bits and not self._float else None

    def write(self, block: Audio) -> None:
        """Append a block, (channels, samples).

        Raises:
            UsageError: it has another shape, or NaN or infinite samples.
            DawgError: it cannot be written, as on a full disk.
        """
        if block.ndim != 2 or len(block) != self._channels or not np.isfinite(block).all():
            right = f"finite, shape ({self._channels}, samples)"
            raise UsageError(f"{self._path}: audio must be {right}; this is of shape {block.shape}")
        for start in range(0, block.shape[1], _BLOCK):
            part = block[:, start : start + _BLOCK]
            if not self._float:
                self.clipped_samples += int(np.count_nonzero(np.abs(part) > 1.0))
            with _said(self._path):
                self._sink.write(self._prepared(part))

    def _prepared(self, part: Audio) -> NDArray[Any]:
        """A part of a block as the file takes it, (samples, channels)."""
        if self._quantise:
            return self._quantise(part)
        part = part if self._float else np.clip(part, -1.0, 1.0)
        return np.ascontiguousarray((part[self._order] if self._order else part).T, np.float32)


def _quantiser(bits: int, channels: int, seed: int) -> Callable[[Audio], NDArray[np.int32]]:
    from dawg_ai.audio.dither import Quantiser  # loads kernels, which reading does not need

    return Quantiser(bits, channels, seed)


class _Sink(Protocol):
    def write(self, samples: NDArray[Any]) -> None:
        """Append (samples, channels)."""

    def close(self) -> None:
        """Complete the file."""


@contextlib.contextmanager
def create(
    path: Path, rate_hz: int, channels: int, layout: int = 0, bits: str = "", tags: Tags | None = None, seed: int = 0
) -> Iterator[Writer]:
    """Write an audio file block by block, atomically; the suffix decides the format.

    Args:
        path: the file; a file of that name is replaced when all is written.
        rate_hz: its sample rate.
        channels: of each block, in WAVE order.
        layout: mask of loudspeakers; 0 if unknown.
        bits: "16", "24" or "32f" (float); default: the finest that the format holds. Fewer bits are dithered.
        tags: what the file says of its music.
        seed: of the dither.

    Yields:
        The file, to be given its blocks.

    Raises:
        UsageError: the format does not hold what it is asked to.
        DawgError: it cannot be written, as on a full disk.
    """
    form, tags = format_of(path, bits), tags or Tags()
    refuse(path, rate_hz, channels, layout)
    bits = bits or (form.bits[-1] if form.bits else "")
    order = list(np.argsort(layouts.xiph_order(channels))) if form.container == "OGG" else []
    with files.atomic_write(path) as draft:
        with _said(path):
            sink: _Sink
            if form.container == "WAV":
                sink = WavFile(draft, rate_hz, channels, bits, layout, tags)
            else:
                sink = EncodedFile(draft, form, rate_hz, channels, bits, layout, tags)
        try:
            yield Writer(path, sink, channels, bits, order, seed)
        except BaseException:
            with contextlib.suppress(soundfile.LibsndfileError, OSError):
                sink.close()
            raise
        with _said(path):
            sink.close()
            tagging.complete(draft, tags)


def write(
    path: Path,
    audio: Audio,
    rate_hz: int,
    layout: int = 0,
    bits: str = "",
    tags: Tags | None = None,
    seed: int = 0,
) -> int:
    """Write a whole sound, (channels, samples), as `create` does.

    Returns:
        The number of samples that were clipped to full scale, always 0 for bits of "32f".

    Raises:
        UsageError, DawgError: as `create`.
    """
    if audio.ndim != 2:
        raise UsageError(f"{path}: audio must be of shape (channels, samples); this is of shape {audio.shape}")
    with create(path, rate_hz, len(audio), layout, bits, tags, seed) as out:
        out.write(audio)
    return out.clipped_samples


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    """What the system says of a failed write, as an error of ours."""
    try:
        yield
    except (soundfile.LibsndfileError, OSError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else error.error_string
        free_mb = shutil.disk_usage(path.parent).free / 1e6
        raise DawgError(
            f"{path} is not written: {reason.rstrip('.')} ({free_mb:.1f} MB are free in {path.parent})"
        ) from error
