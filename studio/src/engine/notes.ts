/** Notes as rows of start, duration, pitch, velocity, voice and syllable; `dawg_ai/notes.py` of Python. */

/** All rows one after the other. */
export type Notes = Float32Array<ArrayBuffer>;

type Rows = readonly (readonly number[])[];

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
