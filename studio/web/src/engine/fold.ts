/** Surround to stereo by ITU-R BS.775-3, table 2, as Python's `dawg_ai.audio` folds it. */

/** Samples of a sound, channel by channel. */
export type Channels = Float32Array<ArrayBuffer>[];

type Gains = readonly [left: number, right: number];

const HALF_POWER = Math.fround(Math.SQRT1_2);

/** Loudspeakers by the bits of a WAVE file's channel mask; its channels come in the order of these bits. */
const [FL, FR, LFE] = [0x1, 0x2, 0x8];
const [BL, BR, FLC, FRC, BC, SL, SR] = [0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400];
const [TFL, TFR, TBL, TBC, TBR] = [0x1000, 0x4000, 0x8000, 0x10000, 0x20000];
const LEFT_SIDE = FL | FLC | BL | SL | TFL | TBL;
const RIGHT_SIDE = FR | FRC | BR | SR | TFR | TBR;
/** In the downmix; a single surround is 6 dB down, others are 3 dB. */
const FULL_LEVEL = FL | FR | FLC | FRC;
const BEHIND = BC | TBC;

/** The loudspeakers of 3 to 8 channels where a file does not name them: as in FLAC, Vorbis and Opus. */
const USUAL = [0x7, 0x33, 0x37, 0x3f, 0x70f, 0x63f];
const FEWEST = 3;

const bitsOf = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, place) => 2 ** place).filter((bit) => (mask & bit) !== 0);

function gainsOf(speaker: number): Gains {
  if (speaker === LFE) return [0, 0];
  if (speaker & BEHIND) return [0.5, 0.5];
  const gain = speaker & FULL_LEVEL ? 1 : HALF_POWER;
  return [speaker & RIGHT_SIDE ? 0 : gain, speaker & LEFT_SIDE ? 0 : gain];
}

/** Gains of each channel; undefined where nothing tells what the channels are. A mask of another number of them does not. */
const allGains = (channels: number, mask: number | undefined): Gains[] | undefined =>
  [mask, USUAL[channels - FEWEST]]
    .map((each = 0) => bitsOf(each))
    .find((bits) => bits.length === channels)
    ?.map(gainsOf);

/** How many of a file's channels are used: of those whose loudspeakers nothing tells, the first two. */
export const usedOf = (channels: number, mask?: number): number =>
  channels <= 2 || allGains(channels, mask) ? channels : 2;

/** At most two channels: mono and stereo as they are. */
export function stereo<Samples extends Float32Array>(
  channels: readonly Samples[],
  mask?: number,
): (Samples | Channels[number])[] {
  const gains = channels.length > 2 && allGains(channels.length, mask);
  if (!gains) return channels.slice(0, 2);
  return [0, 1].map((side) => {
    const out = new Float32Array(channels[0]!.length);
    channels.forEach((channel, c) => {
      const gain = gains[c]![side]!;
      if (gain === 0) return;
      // Rounded once for each channel, as a fused multiply-add is.
      for (let i = 0; i < out.length; i++) out[i] = out[i]! + gain * channel[i]!;
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
