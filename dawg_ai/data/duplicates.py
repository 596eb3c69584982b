"""Near-duplicates: one recording or piece under several names, found by content, and kept in one part of a split.

A check of names cannot see that two packages have one song. `find` compares the sound of all clips by landmarks and
their notes by n-grams, over any number of datasets. What it finds is recorded on this machine, and whoever splits
clips takes them through `together`: linked clips, and all that is in a group with them, become one group.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from dawg_ai import audio, notes, places, progress
from dawg_ai.data import landmarks, ngrams
from dawg_ai.data.clip import Clip, Part
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_write

_STRICTEST: tuple[Part, ...] = ("test", "valid", "train")  # what one has been kept from training is kept from it


@dataclass(frozen=True)
class Pair:
    """Two clips that are one.

    Args:
        first: id of a clip.
        second: id of another.
        score: how much they share, 0 to 1.
        kind: "sound" or "notes".
        same_group: whether they are in one group anyway.
    """

    first: str
    second: str
    score: float
    kind: str
    same_group: bool


class Link(NamedTuple):
    """Two clips that are one, as it is recorded: their ids, and their groups with their datasets."""

    first: str
    second: str
    first_group: str
    second_group: str


def find(clips: Sequence[Clip]) -> list[Pair]:
    """Compare all clips with one another.

    Args:
        clips: of any datasets. Those that cannot be read are left out.

    Returns:
        The pairs, the surest first.
    """
    sound, music = (_prints(clips, kind) for kind in ("sound", "notes"))
    pairs = [(sound[0][a].id, sound[0][b].id, score, "sound") for a, b, score, _ in landmarks.matches(sound[1])]
    pairs += [(music[0][a].id, music[0][b].id, score, "notes") for a, b, score in ngrams.matches(music[1])]
    groups = {clip.id: _group(clip) for clip in clips}
    found = [Pair(*pair, same_group=groups[pair[0]] == groups[pair[1]]) for pair in pairs]
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def _prints(clips: Sequence[Clip], kind: str) -> tuple[list[Clip], list[Any]]:
    """The clips that have sound or notes, and their fingerprints."""
    make: Callable[[Path], Any] = landmarks.fingerprint if kind == "sound" else ngrams.fingerprint
    files = {}
    for clip in clips:
        path = clip.files.get("audio" if kind == "sound" else "notes")
        if path is not None and (kind == "sound" or path.suffix.lower() in notes.SUFFIXES):
            files[clip.id] = path
    chosen = [clip for clip in clips if clip.id in files]

    def attempt(clip: Clip) -> Any:
        try:
            return make(files[clip.id])
        except (audio.UnusableAudio, UsageError):
            return None

    # Decoding and transforms release the GIL.
    with (
        progress.bar(f"compare {kind}", "clip", len(chosen)) as bar,
        ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool,
    ):
        prints = []
        for each in pool.map(attempt, chosen):
            prints.append(each)
            bar.update()
    usable = [(clip, each) for clip, each in zip(chosen, prints, strict=True) if each is not None]
    return [clip for clip, _ in usable], [each for _, each in usable]


def record(pairs: Iterable[Pair], compared: Sequence[Clip]) -> Path:
    """Write down what was found, beside what was found among other clips before.

    Args:
        pairs: what `find` returned.
        compared: the clips that were compared; what was known among them is replaced.

    Returns:
        The file.
    """
    groups = {clip.id: _group(clip) for clip in compared}
    links = [Link(pair.first, pair.second, groups[pair.first], groups[pair.second]) for pair in pairs]
    kept = [link for link in recorded() if not (link.first in groups and link.second in groups)]
    path = _file()
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(sorted([*kept, *links])), "utf-8", "surrogatepass")
    return path


def recorded() -> list[Link]:
    """The links that are known on this machine."""
    path = _file()
    return [Link(*row) for row in json.loads(path.read_text("utf-8", "surrogatepass"))] if path.is_file() else []


def together(clips: Sequence[Clip], links: Iterable[Link] | None = None) -> list[Clip]:
    """Put clips that are one into one part of every split.

    All clips of the groups of linked clips get one group, also where the other clip is not among these, so that
    two trainings on different data agree. Where one of them is in a part of an official split, the others go there
    with their group, and to the strictest of several: what is tested on is not trained on under another name.

    Args:
        clips: the clips.
        links: clips that are one; by default those that are recorded.

    Returns:
        The clips in the same order.
    """
    groups, copies = _Sets(), _Sets()
    for link in recorded() if links is None else links:
        groups.join(link.first_group, link.second_group)
        copies.join(link.first, link.second)
    parts: dict[str, Part] = {}
    for clip in clips:
        if clip.part and clip.id in copies:
            for name in (copies.root(clip.id), groups.root(_group(clip))):
                parts[name] = next(part for part in _STRICTEST if part in (clip.part, parts.get(name)))
    found = []
    for clip in clips:
        if (group := _group(clip)) in groups:
            part = parts.get(copies.root(clip.id), clip.part) if clip.part else parts.get(groups.root(group))
            clip = replace(clip, group=groups.root(group), part=part)
        found.append(clip)
    return found


def _group(clip: Clip) -> str:
    """The group with its dataset: two datasets may call theirs alike."""
    return f"{clip.id.partition('/')[0]}: {clip.group}"


def _file() -> Path:
    return places.datasets() / "duplicates.json"


class _Sets:
    """Sets that are joined (union-find); the least member names a set."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._above

    def root(self, name: str) -> str:
        while self._above.get(name, name) != name:
            name = self._above[name]
        return name

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.root(one), self.root(other)))
        self._above[second] = self._above[first] = first
