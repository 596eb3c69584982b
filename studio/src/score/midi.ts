/** Writes a Standard MIDI File of one track, byte by byte as Python's `dawg_ai/midi.py` does. */
import { DURATION, PITCH, START, VELOCITY } from "#web/engine/notes";
import type { Notes } from "./grid";

const PPQ = 480;
const [NOTE_OFF, NOTE_ON, PROGRAM] = [0x80, 0x90, 0xc0];

export interface Track {
  name: string;
  channel: number;
  program: number;
}

interface Message {
  tick: number;
  bytes: number[];
}

const tickOf = (beats: number): number => Math.max(0, Math.floor(beats * PPQ + 0.5));

/** To the nearest whole number, halves to the even one, as Python rounds. */
function round(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

const bigEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 0xff);

/** A number in groups of seven bits, of which all but the last have the highest bit set. */
function variable(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}

const meta = (kind: number, content: readonly number[]): number[] => [0xff, kind, ...variable(content.length), ...content];

/** Messages that follow one of the same status leave it out. */
function chunk(messages: readonly Message[], end: number): number[] {
  const content: number[] = [];
  let before = 0;
  let status = 0;
  for (const { tick, bytes } of [...messages, { tick: Math.max(end, messages.at(-1)?.tick ?? 0), bytes: meta(0x2f, []) }]) {
    const first = bytes[0]!;
    content.push(...variable(tick - before), ...(first === status && first !== 0xff ? bytes.slice(1) : bytes));
    before = tick;
    status = first;
  }
  return [...[..."MTrk"].map((letter) => letter.charCodeAt(0)), ...bigEndian(content.length, 4), ...content];
}

/** Notes on and off; a note ends where its pitch sounds again, and all end before the file does. */
function messagesOf(notes: Notes, { channel }: Track, tempo: number, end: number): Message[] {
  const found: (Message & { isOn: number; pitch: number })[] = [];
  const following = new Map<number, number>();
  const beats = (seconds: number): number => (seconds * tempo) / 60;
  for (const note of notes.toReversed()) {
    const pitch = round(note[PITCH]!);
    const start = Math.min(tickOf(beats(note[START]!)), Math.max(0, end - 1));
    const stop = Math.min(
      Math.max(tickOf(beats(note[START]! + note[DURATION]!)), start + 1),
      following.get(pitch) ?? Math.max(end, start + 1),
    );
    if (stop <= start) continue;
    following.set(pitch, start);
    const velocity = Math.min(127, Math.max(1, round(note[VELOCITY]! * 127)));
    found.push({ tick: start, isOn: 1, pitch, bytes: [NOTE_ON | channel, pitch, velocity] });
    found.push({ tick: stop, isOn: 0, pitch, bytes: [NOTE_OFF | channel, pitch, 0] });
  }
  return found.sort((a, b) => a.tick - b.tick || a.isOn - b.isOn || a.pitch - b.pitch);
}

/** A file of four beats a bar: a track of tempo and signature, and one of notes in seconds, sorted by start. */
export function writeMidi(notes: Notes, track: Track, tempo: number, beats: number): Uint8Array<ArrayBuffer> {
  const last = notes.reduce((most, note) => Math.max(most, ((note[START]! + note[DURATION]!) * tempo) / 60), beats);
  const end = tickOf(last);
  const at0 = (bytes: number[]): Message => ({ tick: 0, bytes });
  const name = [...track.name].map((letter) => letter.charCodeAt(0));
  const timing = [meta(0x51, bigEndian(round(60e6 / tempo), 3)), meta(0x58, [4, 2, 24, 8])].map(at0);
  const opening = [meta(0x03, name), [PROGRAM | track.channel, track.program]].map(at0);
  const header = [..."MThd"].map((letter) => letter.charCodeAt(0));
  return Uint8Array.from([
    ...[...header, ...bigEndian(6, 4), ...bigEndian(1, 2), ...bigEndian(2, 2), ...bigEndian(PPQ, 2)],
    ...chunk(timing, end),
    ...chunk([...opening, ...messagesOf(notes, track, tempo, end)], end),
  ]);
}
