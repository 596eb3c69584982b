import { defaults } from "./knob";
import type { EffectEntry, Manifest, Played } from "./manifest";
import type { Rows, Scores } from "./scores";

/** What an instrument plays, by the name of its array. */
export type Score = { [name in Played]?: Rows };

/** One effect of the chain as the studio holds it: all knobs, in declared order. */
export interface Setting {
  /** Which of the chain's effects it is, wherever it stands and however often the chain holds its kind. */
  id: number;
  effect: string;
  on: boolean;
  knobs: number[];
  /** What it works with, where it takes a sound. */
  sound?: Sound;
  /** What it detects levels of, where it has a side-chain; without it, of what it processes. */
  sideChain?: Sound;
  /** What an instrument plays, by the number under which `Scores` keep it. */
  score?: number;
}

/** A sound by the name of its file, and by the number under which the page keeps it: 0 until it was opened. */
export interface Sound {
  name: string;
  key: number;
}

/** Knobs by name; a choice is its name. */
export type Named = Record<string, number | string>;

export interface RecipeLink extends Score {
  effect: string;
  knobs: Named;
  bypass?: true;
  sound?: string;
  key?: string;
}

/** What a render needs, and all it needs: the same recipe gives the same samples in Python. */
export interface Recipe {
  format: 1;
  chain: RecipeLink[];
}

let made = 0;

/** A new effect for a chain; knobs that are not named are at their defaults. */
export const fresh = (effect: string, entry: EffectEntry, named: Record<string, number> = {}): Setting => ({
  id: made++,
  effect,
  on: true,
  knobs: defaults(entry.knobs).map((value, i) => named[entry.knobs[i]!.name] ?? value),
});

/** Knob values as a recipe has them: a choice by its name. */
export const named = ({ knobs }: EffectEntry, values: Readonly<Record<string, number>>): Named =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, knobs.find((knob) => knob.name === name)?.choices[value] ?? value]),
  );

/** The recipe of a chain. */
export function toRecipe(chain: readonly Setting[], manifest: Manifest, scores: Scores["all"]): Recipe {
  const links = chain.map(({ effect, on, knobs, sound, sideChain, score }): RecipeLink => {
    const entry = manifest.modules[effect] as EffectEntry;
    const values = Object.fromEntries(entry.knobs.map((knob, i) => [knob.name, knobs[i]!]));
    const rows = score === undefined ? undefined : scores.get(score);
    return {
      effect,
      knobs: named(entry, values),
      ...(on ? {} : { bypass: true }),
      ...(sound ? { sound: sound.name } : {}),
      ...(sideChain ? { key: sideChain.name } : {}),
      ...(rows ? { [entry.plays!]: rows } : {}),
    };
  });
  return { format: 1, chain: links };
}
