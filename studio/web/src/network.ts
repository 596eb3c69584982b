/** The network of one plugin, by ONNX Runtime on one thread. */
import * as ort from "onnxruntime-web/wasm";
import type { Tensors } from "./bundle/bundle";

export class Network {
  private readonly session: ort.InferenceSession;
  /** What the plugin calls its outputs, in their order. */
  private readonly names: readonly string[];

  private constructor(session: ort.InferenceSession, names: readonly string[]) {
    this.session = session;
    this.names = names;
  }

  /** `runtime` is where ONNX Runtime's kernels are, or they themselves. */
  static async of(model: ArrayBuffer, names: readonly string[], runtime: URL | ArrayBuffer): Promise<Network> {
    ort.env.wasm.numThreads = 1;
    if (runtime instanceof URL) ort.env.wasm.wasmPaths = { wasm: runtime.href };
    else ort.env.wasm.wasmBinary = runtime;
    return new Network(await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] }), names);
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const feeds = Object.entries(inputs).map(([name, { shape, data }]) => [name, new ort.Tensor("float32", data, shape)]);
    const results = await this.session.run(Object.fromEntries(feeds) as Record<string, ort.Tensor>);
    const outputs = this.session.outputNames.map((own, i) => {
      const { dims, data } = results[own]!;
      return [this.names[i]!, { shape: [...dims], data: Float32Array.from(data as Float32Array) }];
    });
    return Object.fromEntries(outputs) as Tensors;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
