import { Module } from "../engine/module";
import type { Declaration, Tensors } from "./bundle";

/** All features of a song, one row per whole frame; `FrameFeatures.extract` of Python. */
export function extract(
  features: Declaration["features"],
  bytes: ArrayBuffer,
  channels: readonly Float32Array[],
  sampleRate: number,
): Tensors {
  const module = new Module(features, new WebAssembly.Module(bytes));
  const size = Math.floor(sampleRate * features.frame_s);
  const most = module.capacity("x", "samples");
  if (size > most) {
    throw new Error(`the song has ${sampleRate} samples per second; at most ${most / features.frame_s} can be heard`);
  }
  const samples = channels[0]?.length ?? 0;
  const frames = Math.max(1, Math.floor(samples / size));
  const rows = Object.fromEntries(
    features.outputs.map((name) => {
      const shape = features.memory[name]!.shape as number[];
      return [name, { shape: [frames, ...shape], data: new Float32Array(frames * shape.reduce((a, b) => a * b, 1)) }];
    }),
  );
  const scalars = { sample_rate_hz: sampleRate };
  const x = module.array("x");
  module.call("prepare", scalars);
  for (let frame = 0; frame < frames; frame++) {
    channels.forEach((channel, c) => {
      const part = channel.subarray(frame * size, (frame + 1) * size);
      // Only a song shorter than one frame leaves a rest, which stays silent: memory starts as zeros.
      x.set(part, c * size);
    });
    module.call("frame", scalars, { channels: channels.length, samples: size });
    for (const name of features.outputs) {
      const width = rows[name]!.data.length / frames;
      rows[name]!.data.set((module.array(name) as Float32Array).subarray(0, width), frame * width);
    }
  }
  return rows;
}
