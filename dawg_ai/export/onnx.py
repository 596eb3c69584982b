"""Export a trained network as an ONNX graph with the plugin's names and free axes. Needs PyTorch.

`python -m dawg_ai.export.onnx PLUGIN WEIGHTS GRAPH` is the process that `export` starts: in PyTorch 2.13 only the
first recurrent network that a process exports keeps its free time axis (findings/torch_onnx_second_gru.sh).
"""

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxscript import optimizer
from torch import Tensor, nn

from dawg_ai import network, plugins
from dawg_ai.errors import DawgError
from dawg_ai.plugin import Plugin
from dawg_ai.registry import load

Arrays = Mapping[str, NDArray[np.float32]]


class _Declared(nn.Module):
    """The network with inputs by position and only the declared outputs."""

    def __init__(self, model: nn.Module, plugin: Plugin) -> None:
        super().__init__()
        self.model = model
        self.inputs = [signal.name for signal in plugin.inputs]
        self.outputs = [signal.name for signal in plugin.outputs]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        outputs = self.model(dict(zip(self.inputs, inputs, strict=True)))
        return tuple(outputs[name] for name in self.outputs)


def export(plugin: Plugin, model: nn.Module) -> bytes:
    """Export the network in a process of its own; batch and every other named axis stay free.

    Args:
        plugin: its inputs and outputs name the axes.
        model: the network.

    Returns:
        The ONNX file.

    Raises:
        DawgError: the exporter fails, or has frozen an axis that is declared as free.
    """
    with tempfile.TemporaryDirectory() as folder:
        weights, graph = Path(folder) / "weights.pt", Path(folder) / "model.onnx"
        torch.save(model.state_dict(), weights)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        environment["DAWG_PLUGINS"] = os.pathsep.join(map(str, plugins.__path__[1:]))
        command = [sys.executable, "-m", "dawg_ai.export.onnx", plugin.name, str(weights), str(graph)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DawgError(f"{plugin.name} could not be exported: {done.stderr.strip()[-2000:]}")
        content = graph.read_bytes()
    if frozen := frozen_axes(plugin, content):
        raise DawgError(
            f"the exporter has frozen axes of {plugin.name} that are declared as free: {', '.join(frozen)}; look in "
            "its model for a size that is computed from the example's"
        )
    return content


def frozen_axes(plugin: Plugin, graph: bytes) -> list[str]:
    """Axes whose size in the graph differs from the declaration, free or fixed, as messages.

    Args:
        plugin: the declaration.
        graph: the ONNX file.
    """
    found = onnx.load_model_from_string(graph).graph
    wrong = []
    for signal, value in zip(plugin.inputs + plugin.outputs, (*found.input, *found.output), strict=True):
        for declared, axis in zip(signal.shape, value.type.tensor_type.shape.dim, strict=True):
            right = axis.dim_param != "" if isinstance(declared, str) else axis.dim_value == declared
            if not right:
                wrong.append(f"{declared} of {signal.name} is {axis.dim_param or axis.dim_value}")
    return wrong


def _export_here(plugin: Plugin, model: nn.Module) -> bytes:
    declared = _Declared(model, plugin).eval()
    axes = dict.fromkeys(d for signal in plugin.inputs for d in signal.shape if isinstance(d, str))
    free: dict[int | str, torch.export.Dim] = {axis: torch.export.Dim(axis) for axis in axes}
    # Unique sizes, so that the exporter does not confuse axes.
    example = example_inputs(plugin, {axis: size for size, axis in enumerate(axes, start=11)})
    with warnings.catch_warnings():
        # The exporter warns about its own internals; its graph is compared with PyTorch when a bundle is made.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            declared,
            tuple(torch.from_numpy(value) for value in example.values()),
            input_names=declared.inputs,
            # ONNX cannot call an output as it calls an input; hosts go by the order of outputs.
            output_names=[f"{name}_next" if name in declared.inputs else name for name in declared.outputs],
            dynamic_shapes=(tuple({i: free[d] for i, d in enumerate(s.shape) if d in free} for s in plugin.inputs),),
            dynamo=True,
            optimize=False,  # it replaces x + 1e-9 by x, so log(0) comes back
            verbose=False,
        )
    assert program is not None
    for simplify in (optimizer.inline, optimizer.fold_constants, optimizer.remove_unused_nodes):
        simplify(program.model)
    return _without_metadata(program.model_proto)


