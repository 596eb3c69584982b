#!/usr/bin/env bash
# The ONNX optimiser that PyTorch's exporter calls removes the small constant that guards a logarithm.
#
# Versions: onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32.0.
# Expected: an optimiser may fold x + 0 into x, but not x + 1e-9: in float32 that is another number for small x.
# Seen: onnxscript.optimizer.optimize takes every constant within about 1e-8 of 0 for 0. Log(x + 1e-9), which is
#   -20.7 for silence, becomes Log(x), which is minus infinity. torch.onnx.export(dynamo=True) runs this optimiser by
#   default. A constant of 1e-7 stays.
# Why it matters: log-mel spectra and losses guard silence with such constants; digital silence is common in songs,
#   and the exported model then answers it with infinities that training never saw. Export with optimize=False, or
#   guard by a maximum, which stays.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'END'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnxscript import optimizer


def guarded_log(operator, constant):
    """Log(x + constant), or Log(max(x, constant))."""
    nodes = [helper.make_node(operator, ["x", "c"], ["guarded"]), helper.make_node("Log", ["guarded"], ["y"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("x", "y")]
    value = helper.make_tensor("c", TensorProto.FLOAT, [], [constant])
    graph = helper.make_graph(nodes, "log", ends[:1], ends[1:], [value])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def of_silence(model):
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return float(session.run(None, {"x": np.zeros(4, np.float32)})[0][0])


found = {}
for operator, constant in (("Add", 1e-9), ("Add", 1e-7), ("Max", 1e-9)):
    model = guarded_log(operator, constant)
    found[operator, constant] = of_silence(model), of_silence(optimizer.optimize(model))
before, after = found["Add", 1e-9]
if not (np.isfinite(before) and np.isneginf(after)):
    sys.exit(f"not as stated: log(0 + 1e-9) is {before}, and {after} after the optimiser")
for other in (("Add", 1e-7), ("Max", 1e-9)):
    if not np.isfinite(found[other]).all():
        sys.exit(f"not as stated: {other} was expected to stay finite, it is {found[other]}")
print(f"log(0 + 1e-9) is {before:.1f}, and {after} after the optimiser; with 1e-7, or by a maximum, it stays finite")
END
