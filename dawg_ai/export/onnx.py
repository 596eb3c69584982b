"""From a trained network to an ONNX graph with the plugin's names and free axes. Needs PyTorch."""

import io
import json
import logging
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxscript import optimizer
from torch import Tensor, nn

from dawg_ai import suggest
from dawg_ai.plugin import Plugin

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
    """The network as ONNX, batch and every other named axis free."""
    declared = _Declared(model, plugin).eval()
    axes = dict.fromkeys(d for signal in plugin.inputs for d in signal.shape if isinstance(d, str))
    free: dict[int | str, torch.export.Dim] = {axis: torch.export.Dim(axis) for axis in axes}
    # Sizes that occur nowhere else, so that no axis is taken for another.
    example = example_inputs(plugin, {axis: size for size, axis in enumerate(axes, start=11)})
    with warnings.catch_warnings():
        # The exporter warns about its own internals; what it makes is compared with PyTorch when a bundle is made.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            declared,
            tuple(torch.from_numpy(value) for value in example.values()),
            input_names=declared.inputs,
            output_names=declared.outputs,
            dynamic_shapes=(tuple({i: free[d] for i, d in enumerate(s.shape) if d in free} for s in plugin.inputs),),
            dynamo=True,
            optimize=False,  # it takes x + 1e-9 for x, and then log(0) is not a number
            verbose=False,
        )
    assert program is not None
    for simplify in (optimizer.inline, optimizer.fold_constants, optimizer.remove_unused_nodes):
        simplify(program.model)
    return _bare(program.model_proto)


def _bare(model: onnx.ModelProto) -> bytes:
    """The graph without the exporter's notes: they hold paths of this machine and are half of the file."""
    graph = model.graph
    for each in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        for note in ("doc_string", "metadata_props"):
            if note in each.DESCRIPTOR.fields_by_name:
                each.ClearField(note)
    del graph.value_info[:]
    content: bytes = model.SerializeToString()
    return content


def difference(plugin: Plugin, model: nn.Module, graph: bytes, inputs: Arrays) -> float:
    """The most that any output of ONNX Runtime differs from PyTorch's, relative or absolute; may be NaN."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        outputs = model({name: torch.from_numpy(value) for name, value in inputs.items()})
    expected = [outputs[signal.name].numpy() for signal in plugin.outputs]
    got = session.run([signal.name for signal in plugin.outputs], dict(inputs))
    return max(suggest.difference(g, e) for g, e in zip(got, expected, strict=True))


def check_json(plugin: Plugin, model: nn.Module, inputs: Arrays) -> bytes:
    """An example and what PyTorch makes of it, for whoever runs the graph to compare with."""
    with torch.no_grad():
        outputs = model({name: torch.from_numpy(value) for name, value in inputs.items()})
    out = io.StringIO()
    json.dump(
        {
            "inputs": {name: _plain(value) for name, value in inputs.items()},
            "outputs": {signal.name: _plain(outputs[signal.name].numpy()) for signal in plugin.outputs},
        },
        out,
    )
    return out.getvalue().encode()


def example_inputs(plugin: Plugin, sizes: Mapping[str, int], seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random inputs of the declared shapes, for a graph to be traced with."""
    rng = np.random.default_rng(seed)
    return {
        signal.name: rng.normal(size=[sizes[d] if isinstance(d, str) else d for d in signal.shape]).astype(np.float32)
        for signal in plugin.inputs
    }


def _plain(array: NDArray[np.float32]) -> list[object]:
    """Nested lists of the shortest decimals that give the same float32 back."""
    return [
        _plain(each) if isinstance(each, np.ndarray) and each.ndim else float(str(np.float32(each))) for each in array
    ]
