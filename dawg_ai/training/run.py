"""A run: one request to train, and the folder that belongs to it.

The folder's name is a digest of all that determines the outcome: the clips' files and the code that computes their
features, the split, the seed, the settings, and the code of model, examples and score. So the same request resumes
where it stopped, on any machine, and a change of any of these starts a new folder.

    settings.json    the request, readable
    clips.json       licence, holder and source of each clip, for the bundle
    checkpoint.pt    all state that changes between two steps; previous.pt is the one before
    status.json      how far it is, for planning and for whoever looks after a rented machine
    logs/            for TensorBoard
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dawg_ai import data, files, fingerprint, places, store
from dawg_ai.data import duplicates
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.errors import UsageError
from dawg_ai.plugin import Plugin
from dawg_ai.training.batches import items
from dawg_ai.training.seal import NEWEST

DEFAULTS: Mapping[str, float] = {
    "steps": 10_000,
    "batch": 32,
    "learning_rate": 1e-3,
    "warmup": 0.02,  # share of the steps with a rising learning rate
    "weight_decay": 0.01,
    "clip": 1.0,  # maximum norm of the gradient
    "ema": 0.999,  # decay per step of the averaged weights, which are evaluated and exported
    "evaluate_every": 500,  # steps
    "save_every_s": 60.0,
}


@dataclass(frozen=True)
class Run:
    """What to train, and on what.

    Args:
        plugin: the plugin.
        data: datasets, as given on the command line.
        split: number of the split.
        seed: seed of weights and batches.
        clips: the clips that have features.
        items: the same as items, by part.
        rejected: clip id -> why it is left out.
        features: key of the feature store.
        digests: digest of each clip's files.
        root: where the folder of the run is made; by default `places.runs()`.
    """

    plugin: Plugin
    data: tuple[str, ...]
    split: int
    seed: int
    clips: tuple[Clip, ...]
    items: Mapping[Part, Sequence[Item]]
    rejected: Mapping[str, str]
    features: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    root: Path | None = None

    @cached_property
    def settings(self) -> dict[str, float]:
        """The defaults, overridden by the plugin's settings."""
        return {**DEFAULTS, **self.plugin.settings}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that determines the outcome."""
        plugin = self.plugin
        return {
            "plugin": plugin.name,
            "split": self.split,
            "seed": self.seed,
            # The save interval is the one setting that does not change the outcome.
            "settings": {name: value for name, value in self.settings.items() if name != "save_every_s"},
            "items": {part: self._digest(items) for part, items in self.items.items() if part != "test"},
            "code": code(plugin, self.features),
        }

    def _digest(self, items: Sequence[Item]) -> str:
        """Digest of the items and the bytes of their files; independent of paths and decoders."""
        described = [(item.id, item.group, item.style, self.digests.get(item.id)) for item in items]
        return f"{len(items)} clips, {fingerprint.digest(described)}"

    @cached_property
    def folder(self) -> Path:
        """The run's folder."""
        name = f"split{self.split}-seed{self.seed}-{fingerprint.digest(self.identity)}"
        return (self.root or places.runs()) / self.plugin.name / name

    def note(self, step: int, steps: int, seconds: float) -> None:
        """Write down how far the run is.

        Args:
            step: number of steps done.
            steps: number of steps of the whole run.
            seconds: training time so far.
        """
        status = {"step": step, "steps": steps, "seconds": round(seconds, 3), "finished": step >= steps}
        _write_json(self.folder / "status.json", status)

    def open(self) -> str:
        """Write the request into the folder.

        Returns:
            If the run is new: what differs from the last run of this split and seed; else "".
        """
        # Licences may have been corrected since; they change nothing that is learned.
        _write_json(self.folder / "clips.json", [_provenance(clip) for clip in self.clips])
        if (self.folder / "settings.json").exists():
            return ""
        before = latest(self.plugin.name, self.split, self.seed)
        _write_json(self.folder / "settings.json", {"data": self.data, **self.identity})
        if before is None:
            return ""
        old = json.loads((before / "settings.json").read_text("utf-8"))
        return f"a new run, since {_difference(old, self.identity)} after {before.name}"


