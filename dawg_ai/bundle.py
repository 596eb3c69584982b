"""Write and read bundles: trained plugins as folders of files, in the format of docs/bundle.md.

`declaration` writes plugin.json and `Bundle` parses it; no other code knows its keys.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai import __version__, places
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.kernel import signature
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.features.audio import AudioExtractor
from dawg_ai.features.notes import NoteExtractor
from dawg_ai.plugin import SONG, Link, Mode, Plugin, Signal

FORMAT = 2
SHIPPED = Path(__file__).parent / "bundles"
ENGINE = Path(__file__).parent / "wasm" / "built"
PARTS = ("model.onnx", "plugin.wasm", "check.json", "LICENCES.md", "CARD.md")

Extractor = AudioExtractor | NoteExtractor
_EXTRACTORS: Mapping[str, Callable[..., Extractor]] = {each.kind: each for each in (AudioExtractor, NoteExtractor)}
_KEYS = frozenset(
    {
        *("plugin", "summary", "licence", "sources", "controls", "modes", "offered", "inputs", "outputs", "chain"),
        *("kernels", "decode", "refine", "meters", "max_passes", "min_confidence"),
    }
)


@dataclass(frozen=True)
class BundledSource:
    """A source as a bundle declares it; see `dawg_ai.plugin.Source`."""

    name: str
    file: str
    most: int
    features: Extractor


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: folder and declaration; all files are present and their digests match."""

    folder: Path
    declaration: Mapping[str, Any]

    @property
    def plugin(self) -> str:
        """The plugin's name."""
        return str(self.declaration["plugin"])

    @property
    def digest(self) -> str:
        """SHA-256 of the network."""
        return str(self.declaration["files"]["model.onnx"])

    @property
    def origin(self) -> dict[str, Any]:
        """Which bundle this is: version, date, data it was trained on, and folder."""
        made = self.declaration.get("made", {})
        return {
            "version": self.declaration.get("version", ""),
            "date": made.get("date", ""),
            "data": made.get("data", []),
            "folder": str(self.folder),
        }

    @cached_property
    def sources(self) -> tuple[BundledSource, ...]:
        """Input files."""
        return tuple(_source(each) for each in self.declaration["sources"])

    @cached_property
    def controls(self) -> tuple[Knob, ...]:
        """Parameters that the user sets."""
        return tuple(Knob(**{**each, "choices": tuple(each["choices"])}) for each in self.declaration["controls"])

    @cached_property
    def modes(self) -> tuple[Mode, ...]:
        """All modes of the network."""
        return tuple(Mode(each["name"], each["summary"], tuple(each["needs"])) for each in self.declaration["modes"])

    @property
    def offered(self) -> tuple[str, ...]:
        """Names of the modes that the user may choose."""
        return tuple(self.declaration["offered"])

    @cached_property
    def inputs(self) -> tuple[Signal, ...]:
        """Inputs of the network."""
        return _signals(self.declaration["inputs"])

    @cached_property
    def outputs(self) -> tuple[Signal, ...]:
        """Outputs of the network."""
        return _signals(self.declaration["outputs"])

    @cached_property
    def chain(self) -> tuple[Link, ...]:
        """The effects and instruments that it sets."""
        return tuple(
            Link(each["effect"], tuple(each["sets"]), each["fixed"], each["plays"])
            for each in self.declaration["chain"]
        )

    def takes(self, mode: Mode) -> frozenset[str]:
        """Names of the sources and controls that a mode takes: those it needs, those that no mode names, the song."""
        optional = {name for each in self.modes for name in each.needs}
        every = {source.name for source in self.sources} | {knob.name for knob in self.controls}
        return frozenset((every - optional) | set(mode.needs) | ({SONG} & every))

    def changed_effects(self) -> list[str]:
        """Names of the effects in the chain whose code has changed since the plugin was trained.

        Raises:
            DawgError: an effect, or a knob that the plugin sets, no longer exists.
        """
        changed, engine = [], _engine()
        for link in self.declaration["chain"]:
            if link["effect"] not in effect.names():
                raise self._stale(f"the effect {link['effect']!r}, which does not exist")
            there = {knob.name for knob in effect.load(link["effect"]).knobs}
            if missing := {*link["sets"], *link["fixed"]} - there:
                raise self._stale(f"{', '.join(sorted(missing))} of {link['effect']}, which it no longer has")
            if link["sha256"] != engine.get(link["effect"]):
                changed.append(link["effect"])
        return changed

    def _stale(self, missing: str) -> DawgError:
        return DawgError(
            f"{self.folder} sets {missing}; make it again with: dawg train {self.plugin} && dawg export {self.plugin}"
        )


def _source(declared: Mapping[str, Any]) -> BundledSource:
    given: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in declared["features"].items()}
    features = _EXTRACTORS[given.pop("kind")](**given)
    return BundledSource(declared["name"], declared["file"], declared["most"], features)


def _signals(declared: Sequence[Mapping[str, Any]]) -> tuple[Signal, ...]:
    return tuple(Signal(each["name"], tuple(each["shape"]), each["meaning"]) for each in declared)


def _mode(mode: Mode) -> dict[str, Any]:
    declared = {"name": mode.name, "summary": mode.summary, "needs": list(mode.needs)}
    return declared | ({"action": mode.action} if mode.action else {})


def _engine() -> dict[str, str]:
    """The digest of each effect's compiled kernels."""
    modules = json.loads((ENGINE / "manifest.json").read_text("utf-8"))["modules"]
    return {name: str(entry["sha256"]) for name, entry in modules.items()}


