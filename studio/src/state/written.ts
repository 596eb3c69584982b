/** What is written in the editors of plugins, by plugin: it is kept from visit to visit. */
import { signal } from "@preact/signals";
import type { Rows } from "#web/engine/scores";

export interface Score {
  /** Notes, sorted by start. */
  notes: Rows;
  /** Syllables under them, as they were typed. */
  words: string;
  /** By how many semitones the pitch of an answer is bent, by the number of the curves' row. */
  bends: Readonly<Record<number, number>>;
  tempo: number;
  bars: number;
}

export const written = signal<ReadonlyMap<string, Score>>(new Map());
