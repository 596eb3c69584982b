/** Levels at one point of a chain while it plays: what meters show. Works in the audio thread, so it allocates nothing. */
import type { ModuleEntry } from "./manifest";
import { Module } from "./module";

/** Steps of 100 ms, as the kernel's, in the windows of EBU R 128. */
const MOMENTARY = 4;
const SHORT_TERM = 30;
/** One that is done, and the one under way. */
const STEPS = 2;

export class Levels {
  private readonly module: Module;
  private readonly x: Float32Array;
  private readonly energies: Float64Array;
  private readonly progress: Float64Array;
  private readonly scalars: Record<string, number>;
  private readonly free: Record<string, number>;
  /** Mean squares of the last steps, as a ring. */
  private readonly last = new Float64Array(SHORT_TERM);
  private at = 0;
  /** The highest sample since it was last set to 0. */
  peak = 0;

  constructor(entry: ModuleEntry, compiled: WebAssembly.Module, sampleRate: number, channels: number) {
    this.module = new Module(entry, compiled);
    this.x = this.module.array("x") as Float32Array;
    this.energies = this.module.array("energies") as Float64Array;
    this.progress = this.module.array("progress") as Float64Array;
    this.scalars = { sample_rate_hz: sampleRate };
    this.free = { channels, samples: 0, steps: STEPS };
    this.module.call("prepare", this.scalars);
  }

  /** The next block, shorter than a step. */
  take(channels: readonly Float32Array[]): void {
    const samples = channels[0]!.length;
    for (let c = 0, to = 0; c < channels.length; c++) {
      const channel = channels[c]!;
      for (let i = 0; i < samples; i++, to++) {
        const value = channel[i]!;
        this.x[to] = value;
        this.peak = Math.max(this.peak, Math.abs(value));
      }
    }
    this.free["samples"] = samples;
    this.free["steps"] = STEPS;
    this.module.call("block", this.scalars, this.free);
    if (this.progress[1] === 0) return;
    this.last[this.at] = this.energies[0]!;
    this.at = (this.at + 1) % SHORT_TERM;
    this.progress[1] = 0;
  }

  momentary(): number {
    return this.loudness(MOMENTARY);
  }

  shortTerm(): number {
    return this.loudness(SHORT_TERM);
  }

  /** LUFS over the last steps: of one gating block whose steps are all as loud as the mean. -Infinity below -70. */
  private loudness(steps: number): number {
    let sum = 0;
    for (let back = 1; back <= steps; back++) sum += this.last[(this.at + SHORT_TERM - back) % SHORT_TERM]!;
    this.energies.fill(sum / steps, 0, MOMENTARY);
    this.progress[1] = MOMENTARY;
    this.free["steps"] = MOMENTARY;
    const lufs = this.module.call("integrated", this.scalars, this.free);
    this.progress[1] = 0;
    return lufs;
  }
}

/** What is posted of each point, one number after the other. */
export const COLUMNS = 5;

/** The number under which the chain's input is posted. */
export const INPUT = -1;

/** The levels of one effect's output, or of the chain's input. */
export interface Reading {
  /** The highest sample as an amplitude. */
  peak: number;
  momentary: number;
  shortTerm: number;
  /** Decibels of gain reduction; NaN where the effect does not tell. */
  reduction: number;
}

/** One point of what was posted, and the point before it; undefined where it is not there. */
export function readingsOf(posted: Float64Array, id: number): { from: Reading; to: Reading } | undefined {
  for (let at = 0; at < posted.length; at += COLUMNS) {
    if (posted[at] === id) return { from: reading(posted, Math.max(0, at - COLUMNS)), to: reading(posted, at) };
  }
  return undefined;
}

/** The chain's input, and what comes out at its end. */
export const endsOf = (posted: Float64Array): { from: Reading; to: Reading } | undefined =>
  posted.length > 0 ? { from: reading(posted, 0), to: reading(posted, posted.length - COLUMNS) } : undefined;

const reading = (posted: Float64Array, at: number): Reading => ({
  peak: posted[at + 1]!,
  momentary: posted[at + 2]!,
  shortTerm: posted[at + 3]!,
  reduction: posted[at + 4]!,
});
