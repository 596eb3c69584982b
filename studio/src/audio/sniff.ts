/**
 * What the header of a sound file says: its sample rate, without which a browser would resample it when decoding, and
 * which loudspeakers its channels are for.
 */
import { aiffFormat, isAiff } from "./aiff";
import { aacRate, frameRate } from "./frames";
import { ascii, readFormat } from "./wav";

export interface Header {
  /** In Hz; undefined where nothing in the file tells. */
  sampleRate: number | undefined;
  /** The channel mask of WAVE files, bit by bit a loudspeaker; undefined where the usual ones are meant. */
  mask: number | undefined;
  /** Do streams of another kind follow (chained Ogg), at which browsers stop? */
  others?: boolean;
}

const header = (sampleRate: number | undefined, mask?: number): Header => ({ sampleRate: sampleRate || undefined, mask });

/** Where the sound begins: after ID3v2 tags, by their size. */
export function afterTags(view: DataView): number {
  let at = 0;
  while (at + 10 <= view.byteLength && ascii(view, at, 3) === "ID3") {
    const size = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + (view.getUint8(at + place) & 127), 0);
    const footer = view.getUint8(at + 5) & 16 ? 10 : 0;
    at += 10 + size + footer;
  }
  return at;
}

/** What a file's header says; `start` is where its tags end. */
export function sniff(view: DataView, start: number): Header {
  const word = ascii(view, start);
  try {
    if (word === "fLaC") return flac(view, start);
    if (word === "OggS") return ogg(view, start);
    if (["RIFF", "RF64", "BW64"].includes(word)) {
      const { sampleRate, mask } = readFormat(view, start);
      return header(sampleRate, mask);
    }
    if (isAiff(view, start)) return header(aiffFormat(view, start)?.sampleRate);
    if (ascii(view, start + 4) === "ftyp") return header(mp4Rate(view, start));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the header is cut off
    return header(undefined);
  }
  return header(frameRate(view, start));
}

const MASK_TAG = "WAVEFORMATEXTENSIBLE_CHANNEL_MASK=0x";
const COMMENTS = 4;

/** STREAMINFO comes first; comments may name the loudspeakers. */
function flac(view: DataView, start: number): Header {
  const rate = flacRate(view, start);
  let last = false;
  for (let at = start + 4; !last && at + 4 <= view.byteLength; ) {
    const kind = view.getUint8(at);
    const size = view.getUint32(at) & 0xffffff;
    last = (kind & 128) !== 0;
    if ((kind & 127) === COMMENTS) {
      const text = ascii(view, at + 4, Math.min(size, view.byteLength - at - 4));
      const found = text.toUpperCase().indexOf(MASK_TAG.toUpperCase());
      const mask = found < 0 ? NaN : parseInt(text.slice(found + MASK_TAG.length, found + MASK_TAG.length + 8), 16);
      return header(rate, mask || undefined);
    }
    at += 4 + size;
  }
  return header(rate);
}

/** Twenty bits of the STREAMINFO block of a stream whose "fLaC" is at `at`. */
const flacRate = (view: DataView, at: number): number => view.getUint32(at + 18) >>> 12;

const BEGINS = 2;

/** The pages of an Ogg file: where each one's packets begin, and whether a stream begins with it. */
function* pages(view: DataView, start: number): Generator<{ packet: number; begins: boolean }> {
  for (let at = start; at + 27 <= view.byteLength && ascii(view, at) === "OggS"; ) {
    const segments = view.getUint8(at + 26);
    const packet = at + 27 + segments;
    if (packet > view.byteLength) return; // broken off
    yield { packet, begins: (view.getUint8(at + 5) & BEGINS) !== 0 };
    at = packet;
    for (let i = packet - segments; i < packet; i++) at += view.getUint8(i);
  }
}

/** Rate and channels of a stream of sound that begins with this packet. */
function stream(view: DataView, packet: number): { rate: number; channels: number } | undefined {
  // Opus is always decoded at 48 kHz.
  if (ascii(view, packet, 8) === "OpusHead") return { rate: 48000, channels: view.getUint8(packet + 9) };
  if (ascii(view, packet, 7) === "\x01vorbis") {
    return { rate: view.getUint32(packet + 12, true), channels: view.getUint8(packet + 11) };
  }
  if (ascii(view, packet, 5) !== "\x7fFLAC") return undefined;
  return { rate: flacRate(view, packet + 9), channels: ((view.getUint8(packet + 29) >> 1) & 7) + 1 };
}

/** Every stream begins with a page of its own. */
function ogg(view: DataView, start: number): Header {
  const all = [...pages(view, start)].flatMap(({ packet, begins }) => (begins && stream(view, packet)) || []);
  const [first] = all;
  if (!first) return header(undefined);
  const others = all.some(({ rate, channels }) => rate !== first.rate || channels !== first.channels);
  return { ...header(first.rate), others };
}

/** The boxes of an MP4 file between two places. */
function* boxes(view: DataView, from: number, to: number): Generator<{ name: string; body: number; end: number }> {
  for (let at = from; at + 8 <= to; ) {
    const short = view.getUint32(at);
    const body = at + (short === 1 ? 16 : 8);
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short || to - at;
    const end = Math.min(at + size, to);
    if (end < body) return;
    yield { name: ascii(view, at + 4), body, end };
    at = end;
  }
}

/** Boxes that hold what tells of a track. */
const OUTER = ["moov", "trak", "mdia", "minf", "stbl"];
const SOUND_ENTRY = 28;

/** The rate of the first track of sound: stsd holds its sample entry, whose rate is a 16.16 number. */
function mp4Rate(view: DataView, from: number, to = view.byteLength): number | undefined {
  for (const { name, body, end } of boxes(view, from, to)) {
    if (OUTER.includes(name)) {
      const found = mp4Rate(view, body, end);
      if (found) return found;
    }
    // A video track has no rate there, and no entry of these names.
    if (name !== "stsd" || body + 16 + SOUND_ENTRY > end) continue;
    const codec = ascii(view, body + 12);
    if (codec === "Opus") return 48000;
    const rate = view.getUint32(body + 16 + SOUND_ENTRY - 4) >>> 16;
    if (codec === "mp4a") return aacRate(rate);
    if (["fLaC", "alac", ".mp3"].includes(codec)) return rate;
  }
  return undefined;
}
