/** WAV read at its own rate and written as 32-bit float, sample for sample as libsndfile does for Python. */

import { type Channels, usedOf } from "#web/engine/fold";

export interface Audio {
  sampleRate: number;
  /** Those that are used. */
  channels: Channels;
  /** How many channels the file has. */
  channelsInFile: number;
  /** For which loudspeakers they are, bit by bit as in WAVE files; undefined where the file does not say. */
  mask: number | undefined;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Sizes that mean "unknown": the data goes on to the end of the file. */
const UNKNOWN = 0xffffffff;

/** Characters at a place of a file, as far as there are any. */
export const ascii = (view: DataView, at: number, length = 4): string =>
  at + length <= view.byteLength
    ? Array.from({ length }, (_, i) => String.fromCharCode(view.getUint8(at + i))).join("")
    : "";

export const isWav = (view: DataView, at: number): boolean =>
  ["RIFF", "RF64", "BW64"].includes(ascii(view, at)) && ascii(view, at + 8) === "WAVE";

/** One sample to full scale 1.0: integers are divided by a power of two, so nothing is lost but 32-bit's last bits. */
function reader(format: number, bits: number): ((view: DataView, at: number) => number) | undefined {
  if (format === FLOAT && bits === 32) return (view, at) => view.getFloat32(at, true);
  if (format === FLOAT && bits === 64) return (view, at) => view.getFloat64(at, true);
  if (format !== PCM) return undefined;
  if (bits === 8) return (view, at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (view, at) => view.getInt16(at, true) / 32768;
  if (bits === 24) return (view, at) => (view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 8388608;
  if (bits === 32) return (view, at) => view.getInt32(at, true) / 2147483648;
  return undefined;
}

export interface WavFormat {
  format: number;
  channels: number;
  sampleRate: number;
  mask: number | undefined;
  blockBytes: number;
  bits: number;
  dataAt: number;
  dataBytes: number;
  /** Does the file break off before the end that its header tells? */
  missing: boolean;
}

/** From here on a size means "unknown": 4 GiB, 2 GiB, or these less a header or a page. */
const UNKNOWN_SIZE = 0x7fff0000;

/** Is this the header of a chunk that the file holds whole? */
function isChunk(view: DataView, at: number): boolean {
  if (!/^[ -~]{4}$/.test(ascii(view, at)) || at + 8 > view.byteLength) return false;
  return at + 8 + view.getUint32(at + 4, true) <= view.byteLength;
}

/**
 * How many bytes of samples there are. Programs that cannot seek back leave a size beyond the file's end, and recorders
 * that were cut off leave 0: then the samples go on to the end.
 */
function dataBytes(view: DataView, at: number, said: number): number {
  const left = view.byteLength - at;
  return said === 0 && left > 0 && !isChunk(view, at) ? left : Math.min(said, left);
}

/** What a WAVE file that begins at `start` says of its samples. */
export function readFormat(view: DataView, start = 0): WavFormat {
  let found: Omit<WavFormat, "dataAt" | "dataBytes" | "missing"> | undefined;
  let longBytes: number | undefined;
  for (let at = start + 12; at + 8 <= view.byteLength; ) {
    const name = ascii(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === "ds64" && size >= 28) longBytes = Number(view.getBigUint64(body + 8, true));
    if (name === "fmt " && size >= 16) {
      const tag = view.getUint16(body, true);
      const isLong = tag === EXTENSIBLE && size >= 26;
      found = {
        format: isLong ? view.getUint16(body + 24, true) : tag,
        channels: view.getUint16(body + 2, true),
        sampleRate: view.getUint32(body + 4, true),
        mask: (isLong && view.getUint32(body + 20, true)) || undefined,
        blockBytes: view.getUint16(body + 12, true),
        bits: view.getUint16(body + 14, true),
      };
    }
    if (name === "data") {
      if (!found) throw new Error("the WAV file has its samples before their format; it is damaged");
      const said = size === UNKNOWN && longBytes !== undefined ? longBytes : size;
      const missing = view.byteLength - body < said && (size < UNKNOWN_SIZE || (said !== size && said < 2 ** 62));
      return { ...found, dataAt: body, dataBytes: dataBytes(view, body, said), missing };
    }
    at = body + size + (size % 2);
  }
  throw new Error("the WAV file ends before any samples; it is damaged or was not copied whole");
}

/** Samples that are read here; others the browser may know. */
export const isPlain = ({ format }: WavFormat): boolean => format === PCM || format === FLOAT;

/** All samples of the channels that are used. */
export function readWav(view: DataView, wav: WavFormat): Audio {
  const { format, channels, sampleRate, mask, blockBytes, bits, dataAt, dataBytes } = wav;
  const read = reader(format, bits);
  if (!read) {
    throw new Error(
      `the WAV file holds ${bits}-bit samples of kind ${format}; expected PCM of 8, 16, 24 or 32 bits or 32- or 64-bit float`,
    );
  }
  const width = bits / 8;
  if (channels < 1 || sampleRate < 1 || blockBytes < channels * width) {
    throw new Error(`the WAV file says ${channels} channels at ${sampleRate} Hz; its header is damaged`);
  }
  const samples = Math.floor(dataBytes / blockBytes);
  const kept = Array.from({ length: usedOf(channels, mask) }, (_, channel) => {
    const out = new Float32Array(samples);
    for (let i = 0, at = dataAt + channel * width; i < samples; i++, at += blockBytes) out[i] = read(view, at);
    return out;
  });
  return { sampleRate, channels: kept, channelsInFile: channels, mask };
}

/** A WAV file of 32-bit float samples. */
export function writeWav(channels: readonly Float32Array[], sampleRate: number): ArrayBuffer {
  const samples = channels[0]?.length ?? 0;
  const blockBytes = channels.length * 4;
  const dataBytes = samples * blockBytes;
  const bytes = new ArrayBuffer(58 + dataBytes);
  const view = new DataView(bytes);
  const text = (at: number, word: string): void => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, bytes.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 18, true);
  view.setUint16(20, FLOAT, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * blockBytes, true);
  view.setUint16(32, blockBytes, true);
  view.setUint16(34, 32, true);
  text(38, "fact");
  view.setUint32(42, 4, true);
  view.setUint32(46, samples, true);
  text(50, "data");
  view.setUint32(54, dataBytes, true);
  channels.forEach((channel, c) => {
    for (let i = 0, at = 58 + c * 4; i < samples; i++, at += blockBytes) view.setFloat32(at, channel[i]!, true);
  });
  return bytes;
}
