import { type EffectEntry, type Knob, type Manifest, type ModuleEntry } from "../engine/manifest";

/** A trained plugin as files: docs/bundle.md says what each part means. */
export interface Declaration {
  format: number;
  plugin: string;
  summary: string;
  /** What a button that asks it says. */
  action?: string;
  version?: string;
  made?: { date?: string; data?: string[] };
  sources: Source[];
  controls: Knob[];
  modes: Mode[];
  /** Names of the modes that a person may choose. */
  offered: string[];
  inputs: Signal[];
  outputs: Signal[];
  chain: Link[];
  /** Names of exports of `kernels`. */
  decode: string | null;
  refine: string | null;
  meters: string[];
  max_passes: number;
  min_confidence: number;
  presets?: Preset[];
  /** How its notes are shown and edited, where it has a tab of its own. */
  editor?: Editor;
  kernels: ModuleEntry;
  files: Record<string, string>;
}

/** What a person gives, up to `most` files of it. */
export interface Source {
  name: string;
  file: string;
  most: number;
  features: AudioFeatures | NoteFeatures;
}

export interface AudioFeatures {
  kind: "audio";
  prepare: string;
  frame: string;
  finish: string | null;
  frame_s: number;
  hop_s: number;
  /** One row a frame. */
  outputs: string[];
  /** Of the whole file. */
  whole: string[];
}

export interface NoteFeatures {
  kind: "notes";
  encode: string;
  outputs: string[];
}

export interface Mode {
  name: string;
  summary: string;
  /** Names of sources and controls. */
  needs: string[];
  /** What a button that asks it says. */
  action?: string;
}

/** Values of controls under one name. */
export interface Preset {
  name: string;
  summary: string;
  controls: Record<string, number>;
}

/** A tab for notes: a step grid where it has lanes, else a piano roll. */
export interface Editor {
  title: string;
  /** By source: which of the notes it is given. */
  gives: Record<string, "all" | "locked">;
  lanes: Lane[];
  /** Lowest and highest of a piano roll. */
  pitches: [number, number];
  /** Names of controls; empty where there is none. */
  tempo: string;
  bars: string;
  seed: string;
  /** In a MIDI file. */
  track: string;
  channel: number;
  program: number;
  syllables: Syllables | null;
  /** Where the curves of an answer have the pitch. */
  pitch: { column: number; frame_s: number } | null;
}

/** A row of a step grid; a new note gets the first of its pitches. */
export interface Lane {
  name: string;
  pitches: number[];
}

/** Numbers of syllables by spelling, and what a last letter adds to that of what is before it. */
export interface Syllables {
  spellings: Record<string, number>;
  codas: Record<string, number>;
  default: string;
}

export interface Signal {
  name: string;
  shape: (number | string)[];
  meaning: string;
}

/** One effect or instrument of the chain, and what the plugin does with it. */
export interface Link {
  effect: string;
  sets: string[];
  fixed: Record<string, number>;
  /** The array in memory that an instrument plays; empty for the one called as its own argument. */
  plays: string;
  groups: string[];
  sha256: string;
  knobs: string[];
}

export interface Bundle {
  declaration: Declaration;
  /** Where its files are. */
  base: URL;
  /** What has changed in the engine since it was made, in words. */
  remarks: string[];
}

/** The source that is the open song; the one name that a host knows. */
export const SONG = "song";

export const hasSong = ({ sources }: Declaration): boolean => sources.some(({ name }) => name === SONG);

/** The modes that a person may choose. */
export const offeredModes = ({ modes, offered }: Declaration): Mode[] =>
  modes.filter(({ name }) => offered.includes(name));

/** Is a source or control asked for in this mode? The song always is, and so is what no mode names. */
export const isNeeded = ({ modes }: Declaration, mode: Mode, name: string): boolean =>
  name === SONG || mode.needs.includes(name) || !modes.some(({ needs }) => needs.includes(name));

/** Does it make a song of its own: an instrument plays, and no song is asked for? */
export const generates = (declaration: Declaration, { modules }: Manifest): boolean =>
  !hasSong(declaration) && declaration.chain.some(({ effect }) => (modules[effect] as EffectEntry).plays);

/** A named array with its shape, as it travels between workers. */
export interface Tensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}
export type Tensors = Record<string, Tensor>;

/** Which bundle it is, in words: version, data and date. */
export const originOf = ({ plugin, version = "", made = {} }: Declaration): string =>
  `${plugin} ${version}, trained on ${made.data?.join(", ") || "unknown data"}, ${made.date || "date unknown"}`;
