/**
 * Effects, instruments and trained plugins for a browser DAW: nodes of the Web Audio API, and the same samples as Python's
 * offline. Everything is fetched from the folder that this module is in, when it is first asked for, and checked.
 */
import { rowsOf } from "./engine/notes";
import { type Recipe, fresh } from "./engine/recipe";
import { type Rows, Scores } from "./engine/scores";
import type { Effects, Instruments, PluginName } from "./knobs";
import { effectOf } from "./library";
import { ChainNode, EffectNode, InstrumentNode, type Values, prepare, turned } from "./node";
import type { PluginAnswer } from "./plugin";
import { type Prepared, type Sounds, soundsOf } from "./prepared";
import type { Given, LoadedPlugin, RenderOptions } from "./recipes";
import type { AnySound, Sound } from "./sound";

export { version } from "./files.js";
export type { Knob } from "./engine/manifest";
export type { Effects, Instruments, PluginName, Recipe, Rows, Sound, Sounds, AnySound, Values };
export type { Given, LoadedPlugin, PluginAnswer, RenderOptions };
export { ChainNode, EffectNode, InstrumentNode };

export interface EffectOptions {
  /** Mono or stereo; stereo where it is not said. */
  channels?: 1 | 2;
  /** What convolution works with: an impulse response. */
  sound?: AnySound;
  /** What a side-chain detects levels of: the node's second input, or a sound that begins with `start`. */
  key?: AnySound | "input";
}

export interface ChainOptions {
  channels?: 1 | 2;
  /** Those that the recipe names. */
  sounds?: Sounds;
  /** What side-chains detect levels of where the recipe names no sound: the node's second input. */
  key?: "input";
}

/** One effect or instrument as the content of a node. */
async function single(
  context: BaseAudioContext,
  name: string,
  knobs: Values,
  { channels = 2, sound, key }: EffectOptions,
  rows?: Rows,
): Promise<Prepared> {
  const [hosted] = await Promise.all([effectOf(name), prepare(context)]);
  const { entry } = hosted;
  const scores = new Scores();
  const setting = fresh(name, entry);
  setting.knobs = turned(setting, entry, knobs);
  if (sound) setting.sound = { name: "sound", key: 0 };
  const sideChain = key === "input" ? undefined : key;
  if (sideChain) setting.sideChain = { name: "key", key: 0 };
  if (rows && !entry.plays) throw new Error(`${name} is no instrument: createEffect makes it`);
  if (rows) setting.score = scores.keep(rowsOf(name, entry, rows));
  const given = { ...(sound ? { sound } : {}), ...(sideChain ? { key: sideChain } : {}) };
  const chain = [setting];
  return { effects: [hosted], chain, sounds: await soundsOf(chain, given, context.sampleRate, channels), scores };
}

/** One effect as a node. Knobs that are not named are at their defaults. */
export async function createEffect<Name extends keyof Effects & string>(
  context: BaseAudioContext,
  name: Name,
  knobs: Partial<Effects[Name]> = {},
  options: EffectOptions = {},
): Promise<EffectNode<Effects[Name]>> {
  const content = await single(context, name, knobs as Values, options);
  return new EffectNode(context, content, options.channels, options.key === "input");
}

/** An instrument as a node: it plays its rows of notes or curves from `start` on, and adds to what comes in. */
export async function createInstrument<Name extends keyof Instruments & string>(
  context: BaseAudioContext,
  name: Name,
  rows: Rows,
  knobs: Partial<Instruments[Name]> = {},
  options: { channels?: 1 | 2 } = {},
): Promise<InstrumentNode<Instruments[Name]>> {
  return new InstrumentNode(context, await single(context, name, knobs as Values, options, rows), options.channels);
}

/** A chain of effects and instruments as one node: the recipe that a plugin answers with, or one of your own. */
export async function createChain(context: BaseAudioContext, recipe: Recipe, options: ChainOptions = {}): Promise<ChainNode> {
  const { channels = 2, sounds = {}, key } = options;
  const [{ prepared }] = await Promise.all([import("./recipes.js"), prepare(context)]);
  const content = await prepared(recipe, sounds, context.sampleRate, channels);
  return new ChainNode(context, content, channels, key === "input");
}

/**
 * A whole sound through a recipe, in time with it, and as long: equal in every sample to Python's `dawg render`. Without a
 * sound, what the recipe's instruments play, stereo at 44.1 kHz.
 */
export const renderOffline = async (recipe: Recipe, sound: AnySound | null, options?: RenderOptions): Promise<Sound> =>
  (await import("./recipes.js")).renderOffline(recipe, sound, options);

/** A trained plugin. A page's works in a worker; where there can be none, as in Node or from another origin, on this thread. */
export const loadPlugin = async (name: PluginName): Promise<LoadedPlugin> => (await import("./recipes.js")).loadPlugin(name);
