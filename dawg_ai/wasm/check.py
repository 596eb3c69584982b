"""What the browser lacks of the engine: kernels that are not built, or not from these sources."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai.wasm import build

MANIFEST = "manifest.json"


def lacks(folder: Path, engine: Mapping[str, bytes]) -> dict[str, str]:
    """What is wrong with each kernel module in `folder`, by name, in words; nothing where the browser has all.

    `engine` is what `folder` should hold, from `build.engine`: as compiled now, or as `declared`.
    """
    expected = json.loads(engine[MANIFEST])["modules"]
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))["modules"]
    except FileNotFoundError:
        found = {}
    said = {name: _said(folder, found.get(name), entry) for name, entry in expected.items()}
    said |= dict.fromkeys(found.keys() - expected.keys(), "is built, but no longer there")
    return {name: words for name, words in sorted(said.items()) if words}


def _said(folder: Path, found: Mapping[str, Any] | None, expected: Mapping[str, Any]) -> str:
    if found is None:
        return "is not built"
    path = folder / found["wasm"]
    if not path.is_file():
        return f"is not built: {found['wasm']} is missing"
    if sha256(path.read_bytes()).hexdigest() != found["sha256"]:
        return f"is damaged: {found['wasm']} is not what the manifest says"
    without = expected["exports"].keys() - found["exports"].keys()
    if without:
        return f"lacks {', '.join(sorted(without))}"
    if {**found, "sha256": expected["sha256"]} != expected:
        return "is declared otherwise than it is built"
    return "is built from other sources" if found["sha256"] != expected["sha256"] else ""


def declared(folder: Path) -> dict[str, bytes]:
    """The engine as the sources declare it, with the code that is in `folder`: nothing is compiled."""
    compiled = {}
    for path in build.engine_paths():
        module = build.module_at(path)
        wasm = folder / f"{module.name}.wasm"
        code = wasm.read_bytes() if wasm.is_file() else b""
        compiled[path] = code, build.entry(module, code)
    return build.engine(compiled)
