"""WAV files: PCM of 16 or 24 bits or 32-bit float, with layout and tags, and RF64 beyond 4 GiB.

libsndfile writes WAV too, but without the layout and with sizes that wrap at 4 GiB. Sources: Microsoft, "Multiple
channel audio data and WAVE files" (2007); EBU Tech 3306 (RF64), whose ds64 chunk takes the room of a JUNK chunk.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio import id3
from dawg_ai.audio.tags import Tags

LARGEST = 0xFFFFFFFF  # size that a RIFF header can state

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID = bytes.fromhex("000000001000800000aa00389b71")  # ends a sub-format that begins with one of the tags above

_INFO = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "tracknumber": b"ITRK",
    "date": b"ICRD",
    "genre": b"IGNR",
    "copyright": b"ICOP",
    "comment": b"ICMT",
}


class WavFile:
    """A WAV file that is written block by block; `close` completes its header.

    Args:
        path: the file.
        rate_hz: its sample rate.
        channels: its channels.
        bits: "16", "24" or "32f".
        mask: its speakers, as WAVE_FORMAT_EXTENSIBLE numbers them; 0 if unknown.
        tags: what it says of its music.
        largest: RIFF size above which the file becomes an RF64 file.
    """

    def __init__(
        self, path: Path, rate_hz: int, channels: int, bits: str, mask: int, tags: Tags, largest: int = LARGEST
    ) -> None:
        self._bits, self._largest = bits, largest
        self._frame_size = channels * (4 if bits == "32f" else int(bits) // 8)
        form = _form(rate_hz, channels, bits, mask)
        self._samples_at = 12 + 36 + len(form) + 8 if bits == "32f" else 0  # of the fact chunk's count
        head = b"RIFF\0\0\0\0WAVE" + chunk(b"JUNK", bytes(28)) + form
        if bits == "32f":
            head += chunk(b"fact", bytes(4))
        head += _tags(tags) + b"data\0\0\0\0"
        self._head_size, self._data_size = len(head), 0
        self._file = path.open("wb")
        self._file.write(head)

    def write(self, samples: NDArray[Any]) -> None:
        """Append samples, (samples, channels): integers of as many bits as the file has, or float32."""
        if self._bits == "32f":
            data = samples.astype("<f4").tobytes()
        elif self._bits == "16":
            data = samples.astype("<i2").tobytes()
        else:
            data = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        self._file.write(data)
        self._data_size += len(data)

    def close(self) -> None:
        """Complete the header and close the file."""
        with self._file as file:
            file.write(bytes(self._data_size % 2))  # chunks begin at even places
            riff_size = file.tell() - 8
            samples = self._data_size // self._frame_size
            whole = riff_size <= self._largest
            if not whole:
                sizes = struct.pack("<QQQI", riff_size, self._data_size, samples, 0)
                self._patch(0, b"RF64" + struct.pack("<I", LARGEST) + b"WAVE" + chunk(b"ds64", sizes))
            else:
                self._patch(4, struct.pack("<I", riff_size))
            if self._samples_at:
                self._patch(self._samples_at, struct.pack("<I", samples if whole else LARGEST))
            self._patch(self._head_size - 4, struct.pack("<I", self._data_size if whole else LARGEST))

    def _patch(self, at: int, data: bytes) -> None:
        self._file.seek(at)
        self._file.write(data)


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk.

    >>> chunk(b"INAM", b"abc")
    b'INAM\\x03\\x00\\x00\\x00abc\\x00'
    """
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _form(rate_hz: int, channels: int, bits: str, mask: int) -> bytes:
    """The fmt chunk: the plain one where every program knows the speakers, mono and stereo."""
    tag, width = (_FLOAT, 32) if bits == "32f" else (_PCM, int(bits))
    plain = channels <= 2 and mask in (0, {1: 0x4, 2: 0x3}[channels])
    frame_size = channels * width // 8
    content = struct.pack(
        "<HHIIHH", tag if plain else _EXTENSIBLE, channels, rate_hz, rate_hz * frame_size, frame_size, width
    )
    if not plain:
        content += struct.pack("<HHIH", 22, width, mask, tag) + _GUID
    elif tag == _FLOAT:
        content += bytes(2)  # no extension follows
    return chunk(b"fmt ", content)


def _tags(tags: Tags) -> bytes:
    """Chunks of tags: the old one that most programs read, where the copyright takes the licence in, and ID3."""
    copyrights = "; ".join(filter(None, (tags.copyright, tags.license)))
    text = tags.text | ({"copyright": copyrights} if copyrights else {})
    info = b"".join(chunk(name, text[key].encode() + b"\0") for key, name in _INFO.items() if key in text)
    tag = id3.build(tags.text)
    return (chunk(b"LIST", b"INFO" + info) if info else b"") + (chunk(b"id3 ", tag) if tag else b"")
