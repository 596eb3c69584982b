/** A sound at another rate, by the engine's kernel. */
import type { Channels } from "../engine/fold";
import { Module } from "../engine/module";
import type { Tool } from "../engine/manifest";

/** As long as it was in seconds, and in time with it. Throws where the two rates have too little in common. */
export function resample({ entry, bytes }: Tool, sound: Channels, from: number, to: number): Channels {
  const module = new Module(entry, new WebAssembly.Module(bytes));
  module.array("rates").set([from, to]);
  module.call("prepare", {});
  if (module.array("plan")[0] === 0) throw new Error(`a sound of ${from} Hz cannot be brought to ${to} Hz`);
  const result = sound.map((channel) => new Float32Array(Math.ceil((channel.length * to) / from)));
  const [x, out] = [module.array("x"), module.array("out") as Float32Array];
  const [block, outputs] = [module.capacity("x", "samples"), module.capacity("out", "outputs")];
  const free = { channels: sound.length, samples: block, outputs };
  // Behind the end comes silence, until the filter has given all.
  for (let start = 0, have = 0; have < result[0]!.length; start += block) {
    x.fill(0);
    sound.forEach((channel, c) => x.set(channel.subarray(start, start + block), c * block));
    const written = Math.min(module.call("block", {}, free), result[0]!.length - have);
    result.forEach((channel, c) => channel.set(out.subarray(c * outputs, c * outputs + written), have));
    have += written;
  }
  return result;
}

/** An impulse response at another rate, where its frequency response stays as it is: with half as many samples, which are summed, each counts twice. */
export function resampleResponse(tool: Tool, response: Channels, from: number, to: number): Channels {
  return resample(tool, response, from, to).map((channel) => channel.map((value) => (value * from) / to));
}

/** One channel for all, which of stereo is the mean. */
export function withChannels(sound: Channels, count: number): Channels {
  if (sound.length === count) return sound;
  const [left, right] = [sound[0]!, sound[1] ?? sound[0]!];
  const mean = left.map((value, i) => Math.fround(value + right[i]!) / 2);
  return Array.from({ length: count }, () => mean.slice());
}
