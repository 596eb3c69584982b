"""Kernels: all sound is made and measured by them, natively through Numba and in the browser as WebAssembly.

A kernel is a plain function over NumPy arrays with explicit state. Its annotations are its binary interface:

    @kernel
    def process(x: Annotated[F32, "channels", "samples"], gain: Annotated[F64, 1], ...) -> None: ...

An array's dimensions are numbers (fixed) or names (free, given at each call). Scalars are `float` or `int`.

What a kernel may use: loops, scalar arithmetic, other kernels, tuples, slices as views, `dawg_ai.dsp.math`
instead of `math` (so that no platform's libm differs). What it may not: allocate, raise, return an array, whole-array
expressions, `np.sum`, lists, strings. The wasm build refuses what needs more than memory. Read float32 samples
through `np.float64(...)`: NumPy and Numba disagree on when float32 gives way to float64. Index with unsigned or loop
variables, or slices: a signed computed index costs the check for Python's negative indices.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator
from numpy.typing import NDArray

from dawg_ai import places

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

Function = TypeVar("Function", bound=Callable[..., Any])

LINE = 64  # bytes of a line of the cache

DTYPES: Mapping[str, type[np.generic]] = {"f32": np.float32, "f64": np.float64, "i32": np.int32}
_ARRAYS = {F32: "f32", F64: "f64", I32: "i32"}
_SCALARS = {float: "f64", int: "i32"}


_DSP = Path(__file__).parent


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


def kernel(function: Function) -> Function:
    """Compile `function` on its first call, once per kind of arguments; keep the machine code on disk.

    `.py_func` is the interpreted original. Errors follow NumPy (x / 0 is inf), nothing is reordered or fused.
    """
    # Calls dissolve, as in the browser. Without Numba's runtime, which a kernel that allocates nothing does not need,
    # slices are not counted: that took 40 % of the delay's time.
    compiled: Any = numba.njit(error_model="numpy", nogil=True, forceinline=True, _nrt=False)(function)
    if not numba.config.DISABLE_JIT:
        before = numba.config.CACHE_DIR
        # For ours alone: a user's own cached functions stay where they are.
        numba.config.CACHE_DIR = str(_cache_folder(function))
        with suppress(RuntimeError):  # the folder cannot be written: compiled anew in every process
            compiled._cache = _Cache(function)
        numba.config.CACHE_DIR = before
    kept: Function = compiled
    return kept


@dataclass(frozen=True)
class Argument:
    """One argument of a kernel: an array (`shape` of numbers and names of free dimensions) or a scalar (None)."""

    name: str
    dtype: str  # "f32", "f64" or "i32"
    shape: tuple[int | str, ...] | None


@dataclass(frozen=True)
class Signature:
    """A kernel's name, its arguments in order, and what it returns (a scalar's dtype or None)."""

    name: str
    arguments: tuple[Argument, ...]
    returns: str | None

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the free dimensions, in order of first appearance."""
        names = (d for a in self.arguments for d in a.shape or () if isinstance(d, str))
        return tuple(dict.fromkeys(names))


@cache
def signature(function: Callable[..., Any]) -> Signature:
    """Read a kernel's interface from its annotations.

    >>> def gain(x: Annotated[F32, "channels", "samples"], decibels: float) -> None: ...
    >>> signature(gain).arguments[0]
    Argument(name='x', dtype='f32', shape=('channels', 'samples'))
    """
    plain = getattr(function, "py_func", function)
    hints = get_type_hints(plain, include_extras=True)
    returns = hints.pop("return", type(None))
    arguments = []
    for name, hint in hints.items():
        if get_origin(hint) is Annotated:
            array, *shape = get_args(hint)
            arguments.append(Argument(name, _ARRAYS[array], tuple(shape)))
        else:
            arguments.append(Argument(name, _SCALARS[hint], None))
    return Signature(plain.__name__, tuple(arguments), _SCALARS.get(returns))


def call(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """Call a kernel with arguments picked by their names.

    >>> def difference(a: float, b: float) -> float:
    ...     return a - b
    >>> call(difference, {"b": 1.0, "a": 3.0})
    2.0
    """
    return function(*(values[argument.name] for argument in signature(function).arguments))


def zeros(shape: Sequence[int], dtype: type[np.generic]) -> NDArray[Any]:
    """A zeroed array that begins with a line of the cache.

    NumPy's begin anywhere, by chance of the process; lanes that straddle two lines made the mel spectrogram take half
    as long again.

    >>> zeros((2, 3), np.float32).ctypes.data % LINE
    0
    """
    count = prod(shape) * np.dtype(dtype).itemsize
    room = np.zeros(count + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + count].view(dtype).reshape(shape)


@dataclass(frozen=True)
class Module:
    """Kernels that work on the same memory; the browser gets one .wasm of them.

    Arrays of the same name are the same memory in every kernel of the module. `capacity` says how large the
    free dimensions can get in the browser, where memory is laid out once.
    """

    name: str
    kernels: tuple[Callable[..., Any], ...]
    capacity: Mapping[str, int] = field(default_factory=lambda: {"channels": 2, "samples": 4096})

    def __post_init__(self) -> None:
        """Raise ValueError where two kernels have one name: a module exports each by its name."""
        names = [signature(each).name for each in self.kernels]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{self.name} has two kernels called {twice!r}; give each a name of its own")

    def arrays(self) -> dict[str, Argument]:
        """All arrays by name; an assertion guards against one name with two meanings."""
        found: dict[str, Argument] = {}
        for each in self.kernels:
            for argument in signature(each).arguments:
                if argument.shape is not None:
                    same = found.setdefault(argument.name, argument)
                    assert same == argument, f"{self.name}: {argument.name} is declared as {same} and {argument}"
        return found

    def allocate(self, **free: int) -> dict[str, NDArray[Any]]:
        """Zeroed arrays for native use, those left out whose free dimensions are not all given.

        >>> def hold(state: Annotated[F64, "channels", 2], x: Annotated[F32, "channels", "samples"]) -> None: ...
        >>> {name: array.shape for name, array in Module("m", (hold,)).allocate(channels=1).items()}
        {'state': (1, 2)}
        """
        shapes = {
            n: [free.get(d, d) if isinstance(d, str) else d for d in a.shape or ()] for n, a in self.arrays().items()
        }
        return {
            name: zeros([int(d) for d in shape], DTYPES[self.arrays()[name].dtype])
            for name, shape in shapes.items()
            if not any(isinstance(d, str) for d in shape)
        }
