/** What the network suggests for the song: ghost positions, taken group by group. */
import { signal } from "@preact/signals";
import { openSong } from "../audio/open";
import type { Bundle, Mode, Tensors } from "../bundle/bundle";
import { networkInputs } from "../bundle/inputs";
import { bundleFile, replay } from "../bundle/loading";
import { groups, nearest } from "../engine/knob";
import type { EffectEntry } from "../engine/manifest";
import { NetworkWorker, audioWorker } from "../workers/clients";
import { announcement, busy, chain, during, entryOf, fail, oneOf, opened, song, switchEffect, tell, turn } from "./store";

export interface Suggestion {
  bundle: Bundle;
  /** Number of the effect that it is for. */
  link: number;
  /** All knobs of the bundle's effect, rounded to their steps. */
  values: number[];
  /** One per group of knobs, 0 to 1. */
  confidence: number[];
  /** Positions of the groups that were taken. */
  taken: ReadonlySet<number>;
}

export const suggestion = signal<Suggestion | null>(null);
export const mode = signal<Mode | null>(null);
export const style = signal("");
export const references = signal<File[]>([]);
/** The amount: 1 is all that the network would do. */
export const strength = signal(1);
/** What was checked of each plugin's bundle in this browser, in words. */
export const verdict = signal<ReadonlyMap<string, string>>(new Map());

interface Heard {
  bundle: Bundle;
  song: Tensors;
  references: Tensors[];
  mode: Mode;
  style: string;
}

const network = new NetworkWorker();
let heard: Heard | null = null;
const songFeatures = new WeakMap<object, Map<string, Tensors>>();

/** The features of a song or of a reference file, computed once. */
async function featuresOf(key: object, bundle: Bundle, file?: File): Promise<Tensors> {
  const known = songFeatures.get(key) ?? new Map<string, Tensors>();
  songFeatures.set(key, known);
  const { plugin, features } = bundle.declaration;
  let found = known.get(plugin);
  if (!found) {
    const bytes = await bundleFile(bundle, features.wasm);
    const other = file && (await openSong(file));
    const given = other && { channels: other.channels, sampleRate: other.sampleRate };
    found = await audioWorker().ask<Tensors>("features", { features, bytes, other: given });
    known.set(plugin, found);
  }
  return found;
}

/** Have the bundle's network loaded, and proven right in this browser. */
async function ready(bundle: Bundle): Promise<void> {
  const { plugin, files } = bundle.declaration;
  if (network.holds(plugin)) return;
  const names = Object.keys(files);
  const contents = await Promise.all(names.map((name) => bundleFile(bundle, name)));
  const [model, check] = ["model.onnx", "check.json"].map((name) => contents[names.indexOf(name)]);
  if (!model || !check) throw new Error(`the bundle ${plugin} lacks its network or its check; export it again`);
  await network.load(plugin, model);
  if (verdict.value.has(plugin)) return;
  await replay(check, (inputs) => network.run(inputs));
  const words = `Checked here: ${names.length} files by SHA-256, and the network gives what it gave where it was made.`;
  verdict.value = new Map([...verdict.value, [plugin, words]]);
}

async function run({ bundle, mode, ...rest }: Heard, amount: number): Promise<Pick<Suggestion, "values" | "confidence">> {
  await ready(bundle);
  const wish = { mode, style: rest.style, strength: amount };
  const outputs = await network.run(networkInputs(bundle.declaration, rest.song, rest.references, wish));
  const knobs = entryOf(bundle.declaration.effect)!.knobs;
  const raw = outputs["knobs"]?.data;
  if (raw?.length !== knobs.length) {
    throw new Error(`the network gives ${raw?.length ?? 0} knobs; the effect has ${knobs.length}`);
  }
  return { values: knobs.map((knob, i) => nearest(knob, raw[i]!)), confidence: [...(outputs["confidence"]?.data ?? [])] };
}

