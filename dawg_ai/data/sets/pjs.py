"""PJS: a man sings 100 short Japanese songs, with notes and phoneme times.

Junya Koguchi (Meiji University) and Shinnosuke Takamichi (University of Tokyo) made the phoneme-balanced Japanese
singing-voice corpus in 2020: the songs were composed for it, and its first author sings them in a quiet room.
https://sites.google.com/site/shinnosuketakamichi/research-topics/pjs_corpus

Faults of version 1.1, as measured by the distance of first vowels from their notes (median of all songs 11 ms): the
labels of pjs001 are 0.25 s early, and the singing of pjs016 is 1.16 times as slow as its notes. Both songs are left
out. The labels of five songs go on after the recording ends, all of it pause; they count as far as it lasts. Tempo is
that of the MIDI files. Every song is a group of its own, since there is one singer.
"""

from pathlib import Path

from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError

CITATION = (
    "Koguchi, Takamichi, Morise: PJS: phoneme-balanced Japanese singing-voice corpus. APSIPA ASC 2020, pp. 487-491."
)
LICENCE = "CC BY-SA 4.0, Junya Koguchi and Shinnosuke Takamichi."
VERSION = "1.1"

URL = "https://sites.google.com/site/shinnosuketakamichi/research-topics/pjs_corpus"
LEFT_OUT = ("pjs001", "pjs016")
LAYOUTS = ("pjs001/pjs001.lab", "pjs001.lab")  # a folder for each song as published, or all files in one
AUDIO = ("_song.wav", "_song.flac")


def get(root: Path, source: Path | None = None) -> None:
    """Put songs, notes and labels into `root`.

    Args:
        root: folder of the dataset.
        source: the archive or its unpacked folder.

    Raises:
        UsageError: there is no `source`: the archive is behind a page that asks a person.
    """
    if source is None:
        if root.is_dir():
            return
        raise UsageError(f"download PJS_corpus_ver1.1.zip from {URL}, then: dawg data get pjs --from FILE")
    for anchor in LAYOUTS:
        try:
            return archive.unpack(source, root, anchor, _wanted)
        except UsageError:
            if anchor == LAYOUTS[-1]:
                raise


def _wanted(name: str) -> bool:
    return name.endswith((*AUDIO, ".lab", ".mid"))


def clips(root: Path) -> list[Clip]:
    """A clip for each song that has a recording, labels and notes."""
    found = []
    for labels in root.rglob("pjs*.lab"):
        name = labels.stem
        recordings = [path for end in AUDIO if (path := labels.with_name(name + end)).is_file()]
        notes = labels.with_suffix(".mid")
        if recordings and notes.is_file() and name not in LEFT_OUT:
            licence = Licence("CC-BY-SA-4.0", "Junya Koguchi and Shinnosuke Takamichi", URL)
            files = {"audio": recordings[0], "phonemes": labels, "notes": notes}
            found.append(Clip(f"pjs/{name}", files, name, licence, title=name))
    return sorted(found, key=lambda clip: clip.id)
