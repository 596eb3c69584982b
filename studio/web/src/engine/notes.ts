/** Notes as rows of start, duration, pitch, velocity, voice and syllable; `dawg_ai/notes.py` of Python. */
import type { EffectEntry } from "./manifest";
import type { Rows } from "./scores";

/** All rows one after the other. */
export type Notes = Float32Array<ArrayBuffer>;

export const COLUMNS = 6;
export const [START, DURATION, PITCH, VELOCITY, VOICE, SYLLABLE] = [0, 1, 2, 3, 4, 5] as const;

/** Those of velocity 0 left out, the others sorted by start; equal starts in the order given. Throws where they are no notes. */
export function sounding(rows: Rows): number[][] {
  const all = rows.map((row) => row.map(Math.fround));
  const fits = (row: number[]): boolean =>
    row.length === COLUMNS &&
    row.every(Number.isFinite) &&
    row[START]! >= 0 &&
    row[DURATION]! >= 0 &&
    row[VELOCITY]! >= 0 &&
    row[VELOCITY]! <= 1;
  if (!all.every(fits)) {
    throw new Error(
      "these are not notes; a note is start_s, duration_s, pitch, velocity, voice, syllable: " +
        "finite, times from 0 on, velocity from 0 to 1",
    );
  }
  return all.filter((row) => row[VELOCITY] !== 0).sort((a, b) => a[START]! - b[START]!);
}

/** The notes of a file. Throws in words what is wrong with it. */
export function readNotes(text: string, name: string): Notes {
  let read: { format?: number; notes?: number[][] };
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  if (read?.format !== 1 || !Array.isArray(read.notes) || !read.notes.every(Array.isArray)) {
    throw new Error(`${name} holds no notes of format 1: {"format": 1, "notes": [[0.0, 0.5, 36, 0.8, 0, 0], ...]}`);
  }
  return Float32Array.from(sounding(read.notes).flat());
}

/** What an instrument plays. Throws in words where that is something else. */
export function rowsOf(effect: string, entry: EffectEntry, given: unknown): Rows {
  const width = entry.memory[entry.plays!]!.shape[1] as number;
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length === width && row.every((each) => typeof each === "number");
  if (!Array.isArray(given) || !given.every(isRow)) {
    throw new Error(`${effect}: ${entry.plays} is no list of rows of ${width} numbers`);
  }
  if (entry.plays !== "notes") return given;
  try {
    return sounding(given);
  } catch (error) {
    throw new Error(`${effect}: ${(error as Error).message}`);
  }
}
