"""A run: one request to train, and the folder that belongs to it.

The folder's name is a digest of all that decides the outcome: the songs' features, the split, the seed, the settings
and the code of model, examples and score. So the same request goes on where it stopped, on this machine or another,
and whatever changes the outcome starts a folder of its own.

    settings.json    the request, to read
    clips.json       what it learns from: licence, holder and source of each clip, for the bundle
    checkpoint.pt    all that changes between two steps; previous.pt is the one before
    logs/            for TensorBoard
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai import data, files, places
from dawg_ai.data.clip import Clip
from dawg_ai.data.split import Part
from dawg_ai.errors import UsageError
from dawg_ai.features import fingerprint, store
from dawg_ai.plugin import Plugin
from dawg_ai.training.batches import Song, songs

DEFAULTS: Mapping[str, float] = {
    "steps": 10_000,
    "batch": 32,
    "learning_rate": 1e-3,
    "warmup": 0.02,  # share of the steps in which the learning rate rises
    "weight_decay": 0.01,
    "clip": 1.0,  # longest gradient
    "ema": 0.999,  # decay per step of the averaged weights, which are the ones evaluated and kept
    "evaluate_every": 500,  # steps
    "save_every_s": 60.0,
}


@dataclass(frozen=True)
class Run:
    """What to train, from what: `clips` that have features, and the same as `songs` of each part."""

    plugin: Plugin
    data: tuple[str, ...]
    split: int
    seed: int
    clips: tuple[Clip, ...]
    songs: Mapping[Part, Sequence[Song]]
    rejected: Mapping[str, str]  # clip id -> why it is not among them

    @cached_property
    def settings(self) -> dict[str, float]:
        """The defaults, overruled by what the plugin declares."""
        return {**DEFAULTS, **self.plugin.settings}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that decides the outcome."""
        plugin = self.plugin
        model, examples, score = (plugin.part(name) for name in ("model", "examples", "score"))
        # Of the declaration counts what the code can read from it, and not how it is worded.
        signals = [(signal.name, signal.shape) for signal in plugin.inputs + plugin.outputs]
        declared = signals, [mode.name for mode in plugin.modes], plugin.styles
        code = fingerprint.code(
            *(model.build, examples.batch, score.loss, score.error),
            without={f"{model.__package__}.PLUGIN"},
        )
        return {
            "plugin": plugin.name,
            "split": self.split,
            "seed": self.seed,
            # How often to save is the one setting that changes nothing.
            "settings": {name: value for name, value in self.settings.items() if name != "save_every_s"},
            "songs": {part: _digest(songs) for part, songs in self.songs.items() if part != "test"},
            "code": fingerprint.digest(declared, code),
        }

    @cached_property
    def folder(self) -> Path:
        """Where the run lives."""
        name = f"split{self.split}-seed{self.seed}-{fingerprint.digest(self.identity)}"
        return places.runs() / self.plugin.name / name

    def open(self) -> str:
        """Write the request into the folder; return what differs from the run before, if this one is new."""
        if (self.folder / "settings.json").exists():
            return ""
        before = latest(self.plugin.name, self.split, self.seed)
        _write_json(self.folder / "clips.json", [_provenance(clip) for clip in self.clips])
        _write_json(self.folder / "settings.json", {"data": self.data, **self.identity})
        if before is None:
            return ""
        old = json.loads((before / "settings.json").read_text("utf-8"))
        return f"a new run, since {_difference(old, self.identity)} after {before.name}"


def gather(plugin: Plugin, specs: Sequence[str], split: int = 0, seed: int = 0, *, workers: int | None = None) -> Run:
    """Load the datasets, compute the features of all clips that may be learned from, and split them.

    Raises:
        UsageError: a dataset is not here, or a part of the split has no songs.
    """
    clips = [clip for spec in specs for clip in data.load(spec).clips()]
    allowed, refused = store.trainable(clips)
    features = store.build(plugin, allowed, workers=workers)
    kept = tuple(clip for clip in allowed if clip.id in features)
    parts = songs(kept, features, split)
    rejected = {**refused, **features.rejected}
    uses: dict[Part, str] = {"train": "to learn from", "valid": "to choose the best weights by"}
    for part, use in uses.items():
        if not parts[part]:
            why_not = "".join(f" ({clip_id}: {reason})" for clip_id, reason in itertools.islice(rejected.items(), 2))
            raise UsageError(
                f"no songs {use} in split {split} of {', '.join(specs)}, which has {len(kept)} usable clips and "
                f"{len(rejected)} others{why_not}; name more data, or another split"
            )
    return Run(plugin, tuple(specs), split, seed, kept, parts, rejected)


def latest(plugin_name: str, split: int | None = None, seed: int | None = None) -> Path | None:
    """The folder of the plugin's run that was saved last, of any split and seed unless they are given."""
    pattern = f"split{'*' if split is None else split}-seed{'*' if seed is None else seed}-*"
    found = (places.runs() / plugin_name).glob(f"{pattern}/checkpoint.pt")
    return max((path.parent for path in found), key=lambda folder: _saved_ns(folder), default=None)


def _saved_ns(folder: Path) -> int:
    return (folder / "checkpoint.pt").stat().st_mtime_ns


def _digest(songs: Sequence[Song]) -> str:
    """Digest of what is learned from, not of where it lies, so that it is the same on every machine."""
    digest = sha256()
    for song in songs:
        digest.update(repr((song.id, song.group, song.style)).encode())
        for name, array in sorted(song.features.items()):
            digest.update(repr((name, array.shape, array.dtype.str)).encode() + array.tobytes())
    return f"{len(songs)} songs, {digest.hexdigest()[:16]}"


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What changed, in words such as "learning_rate 0.001 -> 0.002"."""
    words = []
    for name, value in new.items():
        if name == "settings":
            words += [
                f"{each} {old[name].get(each)} -> {value.get(each)}"
                for each in sorted({*old[name], *value})
                if old[name].get(each) != value.get(each)
            ]
        elif old[name] != value:
            words.append("the code of model, examples or score changed" if name == "code" else f"the {name} changed")
    return ", ".join(words)


def _provenance(clip: Clip) -> dict[str, Any]:
    return {"id": clip.id, "title": clip.title, "group": clip.group, **asdict(clip.licence)}


def _write_json(path: Path, value: object) -> None:
    with files.whole(path) as draft:
        draft.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
