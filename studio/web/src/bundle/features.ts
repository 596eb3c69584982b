/** Named arrays from what a person gives, by the plugin's own kernels: docs/bundle.md, "Features". */
import { stereo } from "../engine/fold";
import { checkRate } from "../engine/limits";
import type { ModuleEntry } from "../engine/manifest";
import { Module } from "../engine/module";
import type { AudioFeatures, NoteFeatures, Source, Tensor, Tensors } from "./bundle";
import { COLUMNS, type Notes } from "../engine/notes";

/** Memory is laid out for a frame at this rate, in Hz. */
const HIGHEST_RATE = 192000;

export interface Sound {
  channels: readonly Float32Array[];
  sampleRate: number;
}

export type Material = Sound | Notes;

const size = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

/** All features of one file, which has the module afresh. */
export function extract(
  kernels: ModuleEntry,
  compiled: WebAssembly.Module,
  features: Source["features"],
  material: Material,
): Tensors {
  const module = new Module(kernels, compiled);
  if (features.kind === "audio") return ofSound(module, features, material as Sound);
  return ofNotes(module, features, material as Notes);
}

/** What an array of a module holds now. */
function held(module: Module, name: string, shape: number[]): Tensor {
  return { shape, data: Float32Array.from(module.array(name).subarray(0, size(shape))) };
}

/** One row for each whole frame; a sound shorter than one is padded with silence. */
function ofSound(module: Module, features: AudioFeatures, sound: Sound): Tensors {
  const { sampleRate } = sound;
  checkRate(sampleRate, "features are taken", HIGHEST_RATE);
  const channels = stereo(sound.channels);
  const [frame, hop] = [features.frame_s, features.hop_s].map((seconds) => Math.floor(sampleRate * seconds)) as [number, number];
  const samples = channels[0]?.length ?? 0;
  const frames = Math.floor(Math.max(0, samples - frame) / hop) + 1;
  const rows = Object.fromEntries(
    features.outputs.map((name) => {
      const shape = [frames, ...(module.entry.memory[name]!.shape as number[])];
      return [name, { shape, data: new Float32Array(size(shape)) }];
    }),
  );
  const scalars = { sample_rate_hz: sampleRate, frames };
  const free = { channels: channels.length, samples: frame };
  const x = module.array("x");
  module.call(features.prepare, scalars, free);
  for (let i = 0; i < frames; i++) {
    // Only a sound shorter than one frame leaves a rest, which stays silent: memory starts as zeros.
    channels.forEach((channel, c) => x.set(channel.subarray(i * hop, i * hop + frame), c * frame));
    module.call(features.frame, scalars, free);
    for (const name of features.outputs) {
      const width = rows[name]!.data.length / frames;
      rows[name]!.data.set(module.array(name).subarray(0, width), i * width);
    }
  }
  if (features.finish) module.call(features.finish, scalars, free);
  for (const name of features.whole) rows[name] = held(module, name, module.entry.memory[name]!.shape as number[]);
  return rows;
}

/** As many rows of each output as the kernel says it has filled. */
function ofNotes(module: Module, { encode, outputs }: NoteFeatures, notes: Notes): Tensors {
  const { memory } = module.entry;
  const rows = notes.length / COLUMNS;
  const most = module.capacity("notes", "rows");
  if (rows > most) throw new Error(`there are ${rows} notes; a plugin takes up to ${most}: give a shorter part`);
  module.array("notes").set(notes);
  const filled = module.call(encode, {}, { rows });
  return Object.fromEntries(
    outputs.map((name) => [name, held(module, name, [filled, ...(memory[name]!.shape.slice(1) as number[])])]),
  );
}

/** One row, or one array of a whole file, of zeros. */
function nothing(kernels: ModuleEntry, name: string, isRow: boolean, kind: "audio" | "notes"): Tensor {
  const own = kernels.memory[name]!.shape as number[];
  const shape = !isRow ? own : [1, ...(kind === "notes" ? own.slice(1) : own)];
  return { shape, data: new Float32Array(size(shape)) };
}

/** Rows of several files one after the other. */
function joined(parts: readonly Tensor[]): Tensor {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...parts[0]!.shape.slice(1)], data };
}

/** The mean of several files, summed in float64 in their order. */
const averaged = (parts: readonly Tensor[]): Tensor => ({
  shape: parts[0]!.shape,
  data: parts[0]!.data.map((_, i) => parts.reduce((sum, { data }) => sum + data[i]!, 0) / parts.length),
});

/** The features of all files of a source, by their names in memory; of no file, zeros. */
export function ofSource(kernels: ModuleEntry, { name, features }: Source, files: readonly Tensors[]): Tensors {
  const whole = features.kind === "audio" ? features.whole : [];
  const made = [...features.outputs, ...whole].map((output): [string, Tensor] => {
    const parts = files.map((each) => each[output]!);
    const isRow = !whole.includes(output);
    const found = parts.length === 0 ? nothing(kernels, output, isRow, features.kind) : isRow ? joined(parts) : averaged(parts);
    return [`${name}_${output}`, found];
  });
  return Object.fromEntries(made);
}
