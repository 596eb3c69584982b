import { defaults, nearest } from "./knob";
import { type EffectEntry, type Manifest, isEffect, takesSound } from "./manifest";

/** One effect of the chain as the studio holds it: all knobs, in declared order. */
export interface Setting {
  /** Which of the chain's effects it is, wherever it stands and however often the chain holds its kind. */
  id: number;
  effect: string;
  on: boolean;
  knobs: number[];
  /** What it works with, where it takes a sound. */
  sound?: Sound;
}

/** A sound by the name of its file, and by the number under which the page keeps it: 0 until it was opened. */
export interface Sound {
  name: string;
  key: number;
}

/** What a render needs, and all it needs: the same recipe gives the same samples in Python. */
export interface Recipe {
  format: 1;
  chain: { effect: string; knobs: Record<string, number>; sound?: string }[];
}

let made = 0;

/** A new effect for a chain, at its defaults. */
export const fresh = (effect: string, entry: EffectEntry): Setting => ({
  id: made++,
  effect,
  on: true,
  knobs: defaults(entry.knobs),
});

/** The recipe of those effects that are on. */
export function toRecipe(chain: readonly Setting[], manifest: Manifest): Recipe {
  const links = chain.filter(({ on }) => on).map(({ effect, knobs, sound }) => {
    const entry = manifest.modules[effect];
    const declared = entry && isEffect(entry) ? entry.knobs : [];
    const named = Object.fromEntries(declared.map((knob, i) => [knob.name, knobs[i]!]));
    return { effect, knobs: named, ...(sound ? { sound: sound.name } : {}) };
  });
  return { format: 1, chain: links };
}

/** A chain from a recipe. Throws in words what does not fit. */
export function fromRecipe(recipe: Recipe, manifest: Manifest): Setting[] {
  if (recipe?.format !== 1 || !Array.isArray(recipe.chain)) {
    throw new Error('this is not a recipe of format 1: {"format": 1, "chain": [...]}');
  }
  return recipe.chain.map(({ effect, knobs, sound }) => {
    const entry = manifest.modules[effect];
    if (!entry || !isEffect(entry)) throw new Error(`the recipe asks for the effect "${effect}", which is not here`);
    const unknown = Object.keys(knobs).find((name) => !entry.knobs.some((knob) => knob.name === name));
    if (unknown) throw new Error(`the effect "${effect}" has no knob "${unknown}"`);
    const values = entry.knobs.map((knob) => nearest(knob, knobs[knob.name] ?? knob.default));
    if (sound !== undefined && !takesSound(entry)) throw new Error(`the effect "${effect}" takes no sound`);
    return { ...fresh(effect, entry), knobs: values, ...(sound ? { sound: { name: sound, key: 0 } } : {}) };
  });
}
