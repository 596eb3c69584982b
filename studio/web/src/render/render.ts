/** Renders whole files by a recipe, exactly as Python does. */
import type { Channels } from "../engine/fold";
import { Effect } from "../engine/effect";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";
import type { Scores } from "../engine/scores";

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

/** An effect that is ready for its first block. Throws in words where there is no room for what it works with or plays. */
function ready(
  hosted: HostedEffect,
  setting: Setting,
  sampleRate: number,
  channels: number,
  { sounds, scores }: Job,
): Effect {
  const { knobs, sound, sideChain, score } = setting;
  const effect = new Effect(hosted.entry, compile(hosted), sampleRate, channels);
  effect.turn(knobs);
  const given = sound && sounds?.get(sound.key);
  if (given) {
    const taken = effect.load(given);
    if (taken < given[0]!.length) {
      const [has, room] = [given[0]!.length, taken].map((samples) => `${(samples / sampleRate).toFixed(2)} s`);
      throw new Error(`${sound.name} lasts ${has}; at ${sampleRate} Hz there is room for ${room}: cut it`);
    }
  }
  const key = sideChain && sounds?.get(sideChain.key);
  if (key) effect.listen(key);
  const rows = score === undefined ? undefined : scores?.get(score);
  if (rows) {
    const taken = effect.play(rows);
    if (taken < rows.length) {
      throw new Error(`${hosted.name} has room for ${taken} rows of ${effect.plays}, and ${rows.length} were given`);
    }
  }
  return effect;
}

export interface Job {
  effects: readonly HostedEffect[];
  chain: readonly Setting[];
  song: Channels;
  sampleRate: number;
  /** What effects work with, by number. */
  sounds?: ReadonlyMap<number, Channels>;
  /** What instruments play, by number. */
  scores?: Scores["all"];
  /** Is the result to be longer, by what effects and instruments take to fall silent? */
  tail?: boolean;
}

/** How long it sounds on with one effect more: the tail of an instrument is all that it plays, beside what came before. */
const withTail = (total: number, effect: Effect): number =>
  effect.plays ? Math.max(total, effect.tail()) : total + effect.tail();

/**
 * The song through every effect that is on, in time with what went in, and as long; null when the result was no longer
 * wanted before it was done. Each effect renders the whole before the next begins, so that a limiter can make two passes.
 */
export async function render(job: Job, wanted: () => boolean = () => true): Promise<Channels | null> {
  const { effects, chain, song, sampleRate, tail = false } = job;
  let rested = performance.now();
  const made = chain.filter(({ on }) => on).map((setting) => {
    const hosted = effects.find(({ name }) => name === setting.effect)!;
    return ready(hosted, setting, sampleRate, song.length, job);
  });
  const longer = tail ? made.reduce(withTail, 0) : 0;
  const sound = song.map((channel) => {
    const copy = new Float32Array(channel.length + longer);
    copy.set(channel);
    return copy;
  });

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

  for (const effect of made) {
    if (!(await through(effect.block, effect.latency(), effect.process.bind(effect)))) return null;
    if (!effect.twoPass) continue;
    for (const pass of [effect.analyse, effect.apply]) {
      if (!(await through(effect.block, 0, pass.bind(effect)))) return null;
    }
  }
  return sound;
}

/** What instruments play where there is no song: a song of no length, and all that sounds after it. */
export const GENERATED = { sampleRate: 44100, channels: 2 };

export const generate = async (job: Pick<Job, "effects" | "chain" | "scores">): Promise<Channels> => {
  const song = Array.from({ length: GENERATED.channels }, () => new Float32Array(0));
  return (await render({ ...job, song, sampleRate: GENERATED.sampleRate, tail: true }))!;
};
