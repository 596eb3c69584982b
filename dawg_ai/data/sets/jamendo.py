"""MTG-Jamendo: 55,609 whole tracks from Jamendo, 508 GB of MP3, each with its Creative Commons licence and tags.

Dmitry Bogdanov, Minz Won, Philip Tovstogan, Alastair Porter and Xavier Serra (Music Technology Group, Universitat
Pompeu Fabra) made it for music tagging: https://github.com/MTG/mtg-jamendo-dataset. Its lists, tags, splits, licences
and checksums are in that repository, whose clone is the source; 100 tar archives of audio stand in the clone's
folder, or are fetched from Freesound's servers by the SHA-256 that it lists. The group is the artist; the split is
the official `split-0`, which no artist crosses.

Tags and other metadata are under CC BY-NC-SA 4.0, so they are annotations alone, and no style that a model learns.
465 groups of tracks are the same bytes (issue 52).
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from dawg_ai.data import archive, fetch, tables
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.licence import Licence, recognise
from dawg_ai.data.request import Request
from dawg_ai.errors import UsageError

CITATION = (
    "Bogdanov, Won, Tovstogan, Porter, Serra: The MTG-Jamendo Dataset for Automatic Music Tagging. Machine Learning "
    "for "
    "Music Discovery Workshop, ICML 2019."
)
LICENCE = "Audio: each track's own Creative Commons licence; tags and other metadata: CC BY-NC-SA 4.0."
VERSION = "1"

REPOSITORY = "https://github.com/MTG/mtg-jamendo-dataset"
URLS = (
    "https://cdn.freesound.org/mtg-jamendo/raw_30s/audio/",
    "https://essentia.upf.edu/documentation/datasets/mtg-jamendo/raw_30s/audio/",
)
LIST = "data/raw_30s_cleantags_50artists.tsv"  # `autotagging.tsv` is a link to it
TITLES = "data/raw.meta.tsv"
LICENCES = "audio_licenses.txt"
CHECKSUMS = "data/download/raw_30s_audio_sha256_tars.txt"
SPLITS: dict[str, Part] = {"train": "train", "validation": "valid", "test": "test"}
SPLIT = "data/splits/split-0/autotagging-{}.tsv"
_TABLES = (LIST, TITLES, LICENCES, CHECKSUMS, *(SPLIT.format(part) for part in SPLITS))


def get(root: Path, source: Path | None = None, request: Request = Request()) -> None:  # noqa: B008, it is frozen
    """Put the lists and the wanted tracks into `root`; tracks that are there already are not unpacked again.

    Args:
        root: folder of the dataset.
        source: a clone of the repository, or a zip of it; archives of audio that lie in the clone are used.
        request: which tracks are wanted.

    Raises:
        UsageError: there is no source, or it lacks a list.
        DawgError: an archive could not be fetched, or is damaged.
    """
    if source is None and not (root / LIST).is_file():
        raise UsageError(f"git clone {REPOSITORY}, then: dawg data get jamendo --from mtg-jamendo-dataset")
    if source is not None:
        archive.extract(source, root, _table)
    for name in (LIST, LICENCES, CHECKSUMS):
        if not (root / name).is_file():
            raise UsageError(f"{source} has no {name}; is it a whole clone of {REPOSITORY}?")
    wanted = {clip.path.relative_to(root).as_posix() for clip in request.of(_all_clips(root))}
    digests = {name: digest for digest, name in map(str.split, (root / CHECKSUMS).read_text("utf-8").splitlines())}
    for name, digest in digests.items():
        folder = name.removesuffix(".tar").rpartition("-")[2]
        mine = {path for path in wanted if path.startswith(f"{folder}/")}
        if all((root / path).is_file() for path in mine):
            continue
        tar = next((path for path in source.rglob(name)), None) if source is not None and source.is_dir() else None
        if tar is None:
            fetch.fetch([fetch.Remote(tuple(url + name for url in URLS), f"sha256:{digest}")], root)
        archive.extract(tar or root / name, root, {path: path for path in mine}.get)
        (root / name).unlink(missing_ok=True)


def _table(name: str) -> str | None:
    return next((table for table in _TABLES if f"/{name}".endswith(f"/{table}")), None)


def clips(root: Path) -> list[Clip]:
    """A clip for each track that is here."""
    here = {f"{folder.name}/{path.name}" for folder in root.glob("[0-9][0-9]") for path in folder.iterdir()}
    return [clip for clip in _all_clips(root) if f"{clip.path.parent.name}/{clip.path.name}" in here]


def _all_clips(root: Path) -> list[Clip]:
    if not (root / LIST).is_file():
        raise UsageError("jamendo is not here yet; get it with: dawg data get jamendo --from mtg-jamendo-dataset")
    with tables.reading(root / LIST):
        return sorted(_read_lists(root), key=lambda clip: clip.id)


def _read_lists(root: Path) -> Iterator[Clip]:
    licences = dict(_licences((root / LICENCES).read_text("utf-8", "replace")))
    titles = dict(_titles(root / TITLES))
    parts = {row[0]: part for name, part in SPLITS.items() for row in _rows(root / SPLIT.format(name))}
    for track, artist, album, path, duration_s, *tags in _rows(root / LIST):
        title, name = titles.get(track, ("", ""))
        yield Clip(
            id=f"jamendo/{track}",
            files={"audio": root / path},
            group=artist,
            licence=Licence(
                licences.get(path, "unknown"), name or artist, f"https://www.jamendo.com/track/{int(track[6:])}"
            ),
            title=title or track,
            annotations={"album": album, "tags": "; ".join(tags), "duration_s": float(duration_s)},
            part=parts.get(track),
        )


def _rows(path: Path) -> Iterator[list[str]]:
    """Rows of a list without its header; tags make them of any length."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(rows, None)
            yield from rows


def _titles(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Title and artist of each track. Some titles hold a tab, so columns count from the right."""
    for row in _rows(path):
        if len(row) >= 8:
            yield row[0], ("\t".join(row[3:-4]), row[-4])


def _licences(text: str) -> Iterator[tuple[str, str]]:
    """SPDX identifier of each file: by the address in its block of lines, whose names of licences vary."""
    path = ""
    for line in text.splitlines():
        if re.fullmatch(r"\d\d/\d+\.mp3", line.strip()):
            path = line.strip()
        elif path and "creativecommons.org/" in line:
            yield path, recognise(line)
            path = ""