export async function suggest(bundle: Bundle, how: Mode): Promise<void> {
  const asked = song.value;
  if (busy.value) return;
  if (!asked) {
    tell("note", "First open a song: there is nothing to listen to yet.");
    return;
  }
  if (how.needs === "reference" && references.value.length === 0) {
    tell("error", `To match a reference, first choose one to ${how.most} files.`);
    return;
  }
  await during("Listening to the song…", "No suggestion could be made", async () => {
    const parts = how.needs === "reference" ? references.value : [];
    heard = {
      bundle,
      song: await featuresOf(asked, bundle),
      references: await Promise.all(parts.map((file) => featuresOf(file, bundle, file))),
      mode: how,
      style: style.value,
    };
    const found = await run(heard, strength.value);
    if (song.value !== asked) return;
    opened.value = oneOf(bundle.declaration.effect);
    suggestion.value = { bundle, link: opened.value, ...found, taken: new Set() };
    announcement.value = "The suggestion is ready: take all of it, or group by group.";
  });
}

let wanted = 0;

/** Ask again with another amount; what was taken follows. */
export async function setStrength(amount: number): Promise<void> {
  strength.value = amount;
  const asked = suggestion.value;
  if (!asked || !heard) return;
  const number = ++wanted;
  try {
    const found = await run(heard, amount);
    if (number !== wanted || !suggestion.value || suggestion.value.bundle !== asked.bundle) return;
    suggestion.value = { ...suggestion.value, ...found };
    apply(suggestion.value, suggestion.value.taken);
  } catch (error) {
    fail("The amount could not be changed", error);
  }
}

const groupsOf = (bundle: Bundle): ReturnType<typeof groups> => groups(entryOf(bundle.declaration.effect)!.knobs);

function apply({ bundle, link, values }: Suggestion, which: ReadonlySet<number>): void {
  const places = groupsOf(bundle).flatMap((group, i) => (which.has(i) ? group.knobs : []));
  turn(link, new Map(places.map((place) => [place, values[place]!])));
}

/** Take some groups of the suggestion, as one step of undo. */
export function take(which: Iterable<number>): void {
  if (!suggestion.value) return;
  const present = chain.value.some(({ id }) => id === suggestion.value!.link);
  const link = present ? suggestion.value.link : oneOf(suggestion.value.bundle.declaration.effect);
  const now = { ...suggestion.value, link };
  const groups = new Set(which);
  apply(now, groups);
  switchEffect(link, true);
  suggestion.value = { ...now, taken: new Set([...now.taken, ...groups]) };
  announcement.value = `Taken: ${groups.size === 1 ? groupsOf(now.bundle)[[...groups][0]!]!.name : "the suggestion"}.`;
}

export const takeAll = (): void => take(suggestion.value ? groupsOf(suggestion.value.bundle).keys() : []);

/** A hand on a knob has precedence: its group no longer follows the amount. */
function release(link: number, knob: number): void {
  const now = suggestion.value;
  if (now?.link !== link) return;
  const group = groupsOf(now.bundle).findIndex(({ knobs }) => knobs.includes(knob));
  if (now.taken.has(group)) suggestion.value = { ...now, taken: new Set([...now.taken].filter((g) => g !== group)) };
}

/** Suggested values of an effect's knobs that are not taken yet; null where there are none. */
export function ghostsOf(link: number, entry: EffectEntry): (number | null)[] {
  const now = suggestion.value;
  if (now?.link !== link) return entry.knobs.map(() => null);
  const open = groups(entry.knobs).flatMap((group, i) => (now.taken.has(i) ? [] : group.knobs));
  return entry.knobs.map((_, i) => (open.includes(i) ? now.values[i]! : null));
}

/** A hand on one or more knobs. */
export function handTurns(link: number, moves: ReadonlyMap<number, number>): void {
  for (const place of moves.keys()) release(link, place);
  turn(link, moves);
}

/** Nothing of the suggestion counts as taken any more. */
export function letGo(): void {
  if (suggestion.value) suggestion.value = { ...suggestion.value, taken: new Set() };
}

export function forget(): void {
  suggestion.value = null;
  heard = null;
}
