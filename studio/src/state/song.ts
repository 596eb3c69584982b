/** The song that is open, and the result of the chain, kept measured. */
import type { Song } from "../audio/open";
import { checkRate } from "#web/engine/limits";
import { audioWorker } from "../workers/clients";
import { average, averageSpectrum } from "./average";
import { needEffects } from "./effects";
import * as player from "./player";
import { shareAll } from "./sounds";
import * as store from "./store";
import { needTool } from "./tools";

/** Work on another song. Throws in words where its sample rate is one that effects are not made for. */
export async function takeSong(song: Song): Promise<void> {
  const { channels, sampleRate } = song;
  checkRate(sampleRate);
  await needTool("loudness");
  const description = await audioWorker().tell<store.Description>("song", { channels, sampleRate });
  store.forget("song");
  await shareAll();
  player.takeSong(song, store.engine.value!);
  store.song.value = song;
  store.before.value = description;
  store.after.value = null;
  average.value = null;
  if (song.remark) store.tell("note", `${song.name}: ${song.remark}`, "song");
  void measureResult();
  // A rate that the browser cannot play leaves the plot without a spectrum at rest.
  const spectrum = await averageSpectrum(song).catch(() => null);
  if (song === store.song.value) average.value = spectrum;
}

export async function measureResult(): Promise<void> {
  const song = store.song.value;
  if (!song) return;
  try {
    await needEffects(store.chain.value);
    const found = await audioWorker().ask<store.Description | null>("result", { chain: store.chain.value });
    if (found && song === store.song.value) store.after.value = found;
  } catch (error) {
    store.fail("The result could not be measured", error, "song");
  }
}