def declaration(
    plugin: Plugin, kernels: Mapping[str, Any], made: Mapping[str, Any], licence: str, offered: Sequence[str]
) -> dict[str, Any]:
    """The content of plugin.json, without the digests of the files.

    Args:
        plugin: the plugin.
        kernels: the manifest entry of its kernels.
        made: how it was trained: command, date, data, seed and so on.
        licence: SPDX expression for the weights.
        offered: names of the modes that the user may choose.
    """
    engine = _engine()
    return {
        "format": FORMAT,
        "plugin": plugin.name,
        "summary": plugin.summary,
        **({"action": plugin.action} if plugin.action else {}),
        "version": __version__,
        "licence": licence,
        "made": dict(made),
        "sources": [
            {
                "name": source.name,
                "file": source.file,
                "most": source.most,
                "features": source.features.extractor.declaration(),
            }
            for source in plugin.sources
            if source.asked
        ],
        "controls": [knob.declaration() for knob in plugin.controls],
        "modes": [_mode(mode) for mode in plugin.modes],
        "offered": list(offered),
        "inputs": [asdict(signal) for signal in plugin.inputs],
        "outputs": [asdict(signal) for signal in plugin.outputs],
        "chain": [
            {
                "effect": link.effect,
                "sets": list(link.sets),
                "fixed": dict(link.fixed),
                "plays": link.plays,
                "groups": list(link.groups),
                "sha256": engine.get(link.effect, ""),
                "knobs": [knob.name for knob in effect.load(link.effect).knobs],
            }
            for link in plugin.chain
        ],
        "decode": signature(plugin.decode).name if plugin.decode else None,
        "refine": signature(plugin.refine).name if plugin.refine else None,
        "meters": list(plugin.meters),
        "max_passes": plugin.max_passes,
        "min_confidence": plugin.min_confidence,
        **({"presets": [asdict(preset) for preset in plugin.presets]} if plugin.presets else {}),
        **({"editor": plugin.editor.declaration()} if plugin.editor else {}),
        "kernels": {**kernels, "wasm": "plugin.wasm"},
    }


def write(folder: Path, declared: Mapping[str, Any], parts: Mapping[str, bytes]) -> Bundle:
    """Write a bundle, replacing the one before.

    The new folder is complete before the old one is moved aside, so an interruption leaves one of the two.

    Args:
        folder: the bundle's folder.
        declared: what `declaration` returned.
        parts: content of every file in PARTS.

    Returns:
        The bundle, opened.
    """
    assert set(parts) == set(PARTS), sorted(parts)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    new, before = draft / "new", draft / "before"
    try:
        new.mkdir()
        for name, content in parts.items():
            (new / name).write_bytes(content)
        digests = {name: sha256(content).hexdigest() for name, content in parts.items()}
        text = json.dumps({**declared, "files": digests}, indent=1, ensure_ascii=False)
        (new / "plugin.json").write_text(text + "\n", "utf-8", "backslashreplace")
        if folder.exists():
            folder.rename(before)
        new.rename(folder)
    finally:
        if before.exists() and not folder.exists():
            before.rename(folder)
        shutil.rmtree(draft, ignore_errors=True)
    return read(folder)


def read(folder: Path) -> Bundle:
    """Open a bundle and verify its files.

    Args:
        folder: the bundle's folder.

    Raises:
        DawgError: a file is missing or damaged (the message names it), or the format is another version.
    """
    path = folder / "plugin.json"
    try:
        declared = json.loads(path.read_text("utf-8"))
        digests = dict(declared["files"])
    except FileNotFoundError:
        raise DawgError(f"{path} is missing; export or install the bundle again") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DawgError(f"{path} is damaged ({error}); export or install the bundle again") from None
    if declared.get("format") != FORMAT:
        raise DawgError(
            f"{path} has format {declared.get('format')}; this version of dawg reads format {FORMAT}: "
            f"make it again with: dawg export {declared.get('plugin', folder.name)}"
        )
    if missing := _KEYS - set(declared):
        raise DawgError(f"{path} is damaged (it lacks {', '.join(sorted(missing))}); export or install it again")
    for name in PARTS:
        part = folder / name
        if not part.is_file():
            raise DawgError(f"{part} is missing; export or install the bundle again")
        if sha256(part.read_bytes()).hexdigest() != digests.get(name):
            raise DawgError(f"{part} is damaged (its SHA-256 is not that of plugin.json); export or install it again")
    return Bundle(folder, declared)


def folders() -> dict[str, Path]:
    """Folders of all bundles on this machine, by plugin; an exported bundle takes precedence over the shipped one."""
    found = [path.parent for root in (SHIPPED, places.bundles()) for path in sorted(root.glob("*/plugin.json"))]
    return {folder.name: folder for folder in found}


def load(plugin_name: str) -> Bundle:
    """Open the bundle of a plugin; the plugin's code is not needed.

    Args:
        plugin_name: the plugin.

    Raises:
        UsageError: there is no bundle of it.
        DawgError: the bundle is damaged, or has another format.
    """
    here = folders()
    if plugin_name not in here:
        raise UsageError(
            f"there is no bundle of {plugin_name!r} (there are: {', '.join(here) or 'none'}); "
            f"a plugin's is made with: dawg train {plugin_name} && dawg export {plugin_name}"
        )
    return read(here[plugin_name])
