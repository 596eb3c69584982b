import { sounding } from "./notes";
import { defaults, nearest } from "./knob";
import { type EffectEntry, type Knob, type Manifest, type Played, isEffect, takesSound } from "./manifest";
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
  /** What an instrument plays, by the number under which `Scores` keep it. */
  score?: number;
}

/** A sound by the name of its file, and by the number under which the page keeps it: 0 until it was opened. */
export interface Sound {
  name: string;
  key: number;
}

export interface RecipeLink extends Score {
  effect: string;
  knobs: Record<string, number>;
  sound?: string;
}

/** What a render needs, and all it needs: the same recipe gives the same samples in Python. */
export interface Recipe {
  format: 1;
  chain: RecipeLink[];
}

/** What `dawg apply --json` prints: a recipe, and more that a render does not need. */
export interface Answered {
  recipe: Recipe;
}

/** Effects of earlier releases: what each is called now, and the knobs in which the two differ; as in `effect.py`. */
const FORMER: Record<string, { effect: string; knobs: Record<string, number> }> = {
  eq: { effect: "parametric", knobs: { design: 1 } },
};

let made = 0;

/** A new effect for a chain; knobs that are not named are at their defaults. */
export const fresh = (effect: string, entry: EffectEntry, named: Record<string, number> = {}): Setting => ({
  id: made++,
  effect,
  on: true,
  knobs: defaults(entry.knobs).map((value, i) => named[entry.knobs[i]!.name] ?? value),
});

/** The recipe of those effects that are on. */
export function toRecipe(chain: readonly Setting[], manifest: Manifest, scores: Scores["all"]): Recipe {
  const links = chain.filter(({ on }) => on).map(({ effect, knobs, sound, score }) => {
    const entry = manifest.modules[effect] as EffectEntry;
    const named = Object.fromEntries(entry.knobs.map((knob, i) => [knob.name, knobs[i]!]));
    const rows = score === undefined ? undefined : scores.get(score);
    return { effect, knobs: named, ...(sound ? { sound: sound.name } : {}), ...(rows ? { [entry.plays!]: rows } : {}) };
  });
  return { format: 1, chain: links };
}

/** A chain from a recipe; `keep` gives what instruments play its number. Throws in words what does not fit. */
export function fromRecipe(given: Recipe | Answered, manifest: Manifest, keep: (rows: Rows) => number): Setting[] {
  const recipe = given && "recipe" in given ? given.recipe : given;
  if (recipe?.format !== 1 || !Array.isArray(recipe.chain)) {
    throw new Error('this is not a recipe of format 1: {"format": 1, "chain": [...]}');
  }
  return recipe.chain.map((link) => {
    const { knobs: given, sound } = link;
    const former = Object.hasOwn(FORMER, link.effect) ? FORMER[link.effect] : undefined;
    const effect = former?.effect ?? link.effect;
    const knobs = given && typeof given === "object" ? { ...former?.knobs, ...given } : given;
    const entry = manifest.modules[effect];
    if (!entry || !isEffect(entry)) throw new Error(`the recipe asks for the effect "${effect}", which is not here`);
    if (!knobs || typeof knobs !== "object") throw new Error(`the recipe's "${effect}" lacks its "knobs", which may be {}`);
    const unknown = Object.keys(knobs).find((name) => !entry.knobs.some((knob) => knob.name === name));
    if (unknown) throw new Error(`the effect "${effect}" has no knob "${unknown}"`);
    const values = entry.knobs.map((knob) => valueOf(effect, knob, knobs[knob.name]));
    if (sound !== undefined && !takesSound(entry)) throw new Error(`the effect "${effect}" takes no sound`);
    const works = sound ? { sound: { name: sound, key: 0 } } : {};
    const rows = playable(link, entry);
    return { ...fresh(effect, entry), knobs: values, ...works, ...(rows ? { score: keep(rows) } : {}) };
  });
}

/** At the nearest step. Throws in words where the knob cannot be turned so far. */
function valueOf(effect: string, knob: Knob, value: unknown = knob.default): number {
  const { name, minimum, maximum, unit } = knob;
  if (typeof value === "number" && value >= minimum && value <= maximum) return nearest(knob, value);
  throw new Error(`${effect}: ${name} is ${JSON.stringify(value)}; expected ${`${minimum} to ${maximum} ${unit}`.trimEnd()}`);
}

const KINDS: readonly Played[] = ["notes", "curves"];

/** What a link has its instrument play, if anything. Throws in words where that is not what its effect plays. */
function playable(link: RecipeLink, entry: EffectEntry): Rows | undefined {
  const { effect } = link;
  const other = KINDS.find((kind) => link[kind] !== undefined && kind !== entry.plays);
  if (other) throw new Error(`the effect "${effect}" plays no ${other}`);
  const rows = entry.plays && link[entry.plays];
  if (!entry.plays || rows === undefined) return undefined;
  const width = entry.memory[entry.plays]!.shape[1] as number;
  const isTable = Array.isArray(rows) && rows.every(Array.isArray);
  if (isTable && entry.plays === "notes") return sounding(rows);
  if (!isTable || !rows.every((row) => row.length === width && row.every(Number.isFinite))) {
    throw new Error(`the ${entry.plays} of "${effect}" are not rows of ${width} numbers`);
  }
  return rows;
}
