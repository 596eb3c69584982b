"""VocalSet: ten hours of 20 singers with 17 techniques on five vowels, dry, one voice at a time.

Julia Wilkins, Prem Seetharaman, Alison Wahl and Bryan Pardo recorded professional singers (9 women, 11 men) who sing
scales, arpeggios, long tones and excerpts: https://zenodo.org/records/1442513. The group is the singer. The official
split keeps five singers for the test; a hash of the singer chooses validation from the other fifteen.

Technique and context are those of the folders, since some files are named wrongly; doubles that the makers left in
are left out. Both published layouts are read: `FULL/<singer>/<context>/<technique>` (1.1) and `data_by_singer` (1.2).
"""

import re
import tempfile
from pathlib import Path

from dawg_ai.data import archive, fetch
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.licence import Licence
from dawg_ai.data.split import part
from dawg_ai.errors import UsageError

CITATION = "Wilkins, Seetharaman, Wahl, Pardo: VocalSet: A Singing Voice Dataset. ISMIR 2018, pp. 468-474."
LICENCE = "CC BY 4.0, Julia Wilkins, Prem Seetharaman, Alison Wahl and Bryan Pardo."
VERSION = "1.1"

URL = "https://zenodo.org/records/1442513"
REMOTE = fetch.Remote((f"{URL}/files/VocalSet11.zip",), "md5:0c09396242f946e7111ad7d8fc649b81", 2_077_243_579)
TEST_SINGERS = frozenset(["female2", "female8", "male3", "male5", "male10"])
TYPING_ERRORS = {"vibrado": "vibrato"}
DOUBLES = re.compile(
    r"\(1\)|fast_piano_arps_f|lip_trill_arps|slow_vibrato_arps|arps_fast_piano_c|arps_c_fast_piano"
    r"|^scales_(vocal_fry|fast_piano_f|lip_trill)$"
)


def get(root: Path, source: Path | None = None) -> None:
    """Put the recordings into `root`.

    Args:
        root: folder of the dataset.
        source: one of the two archives, or its unpacked folder; by default version 1.1 is downloaded.
    """
    if source is None and root.is_dir():
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        if source is None:
            fetch.fetch([REMOTE], Path(folder))
            source = Path(folder) / REMOTE.name
        if not archive.extract(source, root, _wanted):
            raise UsageError(
                f"{source} holds no recording of VocalSet; expected FULL/female1/... or data_by_singer/..."
            )


def _wanted(name: str) -> str | None:
    """`<singer>/<context>/<technique>/<file>` of either layout, or None; `data_by_vowel` has the same files again."""
    found = re.search(
        r"(?:^|/)(?:FULL|data_by_singer)/((?:fe)?male\d+/(?:arpeggios|scales|long_tones|excerpts)/[^/]+/[^/.][^/]*\.wav)$",
        name,
    )
    return found[1] if found and "__MACOSX" not in name and not DOUBLES.search(Path(name).stem) else None


def clips(root: Path) -> list[Clip]:
    """A clip for each recording."""
    found = []
    for path in root.glob("*/*/*/*.wav"):
        singer, context, technique, _ = path.relative_to(root).parts
        technique = TYPING_ERRORS.get(technique, technique)
        facts = {"context": context, "technique": technique}
        if vowel := re.search(r"_([aeiou])$", path.stem):
            facts["vowel"] = vowel[1]
        found.append(
            Clip(
                id=f"vocalset/{singer}/{context}/{technique}/{path.stem}",
                files={"audio": path},
                group=singer,
                licence=Licence("CC-BY-4.0", "Wilkins, Seetharaman, Wahl and Pardo", URL),
                title=path.stem,
                annotations=facts,
                part=_part(singer),
            )
        )
    return sorted(found, key=lambda clip: clip.id)


def _part(singer: str) -> Part:
    return "test" if singer in TEST_SINGERS else part(singer, valid=0.2, test=0.0)
