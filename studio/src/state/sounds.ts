/** The sounds that effects work with: chosen by a person, brought to the song's rate and channels, given to all who play. */
import { type Song, openSong } from "../audio/open";
import { audioWorker } from "../workers/clients";
import * as player from "./player";
import * as store from "./store";
import { needTool } from "./tools";

/** As they were read; by number, from 1 on. */
const opened = new Map<number, Song>();

/** Let the effect of that number work with a file. */
export async function chooseSound(id: number, file: File): Promise<void> {
  await store.during(`Reading ${file.name}…`, `${file.name} could not be opened`, async () => {
    const key = opened.size + 1;
    const read = await openSong(file);
    if (read.channelsInFile > 2) throw new Error(`it has ${read.channelsInFile} channels; expected 1 or 2`);
    opened.set(key, read);
    if (store.song.value) await share(key);
    store.giveSound(id, { name: file.name, key });
  });
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
