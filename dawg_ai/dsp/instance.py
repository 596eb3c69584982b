"""A module of kernels at work, with a memory of its own: natively here, in WebAssembly in `dawg_ai.wasm.instance`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from dawg_ai.dsp.kernel import DTYPES, Argument, Module, signature, zeros


class Instance(Protocol):
    """A module of kernels at work with a memory of its own, which begins as zeros.

    `Native` is one, and so is `dawg_ai.wasm.instance.Compiled`; both give the same bits.
    """

    def set(self, name: str, values: NDArray[Any]) -> None:
        """Fill an array; its free dimensions take the sizes of `values`."""

    def get(self, name: str) -> NDArray[Any]:
        """A copy of an array."""

    def call(self, kernel: str, scalars: Mapping[str, float]) -> float | None:
        """Call a kernel by its name; arrays are those of this memory."""

    def arguments(self, kernel: str) -> tuple[str, ...]:
        """The names of what a kernel takes: arrays and scalars."""

    def declared(self, name: str) -> Argument | None:
        """The declaration of an array; None where there is none of that name."""

    def capacity(self, dimension: str) -> int:
        """How large a free dimension may get."""


class Native:
    """Kernels at work, as machine code of this processor.

    >>> from typing import Annotated
    >>> import numpy as np
    >>> from dawg_ai.dsp.kernel import F64
    >>> def double(x: Annotated[F64, "n"], y: Annotated[F64, "n"]) -> None:
    ...     y[:] = 2.0 * x
    >>> instance = Native(Module("m", (double,)))
    >>> instance.set("x", np.array([1.0, 2.0]))
    >>> instance.call("double", {})
    >>> instance.get("y")
    array([2., 4.])
    """

    def __init__(self, module: Module) -> None:
        self._kernels = {signature(each).name: each for each in module.kernels}
        self._module = module
        self._declared = module.arrays()
        self._sizes: dict[str, int] = {}
        self._memory = module.allocate()

    def set(self, name: str, values: NDArray[Any]) -> None:
        """Fill an array; its free dimensions take the sizes of `values`."""
        self._sizes |= sizes(self._declared[name], values.shape)
        self._array(name)[...] = values

    def get(self, name: str) -> NDArray[Any]:
        """A copy of an array."""
        return self._array(name).copy()

    def call(self, kernel: str, scalars: Mapping[str, float]) -> float | None:
        """Call a kernel by its name; arrays are those of this memory."""
        function = self._kernels[kernel]
        given = [
            _scalar(each, scalars[each.name]) if each.shape is None else self._array(each.name)
            for each in signature(function).arguments
        ]
        result: float | None = function(*given)
        return result

    def arguments(self, kernel: str) -> tuple[str, ...]:
        """The names of what a kernel takes: arrays and scalars."""
        return tuple(each.name for each in signature(self._kernels[kernel]).arguments)

    def declared(self, name: str) -> Argument | None:
        """The declaration of an array; None where there is none of that name."""
        return self._declared.get(name)

    def capacity(self, dimension: str) -> int:
        """How large a free dimension may get."""
        return self._module.capacity[dimension]

    def _array(self, name: str) -> NDArray[Any]:
        """The array itself, made anew with zeros where its free dimensions have other sizes than before."""
        declared = self._declared[name]
        shape = shaped(declared, self._sizes)
        found = self._memory.get(name)
        if found is None or found.shape != shape:
            found = self._memory[name] = zeros(shape, DTYPES[declared.dtype])
        return found


def _scalar(declared: Argument, value: float) -> float:
    return float(value) if declared.dtype == "f64" else int(value)


def sizes(declared: Argument, shape: Sequence[int]) -> dict[str, int]:
    """The sizes of an array's free dimensions.

    >>> sizes(Argument("x", "f32", ("channels", 4)), (2, 4))
    {'channels': 2}
    """
    wanted = declared.shape or ()
    fits = len(wanted) == len(shape) and all(isinstance(d, str) or d == n for d, n in zip(wanted, shape, strict=True))
    assert fits, f"{declared.name} is of shape {tuple(shape)}, and declared as {wanted}"
    return {d: n for d, n in zip(wanted, shape, strict=True) if isinstance(d, str)}


def shaped(declared: Argument, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """An array's shape with its free dimensions filled in; 1 for those that are not known yet."""
    return tuple(sizes.get(d, 1) if isinstance(d, str) else d for d in declared.shape or ())
