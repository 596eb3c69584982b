/** Renders whole files by a recipe, exactly as Python does. */
import type { Channels } from "../audio/wav";
import { Effect } from "../engine/effect";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";

type Work = (sound: Channels, start: number, samples: number, late: number) => void;

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

/** The song through every effect that is on, in time with what went in, and as long; null when the result was no longer wanted before it was done. Each effect renders the whole before the next begins, so that a limiter can look at its work again. */
export async function render(
  effects: readonly HostedEffect[],
  chain: readonly Setting[],
  song: Channels,
  sampleRate: number,
  sounds: ReadonlyMap<number, Channels>,
  wanted: () => boolean = () => true,
): Promise<Channels | null> {
  let rested = performance.now();
  const sound = song.map((channel) => channel.slice());

  /** Give all of the sound, and as many samples more as the output is late, to `work`, block by block; false when the result is no longer wanted. */
  async function through(block: number, late: number, work: Work): Promise<boolean> {
    const length = sound[0]!.length + late;
    for (let start = 0; start < length; start += block) {
      work(sound, start, Math.min(block, length - start), late);
      if (performance.now() - rested < SLICE_MS) continue;
      await pause();
      if (!wanted()) return false;
      rested = performance.now();
    }
    return true;
  }

  for (const { effect: name, knobs, sound: own } of chain.filter(({ on }) => on)) {
    const hosted = effects.find((each) => each.name === name)!;
    const effect = new Effect(hosted.entry, compile(hosted), sampleRate, song.length);
    effect.turn(knobs);
    const given = own && sounds.get(own.key);
    if (given) {
      const taken = effect.load(given);
      if (taken < given[0]!.length) {
        const [has, room] = [given[0]!.length, taken].map((samples) => `${(samples / sampleRate).toFixed(2)} s`);
        throw new Error(`${own.name} lasts ${has}; at ${sampleRate} Hz there is room for ${room}: cut it`);
      }
    }
    if (!(await through(effect.block, effect.latency(), effect.process.bind(effect)))) return null;
    if (!effect.again) continue;
    for (const pass of [effect.listen, effect.settle]) {
      if (!(await through(effect.block, 0, pass.bind(effect)))) return null;
    }
  }
  return sound;
}
