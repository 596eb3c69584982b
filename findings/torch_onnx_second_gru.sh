#!/usr/bin/env bash
# The second GRU that a process exports to ONNX loses its named time axis.
#
# Versions: torch 2.13.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0.
# Expected: torch.onnx.export(..., dynamo=True, dynamic_shapes=...) gives the same graph for the same module, whatever
#   was exported before; a named dimension that cannot be kept is an error.
# Seen: the first GRU of a process keeps the axis "time"; a second one, of the same class and shape, has the length of
#   the example input in its place, without an error. ONNX Runtime then refuses every other length.
# Why it matters: a script that exports several models, or several tests in one process, pass alone and fail together;
#   whoever checks only with the example input ships a model that takes songs of one length. Export in a process of its
#   own, or read the names of the dimensions back.
# Where the default PyTorch wheel brings a GPU build, name a CPU index to pip to save gigabytes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" -W ignore - 2> errors.txt <<'END' || { tail -n 5 errors.txt >&2; exit 1; }
import sys

import numpy as np
import onnxruntime
import torch

EXAMPLE, OTHER = 50, 80


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(3, 4, batch_first=True)

    def forward(self, x):
        return self.gru(x)[0]


def exported():
    return torch.onnx.export(
        Model().eval(),
        (torch.zeros(1, EXAMPLE, 3),),
        input_names=["x"],
        dynamic_shapes=({1: torch.export.Dim("time")},),
        dynamo=True,
        verbose=False,
    ).model_proto


def axis(model):
    dimension = model.graph.input[0].type.tensor_type.shape.dim[1]
    return dimension.dim_param or dimension.dim_value


def takes(model):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    try:
        session.run(None, {"x": np.zeros((1, OTHER, 3), np.float32)})
    except Exception:
        return False
    return True


found = [(axis(model), takes(model)) for model in (exported(), exported())]
if found != [("time", True), (EXAMPLE, False)]:
    sys.exit(f"not as stated: axis of both models, and whether they take {OTHER} frames: {found}")
print(f"first export: axis {found[0][0]!r}; second export of the same model: axis {found[1][0]}, refuses {OTHER} frames")
END
