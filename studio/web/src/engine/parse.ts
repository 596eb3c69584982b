/** Checks a recipe: what is in it is obeyed or refused, in the words of `dawg_ai/recipe.py`. */
import { shown } from "./json";
import { nearest } from "./knob";
import { type EffectEntry, type Knob, type Manifest, isEffect, takesKey, takesSound } from "./manifest";
import { rowsOf } from "./notes";
import { type Setting, fresh } from "./recipe";
import type { Rows } from "./scores";

/** One link, checked: knobs that are named as numbers, at a step of theirs. */
export interface Link {
  effect: string;
  entry: EffectEntry;
  knobs: Record<string, number>;
  bypass: boolean;
  sound?: string;
  key?: string;
  /** What an instrument plays. */
  rows?: Rows;
}

type Fields = Readonly<Record<string, unknown>>;

/** Effects of earlier releases: what each is called now, and the knobs in which the two differ; as in `effect.py`. */
const FORMER: Record<string, { effect: string; knobs: Record<string, number> }> = {
  eq: { effect: "parametric", knobs: { design: 1 } },
};

/** What an effect is called now. */
export const calledNow = (name: string): string => (Object.hasOwn(FORMER, name) ? FORMER[name]!.effect : name);

const LINK = '{"effect": "parametric", "knobs": {"trim_db": -3}}';
const MOST_NAMES = 40;

const isFields = (given: unknown): given is Fields =>
  typeof given === "object" && given !== null && !Array.isArray(given);

/** The links of a recipe, or of what `dawg apply --json` prints. Throws in words what does not fit. */
export function parse(given: unknown, manifest: Manifest, remark: (words: string) => void): Link[] {
  const recipe = isFields(given) && "recipe" in given && !("chain" in given) ? given["recipe"] : given;
  if (!isFields(recipe) || !Array.isArray(recipe["chain"])) {
    throw new Error(`not a recipe; one looks like {"format": 1, "chain": [${LINK}]}`);
  }
  only(recipe, ["format", "chain"], "a recipe");
  if (recipe["format"] !== 1) {
    throw new Error(`the recipe has ${"format" in recipe ? `format ${shown(recipe["format"])}` : "no format"}; expected 1`);
  }
  return recipe["chain"].map((each, i) => parseLink(each, i + 1, manifest, remark));
}

function parseLink(given: unknown, number: number, { modules }: Manifest, remark: (words: string) => void): Link {
  if (!isFields(given) || typeof given["effect"] !== "string") {
    throw new Error(`link ${number} of the recipe is none; one looks like ${LINK}`);
  }
  const named = given["effect"];
  const former = Object.hasOwn(FORMER, named) ? FORMER[named]! : { effect: named, knobs: {} };
  const { effect } = former;
  const entry = Object.hasOwn(modules, effect) ? modules[effect]! : undefined;
  if (!entry || !isEffect(entry)) {
    const there = Object.keys(modules).filter((name) => isEffect(modules[name]!)).sort();
    throw new Error(`no effect called ${shown(effect)}; there are: ${there.join(", ")}`);
  }
  only(given, keysOf(entry), effect);
  const { knobs = {}, bypass = false } = given;
  if (!isFields(knobs)) throw new Error(`${effect}: knobs is ${shown(knobs)}; expected values by name`);
  const values = Object.entries({ ...former.knobs, ...knobs }).map(([name, value]): [string, number] => [
    name,
    valueOf(effect, entry, name, value, remark),
  ]);
  if (typeof bypass !== "boolean") throw new Error(`${effect}: bypass is ${shown(bypass)}; expected true or false`);
  const files = Object.fromEntries(
    ["sound", "key"].filter((name) => name in given).map((name) => [name, pathOf(effect, name, given[name])]),
  );
  const plays = entry.plays !== undefined && entry.plays in given;
  const rows = plays ? { rows: rowsOf(effect, entry, given[entry.plays!]) } : {};
  return { effect, entry, knobs: Object.fromEntries(values), bypass, ...files, ...rows };
}

/** The keys that a link of an effect may have. */
const keysOf = (entry: EffectEntry): string[] => [
  "effect",
  "knobs",
  "bypass",
  ...(takesSound(entry) ? ["sound"] : []),
  ...(takesKey(entry) ? ["key"] : []),
  ...(entry.plays ? [entry.plays] : []),
];

function only(given: Fields, allowed: readonly string[], what: string): void {
  const other = Object.keys(given).find((name) => !allowed.includes(name));
  if (other !== undefined) throw new Error(`${what} takes no ${shown(other)}; it takes ${allowed.join(", ")}`);
}

/** A value at its knob's step; a choice is its index. */
function valueOf(effect: string, { knobs }: EffectEntry, name: string, given: unknown, remark: (words: string) => void): number {
  const knob = knobs.find((each) => each.name === name);
  if (!knob) {
    const there = knobs.length <= MOST_NAMES ? knobs.map((each) => each.name).join(", ") : `${knobs.length}: dawg effects ${effect}`;
    throw new Error(`${effect} has no knob ${shown(name)}; it has ${there}`);
  }
  if (knob.choices.length > 0) return choiceOf(effect, knob, given, remark);
  const { minimum, maximum, unit } = knob;
  if (typeof given === "number" && given >= minimum && given <= maximum) return nearest(knob, given);
  throw new Error(`${effect}: ${name} is ${shown(given)}; expected ${`${minimum} to ${maximum} ${unit}`.trimEnd()}`);
}

/** A name, or a number that is one; else the index, as earlier releases wrote it. */
function choiceOf(effect: string, { name, choices }: Knob, given: unknown, remark: (words: string) => void): number {
  const called = choices.indexOf(typeof given === "string" ? given : shown(given));
  const byIndex = typeof given === "number" ? choices[given] : undefined;
  if (called >= 0) {
    if (byIndex !== undefined && byIndex !== choices[called]) {
      remark(
        `${effect}: ${name} is ${choices[called]}, which is its name; in a recipe of an earlier release it is the ` +
          `index of ${byIndex}`,
      );
    }
    return called;
  }
  if (byIndex !== undefined) return given as number;
  throw new Error(`${effect}: ${name} is ${shown(given)}; expected one of ${choices.join(", ")}`);
}

function pathOf(effect: string, name: string, given: unknown): string {
  if (typeof given === "string" && given !== "" && !given.includes("\0")) return given;
  throw new Error(`${effect}: ${name} is ${shown(given)}; expected the path of a sound`);
}

/**
 * A chain from a recipe; `keep` gives what instruments play its number, and `remark` takes what is to be said about it.
 * Throws in words what does not fit.
 */
export function fromRecipe(
  given: unknown,
  manifest: Manifest,
  keep: (rows: Rows) => number,
  remark: (words: string) => void = () => undefined,
): Setting[] {
  return parse(given, manifest, remark).map(({ effect, entry, knobs, bypass, sound, key, rows }) => ({
    ...fresh(effect, entry, knobs),
    on: !bypass,
    ...(sound ? { sound: { name: sound, key: 0 } } : {}),
    ...(key ? { sideChain: { name: key, key: 0 } } : {}),
    ...(rows ? { score: keep(rows) } : {}),
  }));
}
