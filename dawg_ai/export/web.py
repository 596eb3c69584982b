"""The package for browser DAWs as a folder: for any web host as it is, and for npm.

studio/web/README.md, which it holds, says how it is used. `write` makes:

    dawg.js, worklet.js, plugin.js, worker.js    the host (dawg_ai/web, built from studio/web)
    files.js                                     where everything else is, with digests
    engine/<name>.json, engine/<name>.wasm       effects, instruments and tools: entries of the manifest, and kernels
    wam/<name>/index.js                          the same as Web Audio Modules
    plugins/<name>/...                           bundles of trained plugins
    types/                                       TypeScript's, with the knobs of every effect
    integrity.json                               for each file the value of an `integrity` attribute
"""

import json
import shutil
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

from dawg_ai import __version__
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.export import wam
from dawg_ai.files import atomic_folder

PACKAGE = Path(__file__).parents[1]
BUILT = PACKAGE / "web"
ENGINE = PACKAGE / "wasm" / "built"
NAME = "@dawg-ai/web"
RUNTIME = "ort-wasm-simd-threaded.wasm"


def write(folder: Path, bundles: Mapping[str, Path]) -> list[str]:
    """Write the package to a new folder.

    Args:
        folder: a new or empty folder.
        bundles: folders of the trained plugins to take in, by name.

    Returns:
        The addresses of its files.

    Raises:
        DawgError: the modules are not built.
        UsageError: the folder is not empty.
    """
    if not (BUILT / "dawg.js").is_file():
        raise DawgError(f"the package's modules are not at {BUILT}; build them with: python studio/build.py")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; name a new one, so that no old file stays among the new")
    modules = json.loads((ENGINE / "manifest.json").read_text("utf-8"))["modules"]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folder(folder) as draft:
        shutil.copytree(BUILT, draft, dirs_exist_ok=True)
        shutil.copyfile(_runtime(), draft / RUNTIME)
        for name, entry in modules.items():
            _put(draft / "engine" / f"{name}.json", json.dumps(entry, separators=(",", ":")))
            shutil.copyfile(ENGINE / entry["wasm"], draft / "engine" / entry["wasm"])
        for name, source in bundles.items():
            shutil.copytree(source, draft / "plugins" / name)
        for address, text in wam.files(modules).items():
            _put(draft / address, text)
        _put(draft / "files.js", _files(draft, modules, bundles))
        _put(draft / "types" / "knobs.d.ts", knob_types(modules, bundles))
        _put(draft / "package.json", json.dumps(_package(draft, bundles), indent=2) + "\n")
        files = sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())
        integrity = {name: _integrity((draft / name).read_bytes()) for name in files}
        _put(draft / "integrity.json", json.dumps(integrity, indent=1) + "\n")
    return [*files, "integrity.json"]


def _runtime() -> Path:
    """ONNX Runtime, which the studio's page has, too."""
    (found,) = (PACKAGE / "studio" / "assets").glob(f"{RUNTIME.removesuffix('.wasm')}-*.wasm")
    return found


def _put(draft: Path, text: str) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, "utf-8", newline="\n")


def _integrity(content: bytes) -> str:
    return f"sha384-{b64encode(sha384(content).digest()).decode()}"


def _files(draft: Path, modules: Mapping[str, Any], bundles: Mapping[str, Path]) -> str:
    """The module `files.js`.

    Every address is written out in `new URL(..., import.meta.url)`, by which bundlers find files to take along.
    """

    def digest(address: str) -> str:
        return json.dumps(sha256((draft / address).read_bytes()).hexdigest())

    def module(name: str) -> str:
        entry, wasm = f"engine/{name}.json", f"engine/{modules[name]['wasm']}"
        return f"  {name}: {{ entry: {_url(entry)}, sha256: {digest(entry)}, wasm: {_url(wasm)} }},\n"

    def plugin(name: str) -> str:
        root = f"plugins/{name}/"
        addresses = sorted(path.name for path in (draft / root).iterdir() if path.suffix != ".md")
        files = "".join(f"      {json.dumps(each)}: {_url(root + each)},\n" for each in addresses)
        return f"  {name}: {{\n    sha256: {digest(root + 'plugin.json')},\n    files: {{\n{files}    }},\n  }},\n"

    effects = [name for name, entry in modules.items() if "knobs" in entry]
    tables = {
        "effects": map(module, effects),
        "tools": (module(name) for name in modules if name not in effects),
        "plugins": map(plugin, bundles),
    }
    return (
        "".join(f"export const {table} = {{\n{''.join(rows)}}};\n" for table, rows in tables.items())
        + f"export const worklet = {_url('worklet.js')};\n"
        + f"export const runtime = {{ at: {_url(RUNTIME)}, sha256: {digest(RUNTIME)} }};\n"
        + f"export const version = {json.dumps(__version__)};\n"
    )


def _url(address: str) -> str:
    return f"new URL({json.dumps('./' + address)}, import.meta.url)"


def _package(draft: Path, bundles: Mapping[str, Path]) -> dict[str, Any]:
    """`package.json`."""
    declared = [json.loads((draft / "plugins" / name / "plugin.json").read_text("utf-8")) for name in bundles]
    licences = {part for each in declared for part in each["licence"].split(" AND ")}
    return {
        "name": NAME,
        "version": __version__,
        "description": "Audio effects, instruments and trained AI plugins for browser DAWs",
        "keywords": ["web-audio", "audioworklet", "wasm", "dsp", "music", "daw"],
        "license": " AND ".join(["MIT", *sorted(licences - {"MIT"})]),
        "type": "module",
        "exports": {".": {"types": "./types/dawg.d.ts", "default": "./dawg.js"}, "./*": "./*"},
        "types": "./types/dawg.d.ts",
        "sideEffects": False,
    }


def knob_types(modules: Mapping[str, Any], bundles: Mapping[str, Path]) -> str:
    """TypeScript's types of all knobs: names, ranges and choices."""
    effects = {name: entry for name, entry in modules.items() if "knobs" in entry}
    instruments = {name: entry for name, entry in effects.items() if "plays" in entry}

    def interface(title: str, entries: Mapping[str, Any]) -> Iterator[str]:
        yield f"export interface {title} {{"
        for name, entry in entries.items():
            yield f"  /** {_sentence(entry['summary'])} */"
            yield f"  {name}: {{"
            for knob in entry["knobs"]:
                yield f"    /** {_described(knob)} */"
                yield f"    {knob['name']}: {' | '.join(map(json.dumps, knob['choices'])) or 'number'};"
            yield "  };"
        yield "}"

    return "\n".join(
        [
            "/** Knobs of each effect and instrument, as the engine of this folder has them. */",
            *interface("Effects", {name: entry for name, entry in effects.items() if name not in instruments}),
            *interface("Instruments", instruments),
            f"export type PluginName = {' | '.join(map(json.dumps, bundles)) or 'never'};",
            "",
        ]
    )


def _sentence(text: str) -> str:
    return text.replace("*/", "* /").strip()


def _described(knob: Mapping[str, Any]) -> str:
    """A knob in words: its label, range, unit and default."""
    if knob["choices"]:
        return _sentence(f"{knob['label']}; {knob['choices'][int(knob['default'])]} by default.")
    unit = f" {knob['unit']}" if knob["unit"] else ""
    return _sentence(
        f"{knob['label']}: {knob['minimum']:g} to {knob['maximum']:g}{unit}, {knob['default']:g} by default, "
        f"in steps of {knob['step']:g}."
    )
