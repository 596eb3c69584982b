/** The worker that runs networks: one session of onnxruntime, loaded when it is first needed. */
import runtime from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import type { Tensors } from "#web/bundle/bundle";
import { Network } from "#web/network";
import { answer } from "#web/rpc";

/** Whose it is, and it. */
let loaded: { key: string; network: Network } | null = null;

answer({
  async load({ key, model, outputs }: { key: string; model: ArrayBuffer; outputs: string[] }) {
    const before = loaded;
    loaded = null;
    await before?.network.release();
    loaded = { key, network: await Network.of(model, outputs, new URL(runtime, import.meta.url)) };
    return { value: null };
  },

  async run({ key, inputs }: { key: string; inputs: Tensors }) {
    if (loaded?.key !== key) throw new Error("the network that is loaded is not this plugin's");
    return { value: await loaded.network.run(inputs) };
  },
});
