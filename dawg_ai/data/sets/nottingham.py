"""Nottingham Music Database: 1,034 British and American folk tunes, melody and chords on tracks of their own.

Collected by Eric Foxley in the ABC notation of tunes (http://abc.sourceforge.net/NMD/); Jukedeck cleaned it and made
MIDI of it (https://github.com/jukedeck/nottingham-dataset). The first track of a file is the melody, the second the
chords. The group is the book that a tune is from, as its file's name states it: ashover, jigs, reelsa-c, ...
"""

from pathlib import Path

from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError

CITATION = "Foxley: Nottingham Music Database; Jukedeck: nottingham-dataset. https://github.com/jukedeck, 2017."
LICENCE = "GPL-3.0."
VERSION = "1"

URL = "https://github.com/jukedeck/nottingham-dataset/archive/refs/heads/master.zip"


def get(root: Path, source: Path | None = None) -> None:
    """Put the MIDI files into `root`.

    Args:
        root: folder of the dataset.
        source: an archive of the repository, or its unpacked folder.

    Raises:
        UsageError: none is named: archives that GitHub makes of a repository have no lasting checksum.
    """
    if source is None and (root / "MIDI").is_dir():
        return
    if source is None:
        raise UsageError(f"download {URL} and name it: dawg data get nottingham --from FILE")
    archive.unpack(source, root, "MIDI", lambda name: _is_tune(name))


def _is_tune(name: str) -> bool:
    """Whether a file is a tune; `MIDI/melody` and `MIDI/chords` hold the tracks of each once more."""
    return name.startswith("MIDI/") and name.count("/") == 1 and name.endswith(".mid")


def clips(root: Path) -> list[Clip]:
    """A clip for each tune."""
    found = [
        Clip(
            id=f"nottingham/{path.stem}",
            files={"notes": path},
            group=path.stem.rstrip("0123456789"),
            licence=Licence("GPL-3.0-only", "Eric Foxley, Jukedeck", URL),
            title=path.stem,
            style="folk",
        )
        for path in (root / "MIDI").glob("*.mid")
    ]
    return sorted(found, key=lambda clip: clip.id)
