"""FMA large: 106,574 clips of 30 s in 161 genres, 93 GiB.

Michaël Defferrard, Kirell Benzi, Pierre Vandergheynst and Xavier Bresson made FMA of the Free Music Archive, music
that its artists chose to share (https://github.com/mdeff/fma). A track has artist, album, genres, the official split,
which no artist crosses, and a licence of its own. Three clips without audio are left out; one reporter could not
decode 147 others (issue 49), which `dawg data check` finds where it is so. `dawg_ai.data.fma` has sources and
checksums.
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
    fma.get("large", root, source, request)


def clips(root: Path) -> list[Clip]:
    """A clip for each track that is here."""
    return fma.clips("large", root)
