"""Bundles of networks that were never trained, and the two hosts: Python's, and the studio's in Node."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_plugin
from browsing import STUDIO
from onnx import TensorProto, helper

from dawg_ai import bundle, plugins
from dawg_ai.ask import Given
from dawg_ai.dsp import effect
from dawg_ai.export.make import examples
from dawg_ai.export.onnx import export
from dawg_ai.plugin import Plugin
from dawg_ai.registry import load
from dawg_ai.wasm import build

HOST = Path(__file__).with_name("ask_host.mjs")
TINY = tiny_plugin.PLUGIN


class Refused(Exception):  # noqa: N818, it is what the host does
    """In the studio's host's words."""


def bundle_of(name: str, folder: Path, **changes: Any) -> bundle.Bundle:
    """A plugin's bundle, all modes offered."""
    chosen = TINY if name == TINY.name else load(name)
    path = "tiny_plugin:PLUGIN" if chosen is TINY else f"{plugins.__name__}.{name}:PLUGIN"
    wasm, kernels = build.compile_module(path)
    declared = bundle.declaration(chosen, kernels, {}, "", [mode.name for mode in chosen.modes]) | changes
    graph = tiny_network(chosen) if chosen is TINY else export(chosen, _untrained(chosen))
    parts = {"model.onnx": graph, "plugin.wasm": wasm, "check.json": _check(chosen, graph)}
    return bundle.write(folder, declared, {**parts, "LICENCES.md": b"", "CARD.md": b""})


def _check(chosen: Plugin, graph: bytes) -> bytes:
    """Inputs of the first mode, and what they give."""
    _, inputs = next(examples(chosen))
    outputs = onnxruntime.InferenceSession(graph).run(None, dict(inputs))
    named = zip([signal.name for signal in chosen.outputs], outputs, strict=True)
    pair = {"inputs": inputs.items(), "outputs": named}
    return json.dumps({end: {name: array.tolist() for name, array in each} for end, each in pair.items()}).encode()


def _untrained(chosen: Plugin) -> Any:
    model = chosen.part("model").build(0)
    rng = np.random.default_rng(0)
    for parameter in model.parameters():
        noise = rng.normal(0, 0.1, tuple(parameter.shape)).astype(np.float32)
        parameter.data += parameter.data.new_tensor(noise)
    return model.eval()


def tiny_network(chosen: Plugin) -> bytes:
    """Means of all inputs, and their weighted sums as outputs."""
    rng = np.random.default_rng(4)
    nodes, columns, width = [], [], 0
    for signal in chosen.inputs:
        columns.append(signal.name)
        if len(signal.shape) == 3:
            columns[-1] = f"mean of {signal.name}"
            nodes.append(helper.make_node("ReduceMean", [signal.name, "axis"], [columns[-1]], keepdims=0))
        width += int(signal.shape[-1])
    nodes.append(helper.make_node("Concat", columns, ["all"], axis=1))
    constants = [helper.make_tensor("axis", TensorProto.INT64, [1], [1])]
    # In ONNX an output cannot be called as an input is: the declaration names the last one "grid".
    for name, shape, operation, scale in (
        ("knobs", [1, 4], "Identity", 9.0),
        ("confidence", [1, 3], "Sigmoid", 1.0),
        ("grid_next", [1, 3], "Tanh", 1.0),
    ):
        weights = (scale * rng.normal(size=(width, shape[-1]))).astype(np.float32)
        constants.append(helper.make_tensor(f"{name} weights", TensorProto.FLOAT, weights.shape, weights.ravel()))
        nodes.append(helper.make_node("MatMul", ["all", f"{name} weights"], [f"{name} sums"]))
        nodes.append(helper.make_node(operation, [f"{name} sums"], [name]))
    inputs = [helper.make_tensor_value_info(s.name, TensorProto.FLOAT, [1, *s.shape[1:]]) for s in chosen.inputs]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
        for name, size in (("knobs", 4), ("confidence", 3), ("grid_next", 3))
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def by_studio(
    folder: Path, opened: bundle.Bundle, given: Given, controls: Mapping[str, float], mode: str
) -> dict[str, Any]:
    """The answer of the studio's host: `recipe`, `parts`, `remarks`."""
    sources = {name: [material(folder / f"{name}{i}", each) for i, each in enumerate(given[name])] for name in given}
    job = {"bundle": str(opened.folder), "mode": mode, "controls": dict(controls), "sources": sources}
    answer: dict[str, Any] = node(folder, job)
    return answer


def within_a_step(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether two hosts set an equaliser alike.

    Kernels give the same bits in both, but networks only the same to 1e-5: a knob on the border of two steps may take
    either, and the frequency of a band that hardly does anything be 0.1 % off.
    """
    steps = {knob.name: knob.step for knob in effect.load("parametric").knobs}
    return found.keys() == expected.keys() and all(
        value == expected[name]
        if isinstance(value, str)
        else abs(value - expected[name]) < max(1.001 * steps[name], 1e-3 * abs(value))
        for name, value in found.items()
    )


def material(path: Path, given: Any) -> dict[str, Any]:
    """A sound or notes as files for Node."""
    if isinstance(given, tuple):
        audio, rate_hz = given
        np.ascontiguousarray(audio, np.float32).tofile(path)
        return {"file": str(path), "channels": len(audio), "rate_hz": rate_hz}
    path.write_text(json.dumps({"format": 1, "notes": given.tolist()}))
    return {"notes": str(path)}


def node(folder: Path, job: Mapping[str, Any]) -> Any:
    """What the studio's host prints. Raises `Refused` with its words where it refuses."""
    path = folder / "job.json"
    path.write_text(json.dumps({"engine": str(build.BUILT), **job}))
    found = shutil.which("node")
    if not found or not (STUDIO / "node_modules").is_dir():
        pytest.skip("no Node.js, or no packages: npm ci in studio/")
    done = subprocess.run([found, HOST, path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr.strip())
    return json.loads(done.stdout)


def measured(folder: Path, recipe: Mapping[str, Any], meters: Sequence[str], song: Any = None) -> list[float]:
    """What the studio's meters read of a recipe's render: of a song, or of what instruments play alone."""
    sources = {"song": [material(folder / "measured", song)]} if song else {}
    return [float(value) for value in node(folder, {"recipe": recipe, "meters": list(meters), "sources": sources})]
