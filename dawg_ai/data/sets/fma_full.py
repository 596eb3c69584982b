"""FMA full: 106,574 whole tracks of 161 genres, 343 days of music, 879 GiB.

Michaël Defferrard, Kirell Benzi, Pierre Vandergheynst and Xavier Bresson made FMA of the Free Music Archive, music
that its artists chose to share (https://github.com/mdeff/fma). A track has artist, album, genres, the official split,
which no artist crosses, and a licence of its own. 595 groups of tracks are the same bytes (issue 23);
`dawg_ai.data.duplicates` keeps copies in one part of a split. `dawg_ai.data.fma` has sources and checksums.
"""

from pathlib import Path

from dawg_ai.data import fma
from dawg_ai.data.clip import Clip
from dawg_ai.data.request import Request

CITATION = fma.CITATION
LICENCE = fma.LICENCE
VERSION = fma.VERSION


def get(root: Path, source: Path | None = None, request: Request = Request()) -> None:  # noqa: B008, it is frozen
    """Fetch the tables and the wanted tracks; see `dawg_ai.data.fma.get`."""
    fma.get("full", root, source, request)


def clips(root: Path) -> list[Clip]:
    """A clip for each track that is here."""
    return fma.clips("full", root)
