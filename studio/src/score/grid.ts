/** Notes on a grid of sixteenths: where they are, and what moves them. Times are in seconds, tempo in bpm. */
import type { Lane } from "#web/bundle/bundle";
import { DURATION, PITCH, START, VELOCITY } from "#web/engine/notes";

export type Note = readonly number[];
export type Notes = readonly Note[];

export const STEPS_PER_BEAT = 4;
export const BEATS_PER_BAR = 4;
export const STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR;

export const stepS = (tempo: number): number => 60 / STEPS_PER_BEAT / tempo;

/** The sixteenth nearest to a time. */
export const stepOf = (note: Note, tempo: number): number => Math.floor(note[START]! / stepS(tempo) + 0.5);

/** How late it is, in seconds; early below 0. */
export const lateS = (note: Note, tempo: number): number => note[START]! - stepOf(note, tempo) * stepS(tempo);

/** How many bars they begin in. */
export const barsOf = (notes: Notes, tempo: number): number =>
  notes.reduce((most, note) => Math.max(most, Math.floor(stepOf(note, tempo) / STEPS_PER_BAR) + 1), 0);

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** A note with some of its values changed, none out of range; its numbers are float32, as instruments have them. */
export function changed(note: Note, values: Readonly<Record<number, number>>): Note {
  const next = note.map((value, column) => Math.fround(values[column] ?? value));
  next[START] = Math.max(0, next[START]!);
  next[DURATION] = Math.max(0.01, next[DURATION]!);
  next[PITCH] = clamp(next[PITCH]!, 0, 127);
  next[VELOCITY] = Math.fround(clamp(next[VELOCITY]!, 0.01, 1));
  return next;
}

const USUAL_VELOCITY = 0.8;

/** A new note, some steps long. */
export const placed = (step: number, steps: number, pitch: number, tempo: number): Note =>
  changed([0, 0, 0, 0, 0, 0], {
    [START]: step * stepS(tempo),
    [DURATION]: steps * stepS(tempo),
    [PITCH]: pitch,
    [VELOCITY]: USUAL_VELOCITY,
  });

/** In the order of their starts; equal ones as they came. */
export const sorted = (notes: Notes): Notes => notes.toSorted((a, b) => a[START]! - b[START]!);

/** The same music at another tempo. */
export const atTempo = (notes: Notes, from: number, to: number): Notes =>
  from === to
    ? notes
    : notes.map((note) => changed(note, { [START]: (note[START]! * from) / to, [DURATION]: (note[DURATION]! * from) / to }));

/** What belongs to rows of time, where these are to last so many times as long. */
export function stretched(bends: Readonly<Record<number, number>>, by: number): Record<number, number> {
  const most = Math.max(0, ...Object.keys(bends).map(Number)) * by;
  const rows = Array.from({ length: Math.ceil(most) + 1 }, (_, i): [number, number] => [i, bends[Math.round(i / by)] ?? 0]);
  return Object.fromEntries(rows.filter(([, bend]) => bend !== 0));
}

export const isIn = ({ pitches }: Lane, note: Note): boolean => pitches.includes(Math.round(note[PITCH]!));

/** The notes of every cell that has any, by lane and step. */
export function cells(notes: Notes, lanes: readonly Lane[], tempo: number): Map<string, Note[]> {
  const found = new Map<string, Note[]>();
  for (const note of notes) {
    const lane = lanes.findIndex((each) => isIn(each, note));
    const key = `${lane} ${stepOf(note, tempo)}`;
    found.set(key, [...(found.get(key) ?? []), note]);
  }
  return found;
}

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** Such as "A4", which is 69. */
export const pitchName = (pitch: number): string =>
  `${NAMES[((Math.round(pitch) % 12) + 12) % 12]}${Math.floor(Math.round(pitch) / 12) - 1}`;

export const isBlack = (pitch: number): boolean => NAMES[((pitch % 12) + 12) % 12]!.length > 1;

/** Such as "bar 2 beat 3.2", which is its second sixteenth. */
export function placeName(step: number): string {
  const bar = Math.floor(step / STEPS_PER_BAR) + 1;
  const beat = (Math.floor(step / STEPS_PER_BEAT) % BEATS_PER_BAR) + 1;
  return `bar ${bar} beat ${beat}${step % STEPS_PER_BEAT > 0 ? `.${(step % STEPS_PER_BEAT) + 1}` : ""}`;
}
