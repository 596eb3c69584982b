"""Run a compiled module of kernels in Python, as a browser does: from the .wasm and its manifest entry alone."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import wasmtime
from numpy.typing import NDArray

from dawg_ai.dsp.instance import shaped, sizes
from dawg_ai.dsp.kernel import DTYPES, Argument

PAGE = 65_536


@cache
def _compiled(wasm: bytes) -> tuple[wasmtime.Engine, wasmtime.Module]:
    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, wasm)


class Compiled:
    """An instance of kernels in WebAssembly, with the interface `dawg_ai.dsp.kernel.Instance`.

    Args:
        wasm: the module's bytes.
        entry: its manifest entry; see docs/bundle.md.
    """

    def __init__(self, wasm: bytes, entry: Mapping[str, Any]) -> None:
        engine, module = _compiled(wasm)
        self._entry = entry
        self._store = wasmtime.Store(engine)
        limits = wasmtime.Limits(entry["bytes"] // PAGE, entry["bytes"] // PAGE)
        memory = wasmtime.Memory(self._store, wasmtime.MemoryType(limits))
        self._exports = wasmtime.Instance(self._store, module, [memory]).exports(self._store)
        self._bytes = np.ctypeslib.as_array(memory.data_ptr(self._store), (memory.data_len(self._store),))
        self._declared = {
            name: Argument(name, array["type"], tuple(array["shape"])) for name, array in entry["memory"].items()
        }
        self._sizes: dict[str, int] = {}

    def set(self, name: str, values: NDArray[Any]) -> None:
        """Fill an array; its free dimensions take the sizes of `values`.

        Raises:
            ValueError: a free dimension exceeds the module's capacity.
        """
        array = self._entry["memory"][name]
        capacity = tuple(array.get("capacity", array["shape"]))
        fits = all(size <= most for size, most in zip(values.shape, capacity, strict=False))
        if len(capacity) != values.ndim or not fits:
            raise ValueError(f"{name} has shape {values.shape}; its capacity is {capacity}")
        self._sizes |= sizes(self._declared[name], values.shape)
        self._view(name)[...] = values

    def get(self, name: str) -> NDArray[Any]:
        """A copy of an array."""
        return self._view(name).copy()

    def call(self, kernel: str, scalars: Mapping[str, float]) -> float | None:
        """Call a kernel on the arrays of this instance.

        Args:
            kernel: name of the export.
            scalars: scalar arguments by name.

        Returns:
            What the kernel returns.
        """
        export, function = self._entry["exports"][kernel], self._exports[kernel]
        assert isinstance(function, wasmtime.Func)
        given = [
            self._entry["memory"][name]["offset"] if name in self._declared else scalars[name]
            for name in export["arguments"]
        ]
        given += [self._sizes.get(dimension, 1) for dimension in export["free"]]
        types = function.type(self._store).params
        cast = [float(v) if str(kind) == "f64" else int(v) for v, kind in zip(given, types, strict=True)]
        result: float | None = function(self._store, *cast)
        return result

    def arguments(self, kernel: str) -> tuple[str, ...]:
        """Names of a kernel's arguments, arrays and scalars."""
        return tuple(self._entry["exports"][kernel]["arguments"])

    def declared(self, name: str) -> Argument | None:
        """The declaration of an array; None where there is none of that name."""
        return self._declared.get(name)

    def capacity(self, dimension: str) -> int:
        """How large a free dimension may get."""
        arrays = self._entry["memory"].values()
        return min(
            int(array["capacity"][array["shape"].index(dimension)]) for array in arrays if dimension in array["shape"]
        )

    def _view(self, name: str) -> NDArray[Any]:
        declared = self._declared[name]
        shape, dtype = shaped(declared, self._sizes), np.dtype(DTYPES[declared.dtype])
        start = self._entry["memory"][name]["offset"]
        return self._bytes[start : start + int(np.prod(shape)) * dtype.itemsize].view(dtype).reshape(shape)
