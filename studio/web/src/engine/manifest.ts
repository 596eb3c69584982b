/** The formats that Python writes: see docs/bundle.md. Everything the studio knows of sound comes from them. */

export type Dtype = "f32" | "f64" | "i32";

export interface MemoryEntry {
  type: Dtype;
  shape: (number | string)[];
  /** The largest sizes, where `shape` names free dimensions. */
  capacity?: number[];
  offset: number;
}

export interface ExportEntry {
  arguments: string[];
  free: string[];
  returns: Dtype | null;
}

/** One .wasm of kernels. */
export interface ModuleEntry {
  wasm: string;
  sha256?: string;
  bytes: number;
  memory: Record<string, MemoryEntry>;
  exports: Record<string, ExportEntry>;
}

export interface Knob {
  name: string;
  label: string;
  unit: string;
  minimum: number;
  maximum: number;
  default: number;
  step: number;
  scale: "linear" | "log" | "choice";
  choices: string[];
  group: string;
  role: "" | "frequency" | "gain" | "q" | "kind";
}

/** What an instrument takes as rows of numbers, by the name of its array. */
export type Played = "notes" | "curves";

/** A module that a person can turn: an effect. */
export interface EffectEntry extends ModuleEntry {
  summary: string;
  knobs: Knob[];
  /** Of an instrument alone. */
  plays?: Played;
}

export interface Manifest {
  format: number;
  /** Of the package that it was made by. */
  version?: string;
  modules: Record<string, ModuleEntry | EffectEntry>;
}

/** A module of kernels, to be called. */
export interface Tool {
  entry: ModuleEntry;
  bytes: ArrayBuffer;
}

/** What an audio thread or a worker needs to host an effect. */
export interface HostedEffect extends Tool {
  name: string;
  entry: EffectEntry;
}

export const isEffect = (entry: ModuleEntry | EffectEntry): entry is EffectEntry => "knobs" in entry;

/** Does the effect tell its gain reduction? */
export const reduces = (entry: EffectEntry | undefined): boolean => entry !== undefined && "reduction_db" in entry.exports;

/** Does the effect work with a sound that a person chooses, such as an impulse response? */
export const takesSound = (entry: EffectEntry): boolean => "load" in entry.exports;

/** Has the effect a side-chain, that may detect levels of another sound? */
export const takesKey = (entry: EffectEntry): boolean => "key" in entry.memory;
