"""Every effect and meter as a .wasm, and the manifest that says how to call them (see docs/bundle.md)."""

import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from dawg_ai.dsp import blocks, effect, meters
from dawg_ai.dsp.kernel import Argument, Module, signature
from dawg_ai.errors import DawgError
from dawg_ai.files import whole
from dawg_ai.wasm import ir, link

Compiled: TypeAlias = dict[str, tuple[bytes, dict[str, Any]]]  # .wasm and manifest entry, by path

BUILT = Path(__file__).parent / "built"
FORMAT = 1

PAGE = 65_536  # WebAssembly's unit of memory; the first is kept for constants
_BYTES = {"f32": 4, "f64": 8, "i32": 4}

# What usually stands behind a function that a kernel cannot do without.
CAUSES = {
    "NRT_": "it allocates: a new array, a whole-array expression, a list or a string",
    "Py": "it raises an error, prints, or calls Python",
    "numba_": "it calls a helper of Numba's that exists natively only",
    "mem": "it copies or fills memory in a way that WebAssembly has no instruction for",
    "__stack_pointer": "it takes the address of a local value: a tuple indexed by a variable, or too large a result",
    "": "it uses `math` or NumPy where `dawg_ai.dsp.math` should be used, or a power with a variable exponent",
}


def compile_module(path: str) -> tuple[bytes, dict[str, Any]]:
    """Compile what `path` names, "package.module:NAME": a `Module`, or something that has one as `.module`.

    Returns:
        The .wasm file, and its entry for a manifest.

    Raises:
        DawgError: a kernel uses something that does not exist in the browser; the message says what.
    """
    return compile_modules([path])[path]


def compile_modules(paths: list[str]) -> Compiled:
    """As `compile_module`, for many; in one process of their own, since Numba's settings are a process's."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        environment |= {**ir.ENVIRONMENT, "DAWG_CACHE": folder, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", "dawg_ai.wasm", folder, *paths]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DawgError(done.stderr.strip() or f"the compiler ended with status {done.returncode}")
        return {path: _read(Path(folder) / str(index)) for index, path in enumerate(paths)}


def _read(stem: Path) -> tuple[bytes, dict[str, Any]]:
    return stem.with_suffix(".wasm").read_bytes(), json.loads(stem.with_suffix(".json").read_text("utf-8"))


def compile_here(folder: Path, paths: list[str]) -> None:
    """Compile `paths` to 0.wasm, 0.json, 1.wasm, ...; in a process that was started with `ir.ENVIRONMENT`."""
    for index, path in enumerate(paths):
        name, _, attribute = path.partition(":")
        found = getattr(importlib.import_module(name), attribute)
        module: Module = found if isinstance(found, Module) else found.module
        wasm = _linked(module, path)
        (folder / f"{index}.wasm").write_bytes(wasm)
        (folder / f"{index}.json").write_text(json.dumps(entry(module, wasm)), "utf-8")


def _linked(module: Module, path: str) -> bytes:
    obj, code = ir.object_file(module)
    wasm = link.link(obj, [signature(each).name for each in module.kernels])
    for kind, name in link.imports(wasm):
        if kind != "memory":
            users = [signature(each).name for each in module.kernels if name in _body(code, signature(each).name)]
            where = " and ".join(users) or "a kernel"
            cause = next(cause for start, cause in CAUSES.items() if name.startswith(start))
            raise DawgError(f"{path}: {where} needs {name}, which a browser does not have. Most likely {cause}.")
    assert len(wasm) < PAGE, f"{path}: {len(wasm)} bytes of code and constants"
    return wasm


def _body(code: str, name: str) -> str:
    found = re.search(rf"^define [^\n]*@{name}\(.*?^}}", code, re.MULTILINE | re.DOTALL)
    return found.group() if found else ""


def entry(module: Module, wasm: bytes) -> dict[str, Any]:
    """How to call a module: where each array lies in memory, and what each export takes."""
    at, memory = PAGE, {}
    for name, array in module.arrays().items():
        memory[name] = {"type": array.dtype, "shape": list(array.shape or ()), "offset": at}
        if any(isinstance(dimension, str) for dimension in array.shape or ()):
            memory[name]["capacity"] = _capacity(module, array)
        size = _BYTES[array.dtype]
        for count in _capacity(module, array):
            size *= count
        at += -(-size // 16) * 16
    return {
        "wasm": f"{module.name}.wasm",
        "sha256": sha256(wasm).hexdigest(),
        "bytes": -(-at // PAGE) * PAGE,
        "memory": memory,
        "exports": {signed.name: _export(signed) for signed in map(signature, module.kernels)},
    }


def _capacity(module: Module, array: Argument) -> list[int]:
    return [module.capacity[d] if isinstance(d, str) else d for d in array.shape or ()]


def _export(signed: Any) -> dict[str, Any]:
    names = [argument.name for argument in signed.arguments]
    return {"arguments": names, "free": list(signed.free), "returns": signed.returns}


def engine_paths() -> list[str]:
    """What the engine is made of: every effect, and every `MODULE` of the meters and blocks."""
    effects = [f"{effect.FOLDER}.{name}:EFFECT" for name in effect.names()]
    others = [
        f"{folder.__name__}.{each.name}"
        for folder in (meters, blocks)
        for each in pkgutil.iter_modules(folder.__path__)
    ]
    return effects + [f"{name}:MODULE" for name in others if hasattr(importlib.import_module(name), "MODULE")]


def engine(compiled: Compiled) -> dict[str, bytes]:
    """All files of `built/` by name, from what `compile_modules` made of `engine_paths`."""
    files, modules = {}, {}
    for path in engine_paths():
        wasm, described = compiled[path]
        name = path.partition(":")[0].rpartition(".")[2]
        if path.endswith(":EFFECT"):
            declared = effect.load(name)
            described |= {"summary": declared.summary, "knobs": [knob.declaration() for knob in declared.knobs]}
        files[described["wasm"]] = wasm
        modules[name] = described
    manifest = {"format": FORMAT, "modules": modules}
    files["manifest.json"] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    return files


def differences(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Kernels, as "module.kernel", that `built/` lacks, or has of other sources than `files`, which `engine` made."""
    shipped = {path.name: path.read_bytes() for path in BUILT.glob("*")}
    wanted = json.loads(files["manifest.json"])["modules"]
    known = json.loads(shipped.get("manifest.json", '{"modules": {}}'))["modules"]
    found: dict[str, list[str]] = {"lacks": [], "stale": []}
    for name, described in wanted.items():
        there = known.get(name, {}) if described["wasm"] in shipped else {}
        same = there == described and shipped[described["wasm"]] == files[described["wasm"]]
        for kernel in described["exports"]:
            if kernel not in there.get("exports", {}):
                found["lacks"].append(f"{name}.{kernel}")
            elif not same:
                found["stale"].append(f"{name}.{kernel}")
    return found


def rebuild() -> None:
    """Write `built/` anew."""
    files = engine(compile_modules(engine_paths()))
    for stale in set(BUILT.glob("*")) - {BUILT / name for name in files}:
        stale.unlink()
    for name, content in files.items():
        with whole(BUILT / name) as draft:
            draft.write_bytes(content)
