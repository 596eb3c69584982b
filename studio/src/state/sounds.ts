/** The sounds that effects work with: chosen by a person, brought to the song's rate and channels, given to all who play. */
import { signal } from "@preact/signals";
import { type Song, openSong } from "../audio/open";
import { audioWorker } from "../workers/clients";
import * as player from "./player";
import * as store from "./store";
import { needTool } from "./tools";

/** As they were read; by number, from 1 on. */
const opened = new Map<number, Song>();

/** The files that they were read from, in the order of their numbers. */
export const soundFiles = signal<readonly File[]>([]);

/** Let the effect of that number work with a file, or listen to it. */
export async function chooseSound(id: number, role: "sound" | "sideChain", file: File): Promise<void> {
  await store.during(`Reading ${file.name}…`, `${file.name} could not be opened`, async () => {
    const key = await read(file);
    if (store.song.value) await share(key);
    store.giveSound(id, { [role]: { name: file.name, key } });
  });
}

/** The number under which a file is known from now on. */
async function read(file: File): Promise<number> {
  const sound = await openSong(file);
  if (sound.channelsInFile > 2) throw new Error(`it has ${sound.channelsInFile} channels; expected 1 or 2`);
  opened.set(opened.size + 1, sound);
  soundFiles.value = [...soundFiles.value, file];
  return opened.size;
}

/** The sounds of the last visit, under the same numbers; before any other. */
export async function restoreSounds(files: readonly File[]): Promise<void> {
  for (const file of files) await read(file);
}

/** After another song was opened: its rate and channels may be others. */
export async function shareAll(): Promise<void> {
  for (const [key, { name }] of opened) {
    await share(key).catch((error: unknown) => store.fail(`${name} cannot be used with this song`, error, "song"));
  }
}

async function share(key: number): Promise<void> {
  const { channels, sampleRate } = opened.get(key)!;
  await needTool("resampling");
  player.setSound(key, await audioWorker().tell<Float32Array[]>("sound", { key, channels, sampleRate }, key));
}
