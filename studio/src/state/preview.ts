/** Plays in place what instruments play, by the audio thread that the song has too, from the first block on. */
import { signal } from "@preact/signals";
import { USUAL_RATE } from "#web/bundle/ask";
import { type Setting } from "#web/engine/recipe";
import type { Rows } from "#web/engine/scores";
import { Scores } from "#web/engine/scores";
import type { Playback } from "#web/worklet";
import { needEffects } from "./effects";
import * as player from "./player";
import { engine } from "./store";

/** A chain that is not the page's, with what its instruments play. */
export interface Sound {
  chain: Setting[];
  scores: ReadonlyMap<number, Rows>;
}

export const playing = signal(false);

const CHANNELS = 2;
const SUSPEND_MS = 100;

interface Graph {
  context: AudioContext;
  node: AudioWorkletNode;
  /** Names of the effects that the audio thread knows. */
  known: Set<string>;
}

let graph: Promise<Graph> | null = null;
const scores = new Scores();
let ready: Graph | null = null;
let started = { position: 0, time: 0 };
let length = 0;
let looping = false;
let timer = 0;

async function build(): Promise<Graph> {
  const context = new AudioContext({ sampleRate: USUAL_RATE, latencyHint: "interactive" });
  await player.addWorklet(context);
  const processorOptions = { effects: [], channels: CHANNELS, chain: [], sounds: [], scores: [] };
  const node = new AudioWorkletNode(context, "chain", { numberOfInputs: 1, outputChannelCount: [CHANNELS], processorOptions });
  node.connect(context.destination);
  return { context, node, known: new Set() };
}

/** Have the audio thread know a sound, whose scores get numbers that no other has had. */
async function send({ node, known }: Graph, sound: Sound): Promise<void> {
  await needEffects(sound.chain);
  for (const { effect } of sound.chain) {
    if (known.has(effect)) continue;
    known.add(effect);
    node.port.postMessage({ effects: [player.hosted(effect, engine.value!)] });
  }
  const used = new Set<number>();
  const chain = sound.chain.map((setting, place): Setting => {
    const rows = setting.score === undefined ? undefined : sound.scores.get(setting.score);
    if (!rows) return { ...setting, id: place };
    const isNew = scores.all.size;
    const score = scores.keep(rows);
    if (scores.all.size > isNew) node.port.postMessage({ score, rows });
    used.add(score);
    return { ...setting, id: place, score };
  });
  node.port.postMessage(chain);
  for (const key of [...scores.all.keys()].filter((each) => !used.has(each))) {
    scores.forget(key);
    node.port.postMessage({ score: key, rows: null });
  }
}

/** From the beginning; `seconds` is how long it is. */
export async function play(sound: Sound, seconds: number, loop: boolean): Promise<void> {
  player.pause();
  graph ??= build();
  try {
    ready = await graph;
  } catch (error) {
    graph = null;
    throw error;
  }
  await send(ready, sound);
  clearTimeout(timer);
  await ready.context.resume();
  [length, looping] = [seconds, loop];
  started = { position: 0, time: ready.context.currentTime };
  playing.value = true;
  tell({ at: 0, from: 0, to: loop ? Math.round(seconds * USUAL_RATE) : Infinity });
}

const tell = (play: Playback["play"]): void => ready?.node.port.postMessage({ play } satisfies Playback);

/** What is played has changed. */
export async function update(sound: Sound): Promise<void> {
  if (ready && playing.value) await send(ready, sound);
}

export function stop(): void {
  if (!ready) return;
  playing.value = false;
  tell(null);
  // Later, so that the audio thread is told first, and begins with silence when it goes on.
  clearTimeout(timer);
  timer = window.setTimeout(() => void (playing.value || ready?.context.suspend()), SUSPEND_MS);
}

/** Seconds into what is played. Behind the end it stops. */
export function position(): number {
  if (!ready || !playing.value) return 0;
  const at = started.position + Math.max(0, ready.context.currentTime - started.time);
  if (looping) return at % length;
  if (at >= length) stop();
  return Math.min(at, length);
}
