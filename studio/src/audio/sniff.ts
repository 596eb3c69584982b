/** The sample rate that a compressed file says it has; the browser would otherwise resample it when decoding. */

const MP3_RATES: Record<number, [number, number, number]> = {
  3: [44100, 48000, 32000],
  2: [22050, 24000, 16000],
  0: [11025, 12000, 8000],
};

const starts = (bytes: Uint8Array, at: number, word: string): boolean =>
  [...word].every((character, i) => bytes[at + i] === character.charCodeAt(0));

function find(bytes: Uint8Array, word: string, within: number): number {
  for (let at = 0; at < Math.min(within, bytes.length); at++) if (starts(bytes, at, word)) return at;
  return -1;
}

/** Where the audio begins, after an ID3v2 tag if there is one. */
function afterTag(bytes: Uint8Array): number {
  if (!starts(bytes, 0, "ID3") || bytes.length < 10) return 0;
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (bytes[at]! & 127), 0);
  return 10 + size + (bytes[5]! & 16 ? 10 : 0);
}

function mp3Rate(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at + 2 < Math.min(bytes.length, from + 65536); at++) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) < 0xe2) continue;
    const rate = MP3_RATES[(bytes[at + 1]! >> 3) & 3]?.[(bytes[at + 2]! >> 2) & 3];
    if (rate) return rate;
  }
  return undefined;
}

/** STREAMINFO of a FLAC stream whose "fLaC" is at `at`. */
const flacRate = (bytes: Uint8Array, at: number): number =>
  (bytes[at + 18]! << 12) | (bytes[at + 19]! << 4) | (bytes[at + 20]! >> 4);

/** The rate in Hz, undefined where the header does not tell. */
export function sniffRate(buffer: ArrayBuffer): number | undefined {
  const bytes = new Uint8Array(buffer);
  const start = afterTag(bytes);
  if (starts(bytes, start, "fLaC")) return flacRate(bytes, start);
  if (starts(bytes, 0, "OggS")) {
    // Opus is always decoded at 48 kHz.
    if (find(bytes, "OpusHead", 4096) >= 0) return 48000;
    const flac = find(bytes, "fLaC", 4096);
    if (flac >= 0) return flacRate(bytes, flac);
    const vorbis = find(bytes, "\x01vorbis", 4096);
    return vorbis < 0 ? undefined : new DataView(buffer).getUint32(vorbis + 12, true);
  }
  return mp3Rate(bytes, start);
}
