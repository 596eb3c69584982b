/** Stereo width of a whole sound, by the engine's meter, equal to the bit to Python's `width.Meter`. */
import type { Tool } from "./manifest";
import { Module } from "./module";

/** Side against mid in dB: low, middle, high. */
export function width({ entry, bytes }: Tool, channels: readonly Float32Array[], sampleRate: number): number[] {
  const module = new Module(entry, new WebAssembly.Module(bytes));
  const x = module.array("x");
  const block = module.capacity("x", "samples");
  const total = channels[0]?.length ?? 0;
  module.call("prepare", { sample_rate_hz: sampleRate });
  for (let start = 0; start < total && channels.length > 1; start += block) {
    const samples = Math.min(block, total - start);
    channels.forEach((channel, c) => x.set(channel.subarray(start, start + samples), c * samples));
    module.call("block", {}, { channels: channels.length, samples });
  }
  module.call("finish", {});
  return [...module.array("width_db")];
}
