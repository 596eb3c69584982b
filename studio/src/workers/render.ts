/** Renders whole files by a recipe, exactly as Python does, and measures them. */
import { Effect } from "../engine/effect";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";

type Channels = Float32Array<ArrayBuffer>[];

/** Rendered between two looks at whether the result is still wanted. */
const BLOCKS_AT_ONCE = 64;

const pause = (): Promise<void> => new Promise((done) => setTimeout(done));

/** The song through every effect that is on, in time with what went in, and as long; null when the result was no longer wanted before it was done. */
export async function render(
  effects: readonly HostedEffect[],
  chain: readonly Setting[],
  song: Channels,
  sampleRate: number,
  wanted: () => boolean = () => true,
): Promise<Channels | null> {
  let out = song.map((channel) => channel.slice());
  const length = out[0]?.length ?? 0;
  for (const { effect: name, on, knobs } of chain) {
    const hosted = effects.find((each) => each.name === name);
    if (!on || !hosted) continue;
    const effect = new Effect(hosted.entry, new WebAssembly.Module(hosted.bytes), sampleRate, out.length);
    effect.turn(knobs);
    const late = effect.latency();
    const samples = length + late;
    if (late > 0) out = out.map((channel) => longer(channel, samples));
    for (let start = 0, block = 0; start < samples; start += effect.block, block++) {
      effect.process(out, start, Math.min(effect.block, samples - start));
      if (block % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) {
        await pause();
        if (!wanted()) return null;
      }
    }
    if (late > 0) out = out.map((channel) => channel.slice(late));
  }
  return out;
}

function longer(channel: Float32Array<ArrayBuffer>, samples: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(samples);
  result.set(channel);
  return result;
}
