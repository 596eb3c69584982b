"""WAV headers: RIFF, RF64 and BW64, finished or not.

Sources: Microsoft, "Multiple channel audio data and WAVE files" (2007); EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64).
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from dawg_ai.audio.splice import Piece

MAGICS = (b"RIFF", b"RF64", b"BW64")

# Programs that write into a pipe cannot know the size. They state 4 GiB, 2 GiB, or these less a header or a page: SoX
# 0x7FFFF000, FFmpeg 0xFFFFFFFF. A file that ends below such a size is whole; below any other it breaks off.
_UNKNOWN_SIZE = 0x7FFF0000
_IN_DS64 = 0xFFFFFFFF
_EXTENSIBLE = 0xFFFE


@dataclass(frozen=True)
class Wave:
    """What the header of a WAV says, and what is there.

    Args:
        pieces: the file with its header mended; empty where libsndfile reads it as it is.
        mask: channel mask; 0 where there is none.
        missing: whether the file breaks off before its stated end.
    """

    pieces: tuple[Piece, ...]
    mask: int
    missing: bool


def parse(file: BinaryIO, size: int) -> Wave | None:
    """Read the header of a WAV.

    Args:
        file: the file, with `size` bytes.
        size: of the file.

    Returns:
        What it says; None where this is no WAV with a `fmt ` and a `data` chunk.
    """
    file.seek(0)
    magic = file.read(4)
    if magic not in MAGICS:
        return None
    mask, codec, data_at, data_size_at, stated = 0, 0, 0, 0, 0
    long_size, long_size_at = 0, 0
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, chunk = struct.unpack("<4sI", file.read(8))
        body = at + 8
        if name == b"ds64" and chunk >= 16:
            long_size_at = body + 8
            file.seek(long_size_at)
            long_size = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        elif name == b"fmt ":
            codec, mask = _format(file.read(min(chunk, 40)))
        elif name == b"data":
            data_at, data_size_at, stated = body, at + 4, chunk
            break
        at = body + chunk + chunk % 2
    if not data_at or not codec:
        return None
    there = size - data_at
    in_ds64 = magic != b"RIFF" and stated == _IN_DS64 and long_size_at > 0
    if in_ds64:
        stated = long_size
    unfinished = stated == 0 and there > 0 and not _is_chunk(file, data_at, size)
    fixes: dict[int, bytes] = {}
    if magic == b"BW64":
        fixes[0] = b"RF64"
    if unfinished:
        fixes |= {long_size_at: struct.pack("<Q", there)} if in_ds64 else {data_size_at: struct.pack("<I", there)}
        if magic == b"RIFF":
            fixes[4] = struct.pack("<I", min(size - 8, 0xFFFFFFFF))
    missing = there < stated < _UNKNOWN_SIZE or (in_ds64 and there < stated and stated < 1 << 62)
    return Wave(_mended(fixes, size), mask, missing)


def _format(chunk: bytes) -> tuple[int, int]:
    """Codec and channel mask of a `fmt ` chunk."""
    codec = int.from_bytes(chunk[:2], "little")
    if codec == _EXTENSIBLE and len(chunk) >= 40:
        return int.from_bytes(chunk[24:26], "little"), int.from_bytes(chunk[20:24], "little")
    return codec, 0


def _is_chunk(file: BinaryIO, at: int, size: int) -> bool:
    """Whether a chunk stands here that fits into the file: then the chunk before it really is empty."""
    file.seek(at)
    header = file.read(8)
    if len(header) < 8:
        return False
    name, chunk = struct.unpack("<4sI", header)
    return all(0x20 <= each < 0x7F for each in name) and at + 8 + chunk <= size


def _mended(fixes: dict[int, bytes], size: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = 0
    for start, right in sorted(fixes.items()):
        pieces += [range(at, start), right]
        at = start + len(right)
    return (*pieces, range(at, size)) if fixes else ()
