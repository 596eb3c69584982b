"""A bundle's network in ONNX Runtime, and the check that it computes here what it computed where it was made."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.bundle import Bundle
from dawg_ai.errors import DawgError

Arrays = dict[str, NDArray[np.float32]]

TOLERANCE = 1e-5  # relative or absolute, between ONNX Runtime builds


def run(bundle: Bundle, inputs: Arrays) -> Arrays:
    """Run a bundle's network in ONNX Runtime.

    Args:
        bundle: an opened bundle.
        inputs: float32 arrays by name, with a batch axis.

    Returns:
        The outputs by name.
    """
    found = _session(bundle.folder, bundle.digest).run(None, inputs)
    return {signal.name: array for signal, array in zip(bundle.outputs, found, strict=True)}


@cache
def _session(folder: Path, digest: str) -> Any:
    """An ONNX Runtime session. `digest` makes the cache reload a network that was replaced in its folder."""
    import onnxruntime  # slow to import; only needed here

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # small network; and one thread sums in the same order everywhere
    return onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])


def check(bundle: Bundle) -> None:
    """Run the bundle's check example and compare the outputs.

    Args:
        bundle: an opened bundle.

    Raises:
        DawgError: an output differs by more than TOLERANCE from what it was when the bundle was made.
    """
    example = json.loads((bundle.folder / "check.json").read_text("utf-8"))
    found = run(bundle, {name: np.array(values, np.float32) for name, values in example["inputs"].items()})
    for name, got in found.items():
        worst = difference(got, np.array(example["outputs"][name], np.float32))
        if not worst <= TOLERANCE:
            raise DawgError(
                f"{bundle.folder}: {name} differs by {worst:.1e} from when the bundle was made "
                f"(allowed: {TOLERANCE:.0e}); this ONNX Runtime computes differently"
            )


def difference(got: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest difference, relative or absolute, whichever is less; NaN if either array has one.

    Args:
        got: an array of any shape.
        expected: an array of the same shape.

    >>> round(difference(np.float32([0.1, 200.0]), np.float32([0.0, 202.0])), 6)
    0.1
    """
    return float(np.max(np.abs(got - expected) / np.maximum(np.abs(expected), 1.0)))
