"""A trained plugin as a folder of files, and back. The format is specified in docs/bundle.md."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai import __version__, places
from dawg_ai import plugin as plugins
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.plugin import Plugin

FORMAT = 1
SHIPPED = Path(__file__).parents[1] / "bundles"
PARTS = ("model.onnx", "features.wasm", "check.json", "LICENCES.md", "CARD.md")
_SAID = {"plugin", "effect", "modes", "styles", "offered_styles", "inputs", "outputs", "features"}


@dataclass(frozen=True)
class Bundle:
    """An opened bundle: its folder and its declaration, every part present and undamaged."""

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


def declaration(
    plugin: Plugin, features: Mapping[str, Any], made: Mapping[str, Any], offered_styles: Sequence[str]
) -> dict[str, Any]:
    """`plugin.json` but for the digests of the files. `features` is the manifest entry of the feature kernels."""
    return {
        "format": FORMAT,
        "plugin": plugin.name,
        "summary": plugin.summary,
        "version": __version__,
        "made": dict(made),
        "effect": plugin.effect,
        "modes": [asdict(mode) for mode in plugin.modes],
        "styles": list(plugin.styles),
        "offered_styles": list(offered_styles),
        "inputs": [asdict(signal) for signal in plugin.inputs],
        "outputs": [asdict(signal) for signal in plugin.outputs],
        "features": {
            **features,
            "wasm": "features.wasm",
            "frame_s": plugin.features.frame_s,
            "outputs": list(plugin.features.outputs),
        },
    }


def write(folder: Path, declared: Mapping[str, Any], parts: Mapping[str, bytes]) -> Bundle:
    """Write a bundle whole, in place of the one before.

    The new folder is complete before the old one is moved aside, so an interruption leaves one of them.
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
        (new / "plugin.json").write_text(text + "\n", "utf-8")
        if folder.exists():
            folder.rename(before)
        new.rename(folder)
    finally:
        if before.exists() and not folder.exists():
            before.rename(folder)
        shutil.rmtree(draft, ignore_errors=True)
    return read(folder)


def read(folder: Path) -> Bundle:
    """Open the bundle in `folder`.

    Raises:
        DawgError: a part is missing or damaged (the message names it), or the format is of another version.
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
        raise DawgError(f"{path} is of format {declared.get('format')}; this version of dawg reads format {FORMAT}")
    if missing := _SAID - set(declared):
        raise DawgError(f"{path} is damaged (it lacks {', '.join(sorted(missing))}); export or install it again")
    for name in PARTS:
        part = folder / name
        if not part.is_file():
            raise DawgError(f"{part} is missing; export or install the bundle again")
        if sha256(part.read_bytes()).hexdigest() != digests.get(name):
            raise DawgError(f"{part} is damaged (its SHA-256 is not that of plugin.json); export or install it again")
    return Bundle(folder, declared)


def folders() -> dict[str, Path]:
    """All bundles on this machine by plugin; one that was exported here wins over the shipped one."""
    found = [path.parent for root in (SHIPPED, places.bundles()) for path in sorted(root.glob("*/plugin.json"))]
    return {folder.name: folder for folder in found}


def load(plugin_name: str) -> Bundle:
    """The bundle of a plugin.

    Raises:
        UsageError: there is none.
        DawgError: it is damaged.
    """
    here = folders()
    if plugin_name not in here:
        chosen = plugins.load(plugin_name)
        raise UsageError(
            f"there is no bundle of {chosen.name} (there are: {', '.join(here) or 'none'}); "
            f"make one with: dawg train {chosen.name} && dawg export {chosen.name}"
        )
    return read(here[plugin_name])
