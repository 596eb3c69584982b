"""Build every effect and meter as a .wasm module, with a manifest of their exports (see docs/bundle.md)."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from dawg_ai import __version__
from dawg_ai.compiler.target import ENVIRONMENT, Target
from dawg_ai.dsp import effect
from dawg_ai.dsp.kernel import Argument, Module, signature
from dawg_ai.errors import DawgError
from dawg_ai.files import atomic_write
from dawg_ai.wasm import link

Compiled: TypeAlias = dict[str, tuple[bytes, dict[str, Any]]]  # .wasm and manifest entry, by path

TARGET = Target(
    "wasm32-unknown-unknown",
    features="+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals",
    integer="i32",
    position_independent=False,
    distinct=True,
)

BUILT = Path(__file__).parent / "built"
FORMAT = 1

PAGE = 65_536  # bytes of a page of WebAssembly memory; constants fill the first page or pages
_BYTES = {"f32": 4, "f64": 8, "i32": 4}

# Modules that a browser's host needs besides effects. Other meters are part of plugins' kernels.
TOOLS = (
    "dawg_ai.dsp.meters.loudness:MODULE",
    "dawg_ai.dsp.meters.meter:MODULE",
    "dawg_ai.dsp.meters.width:MODULE",
    "dawg_ai.dsp.blocks.filters.resampling:MODULE",
)

# Prefix of an unresolved symbol -> its usual cause.
CAUSES = {
    "NRT_": "it allocates: a new array, a whole-array expression, a list or a string",
    "Py": "it raises an error, prints, or calls Python",
    "numba_": "it calls a helper of Numba's that exists natively only",
    "mem": "it copies or fills memory in a way that WebAssembly has no instruction for",
    "__stack_pointer": "it takes the address of a local value: a tuple indexed by a variable, or too large a result",
    "": "it uses `math` or NumPy where `dawg_ai.dsp.math` should be used, or a power with a variable exponent",
}


def compile_module(path: str) -> tuple[bytes, dict[str, Any]]:
    """Compile a module of kernels.

    Args:
        path: "package.module:NAME" of a `Module`, or of an object with an attribute `module`.

    Returns:
        The .wasm file, and its manifest entry.

    Raises:
        DawgError: a kernel uses a symbol that does not exist in the browser; the message names it.
    """
    return compile_modules([path])[path]


def compile_modules(paths: list[str]) -> Compiled:
    """Compile several modules in processes of their own, since Numba's settings are per process.

    Args:
        paths: as for `compile_module`.

    Returns:
        .wasm file and manifest entry, by path.

    Raises:
        DawgError: as `compile_module`; or Numba is not installed.
    """
    if not importlib.util.find_spec("numba"):
        raise DawgError("kernels cannot be compiled: Numba is not installed (pip install numba)")
    workers = min(len(paths), os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(_compile_apart, [paths[first::workers] for first in range(workers)])
        return {path: found for share in shares for path, found in share.items()}


def _compile_apart(paths: list[str]) -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        environment |= {**ENVIRONMENT, "DAWG_CACHE": folder, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", "dawg_ai.wasm", folder, *paths]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DawgError(done.stderr.strip() or f"the compiler ended with status {done.returncode}")
        return {path: _read(Path(folder) / str(index)) for index, path in enumerate(paths)}


def _read(stem: Path) -> tuple[bytes, dict[str, Any]]:
    return stem.with_suffix(".wasm").read_bytes(), json.loads(stem.with_suffix(".json").read_text("utf-8"))


def module_at(path: str) -> Module:
    """Import the module of kernels at `path`, "package.module:NAME"."""
    name, _, attribute = path.partition(":")
    found = getattr(importlib.import_module(name), attribute)
    module: Module = found if isinstance(found, Module) else found.module
    return module


def compile_here(folder: Path, paths: list[str]) -> None:
    """Compile `paths` to 0.wasm, 0.json, 1.wasm, ...; in a process that was started with `ENVIRONMENT`."""
    for index, path in enumerate(paths):
        module = module_at(path)
        wasm = _linked(module, path)
        (folder / f"{index}.wasm").write_bytes(wasm)
        (folder / f"{index}.json").write_text(json.dumps(manifest_entry(module, wasm)), "utf-8")


def _linked(module: Module, path: str) -> bytes:
    from dawg_ai.compiler import ir  # Numba: not needed to compare declarations

    kernels = {signature(each).name: each for each in module.kernels}
    obj, code = ir.object_file(ir.compiled(kernels), TARGET)
    wasm = link.link(obj, [signature(each).name for each in module.kernels])
    for kind, name in link.imports(wasm):
        if kind != "memory":
            users = [signature(each).name for each in module.kernels if name in _body(code, signature(each).name)]
            where = " and ".join(users) or "a kernel"
            cause = next(cause for start, cause in CAUSES.items() if name.startswith(start))
            raise DawgError(f"{path}: {where} needs {name}, which a browser does not have. Most likely {cause}.")
    return wasm


def _body(code: str, name: str) -> str:
    found = re.search(rf"^define [^\n]*@{name}\(.*?^}}", code, re.MULTILINE | re.DOTALL)
    return found.group() if found else ""


def manifest_entry(module: Module, wasm: bytes) -> dict[str, Any]:
    """The manifest entry of a module: memory layout of its arrays, after the constants, and its exports.

    Args:
        module: the module.
        wasm: its .wasm file.
    """
    offset, memory = max(1, -(-link.data_end(wasm) // PAGE)) * PAGE, {}
    for name, array in module.arrays().items():
        memory[name] = {"type": array.dtype, "shape": list(array.shape or ()), "offset": offset}
        if any(isinstance(dimension, str) for dimension in array.shape or ()):
            memory[name]["capacity"] = _capacity(module, array)
        size = _BYTES[array.dtype]
        for count in _capacity(module, array):
            size *= count
        offset += -(-size // 16) * 16
    return {
        "wasm": f"{module.name}.wasm",
        "sha256": sha256(wasm).hexdigest(),
        "bytes": -(-offset // PAGE) * PAGE,
        "memory": memory,
        "exports": {signed.name: _export(signed) for signed in map(signature, module.kernels)},
    }


def _capacity(module: Module, array: Argument) -> list[int]:
    return [module.capacity[d] if isinstance(d, str) else d for d in array.shape or ()]


def _export(signed: Any) -> dict[str, Any]:
    names = [argument.name for argument in signed.arguments]
    return {"arguments": names, "free": list(signed.free), "returns": signed.returns}


def engine_paths() -> list[str]:
    """Paths of all modules of the engine: effects and TOOLS."""
    return [*(f"{effect.FOLDER}.{name}:EFFECT" for name in effect.names()), *TOOLS]


def engine(compiled: Compiled) -> dict[str, bytes]:
    """All files of `built/` by name.

    Args:
        compiled: result of `compile_modules` for `engine_paths`.
    """
    files, modules = {}, {}
    for path in engine_paths():
        wasm, described = compiled[path]
        name = path.partition(":")[0].rpartition(".")[2]
        if path.endswith(":EFFECT"):
            declared = effect.load(name)
            described |= {"summary": declared.summary, "knobs": [knob.declaration() for knob in declared.knobs]}
            described |= {"plays": declared.plays} if declared.play else {}
        files[described["wasm"]] = wasm
        modules[name] = described
    manifest = {"format": FORMAT, "version": __version__, "modules": modules}
    files["manifest.json"] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    return files


def rebuild() -> None:
    """Compile the engine and replace the files of `built/`."""
    files = engine(compile_modules(engine_paths()))
    for stale in set(BUILT.glob("*")) - {BUILT / name for name in files}:
        stale.unlink()
    for name, content in files.items():
        with atomic_write(BUILT / name) as draft:
            draft.write_bytes(content)
