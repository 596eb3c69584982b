"""Ogg: chained streams taken apart, and FLAC taken out.

libsndfile reads the first stream of a chain alone, and no FLAC in Ogg.

Sources: RFC 3533 (Ogg); the Ogg FLAC mapping 1.0.
"""

from dataclasses import dataclass

from dawg_ai.audio.splice import Piece

Buffer = memoryview

MAGIC = b"OggS"
_FIRST, _LAST = 2, 4  # flags of a page
_FLAC = b"\x7fFLAC"
_FLAC_HEADER = 9  # bytes of the mapping before "fLaC" in the first packet


@dataclass(frozen=True)
class Link:
    """One stream of a chain.

    Args:
        start: position of its first page.
        end: position after its last page.
        flac: positions of the parts of a native FLAC file; empty for other codecs.
        ended: whether its last page is marked as the last.
    """

    start: int
    end: int
    flac: tuple[Piece, ...]
    ended: bool

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The stream as a file of its own."""
        return self.flac or (range(self.start, self.end),)


def links(data: Buffer) -> list[Link]:
    """The streams of a chain in their order; one for an ordinary file. Of streams side by side the first counts."""
    found: list[Link] = []
    start, end, serial, ended = 0, 0, b"", False
    flac: list[Piece] = []
    is_flac, beginning = False, False

    def close() -> None:
        if serial:
            found.append(Link(start, end, tuple(flac), ended))

    at = _next_page(data, 0)
    while at is not None:
        flags, own = data[at + 5], bytes(data[at + 14 : at + 18])
        body = at + 27 + data[at + 26]
        stop = body + sum(data[at + 27 : body])
        if stop > len(data):
            break
        if flags & _FIRST and not beginning:
            close()
            start, serial, ended, flac = at, own, False, []
            is_flac = bytes(data[body : body + 5]) == _FLAC
        beginning = bool(flags & _FIRST)
        if own == serial:
            ended = bool(flags & _LAST)
            if is_flac:
                flac.append(range(body + _FLAC_HEADER if beginning else body, stop))
        end = stop
        at = _next_page(data, stop)
    close()
    return found


def _next_page(data: Buffer, at: int) -> int | None:
    """The next page, from here on, whose header is whole up to its table of segments."""
    for start in range(at, len(data), 1 << 16):
        first = bytes(data[at : at + 4]) == MAGIC  # where there is no junk between pages
        found = 0 if first else bytes(data[start : start + (1 << 16) + 3]).find(MAGIC)
        if found >= 0:
            page = start + found
            return page if page + 27 <= len(data) else None
    return None
