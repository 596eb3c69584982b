"""FMA, a dump of the Free Music Archive: its four archives, its tables, and the licence of each track.

Michaël Defferrard, Kirell Benzi, Pierre Vandergheynst and Xavier Bresson: https://github.com/mdeff/fma. The archives
`fma_small.zip` to `fma_full.zip` hold MP3 files as `fma_small/000/000002.mp3`; `fma_metadata.zip` holds `tracks.csv`
(artist, album, genres, split and subset of all 106,574 tracks), `genres.csv` (the tree of genres) and
`raw_tracks.csv` (the address of each licence; `tracks.csv` has but its title, at times without a version).

SHA-1 as published in the README of that repository (release of 2017-05-09). It gives sizes in GiB; exact ones are
those that https://os.unil.cloud.switch.ch/fma/ answered to several projects, where they are known.
"""

import ast
import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dawg_ai import progress
from dawg_ai.data import archive, fetch, tables
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.licence import Licence, recognise
from dawg_ai.data.request import Request
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

CITATION = (
    "Defferrard, Benzi, Vandergheynst, Bresson: FMA: A Dataset for Music Analysis. ISMIR 2017, arXiv:1612.01840."
)
LICENCE = "Each track as its artist chose, most of them non-commercial; tables CC BY 4.0."
VERSION = "2017-05-09"

URL = "https://os.unil.cloud.switch.ch/fma/"
ARCHIVES = {
    "metadata": fetch.Remote(
        (f"{URL}fma_metadata.zip",), "sha1:f0df49ffe5f2a6008d7dc83c6915b31835dfe733", 358_412_441
    ),
    "small": fetch.Remote((f"{URL}fma_small.zip",), "sha1:ade154f733639d52e35e32f5593efe5be76c6d70", 7_679_594_875),
    "medium": fetch.Remote((f"{URL}fma_medium.zip",), "sha1:c67b69ea232021025fca9231fc1c7c1a063ab50b"),
    "large": fetch.Remote((f"{URL}fma_large.zip",), "sha1:497109f4dd721066b5ce5e5f250ec604dc78939e", 100_306_112_191),
    "full": fetch.Remote((f"{URL}fma_full.zip",), "sha1:0f0ace23fbe9ba30ecb7e95f763e435ea802b8ab"),
}
SUBSETS = {"small": ("small",), "medium": ("small", "medium")}  # of the column; the others have all tracks
PARTS: dict[str, Part] = {"training": "train", "validation": "valid", "test": "test"}
TABLES = ("tracks.csv", "genres.csv", "raw_tracks.csv")
INDEX = "tracks.json"
CLIP_S = 30.0

# The clip of these has no audio: https://github.com/mdeff/fma/issues/44 and /4.
WITHOUT_AUDIO = frozenset([99134, 108925, 133297])
# Length of the audio in seconds where `tracks.csv` is wrong: https://github.com/mdeff/fma/issues/8.
LENGTHS_S = {
    1486: 14.39, 5574: 30.46, 65753: 9.74, 80391: 67.84, 98558: 87.67, 98559: 58.80, 98560: 86.13, 98565: 65.31,
    98566: 63.63, 98567: 79.39, 98568: 114.55, 98569: 77.37, 98571: 50.81, 99134: 33.25, 105247: 18.91,
    108924: 105.38, 108925: 7.44, 126981: 17.45, 127336: 13.27, 133297: 113.58, 143992: 26.23,
}  # fmt: skip


# Without spaces, hyphens and brackets, which vary.
_TITLE = re.compile(
    r"(?:creativecommons)?attribution(noncommercial)?(sharealike)?(noderivatives|noderivativeworks)?"
    r"(?:akamusicsharing)?(\d\.\d)"
)


class Track(NamedTuple):
    """One row of the index, which has what `clips` needs of tables of 400 MB."""

    number: int
    title: str
    artist: str
    artist_id: str
    album: str
    style: str
    genres: str
    subset: str
    split: str
    duration_s: float
    licence: str


def get(subset: str, root: Path, source: Path | None, request: Request) -> None:
    """Put the tables and the wanted tracks into `root`; tracks that are there already are not unpacked again.

    Args:
        subset: "small", "medium", "large" or "full".
        root: folder of the dataset.
        source: a folder that has `fma_metadata` and `fma_<subset>`, each as zip or unpacked; by default they are
            downloaded into `root`, and removed when all of them is unpacked.
        request: which tracks are wanted.

    Raises:
        UsageError: `source` lacks one of the two.
        DawgError: an archive could not be fetched, or is damaged.
    """
    if not (root / INDEX).is_file():
        source_of_tables = _located("metadata", root, source)
        archive.extract(source_of_tables, root, lambda name: _last(name, TABLES))
        with tables.reading(root), atomic_write(root / INDEX) as draft:
            draft.write_text(json.dumps(list(_read_tables(root))), "utf-8", "surrogatepass")
        for name in TABLES:
            (root / name).unlink(missing_ok=True)
    wanted = {
        _file(track) for clip_id, track in _tracks(subset, root).items() if clip_id in _ids(subset, root, request)
    }
    if all((root / name).is_file() for name in wanted):
        return
    audio = _located(subset, root, source)
    count = archive.extract(audio, root, lambda name: _wanted(name, wanted))
    progress.say(f"{count} of {len(wanted)} tracks are in {root}")
    if source is None and request.limit is None:
        audio.unlink()


