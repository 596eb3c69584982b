"""FLAC, AIFF, MP3, Ogg Vorbis and Opus files, by libsndfile, with what it does not write: layouts, tags in ID3."""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile
from numpy.typing import NDArray

from dawg_ai.audio import id3
from dawg_ai.audio.formats import Format
from dawg_ai.audio.tags import Tags
from dawg_ai.errors import DawgError


class _Disk:
    """A file as libsndfile sees it. It keeps the error of a write that failed, which libsndfile may pass over.

    Args:
        path: the file.
        head: what it begins with; libsndfile sees the rest.
    """

    def __init__(self, path: Path, head: bytes) -> None:
        self._error: OSError | None = None
        self._file, self._start = path.open("w+b", buffering=0), len(head)
        self.write(head)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Raise the error that was kept, rather than what libsndfile makes of it, and close the file."""
        try:
            yield
        except soundfile.LibsndfileError:
            self.close()
            if self._error is None:
                raise
        if self._error is not None:
            self.close()
            raise self._error

    def write(self, data: bytes) -> int:
        """Write all of it."""
        left = memoryview(data)
        try:
            while left and not self._file.closed:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._error = self._error or error
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek, counted from behind the head. After a failure libsndfile comes back to a closed file."""
        if self._file.closed:
            return 0
        return self._file.seek(offset + self._start if whence == 0 else offset, whence) - self._start

    def tell(self) -> int:
        """The place, counted from behind the head."""
        return self.seek(0, 1)

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes."""
        return self._file.read(size) or b""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class EncodedFile:
    """FLAC, AIFF, MP3, Vorbis and Opus, by libsndfile."""

    def __init__(
        self, path: Path, form: Format, rate_hz: int, channels: int, bits: str, mask: int, tags: Tags
    ) -> None:
        self._path, self._form, self._mask, self._channels = path, form, mask, channels
        self._id3 = id3.build(tags.text) if form.container in ("MP3", "AIFF") else b""
        self._shift = 32 - int(bits) if bits and bits != "32f" else None  # integers are given left-aligned in 32 bits
        self._frame_size = channels * {"16": 2, "24": 3}.get(bits, 4)
        self._frames = 0
        self._disk = _Disk(path, self._id3 if form.container == "MP3" else b"")
        subtype = form.lossy or {"32f": "FLOAT"}.get(bits, f"PCM_{bits}")
        with self._disk.told():
            self._file = soundfile.SoundFile(self._disk, "w", rate_hz, channels, subtype, format=form.container)
        if self._masked:
            self._file.software = " " * 14  # room for the mask, which libsndfile does not write
        if form.container != "MP3":
            for name, value in tags.text.items():
                setattr(self._file, name, value)

    @property
    def _masked(self) -> bool:
        """Whether it is a FLAC file whose channels alone do not say what they feed, or not to all programs."""
        return self._form.container == "FLAC" and self._channels > 2 and self._mask != 0

    def write(self, samples: NDArray[Any]) -> None:
        """Append samples, (samples, channels): integers of as many bits as the file has, or float32."""
        self._frames += len(samples)
        if self._form.container == "AIFF" and self._frames * self._frame_size > 0xFFFF0000:
            raise DawgError("an AIFF file ends at 4 GiB; write .wav or .flac")
        with self._disk.told():
            self._file.write(samples if self._shift is None else samples << self._shift)

    def close(self) -> None:
        """Complete the file."""
        with self._disk.told():
            self._file.close()
        self._disk.close()
        if self._masked:
            self._put_mask()
        elif self._form.container == "AIFF":
            self._append_chunks()

    def _put_mask(self) -> None:
        """Turn the comment that holds its place into the mask of the layout, as `flac` and FFmpeg write it."""
        with self._path.open("r+b") as file:
            head = file.read(1 << 12)
            at = head.lower().index(b"software=")
            size = int.from_bytes(head[at - 4 : at], "little")
            file.seek(at)
            file.write(b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x" + f"{self._mask:x}".zfill(size - 36).encode())

    def _append_chunks(self) -> None:
        """The layout as Apple's CHAN chunk, by the same numbers as WAVE, and tags that AIFF has no chunks for."""
        layout = struct.pack(">III", 1 << 16, self._mask, 0) if self._mask and self._channels > 2 else b""
        with self._path.open("r+b") as file:
            file.seek(0, 2)
            for name, content in ((b"CHAN", layout), (b"ID3 ", self._id3)):
                if content:
                    file.write(name + struct.pack(">I", len(content)) + content + bytes(len(content) % 2))
            size = file.tell() - 8
            file.seek(4)
            file.write(struct.pack(">I", size))
