/** What a suggestion makes of the song, in figures: before and after, measured when the controls have rested. */
import { signal } from "@preact/signals";
import type { Song } from "../audio/open";
import { type Part, recipeOf } from "#web/bundle/ask";
import { generates } from "#web/bundle/bundle";
import type { Recipe } from "#web/engine/recipe";
import { audioWorker } from "../workers/clients";
import { alone } from "./asking";
import { needEffects } from "./effects";
import * as store from "./store";
import { suggestion } from "./suggestion";
import { needTool } from "./tools";

/** Names of meters, and how each is shown; the peak-to-loudness ratio is the difference of two of them. */
const METERS = ["integrated_lufs", "range_lu", "true_peak_db"];

export interface Figure {
  label: string;
  unit: string;
  digits: number;
}

export const FIGURES: readonly Figure[] = [
  { label: "Loudness", unit: "LUFS", digits: 1 },
  { label: "Range", unit: "LU", digits: 1 },
  { label: "True peak", unit: "dBTP", digits: 2 },
  { label: "PLR", unit: "dB", digits: 1 },
  { label: "Width, low", unit: "dB", digits: 1 },
  { label: "Width, middle", unit: "dB", digits: 1 },
  { label: "Width, high", unit: "dB", digits: 1 },
];

interface Measured {
  /** Whose figures these are. */
  parts: readonly Part[];
  before: number[];
  after: number[];
}

export const figures = signal<Measured | null>(null);

const REST_MS = 300;
const songs = new WeakMap<Song, Promise<number[]>>();

async function measured(recipe: Recipe): Promise<number[]> {
  await needTool("meter");
  await needTool("width");
  await needEffects(recipe.chain);
  const [loudness, range, peak, ...width] = await audioWorker().ask<number[]>("figures", { ...alone(recipe), meters: METERS });
  return [loudness!, range!, peak!, peak! - loudness!, ...width];
}

function ofSong(song: Song): Promise<number[]> {
  const found = songs.get(song) ?? measured({ format: 1, chain: [] });
  songs.set(song, found);
  found.catch(() => songs.delete(song));
  return found;
}

let timer = 0;

/** Keep the figures of what is suggested now. */
export function followSuggestion(): void {
  const now = suggestion.value;
  const manifest = store.engine.value?.manifest;
  clearTimeout(timer);
  if (!now?.song || !manifest || generates(now.bundle.declaration, manifest)) return;
  const { song, parts } = now;
  timer = window.setTimeout(async () => {
    try {
      const before = await ofSong(song);
      const after = await measured(recipeOf(parts, manifest));
      if (suggestion.value?.parts === parts) figures.value = { parts, before, after };
    } catch (error) {
      store.fail("The suggestion could not be measured", error, "song");
    }
  }, REST_MS);
}
