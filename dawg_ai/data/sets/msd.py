"""Million Song Dataset: tempo, key, loudness and other features of a million commercial songs, without their sound.

Thierry Bertin-Mahieux, Daniel P. W. Ellis, Brian Whitman and Paul Lamere made it of The Echo Nest's analyses in 2011:
http://millionsongdataset.com. The subset of 10,000 songs is `millionsongsubset.tar.gz` (about 2 GB), the full set
280 GB; both hold one HDF5 file per song, `MillionSongSubset/A/R/R/TRARRZU128F4253CA2.h5`. No checksum is published,
so nothing is downloaded: name the archive, or the folder, which is used where it is. `msd_summary_file.h5`, all songs
without arrays in one file, does as well. Reading needs h5py (the extra `sets`).

The group is the artist. A key is that of the analysis, with its confidence: above 0.5 it can be relied on in about
half of the songs. `priors` gives tempo, key and loudness by style, which is what a model may know of music at large.
"""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dawg_ai import progress
from dawg_ai.data import archive
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_write

CITATION = "Bertin-Mahieux, Ellis, Whitman, Lamere: The Million Song Dataset. ISMIR 2011, pp. 591-596."
LICENCE = "The terms of The Echo Nest's interface, for research; nothing is trained on it."
VERSION = "1"

URL = "http://millionsongdataset.com/pages/getting-dataset/"
INDEX = "songs.json"
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LEAST_CONFIDENCE = 0.5


def get(root: Path, source: Path | None = None) -> None:
    """Unpack the songs into `root`, or link to them, and write an index of their tables.

    Args:
        root: folder of the dataset.
        source: `millionsongsubset.tar.gz`, an archive of the full set, a folder of .h5 files, or a summary file.

    Raises:
        UsageError: there is no source, h5py is missing, or the source holds no song.
        DawgError: a file is damaged.
    """
    if source is None:
        if (root / INDEX).is_file():
            return
        raise UsageError(f"download an archive from {URL} and name it: dawg data get msd --from FILE")
    root.mkdir(parents=True, exist_ok=True)
    songs = root / "songs"
    if source.is_dir():
        songs.unlink(missing_ok=True)
        songs.symlink_to(source.resolve(), target_is_directory=True)
    elif source.suffix == ".h5":
        songs.mkdir(exist_ok=True)
        (songs / source.name).unlink(missing_ok=True)
        (songs / source.name).symlink_to(source.resolve())
    else:
        archive.extract(source, songs, lambda name: name if name.endswith(".h5") else None)
    paths = sorted(path for path in songs.rglob("*.h5") if not path.name.startswith("."))
    if not paths:
        raise UsageError(f"{source} holds no .h5 file; is it the Million Song Dataset?")
    rows: list[dict[str, Any]] = []
    with progress.bar("msd", "file", len(paths)) as bar:
        for path in paths:
            rows += _songs(path, path.relative_to(root).as_posix())
            bar.update()
    with atomic_write(root / INDEX) as draft:
        draft.write_text(json.dumps(sorted(rows, key=lambda row: row["id"])), "utf-8")


def clips(root: Path) -> list[Clip]:
    """A clip for each song: no audio, its annotations, and the file of its features."""
    found = []
    for row in json.loads((root / INDEX).read_text("utf-8")):
        found.append(
            Clip(
                id=f"msd/{row['id']}",
                files={"features": root / row["file"]},
                group=row["artist_id"],
                licence=Licence("LicenseRef-Echo-Nest-API", row["artist"], URL),
                title=row["title"],
                style=row["style"] or None,
                annotations=row["facts"],
            )
        )
    return found


def priors(clips: Sequence[Clip], least: int = 10) -> dict[str, dict[str, float]]:
    """Tempo, key and loudness by style.

    Args:
        clips: the songs.
        least: the minimum number of songs of a style.

    Returns:
        Style -> number of songs, quartiles of the tempo in BPM and of the loudness in dB, and, among the keys that
        are sure, the share that is major.
    """
    by_style = defaultdict(list)
    for clip in clips:
        by_style[clip.style or "not stated"].append(clip.annotations)
    found = {}
    for style, songs in sorted(by_style.items()):
        if len(songs) < max(2, least):
            continue
        prior: dict[str, float] = {"songs": len(songs)}
        for name in ("tempo_bpm", "loudness_db"):
            known = [float(song[name]) for song in songs if name in song]
            if len(known) > 1:
                low, median, high = statistics.quantiles(known, n=4, method="inclusive")
                prior |= {f"{name}_low": low, f"{name}_median": median, f"{name}_high": high}
        sure = [str(song["key"]) for song in songs if float(song.get("key_confidence", 0)) >= LEAST_CONFIDENCE]
        if sure:
            prior["major"] = sum(key.endswith("major") for key in sure) / len(sure)
        found[style] = prior
    return found


def _songs(path: Path, inside: str) -> Iterator[dict[str, Any]]:
    """The songs of a file: one, or all of a summary."""
    try:
        import h5py
    except ModuleNotFoundError:
        raise UsageError(
            "this needs h5py, which is not installed; install it with: pip install 'dawg-ai[sets]'"
        ) from None
    try:
        with h5py.File(path, "r") as file:
            metadata, analysis, brainz = (file[name]["songs"][:] for name in ("metadata", "analysis", "musicbrainz"))
            terms = _terms(file["metadata"], metadata) if "artist_terms" in file["metadata"] else [""] * len(metadata)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DawgError(f"{path} is damaged, or not of the Million Song Dataset: {error}") from None
    for about, measured, music, style in zip(metadata, analysis, brainz, terms, strict=True):
        yield {
            "id": _text(measured["track_id"]),
            "file": inside,
            "artist_id": _text(about["artist_id"]),
            "artist": _text(about["artist_name"]),
            "title": _text(about["title"]),
            "style": style,
            "facts": dict(_facts(about, measured, music)),
        }


def _terms(group: Any, metadata: Any) -> list[str]:
    """The heaviest tag of each song's artist."""
    terms, weights = group["artist_terms"][:], group["artist_terms_weight"][:]
    starts = [int(row["idx_artist_terms"]) for row in metadata]
    found = []
    for start, end in zip(starts, [*starts[1:], len(terms)], strict=True):
        mine = range(start, min(end, len(weights)))
        found.append(_text(terms[max(mine, key=lambda at: weights[at])]) if mine else "")
    return found


def _facts(about: Any, measured: Any, music: Any) -> Iterator[tuple[str, float | str]]:
    """What is known of a song; the set writes 0 or NaN for what is not."""
    yield "album", _text(about["release"])
    numbers = {"duration_s": "duration", "tempo_bpm": "tempo", "loudness_db": "loudness"}
    for name, column in numbers.items():
        value = float(measured[column])
        if math.isfinite(value) and value != 0:
            yield name, value
    if int(music["year"]):
        yield "year", int(music["year"])
    if int(measured["time_signature"]):
        yield "beats_per_bar", int(measured["time_signature"])
    yield "key", f"{KEYS[int(measured['key']) % 12]} {'major' if int(measured['mode']) else 'minor'}"
    yield "key_confidence", float(measured["key_confidence"])


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace")
