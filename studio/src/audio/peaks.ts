/** The outline of a song: lowest and highest sample of each stretch, over all channels. */
export interface Peaks {
  /** Samples per stretch. */
  stretch: number;
  low: Float32Array<ArrayBuffer>;
  high: Float32Array<ArrayBuffer>;
}

const STRETCH = 256;

export function outline(channels: readonly Float32Array[]): Peaks {
  const samples = channels[0]?.length ?? 0;
  const count = Math.ceil(samples / STRETCH);
  const low = new Float32Array(count);
  const high = new Float32Array(count);
  for (const channel of channels) {
    for (let i = 0; i < samples; i++) {
      const at = Math.floor(i / STRETCH);
      const value = channel[i]!;
      if (value < low[at]!) low[at] = value;
      if (value > high[at]!) high[at] = value;
    }
  }
  return { stretch: STRETCH, low, high };
}

/** Lowest and highest of each of `width` equal columns. */
export function columns(peaks: Peaks, width: number): [number, number][] {
  const count = peaks.low.length;
  return Array.from({ length: width }, (_, x) => {
    const from = Math.min(Math.floor((x * count) / width), count - 1);
    const to = Math.max(Math.floor(((x + 1) * count) / width), from + 1);
    let [low, high] = [0, 0];
    for (let i = from; i < to; i++) {
      low = Math.min(low, peaks.low[i]!);
      high = Math.max(high, peaks.high[i]!);
    }
    return [low, high];
  });
}

/** The largest absolute sample. */
export const peakOf = (peaks: Peaks): number =>
  Math.max(0, ...[peaks.low, peaks.high].map((side) => side.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
