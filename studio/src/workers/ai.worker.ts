/** The worker that runs networks: one session of onnxruntime, one thread, loaded when it is first needed. */
import * as ort from "onnxruntime-web/wasm";
import runtime from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { Tensors } from "../bundle/bundle";
import { answer } from "./rpc";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(runtime, import.meta.url).href };

let session: ort.InferenceSession | undefined;

answer({
  async load(given: { model: ArrayBuffer }) {
    await session?.release();
    session = await ort.InferenceSession.create(new Uint8Array(given.model), { executionProviders: ["wasm"] });
    return { value: null };
  },

  async run(given: { inputs: Tensors }) {
    if (!session) throw new Error("no network is loaded");
    const feeds = Object.fromEntries(
      Object.entries(given.inputs).map(([name, { shape, data }]) => [name, new ort.Tensor("float32", data, shape)]),
    );
    const results = await session.run(feeds);
    const outputs: Tensors = {};
    for (const [name, tensor] of Object.entries(results)) {
      outputs[name] = { shape: [...tensor.dims], data: Float32Array.from(tensor.data as Float32Array) };
    }
    return { value: outputs };
  },
});
