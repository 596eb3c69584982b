import type { ModuleEntry } from "../engine/manifest";

/** A trained plugin as files: docs/bundle.md says what each part means. */
export interface Declaration {
  format: number;
  plugin: string;
  summary: string;
  effect: string;
  modes: Mode[];
  /** What the one-hot input counts through. */
  styles: string[];
  /** Those that a person may choose. */
  offered_styles: string[];
  inputs: Signal[];
  outputs: Signal[];
  features: ModuleEntry & { frame_s: number; outputs: string[] };
  files: Record<string, string>;
}

export interface Mode {
  name: string;
  summary: string;
  needs: "" | "reference" | "style";
  most: number;
}

export interface Signal {
  name: string;
  shape: (number | string)[];
  meaning: string;
}

export interface Bundle {
  declaration: Declaration;
  /** Where its files are. */
  base: URL;
}

/** The modes that a person may choose: a mode that needs a style is there only if styles are offered. */
export const offeredModes = ({ modes, offered_styles: styles }: Declaration): Mode[] =>
  modes.filter(({ needs }) => needs !== "style" || styles.length > 0);

/** A named array with its shape, as it travels between workers. */
export interface Tensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}
export type Tensors = Record<string, Tensor>;
