/** What the page knows. Components read these signals; only the modules of this folder write them. */
import { computed, signal } from "@preact/signals";
import type { Song } from "../audio/open";
import type { Peaks } from "../audio/peaks";
import type { Bundle } from "#web/bundle/bundle";
import type { Engine } from "#web/engine/engine";
import { type EffectEntry, isEffect } from "#web/engine/manifest";
import { type Setting, fresh } from "#web/engine/recipe";
import { type History, begin, push, redo, undo } from "./history";

export interface Message {
  id: number;
  kind: "error" | "note";
  text: string;
  topic: Topic | undefined;
}

/** What a message is about, if it is to go with that: the file that was opened last, or the song. */
export type Topic = "file" | "song";

/** The outline and loudness of the song, or of the result. */
export interface Description {
  peaks: Peaks;
  lufs: number | null;
}

export const engine = signal<Engine | null>(null);
export const bundles = signal<Bundle[]>([]);
export const song = signal<Song | null>(null);
export const before = signal<Description | null>(null);
export const after = signal<Description | null>(null);
export const messages = signal<Message[]>([]);
/** What is going on in the background, in words; empty when nothing is. */
export const busy = signal("");
/** What was just done, in words; shown for a while. */
export const announcement = signal("");

/** The chain as it sounds now; `history` holds it as it was when the last movement ended. */
export const chain = signal<Setting[]>([]);
export const history = signal<History<Setting[]>>(begin([]));
/** Number of the effect whose panel is open. */
export const opened = signal(-1);

export function entryOf(effect: string): EffectEntry | undefined {
  const entry = engine.value?.manifest.modules[effect];
  return entry && isEffect(entry) ? entry : undefined;
}

/** The effect whose panel is open, where the chain has any. */
export const current = computed(() => chain.value.find(({ id }) => id === opened.value) ?? chain.value[0]);

const SHOWN_MS = 5000;
let timer = 0;

/** Say for a while what was just done. */
export function announce(text: string): void {
  announcement.value = text;
  clearTimeout(timer);
  timer = window.setTimeout(() => (announcement.value = ""), SHOWN_MS);
}

let messageCount = 0;

export function tell(kind: Message["kind"], text: string, topic?: Topic): void {
  if (messages.value.some((message) => message.text === text)) return;
  messages.value = [...messages.value, { id: messageCount++, kind, text, topic }];
}

/** Show what went wrong, with its reason. */
export function fail(what: string, error: unknown, topic?: Topic): void {
  tell("error", `${what}: ${error instanceof Error ? error.message : String(error)}.`, topic);
}

/** Another file or song has come. */
export function forget(topic: Topic): void {
  messages.value = messages.value.filter((message) => message.topic !== topic);
}

/** Say what is being done while a task lasts, and what went wrong if it fails. */
export async function during(
  doing: string,
  failed: string,
  task: () => Promise<void>,
  topic?: Topic,
): Promise<void> {
  busy.value = doing;
  try {
    await task();
  } catch (error) {
    fail(failed, error, topic);
  } finally {
    busy.value = "";
  }
}

export function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Move knobs of one effect; `commit` ends the movement and makes it one step of undo. */
export function turn(id: number, moves: ReadonlyMap<number, number>): void {
  chain.value = chain.value.map((setting) =>
    setting.id === id
      ? { ...setting, knobs: setting.knobs.map((value, i) => moves.get(i) ?? value) }
      : setting,
  );
}

/** The sound that an effect works with, or that it listens to. */
export function giveSound(id: number, given: Pick<Setting, "sound" | "sideChain">): void {
  chain.value = chain.value.map((setting) => (setting.id === id ? { ...setting, ...given } : setting));
  commit();
}

export function switchEffect(id: number, on: boolean): void {
  chain.value = chain.value.map((setting) => (setting.id === id ? { ...setting, on } : setting));
  commit();
}

/** One more effect at the end of the chain, and its panel open. */
export function addEffect(effect: string): void {
  const added = fresh(effect, entryOf(effect)!);
  opened.value = added.id;
  replaceChain([...chain.value, added]);
  announce(`${effect} added as number ${chain.value.length}`);
}

export function removeEffect({ id, effect }: Setting): void {
  const place = chain.value.findIndex((each) => each.id === id);
  const rest = chain.value.filter((each) => each.id !== id);
  opened.value = (rest[place] ?? rest[place - 1])?.id ?? -1;
  replaceChain(rest);
  announce(`${effect} removed`);
}

/** Move an effect by so many places; at an end of the chain it stays. */
export function moveEffect(moved: Setting, by: number): void {
  const to = chain.value.indexOf(moved) + by;
  if (to < 0 || to >= chain.value.length) return;
  replaceChain(chain.value.filter((each) => each !== moved).toSpliced(to, 0, moved));
  announce(`${moved.effect} is now number ${to + 1} of ${chain.value.length}`);
}

const same = (a: readonly Setting[], b: readonly Setting[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export function commit(): void {
  if (!same(chain.value, history.value.present)) history.value = push(history.value, chain.value);
}

/** A whole new chain, as one step of undo. */
export function replaceChain(next: Setting[]): void {
  chain.value = next;
  commit();
}

/** Start over: nothing to undo. */
export function resetChain(next: Setting[]): void {
  chain.value = next;
  history.value = begin(next);
}

/** As it was when the page was closed. */
export function restore(kept: History<Setting[]>, open: number): void {
  history.value = kept;
  chain.value = kept.present;
  opened.value = open;
}

export function stepBack(): void {
  commit();
  history.value = undo(history.value);
  chain.value = history.value.present;
  announce("Undone");
}

export function stepForward(): void {
  history.value = redo(history.value);
  chain.value = history.value.present;
  announce("Redone");
}
