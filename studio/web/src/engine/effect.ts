import { checkRate } from "./limits";
import type { EffectEntry, Played } from "./manifest";
import { Module } from "./module";
import type { Rows } from "./scores";

/** An effect at work on a stream: keeps its state from block to block, as Python's `Processor` does. */
export class Effect {
  private readonly module: Module;
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  /** What an effect with a side-chain detects levels of. */
  private readonly key: Float32Array | undefined;
  /** All of that, where it is another sound; and where in the song the next block begins, in samples. */
  private sideChain: Float32Array[] | undefined;
  private at = 0;
  /** What it was given last, to begin again with. */
  private knobs: ArrayLike<number> = [];
  private sound: Float32Array[] | undefined;
  private rows: Rows | undefined;
  private readonly scalars: Record<string, number>;
  private readonly free: Record<string, number>;
  /** Where an instrument keeps its place in the song, in samples. */
  private readonly position: Float64Array | undefined;
  /** The array that an instrument plays. */
  readonly plays: Played | undefined;
  /** Blocks may not be larger. */
  readonly block: number;

  /** Throws in words where the sample rate is out of range, or there is no room for so many channels. */
  constructor(entry: EffectEntry, compiled: WebAssembly.Module, sampleRate: number, channels: number) {
    checkRate(sampleRate);
    this.module = new Module(entry, compiled);
    const most = this.module.capacity("x", "channels");
    if (!(channels >= 1 && channels <= most)) {
      throw new Error(`the sound has ${channels} channels; effects take 1 to ${most}: fold it to stereo first`);
    }
    this.x = this.module.array("x") as Float32Array;
    this.y = this.module.array("y") as Float32Array;
    this.key = "key" in entry.memory ? (this.module.array("key") as Float32Array) : undefined;
    this.block = this.module.capacity("x", "samples");
    this.scalars = { sample_rate_hz: sampleRate };
    this.free = { channels, samples: 0 };
    this.position = "position" in entry.memory ? (this.module.array("position") as Float64Array) : undefined;
    this.plays = entry.plays;
  }

  /** Set all knobs, in declared order. */
  turn(knobs: ArrayLike<number>): void {
    this.knobs = knobs;
    this.module.array("knobs").set(knobs);
    this.module.call("prepare", this.scalars);
  }

  /** Give it the sound that it works with, before the first block; how many samples of it there was room for. */
  load(sound: Float32Array[]): number {
    this.sound = sound;
    const length = sound[0]!.length;
    for (let start = 0; start < length; start += this.block) {
      const samples = Math.min(this.block, length - start);
      put(this.x, sound, start, samples);
      const taken = this.call("load", samples);
      if (taken < samples) return start + taken;
    }
    return length;
  }

  /** After `load`, and before the first block that must not be late: prepare a part of that sound. Is all of it ready? */
  makeReady(): boolean {
    return this.call("load", 0) === 0;
  }

  /** Give an instrument what it plays, before the first block; how many rows of it there was room for. */
  play(rows: Rows): number {
    this.rows = rows;
    const array = this.module.array(this.plays!);
    const most = this.module.capacity(this.plays!, "rows");
    for (let start = 0; start < rows.length; start += most) {
      const part = rows.slice(start, start + most);
      part.forEach((row, i) => array.set(row, i * row.length));
      const taken = this.module.call("play", this.scalars, { ...this.free, rows: part.length });
      if (taken < part.length) return start + taken;
    }
    return rows.length;
  }

  /** Begin again, as if nothing had sounded: memory of zeros, then knobs, sound and notes as before. */
  reset(): void {
    this.module.clear();
    this.turn(this.knobs);
    if (this.sound) this.load(this.sound);
    if (this.rows) this.play(this.rows);
    this.seek(0);
  }

  /** Give an effect with a side-chain another sound to detect levels of; it begins with the song, and silence follows. */
  listen(sound: Float32Array[]): void {
    this.sideChain = sound;
  }

  /** The next block is that of another place in the song, so many samples after its beginning. */
  seek(samples: number): void {
    this.at = samples;
    if (this.position) this.position[0] = samples;
  }

