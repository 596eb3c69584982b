"""Build the libraries of kernels for a platform: one for each generation of its processors."""

import importlib
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from dawg_ai import dsp, progress
from dawg_ai.compiler.target import ENVIRONMENT, Target
from dawg_ai.dsp import library
from dawg_ai.dsp.effect import Effect
from dawg_ai.dsp.kernel import Kernel, Module, signature
from dawg_ai.errors import DawgError
from dawg_ai.files import atomic_write
from dawg_ai.native import elf
from dawg_ai.native.targets import PLATFORMS, Platform

HERE = Path(__file__).parent
MEMORY = HERE / "memory.ll"  # memcpy and memset, which LLVM calls of its own accord


def here() -> str:
    """The platform of this machine, by its name in `PLATFORMS`."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{library.MACHINES.get(machine, machine)}"


def libraries(platforms: Sequence[str]) -> dict[Path, tuple[Platform, Target]]:
    """What there is to build: file, and what for.

    Args:
        platforms: names in `PLATFORMS`; of each, the libraries for all processors. None: the one for this machine,
            if there is one.

    Raises:
        DawgError: there is no such platform.
    """
    for name in platforms:
        if name not in PLATFORMS:
            known = ", ".join(PLATFORMS)
            raise DawgError(f"no library of kernels can be built for {name}; expected one of: {known}")
    found = {}
    for chosen in (PLATFORMS[name] for name in platforms or [here()] if name in PLATFORMS):
        names = list(chosen.targets)
        if not platforms:
            names = [*filter(library.runs, names)][:1]
        for name in names:
            file = library.BUILT / library.file_name(name, chosen.system)
            found[file] = chosen, chosen.targets[name]
    return found


def current(file: Path) -> bool:
    """Whether a library is there, and of these sources."""
    return file.is_file() and library.digest().encode() in file.read_bytes()


def modules() -> list[str]:
    """Names of all modules of `dawg_ai.dsp`; the folder is the list."""
    found = pkgutil.walk_packages(dsp.__path__, f"{dsp.__name__}.")
    return [each.name for each in found if not each.name.startswith(f"{dsp.__name__}.jit")]


def kernels(name: str) -> dict[str, Callable[..., Any]]:
    """The kernels of a module that a host may call, by their names in the library.

    Those are the kernels of its `Effect` and `Module`, and all whose arrays are declared with their dimensions. The
    unguarded kernels of an effect are not among them.
    """
    held = vars(importlib.import_module(name)).values()
    groups = [each.module if isinstance(each, Effect) else each for each in held if isinstance(each, Effect | Module)]
    found: list[Any] = [each for group in groups for each in group.kernels]
    guarded = {each.symbol.replace("_guarded_", "_") for each in found}
    plain = [each for each in held if isinstance(each, Kernel) and each.symbol not in guarded and _declared(each)]
    return {each.symbol: each for each in [*found, *plain] if each.__module__ == name}


def _declared(function: Callable[..., Any]) -> bool:
    """Whether a kernel takes arrays, the dimensions of all are declared, and it returns one number or none."""
    plain = getattr(function, "py_func", function)
    if get_origin(get_type_hints(plain).get("return")) is tuple:
        return False
    try:
        return any(each.shape is not None for each in signature(function).arguments)
    except (KeyError, TypeError):
        return False


def _compile(module: str, targets: Mapping[Path, Target]) -> dict[Path, bytes]:
    """Object files of a module's kernels by library; empty for one without any."""
    from dawg_ai.compiler import ir

    if not (found := ir.compiled(kernels(module))):
        return {}
    return {file: ir.object_file(found, target)[0] for file, target in targets.items()}


def _compile_rest(targets: Mapping[Path, Target]) -> dict[Path, bytes]:
    """Object files of what else a library holds: two functions, and the digest of all sources."""
    from dawg_ai.compiler import ir

    size, text = len(library.digest()), library.digest()
    code = f'{MEMORY.read_text()}\n@{library.DIGEST} = constant [{size} x i8] c"{text}"\n'
    return {file: ir.object_file({}, target, code)[0] for file, target in targets.items()}


def _prepare(cache: str) -> None:
    """In a process that compiles, before Numba is imported."""
    for name in [name for name in os.environ if name.startswith("NUMBA_")]:
        del os.environ[name]
    os.environ.update(ENVIRONMENT, DAWG_KERNELS="numba", DAWG_CACHE=cache)


def objects(targets: Mapping[Path, Target], workers: int | None = None) -> dict[Path, list[bytes]]:
    """Compile all kernels.

    Args:
        targets: what for, by library.
        workers: processes at once; by default one for each core.

    Returns:
        Object files by library.
    """
    made: dict[Path, list[bytes]] = {file: [] for file in targets}
    with (
        tempfile.TemporaryDirectory() as cache,
        ProcessPoolExecutor(workers or os.cpu_count(), get_context("spawn"), _prepare, (cache,)) as pool,
    ):
        jobs = [pool.submit(_compile, module, targets) for module in modules()]
        jobs.append(pool.submit(_compile_rest, targets))
        with progress.bar("compile kernels", "module", len(jobs)) as bar:
            for job in jobs:
                for file, obj in job.result().items():
                    made[file].append(obj)
                bar.update()
    return made


def build(platforms: Sequence[str] = (), workers: int | None = None) -> None:
    """Build libraries into `built/`, where they are missing or of other sources.

    Numba compiles each kernel once for all of them; LLVM, which takes a third of that time, once for each.

    Args:
        platforms: as for `libraries`.
        workers: as for `objects`.

    Raises:
        DawgError: there is no such platform; a kernel does not compile; or ziglang is missing for another system.
    """
    stale = {file: what for file, what in libraries(platforms).items() if not current(file)}
    if not stale:
        return
    for file, parts in objects({file: target for file, (_, target) in stale.items()}, workers).items():
        linked = zig(parts, stale[file][0]) if stale[file][0].zig else elf.link(parts)
        with atomic_write(file) as draft:
            draft.write_bytes(linked)


def zig(parts: list[bytes], chosen: Platform) -> bytes:
    """Link object files for macOS or Windows."""
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for index, part in enumerate(parts):
            objects.append(draft := Path(folder) / f"{index}.o")
            draft.write_bytes(part)
        out = Path(folder) / f"kernels.{library.SUFFIXES[chosen.system]}"
        words = ["-shared", "-target", chosen.zig, "-nostdlib", "-s", "-o", str(out), *map(str, objects)]
        if chosen.system == "win32":
            words += ["-rtlib=compiler-rt", str(HERE / "windows.c")]
        else:
            words.append(f"-Wl,-install_name,@rpath/{out.name}")
        done = subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DawgError(f"linking for {chosen.zig} failed (pip install ziglang): {done.stderr.strip()}")
        return out.read_bytes()