def _without_metadata(model: onnx.ModelProto) -> bytes:
    """The graph without the exporter's metadata, which has local paths and is half of the file."""
    graph = model.graph
    for each in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        for field in ("doc_string", "metadata_props"):
            if field in each.DESCRIPTOR.fields_by_name:
                each.ClearField(field)
    del graph.value_info[:]
    content: bytes = model.SerializeToString()
    return content


def licensed(graph: bytes, spdx: str) -> bytes:
    """The graph with the licence of its weights in `model_license`, the key that ONNX defines for it.

    Args:
        graph: the ONNX file.
        spdx: the licence.

    Returns:
        The ONNX file.
    """
    model = onnx.load_model_from_string(graph)
    onnx.helper.set_model_props(model, {"model_license": spdx})
    content: bytes = model.SerializeToString()
    return content


def difference(plugin: Plugin, model: nn.Module, graph: bytes, inputs: Arrays) -> float:
    """The largest difference between outputs of ONNX Runtime and PyTorch, relative or absolute; may be NaN."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    expected = run(plugin, model, inputs)
    got = session.run(None, dict(inputs))
    # Not Python's `max`, which passes over a NaN that is not the first.
    return float(np.max([network.difference(g, e) for g, e in zip(got, expected.values(), strict=True)]))


@torch.no_grad()
def run(plugin: Plugin, model: nn.Module, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
    """Run the network in PyTorch; return the declared outputs by name."""
    outputs = model({name: torch.from_numpy(value) for name, value in inputs.items()})
    return {signal.name: outputs[signal.name].numpy() for signal in plugin.outputs}


def check_json(plugin: Plugin, model: nn.Module, inputs: Arrays) -> bytes:
    """check.json: inputs and PyTorch's outputs, for every host to compare its own with.

    Inputs are rounded to four digits first: a map of 20,000 numbers takes a quarter less room.
    """
    inputs = {name: _rounded(value) for name, value in inputs.items()}
    out = io.StringIO()
    json.dump(
        {
            "inputs": {name: _nested_lists(value) for name, value in inputs.items()},
            "outputs": {name: _nested_lists(value) for name, value in run(plugin, model, inputs).items()},
        },
        out,
    )
    return out.getvalue().encode()


def example_inputs(plugin: Plugin, sizes: Mapping[str, int], seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random inputs of the declared shapes, for tracing.

    Args:
        plugin: the declaration.
        sizes: size of each free axis.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    return {
        signal.name: rng.normal(size=[sizes[d] if isinstance(d, str) else d for d in signal.shape]).astype(np.float32)
        for signal in plugin.inputs
    }


def _rounded(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """The nearest numbers of four significant digits.

    >>> _rounded(np.float32([0.0, 12345.6, -0.0123456])).tolist() == np.float32([0, 12350, -0.01235]).tolist()
    True
    """
    return np.array([float(f"{each:.4g}") for each in array.flat], np.float32).reshape(array.shape)


def _nested_lists(array: NDArray[np.float32]) -> list[object]:
    """Nested lists of the shortest decimals that give the same float32 back."""
    return [
        _nested_lists(each) if isinstance(each, np.ndarray) and each.ndim else float(str(np.float32(each)))
        for each in array
    ]


if __name__ == "__main__":
    _chosen = load(sys.argv[1])
    _model = _chosen.part("model").build(0)
    _model.load_state_dict(torch.load(sys.argv[2], weights_only=True))
    Path(sys.argv[3]).write_bytes(_export_here(_chosen, _model))
