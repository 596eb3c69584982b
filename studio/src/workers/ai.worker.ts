/** The worker that runs networks: one session of onnxruntime, one thread, loaded when it is first needed. */
import * as ort from "onnxruntime-web/wasm";
import runtime from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { Tensors } from "#web/bundle/bundle";
import { answer } from "#web/rpc";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(runtime, import.meta.url).href };

interface Network {
  /** Whose it is. */
  key: string;
  session: ort.InferenceSession;
  /** What the plugin calls its outputs, in their order. */
  names: string[];
}

let network: Network | null = null;

answer({
  async load({ key, model, outputs }: { key: string; model: ArrayBuffer; outputs: string[] }) {
    const before = network;
    network = null;
    await before?.session.release();
    const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
    network = { key, session, names: outputs };
    return { value: null };
  },

  async run(given: { key: string; inputs: Tensors }) {
    if (network?.key !== given.key) throw new Error("the network that is loaded is not this plugin's");
    const { session, names } = network;
    const feeds = Object.fromEntries(
      Object.entries(given.inputs).map(([name, { shape, data }]) => [name, new ort.Tensor("float32", data, shape)]),
    );
    const results = await session.run(feeds);
    const outputs = session.outputNames.map((own, i) => {
      const { dims, data } = results[own]!;
      return [names[i]!, { shape: [...dims], data: Float32Array.from(data as Float32Array) }];
    });
    return { value: Object.fromEntries(outputs) as Tensors };
  },
});
