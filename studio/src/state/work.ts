/** What the page does: open songs and recipes, keep the result measured, export. */
import { effect } from "@preact/signals";
import { openSong } from "../audio/open";
import { generates } from "#web/bundle/bundle";
import { loadBundles } from "#web/bundle/loading";
import { loadEngine } from "#web/engine/engine";
import { parseJson } from "#web/engine/json";
import type { Manifest } from "#web/engine/manifest";
import { fromRecipe } from "#web/engine/parse";
import { type Setting, fresh, toRecipe } from "#web/engine/recipe";
import { audioWorker } from "../workers/clients";
import { isKnown, needEffects } from "./effects";
import * as player from "./player";
import { followSuggestion } from "./figures";
import { allScores, forgetScores, keepScore } from "./scores";
import { followSession, forgetSession, restoreSession } from "./session";
import { measureResult, takeSong } from "./song";
import * as store from "./store";
import { letGo } from "./suggestion";

/** A result is measured when the knobs have rested for this long. */
const REST_MS = 250;

export async function startUp(): Promise<void> {
  const here = new URL(".", document.baseURI);
  try {
    const engine = await loadEngine(new URL("engine/", here));
    store.engine.value = engine;
    audioWorker()
      .tell("engine", { effects: engine.effects })
      .catch((error: unknown) => store.fail("The renderer did not start", error));
  } catch (error) {
    store.fail("The sound engine did not load, so nothing can be played or rendered", error);
    return;
  }
  try {
    const { bundles, problems } = await loadBundles(new URL("bundles/", here), store.engine.value.manifest);
    store.bundles.value = bundles;
    problems.forEach((problem) => store.tell("error", problem));
  } catch (error) {
    store.fail("The list of trained plugins did not load", error);
  }
  store.resetChain(firstChain(store.engine.value.manifest));
  await restoreSession(openFile).catch((error: unknown) => {
    store.fail("The last session could not be brought back", error);
  });
  followSession();
}

/** Nothing of the session is left; the page begins as at a first visit. */
export async function startAnew(): Promise<void> {
  player.pause();
  await forgetSession();
  location.reload();
}

/** The chain of the first plugin that works on a song, at its defaults. */
function firstChain(manifest: Manifest): Setting[] {
  const first = store.bundles.value.find(({ declaration }) => !generates(declaration, manifest));
  return first?.declaration.chain.map(({ effect, fixed }) => fresh(effect, store.entryOf(effect)!, fixed)) ?? [];
}

let newest: File | undefined;

export async function openFile(file: File): Promise<void> {
  if (!store.engine.value) return;
  newest = file;
  store.forget("file");
  const open = async (): Promise<void> => {
    if (file.name.toLowerCase().endsWith(".json")) {
      openRecipe(await file.text());
      return;
    }
    const song = await openSong(file);
    if (file === newest) await takeSong(song);
  };
  await store.during(`Reading ${file.name}…`, `${file.name} could not be opened`, open, "file");
}

export async function openDemo(): Promise<void> {
  await store.during("Fetching the demo song…", "The demo song did not load", async () => {
    const response = await fetch(new URL("demo.flac", document.baseURI));
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    await openFile(new File([await response.blob()], "demo.flac"));
  });
}

function openRecipe(text: string): void {
  const remark = (words: string): void => store.tell("note", `${words}.`);
  store.replaceChain(fromRecipe(parseJson(text), store.engine.value!.manifest, keepScore, remark));
  remark("The recipe's knobs are set");
  for (const each of store.chain.value.flatMap(({ sound, sideChain }) => [sound, sideChain])) {
    if (each) remark(`The recipe works with ${each.name}: choose that file in the effect's panel`);
  }
}

/** Keep player, outline and loudness in step with the knobs. */
export function follow(): void {
  let timer = 0;
  effect(() => {
    const chain = store.chain.value;
    if (!store.engine.value) return;
    if (isKnown(chain)) player.setChain(chain);
    else
      needEffects(chain)
        .then(() => player.setChain(store.chain.value))
        .catch((error: unknown) => store.fail("An instrument did not load", error));
    clearTimeout(timer);
    timer = window.setTimeout(() => void measureResult(), REST_MS);
  });
  effect(forgetScores);
  effect(followSuggestion);
  effect(() => player.setLevels(matched()));
}

/** How far each side is turned down so that both are equally loud, as a factor. */
export function matched(): { before: number; after: number } {
  const difference = loudnessDifference();
  return { before: 10 ** (Math.min(0, difference) / 20), after: 10 ** (Math.min(0, -difference) / 20) };
}

/** LU that the result is louder than the original; 0 while that is not known. */
export function loudnessDifference(): number {
  const [from, to] = [store.before.value?.lufs, store.after.value?.lufs];
  if (from == null || to == null || !Number.isFinite(to - from)) return 0;
  return to - from;
}

/** One step back; what it undoes of a suggestion is no longer taken. */
export function undo(): void {
  store.stepBack();
  letGo();
}

export function redo(): void {
  store.stepForward();
  letGo();
}

export function save(name: string, parts: BlobPart[], type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  // The browser has taken the file by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Without what tells the kind of a file, which is no number: what was generated is called by its controls' values. */
export const stem = (name: string): string => name.replace(/\.[a-z]\w*$/i, "");

export async function exportWav(): Promise<void> {
  const song = store.song.value;
  if (!song || store.busy.value) return;
  await store.during("Rendering…", "The export failed", async () => {
    await needEffects(store.chain.value);
    const wav = await audioWorker().ask<ArrayBuffer>("export", { chain: store.chain.value });
    save(`${stem(song.name)}-dawg.wav`, [wav], "audio/wav");
    store.announce("The WAV file is ready.");
  });
}

export function saveRecipe(): void {
  const recipe = toRecipe(store.chain.value, store.engine.value!.manifest, allScores());
  const name = `${stem(store.song.value?.name ?? "song")}-recipe.json`;
  save(name, [`${JSON.stringify(recipe, null, 2)}\n`], "application/json");
}
