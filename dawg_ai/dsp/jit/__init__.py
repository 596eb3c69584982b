"""Numba: compiles kernels where no library of them fits, those of a plugin in a user's folder, and for the browser.

Nothing here is imported where the library of kernels does all the work, as after `pip install`.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba.core import event
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
from numba.extending import typeof_impl

from dawg_ai import places, progress
from dawg_ai.dsp.jit import bits, lanes, lanes8, lanes16
from dawg_ai.dsp.kernel import Kernel

__all__ = ["ANNOUNCER", "OPTIONS", "bits", "dispatcher", "lanes", "lanes8", "lanes16"]

_DSP = Path(__file__).parents[1]

# Calls dissolve, as in the browser. Without Numba's runtime, which a kernel that allocates nothing does not need,
# slices are not counted: that took 40 % of the delay's time.
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "forceinline": True, "_nrt": False}


@cache
def _sources_digest(folder: Path, pattern: str) -> bytes:
    """Digest of the Python files of a folder: those that match "*.py", or with "**/*.py" those below it as well."""
    digest = sha256()
    for source in sorted(folder.glob(pattern)):
        digest.update(source.read_bytes())
    return digest.digest()


def _cache_folder(function: Callable[..., Any]) -> Path:
    """Where the machine code of `function` is kept: a folder for each state of what Numba's cache does not look at.

    Numba looks at the file of a kernel, not at the files of the kernels that it calls, nor at Numba's settings. A
    kernel may call those of `dsp` and those in the folder of its own file, so both folders count.
    """
    settings = numba.config.OPT, numba.config.BOUNDSCHECK, numba.config.CPU_NAME
    digest = sha256(repr((numba.__version__, *settings)).encode() + _sources_digest(_DSP, "**/*.py"))
    source = Path(function.__code__.co_filename)
    if source.is_file() and _DSP not in source.parents:
        digest.update(_sources_digest(source.parent, "*.py"))
    return places.compiled() / digest.hexdigest()[:16]


class _Place(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (UserProvidedCacheLocator,)  # and not the folder of the source, if ours cannot be written


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of machine code, safe when several processes fill it at once or the disk is full.

    It numbers the files of a function's signatures; two processes that save at the same moment may take the same
    number, and then one signature's file has the other's code. Whoever finds that compiles anew.
    """

    _impl_class = _Place

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super().load_overload(sig, target_context)
        return found if found is None or found.signature.args == sig else None

    def save_overload(self, sig: Any, data: Any) -> None:
        if isinstance(data.signature.return_type, numba.types.Array):
            # Python would get all of the memory that the slice is of.
            raise TypeError(f"{data.fndesc.qualname} returns an array; a kernel writes into those that it is given")
        with suppress(OSError):
            super().save_overload(sig, data)


class _Announcer(event.Listener):  # type: ignore[misc]
    """Says what is being compiled, and counts the kernels that it calls; Numba compiles one at a time."""

    def __init__(self) -> None:
        self._bars: list[Any] = []

    def on_start(self, event: Any) -> None:
        """A kernel begins, maybe inside another."""
        compiled = event.data["dispatcher"]
        if not isinstance(compiled._cache, _Cache):
            return
        if not self._bars:
            name = f"{compiled.py_func.__module__}.{compiled.py_func.__name__}"
            self._bars.append(progress.bar(f"compile {name}, once", "kernel", None))
        self._bars.append(compiled)

    def on_end(self, event: Any) -> None:
        """A kernel is done, or has failed."""
        if self._bars and self._bars[-1] is event.data["dispatcher"]:
            self._bars.pop()
            self._bars[0].update()
            if len(self._bars) == 1:
                self._bars.pop().close()


ANNOUNCER = _Announcer()
event.register("numba:compile", ANNOUNCER)


def dispatcher(function: Callable[..., Any]) -> Any:
    """Compile `function` on its first call, once per kind of arguments; keep the machine code on disk."""
    compiled: Any = numba.njit(**OPTIONS)(function)
    before = numba.config.CACHE_DIR
    # For ours alone: a user's own cached functions stay where they are.
    numba.config.CACHE_DIR = str(_cache_folder(function))
    with suppress(RuntimeError):  # the folder cannot be written: compiled anew in every process
        compiled._cache = _Cache(function)
    numba.config.CACHE_DIR = before
    return compiled


@typeof_impl.register(Kernel)  # type: ignore[untyped-decorator]
def _typeof(kernel: Kernel, _context: Any) -> Any:
    """A kernel that another calls."""
    return numba.types.Dispatcher(kernel.dispatcher)