def clips(subset: str, root: Path) -> list[Clip]:
    """A clip for each track of the subset that is in `root`. The group is the artist, the split the official one."""
    here = {path.name for folder in root.glob("[0-9][0-9][0-9]") for path in folder.iterdir()}
    tracks = _tracks(subset, root)
    return [_clip(subset, root, name, track) for name, track in tracks.items() if f"{track.number:06d}.mp3" in here]


def _clip(subset: str, root: Path, clip_id: str, track: Track) -> Clip:
    duration_s = track.duration_s if subset == "full" else min(track.duration_s, CLIP_S)
    facts: dict[str, float | str] = {"album": track.album, "genres": track.genres, "duration_s": duration_s}
    return Clip(
        id=clip_id,
        files={"audio": root / _file(track)},
        group=f"artist {track.artist_id}",
        licence=Licence(track.licence, track.artist, "https://freemusicarchive.org"),
        title=track.title,
        style=track.style or None,
        annotations={name: value for name, value in facts.items() if value},
        part=PARTS.get(track.split),
    )


def _tracks(subset: str, root: Path) -> dict[str, Track]:
    """All tracks of a subset by clip id, in order.

    Raises:
        UsageError: the tables are not there yet.
    """
    if not (root / INDEX).is_file():
        raise UsageError(f"fma_{subset} is not here yet; get it with: dawg data get fma_{subset}")
    rows = json.loads((root / INDEX).read_text("utf-8", "surrogatepass"))
    found = sorted(Track(*row) for row in rows)
    return {
        f"fma_{subset}/{track.number:06d}": track
        for track in found
        if track.subset in SUBSETS.get(subset, (track.subset,)) and track.number not in WITHOUT_AUDIO
    }


def _ids(subset: str, root: Path, request: Request) -> set[str]:
    return {clip.id for clip in request.of([_clip(subset, root, *item) for item in _tracks(subset, root).items()])}


def _file(track: Track) -> str:
    return f"{track.number // 1000:03d}/{track.number:06d}.mp3"


def _wanted(name: str, among: set[str]) -> str | None:
    last = "/".join(name.split("/")[-2:])
    return last if last in among else None


def _last(name: str, among: tuple[str, ...]) -> str | None:
    last = name.rpartition("/")[2]
    return last if last in among else None


def _located(what: str, root: Path, source: Path | None) -> Path:
    """The archive or unpacked folder of one of `ARCHIVES`."""
    if source is None:
        fetch.fetch([ARCHIVES[what]], root)
        return root / ARCHIVES[what].name
    name = f"fma_{what}"
    for path in (source / name, source / f"{name}.zip", source):
        if path.stem == name and path.exists():
            return path
    raise UsageError(
        f"{source} has neither {name}.zip nor the folder {name}; put one of them there ({URL}{name}.zip)"
    )


def _read_tables(root: Path) -> Iterator[Track]:
    csv.field_size_limit(sys.maxsize if sys.maxsize < 1 << 31 else (1 << 31) - 1)  # biographies are long
    addresses = {}
    if (root / "raw_tracks.csv").is_file():
        addresses = {row["track_id"]: row["license_url"] for row in _rows(root / "raw_tracks.csv")}
    titles = {row["genre_id"]: row["title"] for row in _rows(root / "genres.csv")}
    with (root / "tracks.csv").open(encoding="utf-8", newline="") as file:
        table = csv.reader(file)
        above, names, _ = next(table), next(table), next(table)
        columns = {column: at for at, column in enumerate(zip(above, names, strict=True))}
        for row in table:
            number = int(row[0])
            yield Track(
                number,
                row[columns["track", "title"]],
                row[columns["artist", "name"]],
                row[columns["artist", "id"]],
                row[columns["album", "title"]],
                row[columns["track", "genre_top"]],
                "; ".join(_genres(row[columns["track", "genres_all"]], titles)),
                row[columns["set", "subset"]],
                row[columns["set", "split"]],
                LENGTHS_S.get(number) or float(row[columns["track", "duration"]] or 0),
                licence(row[columns["track", "license"]], addresses.get(row[0], "")),
            )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _genres(cell: str, titles: dict[str, str]) -> list[str]:
    """Titles of the genres and those above them, such as "[17, 10]"."""
    return sorted(titles.get(str(genre), str(genre)) for genre in ast.literal_eval(cell or "[]"))


def licence(title: str, address: str = "") -> str:
    """The SPDX identifier of a track's licence: by its address, else by its title.

    Args:
        title: as in `tracks.csv`; without a version it names no licence.
        address: `license_url` of `raw_tracks.csv`.

    >>> licence("Attribution-Noncommercial-Share Alike 3.0 United States")
    'CC-BY-NC-SA-3.0'
    >>> licence("Attribution"), licence("Attribution", "http://creativecommons.org/licenses/by/4.0/")
    ('unknown', 'CC-BY-4.0')
    >>> licence("CC0 1.0 Universal"), licence("Public Domain Mark 1.0")
    ('CC0-1.0', 'LicenseRef-public-domain')
    """
    if (named := recognise(address)) != "unknown":
        return named
    plain = re.sub(r"[^a-z0-9.]", "", title.lower())
    if plain.startswith("cc0"):
        return "CC0-1.0"
    if plain.startswith("publicdomainmark"):
        return "LicenseRef-public-domain"
    found = _TITLE.match(plain)
    if not found:
        return "unknown"
    terms = [term for term, there in zip(("NC", "SA", "ND"), found.groups(), strict=False) if there]
    return "-".join(["CC-BY", *terms, found[4]])
