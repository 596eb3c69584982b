/** Surround to stereo by ITU-R BS.775-3, table 2, as Python's `dawg_ai.audio` folds it. */
import type { Channels } from "./wav";

type Weights = readonly [left: number, right: number];

const HALF_POWER = Math.fround(Math.SQRT1_2);
const BOTH: Weights = [HALF_POWER, HALF_POWER];

/** By the bits of a WAVE file's channel mask, in their order. Low frequencies are left out. */
const SPEAKERS: ReadonlyMap<number, Weights> = new Map([
  [0x1, [1, 0]], // front left
  [0x2, [0, 1]],
  [0x4, BOTH], // front centre
  [0x8, [0, 0]], // low frequencies
  [0x10, [HALF_POWER, 0]], // back left
  [0x20, [0, HALF_POWER]],
  [0x100, BOTH], // back centre
  [0x200, [HALF_POWER, 0]], // side left
  [0x400, [0, HALF_POWER]],
]);

/** The loudspeakers of 3 to 8 channels where a file does not name them: as in FLAC, Vorbis and Opus. */
const USUAL = [0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f];
const FEWEST = 3;

const bitsOf = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, place) => 2 ** place).filter((bit) => (mask & bit) !== 0);

/** One pair of weights for each channel; undefined where nothing tells what the channels are. */
function weightsOf(channels: number, mask: number | undefined): Weights[] | undefined {
  // A mask of more or fewer loudspeakers than there are channels tells nothing.
  const named = [mask, USUAL[channels - FEWEST]].map((each = 0) => bitsOf(each)).find((bits) => bits.length === channels);
  const weights = (named ?? []).map((bit) => SPEAKERS.get(bit)).filter((each) => each !== undefined);
  return weights.length === channels ? weights : undefined;
}

/** How many of a file's channels are used: of those whose loudspeakers nothing tells, the first two. */
export const usedOf = (channels: number, mask?: number): number =>
  channels <= 2 || weightsOf(channels, mask) ? channels : 2;

/** At most two channels: mono and stereo as they are. */
export function stereo<Samples extends Float32Array>(
  channels: readonly Samples[],
  mask?: number,
): (Samples | Channels[number])[] {
  const weights = channels.length > 2 && weightsOf(channels.length, mask);
  if (!weights) return channels.slice(0, 2);
  return [0, 1].map((side) => {
    const out = new Float32Array(channels[0]!.length);
    channels.forEach((channel, c) => {
      const weight = weights[c]![side]!;
      if (weight === 0) return;
      // Rounded once for each channel, as a fused multiply-add is.
      for (let i = 0; i < out.length; i++) out[i] = out[i]! + weight * channel[i]!;
    });
    return out;
  });
}

/** What was done with a file of so many channels, in words; empty for mono and stereo. */
export function foldedInWords(channels: number, mask?: number): string {
  if (channels <= 2) return "";
  if (usedOf(channels, mask) === channels) {
    return `It has ${channels} channels; they are folded to stereo, low frequencies left out.`;
  }
  return `It has ${channels} channels; the first two are used.`;
}
