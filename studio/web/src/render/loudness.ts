import type { Tool } from "../engine/manifest";
import { Module } from "../engine/module";

/** Integrated loudness of a whole song in LUFS, by the engine's meter; -Infinity for silence. */
export function integratedLoudness({ entry, bytes }: Tool, channels: readonly Float32Array[], sampleRate: number): number {
  const module = new Module(entry, new WebAssembly.Module(bytes));
  const x = module.array("x");
  const most = module.capacity("x", "samples");
  const steps = module.capacity("energies", "steps");
  const scalars = { sample_rate_hz: sampleRate };
  const total = channels[0]?.length ?? 0;
  module.call("prepare", scalars);
  for (let start = 0; start < total; start += most) {
    const samples = Math.min(most, total - start);
    channels.forEach((channel, c) => x.set(channel.subarray(start, start + samples), c * samples));
    module.call("block", scalars, { channels: channels.length, samples, steps });
  }
  return module.call("integrated", scalars, { steps });
}
