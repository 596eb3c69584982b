"""Find kernels of the engine that are not built for the browser, or not from these sources."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai.wasm import build

MANIFEST = "manifest.json"


def problems(folder: Path, engine: Mapping[str, bytes]) -> dict[str, str]:
    """Compare built modules with the engine.

    Args:
        folder: folder of the built modules and their manifest.
        engine: what `folder` should hold: from `build.engine` as compiled now, or from `declared`.

    Returns:
        Module -> problem; empty if all are complete and up to date.
    """
    expected = json.loads(engine[MANIFEST])["modules"]
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))["modules"]
    except FileNotFoundError:
        found = {}
    checked = {name: _problem(folder, found.get(name), entry) for name, entry in expected.items()}
    checked |= dict.fromkeys(found.keys() - expected.keys(), "is built, but has no source any more")
    return {name: problem for name, problem in sorted(checked.items()) if problem}


def _problem(folder: Path, found: Mapping[str, Any] | None, expected: Mapping[str, Any]) -> str:
    if found is None:
        return "is not built"
    path = folder / found["wasm"]
    if not path.is_file():
        return f"is not built: {found['wasm']} is missing"
    if sha256(path.read_bytes()).hexdigest() != found["sha256"]:
        return f"is damaged: {found['wasm']} is not what the manifest says"
    missing = expected["exports"].keys() - found["exports"].keys()
    if missing:
        return f"lacks {', '.join(sorted(missing))}"
    if {**found, "sha256": expected["sha256"]} != expected:
        return "was built from another declaration"
    return "was built from other sources" if found["sha256"] != expected["sha256"] else ""


def declared(folder: Path) -> dict[str, bytes]:
    """The engine as the sources declare it, with the code in `folder`, without compiling."""
    compiled = {}
    for path in build.engine_paths():
        module = build.module_at(path)
        wasm = folder / f"{module.name}.wasm"
        code = wasm.read_bytes() if wasm.is_file() else b""
        compiled[path] = code, build.manifest_entry(module, code)
    return build.engine(compiled)
