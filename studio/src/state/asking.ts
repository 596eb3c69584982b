/** Asking a plugin: features and network by the workers, the answer as a suggestion or as a song. */
import { signal } from "@preact/signals";
import { type Song, openSong } from "../audio/open";
import { type Answer, type Services, ask } from "#web/bundle/ask";
import { type Bundle, type Source, type Tensors, SONG, generates, hasSong, isNeeded } from "#web/bundle/bundle";
import type { Material, Sound } from "#web/bundle/features";
import { bundleFile, replay } from "#web/bundle/loading";
import { type Notes, readNotes } from "#web/engine/notes";
import { fromRecipe } from "#web/engine/parse";
import type { Recipe, Setting } from "#web/engine/recipe";
import { Scores } from "#web/engine/scores";
import { NetworkWorker, audioWorker } from "../workers/clients";
import { needEffects } from "./effects";
import { type Choices, chooseControl, choicesOf, fileSources, howMany, titleOf } from "./plugins";
import { takeSong } from "./song";
import { announce, busy, commit, during, engine, fail, song, tell } from "./store";
import { type Suggestion, renew, show, suggestion } from "./suggestion";
import { needTool } from "./tools";

/** What was checked of each plugin's bundle in this browser, in words. */
export const verdict = signal<ReadonlyMap<string, string>>(new Map());

const network = new NetworkWorker();
const kernels = new WeakMap<Bundle, Promise<WebAssembly.Module>>();
const features = new WeakMap<Song | File | Notes, Map<string, Promise<Tensors>>>();

const manifest = () => engine.value!.manifest;

/** A recipe's chain, which is not the page's, with what its instruments play. */
export function alone(recipe: Recipe): { chain: Setting[]; scores: Scores["all"] } {
  const scores = new Scores();
  return { chain: fromRecipe(recipe, manifest(), (rows) => scores.keep(rows)), scores: scores.all };
}

interface Known<Key, Value> {
  get(key: Key): Promise<Value> | undefined;
  set(key: Key, value: Promise<Value>): unknown;
  delete(key: Key): boolean;
}

/** What is made but once; anew where that failed. */
function once<Key, Value>(known: Known<Key, Value>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

const kernelsOf = (bundle: Bundle): Promise<WebAssembly.Module> =>
  once(kernels, bundle, async () => WebAssembly.compile(await bundleFile(bundle, bundle.declaration.kernels.wasm)));

const read = async (file: File, { features }: Source): Promise<Material> =>
  features.kind === "notes" ? readNotes(await file.text(), file.name) : openSong(file);

/** The features of the open song, of a file, or of notes. */
function featuresOf(bundle: Bundle, source: Source, of: Song | File | Notes): Promise<Tensors> {
  const known = features.get(of) ?? new Map<string, Promise<Tensors>>();
  features.set(of, known);
  const { plugin, kernels } = bundle.declaration;
  return once(known, `${plugin} ${source.name}`, async () => {
    const compiled = await kernelsOf(bundle);
    const other = of instanceof File ? await read(of, source) : of instanceof Float32Array ? of : undefined;
    return audioWorker().ask<Tensors>("features", { kernels, compiled, features: source.features, other });
  });
}

const networkOf = ({ declaration: { plugin, files } }: Bundle): string => `${plugin} ${files["model.onnx"]}`;

/** Have the bundle's network loaded, and proven right in this browser. */
async function ready(bundle: Bundle): Promise<void> {
  const { plugin, files, outputs } = bundle.declaration;
  const key = networkOf(bundle);
  if (network.holds(key)) return;
  const names = Object.keys(files);
  const contents = await Promise.all(names.map((name) => bundleFile(bundle, name)));
  const [model, check] = ["model.onnx", "check.json"].map((name) => contents[names.indexOf(name)]);
  if (!model || !check) throw new Error(`the bundle ${plugin} lacks its network or its check; export it again`);
  await network.load(key, model, outputs.map(({ name }) => name));
  if (verdict.value.has(plugin)) return;
  await replay(check, (inputs) => network.run(key, inputs));
  const words = `Checked here: ${names.length} files by SHA-256, and the network gives what it gave where it was made.`;
  verdict.value = new Map([...verdict.value, [plugin, words]]);
}

let last: Promise<unknown> = Promise.resolve();

/** When all that was asked before is answered: there is one network at a time, and an answer may take several runs of it. */
function inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
  const mine = last.then(task);
  last = mine.catch(() => undefined);
  return mine;
}

/** Load what an answer takes, before it is asked for; what fails is told when it is. */
export function prepare(bundle: Bundle): void {
  const load = async (): Promise<void> => {
    await Promise.all([ready(bundle), kernelsOf(bundle), needEffects(bundle.declaration.chain)]);
  };
  inTurn(load).catch(() => undefined);
}

