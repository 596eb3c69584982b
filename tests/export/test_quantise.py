"""8-bit weights: a quarter of the file, and ONNX Runtime gives what PyTorch gives with the rounded weights."""

import torch

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
