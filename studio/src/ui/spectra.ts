/** The spectrum before and after the chain, drawn under the curve. */
import type { Spectrum } from "../state/average";
import * as player from "../state/player";
import { colour, wiped } from "./canvas";
import type { Scale } from "./scale";

interface What {
  live: boolean;
  /** The song's average, for when nothing plays. */
  atRest: Spectrum | null;
  frequencies: Float64Array;
  /** The effect's response, added to the average. */
  decibels: Float64Array;
  on: boolean;
  rate: number;
}

const bins = {
  before: new Float32Array(player.SPECTRUM_BINS),
  after: new Float32Array(player.SPECTRUM_BINS),
};

/** The level at each frequency: the loudest bin up to half way to its neighbours, or between two bins. */
function levels(spectrum: Float32Array, frequencies: Float64Array, rate: number): Float64Array {
  const perHz = (2 * spectrum.length) / rate;
  return frequencies.map((hz, i) => {
    const to = Math.sqrt(hz * (frequencies[i + 1] ?? hz)) * perHz;
    const from = Math.sqrt(hz * (frequencies[i - 1] ?? hz)) * perHz;
    if (to - from < 1) {
      const low = Math.min(Math.floor(hz * perHz), spectrum.length - 2);
      const between = hz * perHz - low;
      return spectrum[low]! * (1 - between) + spectrum[low + 1]! * between;
    }
    let most = -Infinity;
    for (let bin = Math.ceil(from); bin < Math.min(to, spectrum.length); bin++) most = Math.max(most, spectrum[bin]!);
    return most;
  });
}

function trace(context: CanvasRenderingContext2D, scale: Scale, frequencies: Float64Array, values: Float64Array): void {
  context.beginPath();
  frequencies.forEach((hz, i) => {
    const y = Math.min(Math.max(scale.spectrumY(Math.max(values[i]!, -200)), scale.top), scale.bottom);
    context.lineTo(scale.x(hz), y);
  });
}

export function drawSpectra(canvas: HTMLCanvasElement, scale: Scale, what: What): void {
  const context = wiped(canvas, scale);
  const { frequencies, rate } = what;
  let before: Float64Array;
  let after: Float64Array;
  if (what.live && player.spectrum("before", bins.before) && player.spectrum("after", bins.after)) {
    before = levels(bins.before, frequencies, rate);
    after = levels(bins.after, frequencies, rate);
  } else if (what.atRest) {
    before = levels(what.atRest.decibels, frequencies, what.atRest.sampleRate);
    after = before.map((value, i) => value + (what.on ? what.decibels[i]! : 0));
  } else return;
  context.lineJoin = "round";
  trace(context, scale, frequencies, before);
  context.lineTo(scale.x(frequencies.at(-1)!), scale.bottom);
  context.lineTo(scale.x(frequencies[0]!), scale.bottom);
  context.fillStyle = colour("before");
  context.globalAlpha = 0.22;
  context.fill();
  trace(context, scale, frequencies, before);
  context.strokeStyle = colour("before");
  context.globalAlpha = 0.7;
  context.lineWidth = 1;
  context.stroke();
  trace(context, scale, frequencies, after);
  context.strokeStyle = colour("after");
  context.globalAlpha = 0.9;
  context.lineWidth = 1.5;
  context.stroke();
  context.globalAlpha = 1;
}
