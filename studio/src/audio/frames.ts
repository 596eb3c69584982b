/** The sample rate of streams that have no header but that of every frame: MP3 and, in ADTS, AAC. */

interface Frame {
  /** Bytes to the next frame. */
  bytes: number;
  /** Undefined where another rate may come out. */
  rate: number | undefined;
  /** What is the same in all frames of a stream: the bits of its version, layer and rate. */
  kind: number;
}

/** By the version's two bits: MPEG 2.5, none, MPEG 2, MPEG 1. */
const MPEG_RATES = [[11025, 12000, 8000], [], [22050, 24000, 16000], [44100, 48000, 32000]];
const KBITS_V1: Record<number, readonly number[]> = {
  1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
};
const KBITS_V2: Record<number, readonly number[]> = {
  1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  3: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
/** AAC of such rates may be half of a stream whose upper octave is made up (HE-AAC), which only decoding shows. */
const HALF_RATE = 24000;
const ADTS_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** What AAC of this rate is decoded to, where that is certain. */
export const aacRate = (core: number): number | undefined => (core > HALF_RATE ? core : undefined);

/** The frame that begins at `at`, by its header; undefined where none does. A "free" bit rate tells no length. */
function frame(view: DataView, at: number): Frame | undefined {
  if (at + 7 > view.byteLength) return undefined;
  const word = view.getUint32(at);
  if (word >>> 21 !== 0x7ff) return undefined;
  const version = (word >>> 19) & 3;
  const layer = 4 - ((word >>> 17) & 3);
  if (layer === 4) return adts(view, at, word);
  const rate = MPEG_RATES[version]![(word >>> 10) & 3];
  const kbits = (version === 3 ? KBITS_V1 : KBITS_V2)[layer]![((word >>> 12) & 15) - 1];
  if (!rate || !kbits) return undefined;
  const padding = (word >>> 9) & 1;
  const slots = layer === 3 && version !== 3 ? 72 : 144;
  const bytes =
    layer === 1
      ? (Math.floor((12_000 * kbits) / rate) + padding) * 4
      : Math.floor((slots * 1000 * kbits) / rate) + padding;
  return { bytes, rate, kind: word & 0xfffe0c00 };
}

function adts(view: DataView, at: number, word: number): Frame | undefined {
  const core = ADTS_RATES[(word >>> 10) & 15];
  const bytes = (view.getUint32(at + 2) >>> 5) & 0x1fff;
  if (!core || bytes <= 7 || word >>> 20 !== 0xfff) return undefined;
  return { bytes, rate: aacRate(core), kind: word & 0xfffe3c00 };
}

/** So many in a row are no chance: any two bytes FF Ex look like a frame. */
const RUN = 3;
/** A last tag, ID3v1. */
const TAG = 128;

/** Do frames of one kind follow each other from `at` on, `RUN` of them or all that there are? */
function runs(view: DataView, at: number, first: Frame, whole: boolean): boolean {
  for (let count = 1, next = at + first.bytes; count < RUN; count++) {
    if (next >= view.byteLength || next === view.byteLength - TAG) return whole && next <= view.byteLength;
    const following = frame(view, next);
    if (following?.kind !== first.kind) return false;
    next += following.bytes;
  }
  return true;
}

/** The rate in Hz that the first run of frames has, junk before it or not; undefined where there is none. */
export function frameRate(view: DataView, start: number): number | undefined {
  for (let at = start; at + 4 <= view.byteLength; at++) {
    if (view.getUint8(at) !== 0xff) continue;
    const first = frame(view, at);
    // A file of fewer frames than a run has nothing before them.
    if (first && runs(view, at, first, at === start)) return first.rate;
  }
  return undefined;
}
