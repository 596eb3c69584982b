#!/usr/bin/env bash
# One ONNX model with one seed draws other random numbers in the browser than in Python.
#
# Versions: onnxruntime 1.30.0 for Python, onnxruntime-web 1.30.0 for npm (the same release), onnx 1.23.2.
#   Needs node 20 or newer, and npm.
# Expected: RandomNormal and RandomUniform have a `seed` attribute; the same release of the same runtime, given the same
#   model, draws the same numbers everywhere, as a seeded generator in NumPy or PyTorch does.
# Seen: each build repeats its own numbers in every new session, but Python on Linux and the browser disagree from the
#   first number on, for uniform numbers too: the runtime draws from C++'s default_random_engine, which is one generator
#   in the standard library of GCC (its multiplier is 16807) and another in that of Clang (48271).
# Why it matters: a generative model with its noise inside the graph can be reproducible in either place and still not
#   be the same plugin in both; a test that compares the two has to fail. Draw noise outside, by a generator of your
#   own, and give it to the model as an input.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.30.0 numpy==2.4.6
cd "$work"
npm install --silent --no-fund --no-audit onnxruntime-web@1.30.0
cat > draw.mjs <<'END'
import fs from "node:fs";
import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;
const found = {};
for (const operator of ["RandomNormal", "RandomUniform"]) {
  found[operator] = [];
  for (let i = 0; i < 2; i++) {
    const session = await ort.InferenceSession.create(fs.readFileSync(`${operator}.onnx`));
    found[operator].push([...(await session.run({})).y.data]);
  }
}
fs.writeFileSync("web.json", JSON.stringify(found));
END
"$work/venv/bin/python" - <<'END'
import json
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

native = {}
for operator in ("RandomNormal", "RandomUniform"):
    node = helper.make_node(operator, [], ["y"], shape=[4], seed=7.0)
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])
    graph = helper.make_graph([node], operator, [], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, f"{operator}.onnx")
    sessions = [onnxruntime.InferenceSession(f"{operator}.onnx") for _ in range(2)]
    native[operator] = [session.run(None, {})[0] for session in sessions]
subprocess.run(["node", "draw.mjs"], check=True)
with open("web.json") as file:
    web = json.load(file)
said = []
for operator, (first, again) in native.items():
    here = np.array(web[operator])
    if not (np.array_equal(first, again) and np.array_equal(here[0], here[1])):
        sys.exit(f"not as stated: {operator} was expected to repeat itself; Python {first} {again}, web {here}")
    if np.allclose(first, here[0], atol=1e-3):
        sys.exit(f"not as stated: {operator} draws the same in both, {first}")
    said.append(f"{operator} with seed 7: Python {first.round(3)}, web {here[0].round(3)}")
print("\n".join(said))
END
