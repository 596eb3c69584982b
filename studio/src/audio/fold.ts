/** Surround to stereo by ITU-R BS.775-3, table 2; `stereo` of Python's `dawg_ai/audio.py`. */
import type { Channels } from "./wav";

type Weights = readonly [left: number, right: number];

const HALF_POWER = Math.fround(Math.SQRT1_2);
const LEFT: Weights = [1, 0];
const RIGHT: Weights = [0, 1];
const NONE: Weights = [0, 0];
const CENTRE: Weights = [HALF_POWER, HALF_POWER];
const LEFT_SIDE: Weights = [HALF_POWER, 0];
const RIGHT_SIDE: Weights = [0, HALF_POWER];

/** By number of channels, in the order of WAVE files. The low-frequency channel is left out. */
const FOLD: Record<number, readonly Weights[]> = {
  3: [LEFT, RIGHT, CENTRE],
  4: [LEFT, RIGHT, LEFT_SIDE, RIGHT_SIDE],
  5: [LEFT, RIGHT, CENTRE, LEFT_SIDE, RIGHT_SIDE],
  6: [LEFT, RIGHT, CENTRE, NONE, LEFT_SIDE, RIGHT_SIDE],
  7: [LEFT, RIGHT, CENTRE, NONE, CENTRE, LEFT_SIDE, RIGHT_SIDE],
  8: [LEFT, RIGHT, CENTRE, NONE, LEFT_SIDE, RIGHT_SIDE, LEFT_SIDE, RIGHT_SIDE],
};

/** How many of a file's channels are used: of more than eight, whose order nothing tells, the first two. */
export const usedOf = (channels: number): number => (channels <= 2 || channels in FOLD ? channels : 2);

/** At most two channels: mono and stereo as they are. */
export function stereo<Samples extends Float32Array>(channels: readonly Samples[]): (Samples | Channels[number])[] {
  const weights = FOLD[channels.length];
  if (!weights) return channels.slice(0, usedOf(channels.length));
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
export function foldedInWords(channels: number): string {
  if (channels <= 2) return "";
  if (usedOf(channels) === channels) return `It has ${channels} channels; they are folded to stereo, low frequencies left out.`;
  return `It has ${channels} channels; the first two are used.`;
}
