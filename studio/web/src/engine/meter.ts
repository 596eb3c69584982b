/** Loudness and true peak of a whole sound, by the engine's meter, equal to the bit to Python's `meter.measure`. */
import type { Tool } from "./manifest";
import { Module } from "./module";

/** Which kernel tells each of them. */
const KERNELS: Record<string, string> = {
  integrated_lufs: "integrated",
  range_lu: "loudness_range",
  momentary_max_lufs: "momentary_max",
  short_term_max_lufs: "short_term_max",
  true_peak_db: "peak_max",
};
const STEPS_PER_S = 10;

/** What the meters of these names say, in their order. */
export function measure(tool: Tool, names: readonly string[], channels: readonly Float32Array[], sampleRate: number): number[] {
  const kernels = names.map((name) => {
    if (!KERNELS[name]) throw new Error(`there is no meter "${name}"; there are ${Object.keys(KERNELS).join(", ")}`);
    return KERNELS[name];
  });
  const module = new Module(tool.entry, new WebAssembly.Module(tool.bytes));
  const x = module.array("x");
  const block = module.capacity("x", "samples");
  const total = channels[0]?.length ?? 0;
  const steps = Math.min(Math.floor((total * STEPS_PER_S) / sampleRate) + 1, module.capacity("steps", "steps"));
  const scalars = { sample_rate_hz: sampleRate };
  const free = { channels: channels.length, samples: 0, steps };
  module.call("prepare", scalars);
  for (let start = 0; start < total; start += block) {
    free.samples = Math.min(block, total - start);
    channels.forEach((channel, c) => x.set(channel.subarray(start, start + free.samples), c * free.samples));
    module.call("block", scalars, free);
  }
  module.call("finish", scalars, free);
  return kernels.map((kernel) => module.call(kernel, scalars, free));
}
