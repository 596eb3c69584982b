"""8-bit weights: a quarter of the file, and ONNX Runtime gives what PyTorch gives with the rounded weights."""

import numpy as np
import torch
from onnx import TensorProto, helper, load_model_from_string, numpy_helper

from dawg_ai import registry
from dawg_ai.export import onnx, quantise
from dawg_ai.nn import rounding


def test_the_packed_graph_is_small_and_agrees_with_the_rounded_network():
    chosen = registry.load("beats")
    model = chosen.part("model").build(1).eval()
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    graph = onnx.export(chosen, rounding.round_weights(model))
    packed = quantise.pack(graph)
    assert len(packed) < 0.35 * len(graph)
    for name, weights in model.named_parameters():
        moved = float((weights.detach() - before[name]).abs().max())
        is_matrix = weights.ndim >= 2 and weights.numel() >= rounding.LEAST
        assert moved <= (0.51 * float(before[name].abs().max()) / 127 if is_matrix else 0.0), name
    inputs = onnx.example_inputs(chosen, {"batch": 1}, seed=2)
    assert onnx.difference(chosen, model, packed, inputs) < 1e-4
    with torch.no_grad():
        for weights in model.parameters():
            weights += 0.01
    assert onnx.difference(chosen, model, packed, inputs) > 1e-3, "another network is told apart"


def test_what_8_bits_do_not_hold_is_left_as_it_is():
    values = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 40]) for name in "xy"]
    for held in (False, True):
        weights = np.round(values / np.abs(values).max() * 127) * np.float32(0.5) if held else values
        product = helper.make_node("MatMul", ["x", "weights"], ["y"])
        graph = helper.make_graph(
            [product], "g", kinds[:1], kinds[1:], [numpy_helper.from_array(weights.astype(np.float32), "weights")]
        )
        packed = load_model_from_string(quantise.pack(helper.make_model(graph).SerializeToString()))
        assert [tensor.name for tensor in packed.graph.initializer] == (
            ["weights_int8", "weights_scale"] if held else ["weights"]
        )
