import { defaults, nearest } from "./knob";
import { type EffectEntry, type Manifest, isEffect } from "./manifest";

/** One effect of the chain as the studio holds it: all knobs, in declared order. */
export interface Setting {
  /** Which of the chain's effects it is, wherever it stands and however often the chain holds its kind. */
  id: number;
  effect: string;
  on: boolean;
  knobs: number[];
}

/** What a render needs, and all it needs: the same recipe gives the same samples in Python. */
export interface Recipe {
  format: 1;
  chain: { effect: string; knobs: Record<string, number> }[];
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
  const links = chain.filter(({ on }) => on).map(({ effect, knobs }) => {
    const entry = manifest.modules[effect];
    const declared = entry && isEffect(entry) ? entry.knobs : [];
    return { effect, knobs: Object.fromEntries(declared.map((knob, i) => [knob.name, knobs[i]!])) };
  });
  return { format: 1, chain: links };
}

/** A chain from a recipe. Throws in words what does not fit. */
export function fromRecipe(recipe: Recipe, manifest: Manifest): Setting[] {
  if (recipe?.format !== 1 || !Array.isArray(recipe.chain)) {
    throw new Error('this is not a recipe of format 1: {"format": 1, "chain": [...]}');
  }
  return recipe.chain.map(({ effect, knobs }) => {
    const entry = manifest.modules[effect];
    if (!entry || !isEffect(entry)) throw new Error(`the recipe asks for the effect "${effect}", which is not here`);
    const unknown = Object.keys(knobs).find((name) => !entry.knobs.some((knob) => knob.name === name));
    if (unknown) throw new Error(`the effect "${effect}" has no knob "${unknown}"`);
    const values = entry.knobs.map((knob) => nearest(knob, knobs[knob.name] ?? knob.default));
    return { ...fresh(effect, entry), knobs: values };
  });
}
