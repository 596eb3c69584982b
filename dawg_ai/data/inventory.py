"""How much of a dataset is on this machine, and what may be done with it, without decoding anything.

Lengths of files come from the dataset's own annotations, else from the headers of files. These are kept in the
dataset's folder, so that the second look takes no time.
"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dawg_ai import audio, notes
from dawg_ai.data import Dataset
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

_LENGTHS = ".lengths.json"  # relative path -> size in bytes, modification time in ns, seconds


@dataclass(frozen=True)
class Inventory:
    """Sums over all clips.

    Args:
        clips: their number.
        groups: the number of artists, packages or whatever a split is by.
        hours: their length, of sound or of notes, or as the dataset states it.
        size_bytes: of all their files.
        licences: SPDX expression -> number of clips, the commonest first.
        may_train: the number of clips that may be trained on.
        may_ship: the number of clips whose weights may be shipped.
    """

    clips: int
    groups: int
    hours: float
    size_bytes: int
    licences: Mapping[str, int]
    may_train: int
    may_ship: int


def inventory(dataset: Dataset) -> Inventory:
    """Sum up the clips of a dataset that is on this machine.

    Args:
        dataset: the dataset.

    Raises:
        UsageError: it is not here.
    """
    clips = dataset.clips()
    licences = Counter(clip.licence.spdx for clip in clips)
    by_spdx = {clip.licence.spdx: clip.licence for clip in clips}
    return Inventory(
        clips=len(clips),
        groups=len({clip.group for clip in clips}),
        hours=sum(durations_s(dataset.root, clips)) / 3600,
        size_bytes=sum(_stat(path)[0] for path in {path for clip in clips for path in clip.files.values()}),
        licences=dict(licences.most_common()),
        may_train=sum(count for spdx, count in licences.items() if by_spdx[spdx].may_train),
        may_ship=sum(count for spdx, count in licences.items() if by_spdx[spdx].may_ship),
    )


def durations_s(root: Path, clips: Sequence[Clip]) -> list[float]:
    """Length of each clip in seconds; 0 where nothing states it, and there are neither sound nor notes.

    Args:
        root: folder of the dataset, where lengths are kept if it can be written.
        clips: its clips.
    """
    kept: dict[str, list[float]] = {}
    if (root / _LENGTHS).is_file():
        kept = json.loads((root / _LENGTHS).read_text("utf-8", "surrogatepass"))
    paths = {
        clip.id: clip.files.get("audio") or clip.files["notes"]
        for clip in clips
        if "duration_s" not in clip.annotations and {"audio", "notes"} & set(clip.files)
    }
    names = {clip_id: os.path.relpath(path, root) for clip_id, path in paths.items()}
    states = {clip_id: _stat(path) for clip_id, path in paths.items()}
    missing = [clip_id for clip_id in paths if kept.get(names[clip_id], [])[:2] != list(states[clip_id])]
    if missing:
        with ThreadPoolExecutor() as pool:
            for clip_id, seconds in zip(
                missing, pool.map(_duration_s, (paths[each] for each in missing)), strict=True
            ):
                kept[names[clip_id]] = [*states[clip_id], seconds]
        if os.access(root, os.W_OK) and root.is_dir():
            with atomic_write(root / _LENGTHS) as draft:
                draft.write_text(json.dumps(kept), "utf-8", "surrogatepass")
    lengths = {clip_id: kept[name][2] for clip_id, name in names.items()}
    return [float(clip.annotations.get("duration_s", 0)) or lengths.get(clip.id, 0.0) for clip in clips]


def _duration_s(path: Path) -> float:
    try:
        if path.suffix.lower() in notes.SUFFIXES:
            rows = notes.read(path)
            return float((rows[:, 0] + rows[:, 1]).max(initial=0.0))
        return audio.duration_s(path)
    except (audio.UnusableAudio, UsageError):
        return 0.0  # `dawg data check` names it


def _stat(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
