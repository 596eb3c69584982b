"""OpenEWLD: 502 lead sheets in the public domain, a melody with chord symbols each, as MusicXML.

Federico Simonetta took them from the Enhanced Wikifonia Leadsheet Dataset (2018,
https://doi.org/10.5281/zenodo.4332855): songs of about 1880 to 1925, most of them from Tin Pan Alley. Chord symbols
are no notes: melody and chords are two files here, `notes` and `chords`, with repeats played out. The group is the
author who is named first.
"""

from pathlib import Path

from dawg_ai import midi, musicxml, progress
from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import DawgError, UsageError

CITATION = "Simonetta: OpenEWLD, Open Enhanced Wikifonia Leadsheet Dataset. https://doi.org/10.5281/zenodo.4332855"
LICENCE = "MIT; the scores are in the public domain."
VERSION = "1"

URL = "https://github.com/00sapo/OpenEWLD/archive/refs/heads/master.zip"
FOLDER = "dataset"
MELODY, CHORDS = ".melody.mid", ".chords.mid"


def get(root: Path, source: Path | None = None) -> None:
    """Put the lead sheets into `root`, and beside each its melody and its chords as MIDI.

    A score that cannot be read is named on stderr and does not stop the others.

    Args:
        root: folder of the dataset.
        source: an archive of the repository, or its unpacked folder.

    Raises:
        UsageError: none is named: archives that GitHub makes of a repository have no lasting checksum.
    """
    if source is None and (root / FOLDER).is_dir():
        return
    if source is None:
        raise UsageError(f"download {URL} and name it: dawg data get openewld --from FILE")
    archive.unpack(source, root, FOLDER, lambda name: name.startswith(f"{FOLDER}/") and name.endswith(".mxl"))
    scores = sorted((root / FOLDER).rglob("*.mxl"))
    with progress.bar("openewld", "score", len(scores)) as bar:
        for path in scores:
            try:
                sheet = musicxml.read(path)
                midi.write(path.with_suffix(MELODY), sheet.melody)
                midi.write(path.with_suffix(CHORDS), sheet.chords)
            except DawgError as error:
                progress.say(f"left out: {error}")
            bar.update()


def clips(root: Path) -> list[Clip]:
    """A clip for each lead sheet that could be read."""
    found = []
    for path in (root / FOLDER).rglob(f"*{MELODY}"):
        score = path.with_name(path.name.removesuffix(MELODY))
        authors = path.parent.parent.name
        found.append(
            Clip(
                id=f"openewld/{authors}/{score.name}",
                files={"notes": path, "chords": path.with_name(score.name + CHORDS)},
                group=authors.partition("-")[0],
                licence=Licence("MIT", authors.replace("_", " ").replace("-", ", "), URL),
                title=score.name.replace("_", " "),
                style="standard",
            )
        )
    return sorted(found, key=lambda clip: clip.id)
