/** A chain with all that it takes to sound. */
import type { Channels } from "./engine/fold";
import type { HostedEffect } from "./engine/manifest";
import type { Setting } from "./engine/recipe";
import type { Scores } from "./engine/scores";
import { type AnySound, broughtTo } from "./sound";

/** Sounds that a recipe names, by that name. */
export type Sounds = Readonly<Record<string, AnySound>>;

export interface Prepared {
  effects: HostedEffect[];
  chain: Setting[];
  /** What effects work with, and what instruments play, by number. */
  sounds: Map<number, Channels>;
  scores: Scores;
}

const numbers = new WeakMap<AnySound, number>();
let numbered = 0;

/** The same for the same sound, from 1 on. */
function numberOf(sound: AnySound): number {
  if (!numbers.has(sound)) numbers.set(sound, ++numbered);
  return numbers.get(sound)!;
}

/** What the links of a chain work with, which then know it by its number. Throws where one was not given. */
export async function soundsOf(
  chain: readonly Setting[],
  sounds: Sounds,
  sampleRate: number,
  channels: number,
): Promise<Map<number, Channels>> {
  const given = new Map<number, AnySound>();
  for (const each of chain.flatMap(({ sound, sideChain }) => [sound, sideChain])) {
    if (!each) continue;
    const sound = Object.hasOwn(sounds, each.name) ? sounds[each.name] : undefined;
    if (!sound) throw new Error(`the recipe names the sound "${each.name}", which was not given in sounds`);
    each.key = numberOf(sound);
    given.set(each.key, sound);
  }
  const brought = [...given].map(async ([key, sound]): Promise<[number, Channels]> => [
    key,
    await broughtTo(sound, sampleRate, channels),
  ]);
  return new Map(await Promise.all(brought));
}
