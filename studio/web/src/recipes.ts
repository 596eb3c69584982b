/** What takes a recipe: chains, whole sounds, and trained plugins, which answer with one. Loaded when first asked for. */
import { calledNow, fromRecipe } from "./engine/parse";
import type { Recipe } from "./engine/recipe";
import { type Rows, Scores } from "./engine/scores";
import { plugins } from "./files.js";
import { effectOf, manifestOf } from "./library";
import type { PluginAnswer, Question } from "./plugin";
import { type Prepared, type Sounds, soundsOf } from "./prepared";
import { GENERATED, generate, render } from "./render/render";
import { Asker } from "./rpc";
import { type AnySound, type Sound, soundOf } from "./sound";

const namesIn = ({ chain }: Recipe): string[] =>
  Array.isArray(chain) ? [...new Set(chain.flatMap(({ effect }) => (typeof effect === "string" ? [calledNow(effect)] : [])))] : [];

/** Throws in words what does not fit. `scores` may hold what instruments of another recipe play. */
export async function prepared(
  recipe: Recipe,
  sounds: Sounds,
  sampleRate: number,
  channels: number,
  scores = new Scores(),
): Promise<Prepared> {
  const effects = await Promise.all(namesIn(recipe).map(effectOf));
  const chain = fromRecipe(recipe, manifestOf(effects), (rows) => scores.keep(rows));
  return { effects, chain, sounds: await soundsOf(chain, sounds, sampleRate, channels), scores };
}

export interface RenderOptions {
  /** Those that the recipe names. */
  sounds?: Sounds;
  /** Is the result to be longer than the sound, by what the chain takes to fall silent? Always so without a sound. */
  tail?: boolean;
}

/**
 * A whole sound through a recipe, in time with it, and as long: equal in every sample to Python's `dawg render`. Without a
 * sound, what the recipe's instruments play, stereo at 44.1 kHz.
 */
export async function renderOffline(recipe: Recipe, given: AnySound | null, options: RenderOptions = {}): Promise<Sound> {
  const { sounds = {}, tail = false } = options;
  const { channels, sampleRate } = given ? soundOf(given) : { ...GENERATED, channels: null };
  const { scores, ...rest } = await prepared(recipe, sounds, sampleRate, channels?.length ?? GENERATED.channels);
  const job = { ...rest, scores: scores.all, sampleRate };
  return { sampleRate, channels: channels ? (await render({ ...job, song: channels, tail }))! : await generate(job) };
}

/** Sounds, or rows of notes, by source; of some sources several. */
export type Given = Readonly<Record<string, AnySound | Rows | readonly (AnySound | Rows)[]>>;

export interface LoadedPlugin {
  /**
   * What it suggests: a recipe for `createChain` or `renderOffline`. Controls that are not named are at their defaults;
   * what is given decides the mode, where none is named.
   */
  ask: (given: Given, controls?: Readonly<Record<string, number>>, mode?: string) => Promise<PluginAnswer>;
  /** Ends its worker. */
  close: () => void;
}

export async function loadPlugin(name: string): Promise<LoadedPlugin> {
  if (!Object.hasOwn(plugins, name)) {
    throw new Error(`no plugin called "${name}"; there are: ${Object.keys(plugins).join(", ")}`);
  }
  const worker = started();
  if (worker) {
    const asker = new Asker(worker);
    await asker.ask("open", name);
    return {
      ask: (given, controls = {}, mode = "") => asker.ask("ask", { sources: sourcesOf(given), controls, mode }),
      close: () => asker.terminate(),
    };
  }
  const { Plugin } = await import("./plugin.js");
  const plugin = await Plugin.open(name);
  return {
    ask: (given, controls = {}, mode = "") => plugin.ask({ sources: sourcesOf(given), controls, mode }),
    close: () => undefined,
  };
}

/** A worker; null where there is none, or where the page is from another origin. */
function started(): Worker | null {
  try {
    return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  } catch {
    return null;
  }
}

/** Rows of numbers are notes; other lists are several files of one source. */
const isRows = (given: unknown): given is Rows =>
  Array.isArray(given) && Array.isArray(given[0]) && typeof given[0][0] === "number";

const sourcesOf = (given: Given): Question["sources"] =>
  Object.fromEntries(
    Object.entries(given).map(([name, each]) => {
      const all = (Array.isArray(each) && !isRows(each) ? each : [each]) as readonly (AnySound | Rows)[];
      return [name, all.map((one) => (isRows(one) ? one : soundOf(one as AnySound)))];
    }),
  );
