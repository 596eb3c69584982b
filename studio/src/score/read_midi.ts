/** Reads a Standard MIDI File as Python's `dawg_ai/midi.py` does: tempo counts on any track, no note is lost. */
import { type Notes, changed, sorted } from "./grid";
import { DURATION, PITCH, START, VELOCITY, VOICE } from "#web/engine/notes";

const DEFAULT_US = 500_000; // of a beat, in a file without a tempo
const [NOTE_OFF, NOTE_ON, SYSTEM, META, SET_TEMPO] = [0x80, 0x90, 0xf0, 0xff, 0x51];

interface Found {
  channel: number;
  pitch: number;
  velocity: number;
  start: number;
  end: number;
}

/** The bytes of a file, read one after the other. */
class Reader {
  private at: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    if (end > bytes.length) throw new Error("it breaks off");
    [this.bytes, this.at, this.end] = [bytes, at, end];
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.isDone) throw new Error("it breaks off");
    return this.bytes[this.at++]!;
  }

  number(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + this.byte();
    return value;
  }

  /** In groups of seven bits, of which all but the last have the highest bit set. */
  variable(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
  }

  part(length: number): Reader {
    const from = this.at;
    this.at += length;
    return new Reader(this.bytes, from, this.at);
  }

  back(): void {
    this.at -= 1;
  }
}

/** Notes of one track in ticks; its changes of tempo go into `tempos`, by tick. */
function readTrack(track: Reader, tempos: Map<number, number>): Found[] {
  const found: Found[] = [];
  const waiting = new Map<number, Found[]>();
  let [tick, status] = [0, 0];
  while (!track.isDone) {
    tick += track.variable();
    const first = track.byte();
    if (first < 0x80) track.back();
    else if (first < SYSTEM) status = first;
    if (first === META) {
      const kind = track.byte();
      const content = track.part(track.variable());
      if (kind === SET_TEMPO) tempos.set(tick, content.number(3));
    } else if (first >= SYSTEM) track.part(track.variable());
    else {
      const kind = status & 0xf0;
      const pitch = track.byte();
      const value = kind === 0xc0 || kind === 0xd0 ? 0 : track.byte();
      const channel = status & 0x0f;
      const open = waiting.get(channel * 128 + pitch) ?? [];
      if (kind === NOTE_ON && value > 0) {
        const note = { channel, pitch, velocity: value / 127, start: tick, end: -1 };
        found.push(note);
        waiting.set(channel * 128 + pitch, [...open, note]);
      } else if ((kind === NOTE_ON || kind === NOTE_OFF) && open.length > 0) {
        open[0]!.end = tick;
        waiting.set(channel * 128 + pitch, open.slice(1));
      }
    }
  }
  // A note without an end ends with its track, and one of no length lasts a tick.
  return found.map((note) => ({ ...note, end: Math.max(note.end < 0 ? tick : note.end, note.start + 1) }));
}

/** Notes in seconds, whose voices are their channels, and the tempo at the beginning. Throws in words what is wrong. */
export function readMidi(content: ArrayBuffer, name: string): { notes: Notes; tempo: number } {
  try {
    return read(new Reader(new Uint8Array(content)));
  } catch (error) {
    throw new Error(`${name} is no MIDI file, or is damaged (${(error as Error).message}); export it again as .mid`);
  }
}

function read(file: Reader): { notes: Notes; tempo: number } {
  if (file.number(4) !== 0x4d546864) throw new Error("it has no header");
  const header = file.part(file.number(4));
  const [, , ppq] = [header.number(2), header.number(2), header.number(2)];
  if (ppq === 0 || ppq >= 0x8000) throw new Error("it counts in SMPTE frames");
  const tempos = new Map([[0, DEFAULT_US]]);
  const found: Found[] = [];
  while (!file.isDone) {
    const isTrack = file.number(4) === 0x4d54726b;
    const chunk = file.part(file.number(4));
    if (isTrack) found.push(...readTrack(chunk, tempos));
  }
  const changes = [...tempos].filter(([, us]) => us > 0).sort(([a], [b]) => a - b);
  const seconds = (tick: number): number =>
    changes.reduce((sum, [from, us], i) => {
      const to = Math.min(tick, changes[i + 1]?.[0] ?? tick);
      return sum + (Math.max(0, to - from) * us) / ppq / 1e6;
    }, 0);
  const notes = found.map(({ channel, pitch, velocity, start, end }) =>
    changed([0, 0, 0, 0, 0, 0], {
      [START]: seconds(start),
      [DURATION]: seconds(end) - seconds(start),
      [PITCH]: pitch,
      [VELOCITY]: velocity,
      [VOICE]: channel,
    }),
  );
  return { notes: sorted(notes), tempo: 60e6 / changes[0]![1] };
}
