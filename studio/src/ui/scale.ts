/** Where frequencies and decibels lie on a plot. */
import type { Knob } from "#web/engine/manifest";
import type { Size } from "./canvas";

const MARGIN = { left: 34, right: 12, top: 12, bottom: 20 };
/** Decibels of the spectrum from the plot's top edge to its bottom. */
export const SPECTRUM_RANGE_DB = 78;
/** Its top edge where there is no song. */
const USUAL_TOP_DB = -18;
/** Room above a song's average for its moments, and for a result that is louder. */
const HEADROOM_DB = 9;
const QUIETEST_TOP_DB = -90;

/** The top edge for a song whose average spectrum this is: a multiple of 6 dB. */
export function spectrumTop(average: Float32Array | undefined): number {
  if (!average) return USUAL_TOP_DB;
  const loudest = average.reduce((most, each) => Math.max(most, each), -Infinity);
  return Math.max(QUIETEST_TOP_DB, Math.ceil((loudest + HEADROOM_DB) / 6) * 6);
}

export interface Scale extends Size {
  x: (hz: number) => number;
  y: (decibels: number) => number;
  hz: (x: number) => number;
  decibels: (y: number) => number;
  spectrumY: (decibels: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  lowest: number;
  highest: number;
  /** The plot shows this many decibels up and down. */
  reach: number;
}

export function scaleFor(size: Size, knobs: readonly Knob[], spectrumTop: number): Scale {
  const frequency = knobs.find(({ role }) => role === "frequency");
  const gain = knobs.find(({ role }) => role === "gain");
  const lowest = frequency?.minimum ?? 20;
  const highest = frequency?.maximum ?? 20000;
  const reach = (gain?.maximum ?? 24) * 1.1;
  const left = MARGIN.left;
  const right = size.width - MARGIN.right;
  const top = MARGIN.top;
  const bottom = size.height - MARGIN.bottom;
  const octaves = Math.log(highest / lowest);
  const middle = (top + bottom) / 2;
  const perDecibel = (bottom - top) / (2 * reach);
  return {
    ...size,
    left,
    right,
    top,
    bottom,
    lowest,
    highest,
    reach,
    x: (hz) => left + (Math.log(hz / lowest) / octaves) * (right - left),
    hz: (x) => lowest * Math.exp(((x - left) / (right - left)) * octaves),
    y: (decibels) => middle - decibels * perDecibel,
    decibels: (y) => (middle - y) / perDecibel,
    spectrumY: (decibels) => top + ((spectrumTop - decibels) / SPECTRUM_RANGE_DB) * (bottom - top),
  };
}

/** Frequencies evenly spaced for the ear, up to half the sample rate. */
export function evenly(scale: Scale, points: number, sampleRate: number): Float64Array {
  const highest = Math.min(scale.highest, sampleRate / 2);
  return Float64Array.from(
    { length: points },
    (_, i) => scale.lowest * (highest / scale.lowest) ** (i / (points - 1)),
  );
}

/** A line through points, clipped a little outside the plot. */
export function path(scale: Scale, frequencies: Float64Array, decibels: Float64Array): string {
  const limit = scale.reach * 1.2;
  const points = Array.from(frequencies, (hz, i) => {
    const y = scale.y(Math.min(Math.max(decibels[i]!, -limit), limit));
    return `${scale.x(hz).toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}

export const GRID_HZ = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
export const shortHz = (hz: number): string => (hz >= 1000 ? `${hz / 1000}k` : String(hz));
