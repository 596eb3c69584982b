"""Freedoom: full-band MIDI music of a free game, 112 files, 4.9 hours, most of them with drums and bass.

The soundtrack of Freedoom (https://freedoom.github.io), a free replacement for the data of Doom, written by about
thirty contributors. `CREDITS-MUSIC` says who wrote what. The group is the composer who is named first; pieces that
are not in the credits are one group.

Tempo changes are on other tracks than the first in 45 files.
"""

import re
from pathlib import Path

from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError

CITATION = "Contributors to the Freedoom project: Freedoom. https://freedoom.github.io, 2001-2024."
LICENCE = "BSD-3-Clause, contributors to the Freedoom project."
VERSION = "0.13"

URL = "https://github.com/freedoom/freedoom/archive/refs/heads/master.zip"
CREDITS = "CREDITS-MUSIC"
EARLIER = "--Previously Featured"  # pieces of former releases follow
UNKNOWN = "not in the credits"


def get(root: Path, source: Path | None = None) -> None:
    """Put the MIDI files and the credits into `root`.

    Args:
        root: folder of the dataset.
        source: an archive of the game's sources, or its unpacked folder.

    Raises:
        UsageError: none is named: the archive grows with the game, so no checksum can be stated for a download.
    """
    if source is None and (root / CREDITS).is_file():
        return
    if source is None:
        raise UsageError(f"download {URL} and name it: dawg data get freedoom --from FILE")
    archive.unpack(source, root, CREDITS, lambda name: name == CREDITS or _is_music(name))


def _is_music(name: str) -> bool:
    return name.startswith("musics/") and name.endswith(".mid") and not name.endswith("dummy.mid")


def clips(root: Path) -> list[Clip]:
    """A clip for each piece."""
    composers = credited((root / CREDITS).read_text("utf-8"))
    found = []
    for path in (root / "musics").glob("*.mid"):
        slot = path.stem.removeprefix("d_")
        composer = composers.get(slot, UNKNOWN)
        found.append(
            Clip(
                id=f"freedoom/{path.stem}",
                files={"notes": path},
                group=composer,
                licence=Licence("BSD-3-Clause", "Contributors to the Freedoom project", URL),
                title=slot,
                style="game",
            )
        )
    return sorted(found, key=lambda clip: clip.id)


def credited(text: str) -> dict[str, str]:
    """The first composer of each level's music, without the nickname, by the name of the level in lower case.

    >>> credited('E1M2: "Sea" by Mark "Cat" Smith & Ada\\nMAP03: x.mid by jute, modified by m')
    {'e1m2': 'Mark Smith', 'map03': 'jute'}
    """
    found = {}
    for line in text.partition(EARLIER)[0].splitlines():
        match = re.match(r'\s*(E\dM\d|MAP\d\d|DM\d\d):\s+(?:".*?"(?= by )|\S+) by (.+)', line)
        if match:
            first = re.split(r",| and | & ", match[2])[0]
            found[match[1].lower()] = " ".join(re.sub(r'"[^"]*"', "", first).split())
    return found