def unfinished(plugin_name: str) -> int:
    """Steps that the run saved last has done, if it is not finished; else 0.

    Args:
        plugin_name: the plugin.
    """
    folder = latest(plugin_name)
    path = folder / "status.json" if folder else None
    if path is None or not path.is_file():
        return 0
    status = json.loads(path.read_text("utf-8"))
    return 0 if status["finished"] else int(status["step"])


def code(plugin: Plugin, features: str) -> str:
    """Digest of what a plugin's code and declaration have to do with a trained network.

    Args:
        plugin: the plugin.
        features: the key of its features in the store, which stands for the code that computes them.
    """
    model, examples, score = (plugin.part(name) for name in ("model", "examples", "score"))
    # Of the declaration counts what the code can read from it, and not how it is worded.
    signals = [(signal.name, signal.shape) for signal in plugin.inputs + plugin.outputs]
    controls = [(knob.name, knob.minimum, knob.maximum, knob.default, knob.choices) for knob in plugin.controls]
    chain = [
        (link.effect, link.fixed, [(knob.name, knob.minimum, knob.maximum, knob.step) for knob in link.knobs])
        for link in plugin.chain
    ]
    declared = signals, [mode.name for mode in plugin.modes], controls, chain, features
    reached = fingerprint.code(
        *(model.build, examples.batch, score.loss, score.error), without={f"{model.__package__}.PLUGIN"}
    )
    return fingerprint.digest(declared, reached)


def gather(plugin: Plugin, specs: Sequence[str], split: int = 0, seed: int = 0, *, workers: int | None = None) -> Run:
    """Load the datasets, compute the features of all clips that may be trained on, and split them.

    Args:
        plugin: the plugin.
        specs: datasets, as `dawg_ai.data.load` takes them.
        split: number of the split.
        seed: seed of weights and batches.
        workers: number of processes for the features; by default one per core.

    Raises:
        UsageError: a dataset is not on this machine, or a part of the split has no clips.
    """
    clips = duplicates.together([clip for spec in specs for clip in data.load(spec).clips()])
    allowed, refused = store.trainable(clips)
    features = store.build(plugin, allowed, workers=workers)
    kept = tuple(clip for clip in allowed if clip.id in features)
    parts = items(kept, features, split)
    rejected = {**refused, **features.rejected}
    uses: dict[Part, str] = {"train": "to train on", "valid": "to validate on"}
    for part, use in uses.items():
        if not parts[part]:
            why_not = "".join(f" ({clip_id}: {reason})" for clip_id, reason in itertools.islice(rejected.items(), 2))
            raise UsageError(
                f"no clips {use} in split {split} of {', '.join(specs)}, which has {len(kept)} usable clips and "
                f"{len(rejected)} unusable ones{why_not}; add more data, or choose another split"
            )
    return Run(plugin, tuple(specs), split, seed, kept, parts, rejected, features.key, features.digests)


def latest(plugin_name: str, split: int | None = None, seed: int | None = None) -> Path | None:
    """The folder of the run that was saved last, or None.

    Args:
        plugin_name: the plugin.
        split: only runs of this split; by default of any.
        seed: only runs with this seed; by default with any.
    """
    pattern = f"split{'*' if split is None else split}-seed{'*' if seed is None else seed}-*"
    found = (places.runs() / plugin_name).glob(f"{pattern}/{NEWEST}")
    return max((path.parent for path in found), key=lambda folder: _saved_ns(folder), default=None)


def _saved_ns(folder: Path) -> int:
    return (folder / NEWEST).stat().st_mtime_ns


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What changed, such as "learning_rate 0.001 -> 0.002"."""
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
    with files.atomic_write(path) as draft:
        draft.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