/** `written` are notes for sources that are not files. */
export async function answerTo(
  bundle: Bundle,
  choices: Choices,
  asked: Song | null,
  written: Readonly<Record<string, Notes>> = {},
): Promise<Answer> {
  const { declaration } = bundle;
  const { mode, controls, files } = choices;
  const ofSong = hasSong(declaration);
  const isAsked = ({ name }: { name: string }): boolean => isNeeded(declaration, mode, name);
  const sources = declaration.sources.filter(isAsked);
  const given = await Promise.all(
    sources.map(async (source): Promise<[string, Tensors[]]> => {
      const notes = written[source.name];
      const from = source.name === SONG ? [asked!] : notes ? [notes] : files[source.name] ?? [];
      return [source.name, await Promise.all(from.map((each) => featuresOf(bundle, source, each)))];
    }),
  );
  const question = {
    mode: mode.name,
    controls: Object.fromEntries(declaration.controls.filter(isAsked).map(({ name }) => [name, controls[name]!])),
    sources: Object.fromEntries(given),
    ...(ofSong ? { sampleRate: asked!.sampleRate } : {}),
  };
  const services: Services = {
    network: (inputs) => network.run(networkOf(bundle), inputs),
    measure: async (recipe, meters) => {
      await needTool("meter");
      await needEffects(recipe.chain);
      return audioWorker().ask<number[]>("measure", { ...alone(recipe), meters, ofSong });
    },
  };
  return inTurn(async () => {
    await ready(bundle);
    return ask(declaration, await kernelsOf(bundle), manifest(), question, services);
  });
}

/** What a person has to give first, in words; empty when all is there. */
function missing(bundle: Bundle, { mode, files }: Choices): string {
  if (hasSong(bundle.declaration) && !song.value) return "First open a song: there is nothing to analyse yet.";
  const source = fileSources(bundle, mode).find(({ name }) => !files[name]?.length);
  return source ? `For "${mode.name}", first choose ${howMany(source)}.` : "";
}

export async function suggest(bundle: Bundle): Promise<void> {
  if (busy.value) return;
  const choices = choicesOf(bundle);
  const asked = song.value;
  const words = missing(bundle, choices);
  if (words) {
    tell("note", words);
    return;
  }
  await during(`Asking ${bundle.declaration.plugin}…`, "No suggestion could be made", async () => {
    const answer = await answerTo(bundle, choices, asked);
    if (song.value !== asked) return;
    if (generates(bundle.declaration, manifest())) {
      await becomeSong(bundle, choices, answer);
      return;
    }
    show({ bundle, choices, song: asked, parts: answer.parts });
    announce("The suggestion is ready: take all of it, or group by group.");
  });
}

/** What the instruments of a recipe play, as a song. */
export async function generated(recipe: Recipe, name: string): Promise<Song> {
  await needEffects(recipe.chain);
  const sound = await audioWorker().ask<Sound & { channels: Song["channels"] }>("generate", alone(recipe));
  if (sound.channels[0]!.length === 0) throw new Error("it plays nothing");
  return { ...sound, channelsInFile: sound.channels.length, name, rateKnown: true, remark: "" };
}

/** What was generated is the song from now on. */
async function becomeSong(bundle: Bundle, choices: Choices, { recipe, parts }: Answer): Promise<void> {
  const name = titleOf(bundle, choices);
  const made = await generated(recipe, name);
  await takeSong(made);
  show({ bundle, choices, song: made, parts });
  announce(`${name} is the song now.`);
}

/** Does an answer need something rendered? Then it is asked for when a movement has ended, not on its way. */
const isSlow = ({ declaration }: Bundle): boolean => declaration.refine !== null || generates(declaration, manifest());

/** Move a control; where there is an answer, ask again. */
export function moveControl(bundle: Bundle, name: string, value: number): void {
  chooseControl(bundle, name, value);
  if (!isSlow(bundle)) void askAgain(bundle);
}

/** The movement has ended: what it changed in the chain is one step of undo. */
export async function endMovement(bundle: Bundle): Promise<void> {
  await askAgain(bundle);
  commit();
}

/** The suggestion of a bundle, where that was asked with other values of its controls than there are now. */
function outdated(bundle: Bundle): Suggestion | null {
  const now = suggestion.value;
  if (now?.bundle !== bundle) return null;
  const [before, after] = [now.choices.controls, choicesOf(bundle).controls];
  return bundle.declaration.controls.some(({ name }) => before[name] !== after[name]) ? now : null;
}

let asking: Promise<void> | null = null;

/** Answer with the controls as they are now; whoever asks meanwhile waits for the same. */
async function askAgain(bundle: Bundle): Promise<void> {
  if (!asking && !outdated(bundle)) return;
  const failed = "The control could not be changed";
  const task = (): Promise<void> => catchUp(bundle);
  asking ??= (
    isSlow(bundle)
      ? during(`Asking ${bundle.declaration.plugin}…`, failed, task)
      : task().catch((error: unknown) => fail(failed, error))
  ).finally(() => (asking = null));
  await asking;
}

async function catchUp(bundle: Bundle): Promise<void> {
  for (let now = outdated(bundle); now; now = outdated(bundle)) {
    const choices = { ...now.choices, controls: choicesOf(bundle).controls };
    const answer = await answerTo(bundle, choices, now.song);
    const then = suggestion.value;
    if (then?.bundle !== bundle || then.song !== now.song) return;
    if (generates(bundle.declaration, manifest())) await becomeSong(bundle, choices, answer);
    else renew(choices, answer.parts);
  }
}
