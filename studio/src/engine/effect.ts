import type { EffectEntry } from "./manifest";
import { Module } from "./module";

/** An effect at work on a stream: keeps its state from block to block, as Python's `Processor` does. */
export class Effect {
  private readonly module: Module;
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  /** What an effect with a side-chain listens to: here, the sound itself. */
  private readonly key: Float32Array | undefined;
  private readonly scalars: Record<string, number>;
  private readonly free: Record<string, number>;
  /** Blocks may not be larger. */
  readonly block: number;

  constructor(entry: EffectEntry, compiled: WebAssembly.Module, sampleRate: number, channels: number) {
    this.module = new Module(entry, compiled);
    this.x = this.module.array("x") as Float32Array;
    this.y = this.module.array("y") as Float32Array;
    this.key = "key" in entry.memory ? (this.module.array("key") as Float32Array) : undefined;
    this.block = this.module.capacity("x", "samples");
    this.scalars = { sample_rate_hz: sampleRate };
    this.free = { channels, samples: 0 };
  }

  /** Set all knobs, in declared order. */
  turn(knobs: ArrayLike<number>): void {
    this.module.array("knobs").set(knobs);
    this.module.call("prepare", this.scalars);
  }

  /** How many samples the output is behind the input. */
  latency(): number {
    return this.module.has("latency") ? this.module.call("latency", this.scalars) : 0;
  }

  /** The next block, read from and written to `channels` at `start`. */
  process(channels: Float32Array[], start: number, samples: number): void {
    this.put(this.x, channels, start, samples);
    if (this.key) for (let i = 0; i < channels.length * samples; i++) this.key[i] = this.x[i]!;
    this.module.call("process", this.scalars, this.free);
    this.take(channels, start, samples);
  }

  /** Whether a whole sound that is rendered gets better when the effect has heard all of it. */
  get hasSecondPass(): boolean {
    return this.module.has("settle");
  }

  /** Hear the next block of what `process` gave, in time with what went in. */
  listen(channels: Float32Array[], start: number, samples: number): void {
    this.put(this.y, channels, start, samples);
    this.module.call("listen", this.scalars, this.free);
  }

  /** After all is heard: change the next block in place. */
  settle(channels: Float32Array[], start: number, samples: number): void {
    this.put(this.y, channels, start, samples);
    this.module.call("settle", this.scalars, this.free);
    this.take(channels, start, samples);
  }

  private put(array: Float32Array, channels: Float32Array[], start: number, samples: number): void {
    for (let c = 0; c < channels.length; c++) {
      const channel = channels[c]!;
      for (let i = 0, to = c * samples; i < samples; i++) array[to + i] = channel[start + i]!;
    }
    this.free["samples"] = samples;
  }

  private take(channels: Float32Array[], start: number, samples: number): void {
    for (let c = 0; c < channels.length; c++) {
      const channel = channels[c]!;
      for (let i = 0, from = c * samples; i < samples; i++) channel[start + i] = this.y[from + i]!;
    }
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
