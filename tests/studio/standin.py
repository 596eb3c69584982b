"""A bundle whose network was never trained: it stands in where the real one is not there yet.

It has a real plugin's declaration and feature kernels, so the browser does all it does with a real bundle; the
network is three matrices.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from dawg_ai import plugin
from dawg_ai.dsp import effect
from dawg_ai.export import bundle
from dawg_ai.wasm import build


def make(folder: Path, name: str) -> bundle.Bundle:
    """Write a stand-in for the plugin called `name`."""
    declared = plugin.load(name)
    knobs = effect.load(declared.effect).knobs
    wasm, features = build.compile_module(f"dawg_ai.plugins.{name}.features:FEATURES")
    model = _network(declared, knobs)
    rng = np.random.default_rng(1)
    inputs = {s.name: _example(s.shape, rng) for s in declared.inputs}
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs = dict(zip([o.name for o in declared.outputs], session.run(None, inputs), strict=True))
    check = {
        "inputs": {k: v.tolist() for k, v in inputs.items()},
        "outputs": {k: v.tolist() for k, v in outputs.items()},
    }
    parts = {
        "model.onnx": model,
        "features.wasm": wasm,
        "check.json": json.dumps(check).encode(),
        "LICENCES.md": b"none: never trained\n",
        "CARD.md": b"a stand-in\n",
    }
    return bundle.write(
        folder / name, bundle.declaration(declared, features, {"command": "tests"}, declared.styles[-2:]), parts
    )


def _example(shape, rng):
    return rng.normal(size=[d if isinstance(d, int) else 1 if d == "batch" else 3 for d in shape]).astype(np.float32)


def _network(declared, knobs) -> bytes:
    """knobs = default + strength * (offset + each input's mean over frames times a matrix, held within 8)."""
    rng = np.random.default_rng(0)
    count, groups = len(knobs), len(dict.fromkeys(k.group for k in knobs))
    moving = np.array([k.role == "gain" or k.unit == "dB" for k in knobs], np.float32)
    weights = {
        "default": np.array([k.default for k in knobs], np.float32),
        "offset": np.array([0.1 * k.default if k.role == "frequency" else 0.0 for k in knobs], np.float32),
        "sure": rng.uniform(0.3, 0.95, (1, groups)).astype(np.float32),
        "nothing": np.zeros((1, groups), np.float32),
        "most": np.float32(8.0),
        "least": np.float32(-8.0),
    }
    nodes, terms = [], []
    for signal in declared.inputs:
        if signal.name == "strength":
            continue
        source, width = signal.name, signal.shape[-1]
        if len(signal.shape) == 3:
            source = f"{signal.name}_mean"
            nodes.append(helper.make_node("ReduceMean", [signal.name], [source], axes=[1], keepdims=0))
        scale = 2.0 if signal.name in ("mode", "style") else 0.02
        weights[f"{signal.name}_w"] = (rng.normal(size=(width, count)) * scale * moving).astype(np.float32)
        nodes.append(helper.make_node("MatMul", [source, f"{signal.name}_w"], [f"{signal.name}_t"]))
        terms.append(f"{signal.name}_t")
    nodes += [
        helper.make_node("Sum", terms, ["sum"]),
        helper.make_node("Clip", ["sum", "least", "most"], ["held"]),
        helper.make_node("Add", ["held", "offset"], ["moves"]),
        helper.make_node("Mul", ["moves", "strength"], ["scaled"]),
        helper.make_node("Add", ["scaled", "default"], ["knobs"]),
        helper.make_node("MatMul", ["strength", "nothing"], ["zeros"]),
        helper.make_node("Add", ["zeros", "sure"], ["confidence"]),
    ]
    graph = helper.make_graph(
        nodes,
        "standin",
        [helper.make_tensor_value_info(s.name, TensorProto.FLOAT, s.shape) for s in declared.inputs],
        [
            helper.make_tensor_value_info("knobs", TensorProto.FLOAT, ["batch", count]),
            helper.make_tensor_value_info("confidence", TensorProto.FLOAT, ["batch", groups]),
        ],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()
