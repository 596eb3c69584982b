/** The effects of a chain, ready for their first block. */
import type { Channels } from "../engine/fold";
import { Effect } from "../engine/effect";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";
import type { Scores } from "../engine/scores";

/** What a chain needs to sound. */
export interface Job {
  effects: readonly HostedEffect[];
  chain: readonly Setting[];
  sampleRate: number;
  /** What effects work with, by number. */
  sounds?: ReadonlyMap<number, Channels>;
  /** What instruments play, by number. */
  scores?: Scores["all"];
}

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

/** How long it sounds on with one effect more: the tail of an instrument is all that it plays, beside what came before. */
export const withTail = (total: number, effect: Effect): number =>
  effect.plays ? Math.max(total, effect.tail()) : total + effect.tail();

/** Those that are on. */
export const madeOf = (job: Job, channels: number): Effect[] =>
  job.chain.filter(({ on }) => on).map((setting) => {
    const hosted = job.effects.find(({ name }) => name === setting.effect)!;
    return ready(hosted, setting, job.sampleRate, channels, job);
  });

/** How many samples a chain's output is behind its input. */
export const latencyOf = (job: Job, channels: number): number =>
  madeOf(job, channels).reduce((sum, effect) => sum + effect.latency(), 0);

/** For how many samples a chain sounds on after its input has ended. */
export const tailOf = (job: Job, channels: number): number => madeOf(job, channels).reduce(withTail, 0);

