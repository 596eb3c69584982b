"""A read-only file made of pieces of another one and of bytes of our own, for headers that have to be mended."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

Piece = bytes | range  # bytes of our own, or positions in the file


class Splice(io.RawIOBase):
    """Pieces joined to one file.

    Args:
        file: the file that ranges refer to; it is closed with this one.
        pieces: in order.

    >>> Splice(io.BytesIO(b"abcdef"), [b"XY", range(3, 5)]).read()
    b'XYde'
    """

    def __init__(self, file: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._file = file
        self._pieces = [piece for piece in pieces if len(piece)]
        self._starts = [0, *accumulate(map(len, self._pieces))]
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Position in the joined file."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move as in any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer, or what of it the rest of the file fills."""
        filled = 0
        while filled < len(buffer) and self._at < self._starts[-1]:
            number = bisect_right(self._starts, self._at) - 1
            piece, inside = self._pieces[number], self._at - self._starts[number]
            size = min(len(buffer) - filled, len(piece) - inside)
            if isinstance(piece, bytes):
                found = piece[inside : inside + size]
            else:
                self._file.seek(piece.start + inside)
                found = self._file.read(size)
            buffer[filled : filled + len(found)] = found
            filled += len(found)
            self._at += len(found)
            if len(found) < size:
                break
        return filled

    def close(self) -> None:
        """Close the file behind it too."""
        self._file.close()
        super().close()
