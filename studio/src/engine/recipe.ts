import { nearest } from "./knob";
import { type Manifest, isEffect } from "./manifest";

/** One effect of the chain as the studio holds it: all knobs, in declared order. */
export interface Setting {
  effect: string;
  on: boolean;
  knobs: number[];
}

/** What a render needs, and all it needs: the same recipe gives the same samples in Python. */
export interface Recipe {
  format: 1;
  chain: { effect: string; knobs: Record<string, number> }[];
}

/** The recipe of those effects that are on. */
export function toRecipe(chain: readonly Setting[], manifest: Manifest): Recipe {
  const links = chain.filter(({ on }) => on).map(({ effect, knobs }) => {
    const entry = manifest.modules[effect];
    const declared = entry && isEffect(entry) ? entry.knobs : [];
    return { effect, knobs: Object.fromEntries(declared.map((knob, i) => [knob.name, knobs[i]!])) };
  });
  return { format: 1, chain: links };
}

/** A chain from a recipe; effects that it does not name are off. Throws in words what does not fit. */
export function fromRecipe(recipe: Recipe, manifest: Manifest): Setting[] {
  if (recipe?.format !== 1 || !Array.isArray(recipe.chain)) {
    throw new Error('this is not a recipe of format 1: {"format": 1, "chain": [...]}');
  }
  const named = recipe.chain.map(({ effect, knobs }) => {
    const entry = manifest.modules[effect];
    if (!entry || !isEffect(entry)) throw new Error(`the recipe asks for the effect "${effect}", which is not here`);
    const unknown = Object.keys(knobs).find((name) => !entry.knobs.some((knob) => knob.name === name));
    if (unknown) throw new Error(`the effect "${effect}" has no knob "${unknown}"`);
    return { effect, on: true, knobs: entry.knobs.map((knob) => nearest(knob, knobs[knob.name] ?? knob.default)) };
  });
  const repeated = named.find(({ effect }, i) => named.findIndex((each) => each.effect === effect) !== i);
  if (repeated) throw new Error(`the recipe names "${repeated.effect}" twice; the studio takes each effect once`);
  const rest = initialChain(manifest, []).filter(({ effect }) => !named.some((each) => each.effect === effect));
  return [...named, ...rest];
}

/** Every effect of the engine at its defaults; those in `on` are on. */
export function initialChain(manifest: Manifest, on: readonly string[]): Setting[] {
  return Object.entries(manifest.modules).flatMap(([effect, entry]) =>
    isEffect(entry)
      ? [{ effect, on: on.includes(effect), knobs: entry.knobs.map((knob) => knob.default) }]
      : [],
  );
}
