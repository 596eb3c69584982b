"""Take back what was learned from a clip whose consent has ended."""

import json
from dataclasses import dataclass
from pathlib import Path

from dawg_ai import data, places, store
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError


@dataclass(frozen=True)
class Forgotten:
    """What was done, and what remains to be done by a person.

    Args:
        clips: ids of the clips.
        removed: files that were removed.
        models: folders of runs and bundles that learned from one of them, which only a new training mends.
    """

    clips: tuple[str, ...]
    removed: tuple[Path, ...]
    models: tuple[Path, ...]


def forget(clip_id: str) -> Forgotten:
    """Remove all arrays that were derived from a clip, and find the models that learned from it.

    Args:
        clip_id: its id, or a dataset and a group of it, such as "pairs/Room Five".

    Raises:
        UsageError: there is no such clip, or its dataset has no consents that could be taken back.
    """
    name, _, rest = clip_id.partition("/")
    dataset = data.load(name)
    if not hasattr(dataset.module, "forget"):
        others = (each for each in data.names() if each != "folder")
        able = [each for each in others if hasattr(data.load(each).module, "forget")]
        raise UsageError(
            f"{name} has no consents that could be taken back ({', '.join(able)} has); remove its files, and its "
            "features will not be used again"
        )
    clips = [clip for clip in dataset.clips() if clip.id == clip_id or clip.group == rest]
    if not clips:
        raise UsageError(
            f"there is no clip {clip_id!r}, and no group {rest!r} in {name}; list them with: dawg data check {name}"
        )
    removed: list[Path] = []
    for clip in clips:
        for path in store.derived(clip):
            path.unlink(missing_ok=True)
            removed.append(path)
        removed += dataset.module.forget(dataset.root, clip)
    return Forgotten(tuple(clip.id for clip in clips), tuple(removed), tuple(_models(clips)))


def _models(clips: list[Clip]) -> list[Path]:
    """Folders of runs whose clips are among these, and of the bundles that were made from such a run."""
    ids, plugins, found = {clip.id for clip in clips}, set(), []
    for path in sorted(places.runs().glob("*/*/clips.json")):
        if ids & {clip["id"] for clip in json.loads(path.read_text("utf-8"))}:
            found.append(path.parent)
            plugins.add(path.parent.parent.name)
    names = {clip.title or clip.id for clip in clips}
    for path in sorted(places.bundles().glob("*/LICENCES.md")):
        lines = path.read_text("utf-8").splitlines()
        if path.parent.name in plugins and any(line.startswith(f"- {name}") for line in lines for name in names):
            found.append(path.parent)
    return found