  /** For how many samples it sounds on after the input has ended. */
  tail(): number {
    return this.module.has("tail") ? this.module.call("tail", this.scalars, this.free) : 0;
  }

  /** How many samples the output is behind the input. */
  latency(): number {
    return this.module.has("latency") ? this.module.call("latency", this.scalars) : 0;
  }

  /** By how many decibels it turns down after the last block; NaN where it does not tell. */
  reduction(): number {
    return this.module.has("reduction_db") ? this.module.call("reduction_db", this.scalars, this.free) : NaN;
  }

  /** The next block, read from `channels` at `start`, with silence beyond their end, and written to them `late` samples earlier, but for what would be before their beginning. `key` is what a side-chain listens to, where it is no sound of its own. */
  process(channels: Float32Array[], start: number, samples: number, late = 0, key: readonly Float32Array[] = channels): void {
    put(this.x, channels, start, samples);
    if (this.key && this.sideChain) put(this.key, this.sideChain, this.at, samples);
    else if (this.key) put(this.key, key, start, samples);
    this.at += samples;
    this.call("process", samples);
    take(this.y, channels, start - late, samples);
  }

  /** Do two more passes follow, where a whole sound is rendered? */
  get twoPass(): boolean {
    return this.module.has("analyse") && this.module.has("apply");
  }

  /** The next block of all that `process` gave; all of it is read before the first is changed. */
  analyse(channels: Float32Array[], start: number, samples: number): void {
    put(this.y, channels, start, samples);
    this.call("analyse", samples);
  }

  /** Change the next block in place. */
  apply(channels: Float32Array[], start: number, samples: number): void {
    put(this.y, channels, start, samples);
    this.call("apply", samples);
    take(this.y, channels, start, samples);
  }

  private call(kernel: string, samples: number): number {
    this.free["samples"] = samples;
    return this.module.call(kernel, this.scalars, this.free);
  }
}

/** Blocks up to here are copied by loops, since the audio thread allocates nothing, not even a view. */
const SHORT = 128;

/** Into a module's array, channel after channel; silence before their beginning, where `start` is below 0, and beyond their end. */
function put(array: Float32Array, channels: readonly Float32Array[], start: number, samples: number): void {
  const first = Math.min(samples, Math.max(0, -start));
  for (let c = 0, to = 0; c < channels.length; c++, to += samples) {
    const channel = channels[c]!;
    const there = Math.max(first, Math.min(samples, channel.length - start));
    array.fill(0, to, to + first);
    if (there - first > SHORT) array.set(channel.subarray(start + first, start + there), to + first);
    else for (let i = first; i < there; i++) array[to + i] = channel[start + i]!;
    array.fill(0, to + there, to + samples);
  }
}

/** Out of it; nothing before their beginning, where `start` is below 0. */
function take(array: Float32Array, channels: Float32Array[], start: number, samples: number): void {
  const first = Math.max(0, -start);
  for (let c = 0, from = 0; c < channels.length; c++, from += samples) {
    const channel = channels[c]!;
    if (samples > SHORT) channel.set(array.subarray(from + first, from + samples), start + first);
    else for (let i = first; i < samples; i++) channel[start + i] = array[from + i]!;
  }
}

/** The frequency response of an effect that has one to draw. */
export class Curve {
  private readonly module: Module;
  private readonly sampleRate: number;

  constructor(entry: EffectEntry, compiled: WebAssembly.Module, sampleRate: number) {
    this.module = new Module(entry, compiled);
    this.sampleRate = sampleRate;
  }

  /** Decibels at each frequency for these knobs. */
  at(knobs: ArrayLike<number>, frequencies: Float64Array): Float64Array {
    const scalars = { sample_rate_hz: this.sampleRate };
    this.module.array("knobs").set(knobs);
    this.module.call("prepare", scalars);
    this.module.array("frequencies").set(frequencies);
    this.module.call("curve", scalars, { points: frequencies.length });
    return Float64Array.from(this.module.array("decibels").subarray(0, frequencies.length));
  }
}
