/** Instruments: fetched when a chain first has one, and given to all who play. */
import { audioWorker } from "../workers/clients";
import * as player from "./player";
import { engine } from "./store";

type Chain = readonly { effect: string }[];

const given = new Map<string, Promise<void>>();
const ready = new Set<string>();

/** Do all who play know every effect of a chain? */
export const isKnown = (chain: Chain): boolean =>
  chain.every(({ effect }) => ready.has(effect) || engine.value!.effects.some(({ name }) => name === effect));

async function give(effect: string): Promise<void> {
  const hosted = await engine.value!.effect(effect);
  player.addEffect(hosted);
  await audioWorker().tell("effect", hosted, effect);
  ready.add(effect);
}

/** Have them know it. */
export async function needEffects(chain: Chain): Promise<void> {
  for (const each of chain) {
    if (isKnown([each])) continue;
    const giving = given.get(each.effect) ?? give(each.effect);
    given.set(each.effect, giving);
    await giving.catch((error: unknown) => {
      given.delete(each.effect);
      throw error;
    });
  }
}
