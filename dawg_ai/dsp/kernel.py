"""Kernels: all sound is made and measured by them, natively as machine code and in the browser as WebAssembly.

A kernel is a plain function over NumPy arrays with explicit state. Its annotations are its binary interface:

    @kernel
    def process(x: Annotated[F32, "channels", "samples"], gain: Annotated[F64, 1], ...) -> None: ...

An array's dimensions are numbers (fixed) or names (free, given at each call). Scalars are `float` or `int`. A kernel
that Python calls declares all dimensions and takes contiguous arrays: so it is in the library, and needs no Numba.

What a kernel may use: loops, scalar arithmetic, other kernels, tuples, slices as views, `dawg_ai.dsp.math`
instead of `math` (so that no platform's libm differs). What it may not: allocate, raise, return an array, whole-array
expressions, `np.sum`, lists, strings. The wasm build refuses what needs more than memory. Read float32 samples
through `np.float64(...)`: NumPy and Numba disagree on when float32 gives way to float64. Index with unsigned or loop
variables, or slices: a signed computed index costs the check for Python's negative indices.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, update_wrapper
from importlib.util import find_spec
from math import prod
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from dawg_ai.dsp import library
from dawg_ai.errors import UsageError

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]  # for kernels that no browser runs

Function = TypeVar("Function", bound=Callable[..., Any])

LINE = 64  # bytes of a line of the cache

DTYPES: Mapping[str, type[np.generic]] = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64}
_ARRAYS = {F32: "f32", F64: "f64", I32: "i32", I64: "i64"}
_SCALARS = {float: "f64", int: "i32"}


class Kernel:
    """A kernel. Called from Python it runs compiled: from the library of kernels, or by Numba on its first call.

    Kernels without arrays run interpreted where there is neither: the same bits, and nothing to wait for.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self.py_func = function
        self._run: Callable[..., Any] | None = None

    def __call__(self, *given: Any) -> Any:
        """Run with positional arguments.

        Raises:
            UsageError: it is not in the library, and Numba is not installed.
        """
        if self._run is None:
            self._run = self._compiled()
        return self._run(*given)

    @property
    def symbol(self) -> str:
        """Its name in the library: that of its module within the package, and its own."""
        return re.sub(r"\W+", "_", f"{self.__module__}.{self.py_func.__qualname__}")

    @cached_property
    def dispatcher(self) -> Any:
        """Numba's compiler of this kernel."""
        from dawg_ai.dsp import jit

        return jit.dispatcher(self.py_func)

    def _compiled(self) -> Callable[..., Any]:
        if library.interpreted():
            return self.py_func
        if entry := library.entry(self.symbol):
            return self._with_library(entry)
        return self._by_numba()

    def _with_library(self, entry: Any) -> Callable[..., Any]:
        """A call of the library's code; arguments that are not as declared go to Numba."""
        signed = signature(self)
        arguments = [
            (each.dtype if each.shape is None else np.dtype(DTYPES[each.dtype]), each.shape)
            for each in signed.arguments
        ]
        call_entry = library.bind(entry, arguments, signed.free, signed.returns)

        def run(*given: Any) -> Any:
            result = call_entry(*given)
            return self._by_numba()(*given) if result is library.MISFIT else result

        return run

    def _by_numba(self) -> Callable[..., Any]:
        if find_spec("numba"):
            if self.__module__.startswith(f"{__package__}."):
                library.explain()
            compiled: Callable[..., Any] = self.dispatcher
            return compiled
        if all(each.shape is None for each in signature(self).arguments):
            return self.py_func
        raise UsageError(
            f"there is no machine code of {self.__module__}.{self.py_func.__name__} for what it is given here "
            f"({library.opened().words}), and no compiler: pip install numba"
        )


def kernel(function: Function) -> Function:
    """Declare a kernel; see `Kernel`. `.py_func` is the interpreted original.

    Errors follow NumPy (x / 0 is inf), nothing is reordered or fused.
    """
    made: Any = function if library.interpreted() else Kernel(function)
    made.py_func = function
    kept: Function = made
    return kept


@dataclass(frozen=True)
class Argument:
    """One argument of a kernel: an array (`shape` of numbers and names of free dimensions) or a scalar (None)."""

    name: str
    dtype: str  # "f32", "f64", "i32" or "i64"
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
