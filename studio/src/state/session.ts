/** The session: kept in this browser while a person works, there again after the page was closed or loaded anew. */
import { effect } from "@preact/signals";
import type { Song } from "../audio/open";
import { writeWav } from "../audio/wav";
import { type Setting, fresh } from "#web/engine/recipe";
import type { Rows } from "#web/engine/scores";
import * as database from "./database";
import type { History } from "./history";
import * as player from "./player";
import * as plugins from "./plugins";
import { allScores, keepScore } from "./scores";
import { restoreSounds, soundFiles } from "./sounds";
import * as store from "./store";
import { written } from "./written";

/** Everything but the song and the sounds, which are files of their own. */
interface Work {
  history: History<Setting[]>;
  /** Names of the knobs of each effect: with other knobs than these, an effect is another one. */
  knobs: Record<string, string[]>;
  scores: ReadonlyMap<number, Rows>;
  opened: number;
  /** Missing where the last visit was to an earlier release. */
  written?: typeof written.value;
  asked: ReturnType<typeof plugins.kept>;
  player: { rest: number; side: player.Side; looping: boolean; region: { from: number; to: number } | null };
}

/** The work is kept when nothing has changed for this long. */
const REST_MS = 300;

let working = true;
/** The song that is kept already. */
let restored: File | undefined;

/** Once a visit: without a database the page works all the same. */
function giveUp(error: unknown): void {
  if (!working) return;
  working = false;
  const reason = error instanceof Error ? error.message : String(error);
  store.tell("note", `This browser keeps no session (${reason}): what is open now is gone when the page is closed.`);
}

async function tryTo<Value>(task: () => Promise<Value>): Promise<Value | undefined> {
  if (!working) return undefined;
  try {
    return await task();
  } catch (error) {
    giveUp(error);
    return undefined;
  }
}

const knobsOf = (effect: string): string[] => store.entryOf(effect)?.knobs.map(({ name }) => name) ?? [];

function work(): Work {
  const { past, present, future } = store.history.value;
  const effects = new Set([...past, present, ...future].flat().map(({ effect }) => effect));
  const { side, looping, region } = player;
  return {
    history: store.history.value,
    knobs: Object.fromEntries([...effects].map((effect) => [effect, knobsOf(effect)])),
    scores: allScores(),
    opened: store.opened.value,
    written: written.value,
    asked: plugins.kept(),
    player: { rest: player.position(), side: side.value, looping: looping.value, region: region.value },
  };
}

/** A generated song has no file: it is kept as one. */
const fileOf = ({ channels, sampleRate, name, file }: Song): File =>
  file ?? new File([writeWav(channels, sampleRate)], name);

/** Is there anything that a person did? */
const isBegun = (): boolean => store.song.value !== null || store.history.value.past.length > 0 || written.value.size > 0;

/** Keep the session from now on. */
export function followSession(): void {
  let timer = 0;
  const save = (): void => void (isBegun() && tryTo(() => database.keep("work", work())));
  effect(() => {
    work();
    clearTimeout(timer);
    timer = window.setTimeout(save, REST_MS);
  });
  effect(() => {
    const song = store.song.value;
    if (song && song.file !== restored) void tryTo(() => database.keep("song", fileOf(song)));
  });
  effect(() => {
    const sounds = soundFiles.value;
    if (sounds.length > 0) void tryTo(() => database.keep("sounds", sounds));
  });
  // Where the song plays is no signal.
  document.addEventListener("visibilitychange", save);
}

interface Renumbered {
  history: History<Setting[]>;
  /** By the effects' numbers of the last visit those of this one. */
  ids: Map<number, number>;
}

/** As it was, with this visit's numbers and so many sounds. Undefined where an effect is another one now. */
function renumbered({ history, knobs, scores }: Work, sounds: number): Renumbered | undefined {
  const isSame = ([effect, names]: [string, string[]]): boolean => String(names) === String(knobsOf(effect));
  if (!Object.entries(knobs).every(isSame)) return undefined;
  const ids = new Map<number, number>();
  const played = new Map([...scores].map(([key, rows]) => [key, keepScore(rows)]));
  const again = (setting: Setting): Setting => {
    const { id, effect, score, sound } = setting;
    const now = ids.get(id) ?? fresh(effect, store.entryOf(effect)!).id;
    ids.set(id, now);
    return {
      ...setting,
      id: now,
      ...(score === undefined ? {} : { score: played.get(score)! }),
      ...(sound && sound.key > sounds ? { sound: { ...sound, key: 0 } } : {}),
    };
  };
  const chains = (all: readonly Setting[][]): Setting[][] => all.map((chain) => chain.map(again));
  const { past, present, future } = history;
  return { history: { past: chains(past), present: present.map(again), future: chains(future) }, ids };
}

/** Bring the last session back, if there is one; `openFile` opens its song. */
export async function restoreSession(openFile: (file: File) => Promise<void>): Promise<void> {
  const kept = await tryTo(() =>
    Promise.all([database.load<Work>("work"), database.load<File>("song"), database.load<File[]>("sounds")]),
  );
  if (!kept) return;
  const [work, song, sounds = []] = kept;
  if (work) {
    const found = renumbered(work, sounds.length);
    if (found) {
      await restoreSounds(sounds);
      store.restore(found.history, found.ids.get(work.opened) ?? -1);
    } else store.tell("note", "The effects have changed since the last visit, so its chain is not brought back.");
    plugins.restore(work.asked);
    written.value = work.written ?? written.value;
  }
  if (!song) return;
  restored = song;
  await openFile(song);
  if (!work || store.song.value?.file !== song) return;
  const { rest, side, looping, region } = work.player;
  player.setLoop(looping, region);
  player.seek(rest);
  player.choose(side);
  store.announce("Your last session is back.");
}

/** Forget all of it. */
export async function forgetSession(): Promise<void> {
  await tryTo(database.clear);
  // What the page still sends before it goes is not to be kept.
  working = false;
}
