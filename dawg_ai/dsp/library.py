"""The library of kernels: machine code of all of `dawg_ai.dsp`, compiled ahead of time, so that nothing is compiled
on the user's time. `dawg_ai.native` builds it; here it is found, checked and called, by ctypes alone.

It holds the digest of the sources that it was made from; one of other sources is refused. `DAWG_KERNELS` names
another way: "numba" compiles all kernels, "interpreted" compiles none, "x86-64-v3" takes the library of that name.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai.errors import UsageError

try:
    from numpy._core._multiarray_umath import __cpu_features__ as cpu_features  # type: ignore[import-not-found]
except ImportError:  # a later NumPy: no library that needs anything is used then
    cpu_features = {}

PACKAGE = Path(__file__).parents[1]
BUILT = PACKAGE / "native" / "built"
SOURCES = ("compiler", "dsp", "native")  # folders of the package that decide what is in the library
DIGEST = "dawg_sources"  # the symbol of the digest, 64 hexadecimal digits
SUFFIXES = {"linux": "so", "darwin": "dylib", "win32": "dll"}
MACHINES = {"amd64": "x86-64", "x86_64": "x86-64", "arm64": "aarch64", "aarch64": "aarch64"}
# What a library needs of the processor, by name; the best first.
NEEDS = {
    "x86-64-v4": ("AVX512F", "AVX512CD", "AVX512BW", "AVX512DQ", "AVX512VL"),
    "x86-64-v3": ("AVX2", "FMA3", "F16C"),
    "aarch64": (),
}
MISFIT: Any = object()  # what a call returns whose arguments are not those that the kernel declares

_SCALARS = {"f64": ctypes.c_double, "i32": ctypes.c_int64}


@dataclass(frozen=True)
class Library:
    """What was found: the library, or why there is none."""

    name: str
    handle: ctypes.CDLL | None
    words: str


def asked() -> str:
    """Which way kernels run, if the user has said so: `DAWG_KERNELS`, or what Numba's own settings ask for."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "interpreted"
    if os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0"):
        return "numba"
    return os.environ.get("DAWG_KERNELS", "")


def interpreted() -> bool:
    """Whether kernels shall not be compiled."""
    return asked() == "interpreted"


@cache
def digest() -> str:
    """Digest of the sources of all kernels, and of what compiles them."""
    found = sha256()
    for folder in SOURCES:
        for path in sorted([*(PACKAGE / folder).rglob("*.py"), *(PACKAGE / folder).rglob("*.ll")]):
            content = path.read_bytes()
            found.update(f"{path.relative_to(PACKAGE).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def file_name(name: str, system: str = sys.platform) -> str:
    """The file of a library.

    >>> file_name("x86-64-v3", "linux")
    'linux-x86-64-v3.so'
    """
    return f"{system}-{name}.{SUFFIXES.get(system, 'so')}"


def lacking(name: str) -> list[str]:
    """What the library of that name needs of the processor, and this one does not have."""
    return [feature for feature in NEEDS.get(name, ()) if not cpu_features.get(feature)]


def runs(name: str) -> bool:
    """Whether this processor has what the library of that name needs."""
    return not lacking(name)


@cache
def opened() -> Library:
    """The best library that this machine can run and that is of these sources."""
    if asked() in ("numba", "interpreted"):
        return Library("", None, f"DAWG_KERNELS asks for {asked()}")
    machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
    names = [asked()] if asked() else [name for name in NEEDS if name.startswith(machine)]
    there = [name for name in names if (BUILT / file_name(name)).is_file()]
    if not there:
        return Library("", None, f"there is no library of kernels for {sys.platform} on {asked() or machine}")
    refused = []
    for name in there:
        if missing := lacking(name):
            refused.append(f"{file_name(name)} needs {', '.join(missing)}, which this processor lacks")
            continue
        try:
            handle = ctypes.CDLL(str(BUILT / file_name(name)))
            made_of = bytes((ctypes.c_char * 64).in_dll(handle, DIGEST)).decode()
        except (OSError, ValueError) as error:
            refused.append(f"{file_name(name)} cannot be loaded: {error}")
            continue
        if made_of == digest():
            return Library(name, handle, f"{file_name(name)}, of these sources ({made_of[:12]})")
        refused.append(f"{file_name(name)} is of other sources ({made_of[:12]})")
    return Library("", None, f"{'; '.join(refused)}; python -m dawg_ai.native builds it from these ({digest()[:12]})")


@cache
def explain() -> None:
    """Say, once, why kernels of the package are compiled, unless the user has asked for it."""
    if not opened().handle and not asked():
        from dawg_ai import progress  # not where the library does all the work

        progress.say(f"kernels are compiled on first use: {opened().words}")


def entry(symbol: str) -> Any:
    """A kernel's machine code; None where there is none.

    Raises:
        UsageError: `DAWG_KERNELS` names a library that cannot be used.
    """
    handle = opened().handle
    if asked() not in ("", "numba") and not handle:
        raise UsageError(f"DAWG_KERNELS is {asked()!r}: {opened().words}")
    return getattr(handle, symbol, None) if handle else None


def bind(
    function: Any,
    arguments: Sequence[tuple[Any, Sequence[int | str] | None]],
    free: Sequence[str],
    returns: str | None,
) -> Callable[..., Any]:
    """A function that calls machine code with a kernel's arguments.

    Args:
        function: the machine code. It takes an address for each array, then the sizes of the free dimensions.
        arguments: data type and shape of each; the shape of a scalar is None, and its type "f64" or "i32".
        free: names of the free dimensions.
        returns: "f64", "i32" or None.

    Returns:
        What takes the kernel's arguments. It returns `MISFIT` where an array is not as declared or not contiguous, or
        two give one dimension different sizes. Of one that may not be written to, the kernel gets a copy.

    Raises:
        ValueError: the kernel writes to an array that may not be written to.
    """
    function.restype = _SCALARS.get(returns or "")
    scalars = [_SCALARS[dtype] if shape is None else ctypes.c_void_p for dtype, shape in arguments]
    function.argtypes = [*scalars, *[ctypes.c_int64] * len(free)]
    plan = [
        (index, dtype, tuple((axis, size) for axis, size in enumerate(shape)), len(shape))
        for index, (dtype, shape) in enumerate(arguments)
        if shape is not None
    ]
    casts = [
        (index, float if dtype == "f64" else int) for index, (dtype, shape) in enumerate(arguments) if shape is None
    ]
    nothing, address = ctypes.c_char * 0, ctypes.addressof

    def run(*given: Any) -> Any:
        values, sizes, kept = list(given), dict[str, int](), []
        for index, dtype, axes, rank in plan:
            array = given[index]
            shape = array.shape
            if array.dtype != dtype or len(shape) != rank:
                return MISFIT
            for axis, size in axes:
                if size.__class__ is str:
                    if sizes.setdefault(size, shape[axis]) != shape[axis]:
                        return MISFIT
                elif shape[axis] != size:
                    return MISFIT
            flags = array.flags
            if not flags.c_contiguous:
                return MISFIT
            if not flags.writeable:
                array = array.copy()
                kept.append((given[index], array))
            values[index] = address(nothing.from_buffer(array))
        for index, cast in casts:
            values[index] = cast(given[index])
        result = function(*values, *[sizes[name] for name in free])
        if any(before.tobytes() != after.tobytes() for before, after in kept):
            raise ValueError("a kernel writes to an array that may not be written to")
        return result

    return run
