/** Renders whole files by a recipe, exactly as Python does. */
import { Effect } from "../engine/effect";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";

type Channels = Float32Array<ArrayBuffer>[];

/** Rendered between two looks at whether the result is still wanted. */
const SLICE_MS = 50;

/** Let messages in. A timer would do too, but browsers make those wait. */
const pause = (): Promise<void> =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });

const compiled = new WeakMap<HostedEffect, WebAssembly.Module>();

/** Compiled once: the browser makes code faster while it runs, and that would be lost. */
function compile(hosted: HostedEffect): WebAssembly.Module {
  const known = compiled.get(hosted) ?? new WebAssembly.Module(hosted.bytes);
  compiled.set(hosted, known);
  return known;
}

/** The song through every effect that is on, in time with what went in, and as long; null when the result was no longer wanted before it was done. */
export async function render(
  effects: readonly HostedEffect[],
  chain: readonly Setting[],
  song: Channels,
  sampleRate: number,
  wanted: () => boolean = () => true,
): Promise<Channels | null> {
  let rested = performance.now();
  /** Work through so many samples in blocks; false when the result is no longer wanted. */
  const inBlocks = async (length: number, block: number, work: (start: number, samples: number) => void) => {
    for (let start = 0; start < length; start += block) {
      work(start, Math.min(block, length - start));
      if (performance.now() - rested < SLICE_MS) continue;
      await pause();
      if (!wanted()) return false;
      rested = performance.now();
    }
    return true;
  };
  let out = song.map((channel) => channel.slice());
  const length = out[0]!.length;
  for (const { effect: name, on, knobs } of chain) {
    if (!on) continue;
    const hosted = effects.find((each) => each.name === name)!;
    const effect = new Effect(hosted.entry, compile(hosted), sampleRate, out.length);
    effect.turn(knobs);
    const late = effect.latency();
    if (late > 0) out = out.map((channel) => longer(channel, length + late));
    if (!(await inBlocks(length + late, effect.block, (start, samples) => effect.process(out, start, samples)))) return null;
    if (late > 0) out = out.map((channel) => channel.slice(late));
    if (!effect.hasSecondPass) continue;
    if (!(await inBlocks(length, effect.block, (start, samples) => effect.listen(out, start, samples)))) return null;
    if (!(await inBlocks(length, effect.block, (start, samples) => effect.settle(out, start, samples)))) return null;
  }
  return out;
}

function longer(channel: Float32Array<ArrayBuffer>, samples: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(samples);
  result.set(channel);
  return result;
}
