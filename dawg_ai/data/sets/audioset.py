"""AudioSet: two million segments of ten seconds from YouTube, labelled by 527 classes: lists and embeddings.

Jort F. Gemmeke, Daniel P. W. Ellis, Dylan Freedman, Aren Jansen, Wade Lawrence, R. Channing Moore, Manoj Plakal and
Marvin Ritter (Google): https://research.google.com/audioset/download.html. The set has no audio, and none is fetched.
`eval_segments.csv`, `balanced_train_segments.csv`, `unbalanced_train_segments.csv`, `class_labels_indices.csv` and
`ontology.json` (632 classes) are read from a folder, with `audioset_v1_embeddings/{bal_train,unbal_train,eval}`, 128
numbers per second, where it is there. No checksums are published.

The group is the video. The evaluation list is the test part, and the lists for training are divided by a hash.
"""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data import archive, tables, tfrecord
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError

CITATION = (
    "Gemmeke et al.: Audio Set: An ontology and human-labeled dataset for audio events. ICASSP 2017, pp. 776-780."
)
LICENCE = "Lists and embeddings CC BY 4.0, ontology CC BY-SA 4.0, Google LLC; no audio."
VERSION = "1"

URL = "https://research.google.com/audioset/download.html"
# Folder of the embeddings of each list.
LISTS = {"eval_segments": "eval", "balanced_train_segments": "bal_train", "unbalanced_train_segments": "unbal_train"}
LABELS, ONTOLOGY, EMBEDDINGS = "class_labels_indices.csv", "ontology.json", "audioset_v1_embeddings"


def get(root: Path, source: Path | None = None) -> None:
    """Put the lists, the ontology and the embeddings into `root`.

    Args:
        root: folder of the dataset.
        source: a folder that holds them, or an archive of it.

    Raises:
        UsageError: there is no source, or it has no list.
    """
    if source is None:
        if (root / LABELS).is_file():
            return
        raise UsageError(f"download the lists from {URL} into a folder, then: dawg data get audioset --from FOLDER")
    archive.extract(source, root, _wanted)
    if not (root / LABELS).is_file() or not any((root / f"{name}.csv").is_file() for name in LISTS):
        raise UsageError(f"{source} has no {LABELS}, or none of {', '.join(LISTS)}, each .csv; get them from {URL}")


def _wanted(name: str) -> str | None:
    last = name.rpartition("/")[2]
    if last in (LABELS, ONTOLOGY) or last.removesuffix(".csv") in LISTS:
        return last
    _, found, after = f"/{name}".partition(f"/{EMBEDDINGS}/")
    return f"{EMBEDDINGS}/{after}" if found and after.endswith(".tfrecord") else None


def clips(root: Path) -> list[Clip]:
    """A clip for each segment: no audio; its labels, and the file that its embeddings are in."""
    with tables.reading(root):
        return sorted(_read_lists(root), key=lambda clip: clip.id)


def _read_lists(root: Path) -> Iterator[Clip]:
    names = labels(root)
    for name, folder in LISTS.items():
        shards = _shards(root / EMBEDDINGS / folder)
        for video, start_s, end_s, mids in _segments(root / f"{name}.csv"):
            facts: dict[str, float | str] = {
                "labels": "; ".join(names.get(mid, mid) for mid in mids.split(",")),
                "start_s": float(start_s),
                "duration_s": float(end_s) - float(start_s),
            }
            files = {"embeddings": shards[video[:2]]} if video[:2] in shards else {}
            licence = Licence("CC-BY-4.0", "Google LLC", URL)
            yield Clip(
                id=f"audioset/{video}_{round(float(start_s) * 1000)}",
                files=files,
                group=video,
                licence=licence,
                title=video,
                annotations=facts,
                part="test" if name.startswith("eval") else None,
            )


def labels(root: Path) -> dict[str, str]:
    """Name of each class by its id, such as "/m/09x0r": "Speech"."""
    with (root / LABELS).open(encoding="utf-8", newline="") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}


def below(root: Path, mid: str) -> set[str]:
    """The ids of a class and of all that the ontology has below it, each once though some have several parents.

    Args:
        root: folder of the dataset.
        mid: id of the class, such as "/m/04rlf" for music.
    """
    children = {each["id"]: each["child_ids"] for each in json.loads((root / ONTOLOGY).read_text("utf-8"))}
    found, waiting = set(), [mid]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += children.get(each, [])
    return found


def embeddings(path: Path) -> dict[str, NDArray[np.uint8]]:
    """The embeddings of a file.

    Args:
        path: a .tfrecord file.

    Returns:
        Id of the video -> (seconds, 128), quantised to 8 bits by the makers.
    """
    found = {}
    for each in tfrecord.read(path):
        video = each.context["video_id"][0]
        steps = each.features["audio_embedding"]
        assert isinstance(video, bytes)
        found[video.decode("ascii")] = np.stack([np.frombuffer(step, np.uint8) for step in steps])
    return found


def _segments(path: Path) -> Iterator[list[str]]:
    """Video, start, end and ids of each segment."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader((line for line in file if not line.startswith("# ")), skipinitialspace=True)


def _shards(folder: Path) -> Mapping[str, Path]:
    """Files of embeddings by the two characters that ids of their videos begin with; "-" and "_" are among these."""
    return {name.removesuffix(".tfrecord"): folder / name for name in os.listdir(folder)} if folder.is_dir() else {}  # noqa: PTH208
