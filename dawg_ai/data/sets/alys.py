"""ALYS-DB-001-JA: a woman sings Japanese syllables on steady notes, three pitches, 86 minutes.

Lucien Cartier-Tilet published the voice bank for UTAU, an editor for singing synthesis (GPL-3.0). Each folder is one
pitch; by measurement MIDI 70.0 in A4, 61.1 in C4 and 63.9 in E4, whatever the names say. Its `oto.ini` states where
in a recording each syllable is, in milliseconds: `file.wav=alias,offset,consonant,cutoff,preutterance,overlap`. A
syllable's vowel begins at offset + preutterance, and its consonant about at offset + overlap. Recordings with an
alias that is no kana (breathy vowels, `tya` to `tyo`) are left out. https://labs.phundrak.com/ALYS

The group is the recording's text, which is the same in all folders.
"""

import re
import shutil
import tempfile
from pathlib import Path

from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError
from dawg_ai.lyrics import PAUSE, mora

CITATION = "Lucien Cartier-Tilet: ALYS-DB-001-JPN, a Japanese voice bank."
LICENCE = "GPL-3.0, Lucien Cartier-Tilet."
VERSION = "1"

URL = "https://labs.phundrak.com/ALYS/ALYS-DB-001-JPN"
PITCHES = ("A4", "C4", "E4")
OTO = "oto.ini"
AUDIO = (".wav", ".ogg", ".flac")
NASALS = ("m", "n", "N", "J")  # held, at four places of articulation
FINAL = re.compile("[aiueonN](?!hh)[a-z]{1,2}")  # a vowel that a consonant ends
UNITS_PER_MS = 10_000  # labels count in 100 ns


def get(root: Path, source: Path | None = None) -> None:
    """Put the recordings into `root`, and labels beside them.

    Args:
        root: folder of the dataset.
        source: the archive or its unpacked folder.

    Raises:
        UsageError: there is no `source`: the bank is a repository with large files, not an archive to download.
    """
    if source is None:
        if root.is_dir():
            return
        raise UsageError(f"clone {URL}, then: dawg data get alys --from FOLDER")
    with tempfile.TemporaryDirectory(dir=root.parent if root.parent.is_dir() else None) as folder:
        draft = Path(folder) / "alys"
        archive.unpack(source, draft, f"A4/{OTO}", lambda name: name.endswith((*AUDIO, OTO)))
        for pitch in PITCHES:
            for stem, lines in labels(draft / pitch / OTO).items():
                (draft / pitch / f"{stem}.lab").write_text("\n".join(lines) + "\n", "utf-8")
        root.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root, ignore_errors=True)
        draft.rename(root)


def labels(oto: Path) -> dict[str, list[str]]:
    """Lines of labels by recording, of those whose aliases are all understood.

    Args:
        oto: the file; UTF-8, or Shift JIS as UTAU itself writes it.
    """
    content = oto.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("shift_jis", "replace")
    by_file: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        name, _, rest = line.partition("=")
        fields = rest.split(",")
        if len(fields) == 6:
            by_file.setdefault(Path(name).stem, []).append(fields)
    found = {}
    for stem, entries in by_file.items():
        segments = _segments(entries, oto.parent.name)
        if segments:
            found[stem] = [f"{a} {b} {phoneme}" for a, b, phoneme in segments if b > a]
    return found


def _segments(entries: list[list[str]], pitch: str) -> list[tuple[int, int, str]]:
    """Times in 100 ns and phonemes of a recording; none if an alias is not understood."""
    begins: list[tuple[float, str]] = [(0.0, PAUSE)]
    for alias, offset, _, _, preutterance, overlap in sorted(entries, key=lambda entry: float(entry[1])):
        sung = (alias.removesuffix(pitch).split() or [""])[-1].removesuffix("2")
        vowel_ms = float(offset) + float(preutterance)
        early_ms = min(float(offset) + float(overlap), vowel_ms)
        if sung.endswith("-"):
            begins.append((vowel_ms, PAUSE))
            continue
        if FINAL.fullmatch(sung):  # what follows is a consonant alone, or breath: not labelled
            begins.append((early_ms, PAUSE))
            break
        parsed = ("", "N") if sung in NASALS else mora(sung)
        if parsed is None:
            return []
        consonant, vowel = parsed
        if consonant:
            begins.append((early_ms, consonant))
        begins.append((vowel_ms, vowel))
    ends = [start for start, _ in begins[1:]]
    return [
        (round(start * UNITS_PER_MS), round(end * UNITS_PER_MS), phoneme)
        for (start, phoneme), end in zip(begins, ends, strict=False)
    ]


def clips(root: Path) -> list[Clip]:
    """A clip for each recording with labels."""
    licence = Licence("GPL-3.0-only", "Lucien Cartier-Tilet", URL)
    found = []
    for path in root.rglob("*.lab"):
        recordings = [sound for end in AUDIO if (sound := path.with_suffix(end)).is_file()]
        if recordings:
            name = f"alys/{path.parent.name}/{path.stem}"
            files = {"audio": recordings[0], "phonemes": path}
            found.append(Clip(name, files, path.stem, licence, title=path.stem))
    return sorted(found, key=lambda clip: clip.id)
