/** Plays the song before and after the chain, in time with each other, and tells where it is. */
import { signal } from "@preact/signals";
// By its path: `#web/worklet?worker&url` ends in ".ts" after the question mark, so Vite would make a worker of it.
import workletUrl from "../../web/src/worklet.ts?worker&url";
import type { Song } from "../audio/open";
import type { Engine } from "#web/engine/engine";
import { endsOf, readingsOf } from "#web/engine/levels";
import type { HostedEffect } from "#web/engine/manifest";
import type { Metered } from "#web/engine/metering";
import type { Setting } from "#web/engine/recipe";
import type { Rows } from "#web/engine/scores";
import type { Playback } from "#web/worklet";
import { tell } from "./store";

export type Side = "before" | "after";

export const playing = signal(false);
export const looping = signal(false);
export const side = signal<Side>("after");
/** Part of the song that is looped, in seconds; null is all of it. */
export const region = signal<{ from: number; to: number } | null>(null);
/** Seconds that the song lasts; 0 without one. */
export const duration = signal(0);
/** Seconds into the song where it rests, or was last moved to. */
export const rest = signal(0);
/** The browser holds sound back until a person asks for it (or a call came in on a phone). */
export const held = signal(false);

/** Long enough not to click, short enough to compare. */
const CROSSFADE_S = 0.01;
const FFT_SIZE = 8192;
/** More than any chain is late by. */
const LATEST_S = 10;

interface Graph {
  context: AudioContext;
  buffer: AudioBuffer;
  node: AudioWorkletNode;
  gains: Record<Side, GainNode>;
  analysers: Record<Side, AnalyserNode>;
  /** Holds the original back by the chain's latency, so that both sides are in time. */
  hold: DelayNode;
}

let song: Song | null = null;
let engine: Engine | null = null;
let graph: Promise<Graph> | null = null;
let ready: Graph | null = null;
let source: AudioBufferSourceNode | null = null;
let chain: Setting[] = [];
/** Instruments that chains have had. */
const instruments: HostedEffect[] = [];
/** What effects work with, by number. */
const sounds = new Map<number, Float32Array[]>();
/** What instruments play, by number. */
const scores = new Map<number, Rows>();
/** What the audio thread measured last, point by point. */
let posted: Float64Array = new Float64Array(0);
let levels: Record<Side, number> = { before: 1, after: 1 };
/** The song's position, and the context's time, when `source` was started. */
let started = { position: 0, time: 0 };

/** Have a context know the processor of chains. */
export const addWorklet = (context: BaseAudioContext): Promise<void> =>
  context.audioWorklet.addModule(new URL(workletUrl, import.meta.url));

async function build(song: Song, engine: Engine): Promise<Graph> {
  const channels = song.channels.length;
  const loudness = await engine.tool("loudness");
  const context = new AudioContext({ sampleRate: song.sampleRate, latencyHint: "interactive" });
  await addWorklet(context);
  const buffer = new AudioBuffer({ length: song.channels[0]!.length, numberOfChannels: channels, sampleRate: song.sampleRate });
  song.channels.forEach((channel, c) => buffer.copyToChannel(channel, c));
  const node = new AudioWorkletNode(context, "chain", {
    channelCount: channels,
    channelCountMode: "explicit",
    outputChannelCount: [channels],
    processorOptions: {
      effects: [...engine.effects, ...instruments],
      channels,
      chain,
      sounds: [...sounds].map(([key, sound]) => ({ key, sound })),
      scores: [...scores].map(([score, rows]) => ({ score, rows })),
    },
  });
  node.onprocessorerror = () =>
    tell("error", "The audio thread failed, so the result is silent; open the song again.", "song");
  const branch = (): [GainNode, AnalyserNode] => {
    const gain = new GainNode(context, { gain: 0 });
    gain.connect(context.destination);
    return [gain, new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0.8 })];
  };
  const [beforeGain, beforeAnalyser] = branch();
  const [afterGain, afterAnalyser] = branch();
  node.connect(afterGain);
  node.connect(afterAnalyser);
  context.onstatechange = () => {
    held.value = playing.value && context.state !== "running";
  };
  const hold = new DelayNode(context, { maxDelayTime: LATEST_S });
  hold.connect(beforeGain);
  hold.connect(beforeAnalyser);
  node.port.onmessage = ({ data }: MessageEvent<number>) => (hold.delayTime.value = data / song.sampleRate);
  const gains = { before: beforeGain, after: afterGain };
  ready = { context, buffer, node, gains, analysers: { before: beforeAnalyser, after: afterAnalyser }, hold };
  node.port.postMessage(chain);
  if (loudness) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Float64Array>) => (posted = data);
    node.port.postMessage({ meters: port2, loudness } satisfies Metered, [port2]);
  }
  applyLevels();
  return ready;
}

/** Take another song; the sound of the last one ends. */
export function takeSong(next: Song, by: Engine): void {
  pause();
  void ready?.context.close();
  [song, engine, graph, ready] = [next, by, null, null];
  posted = new Float64Array(0);
  duration.value = next.channels[0]!.length / next.sampleRate;
  rest.value = 0;
  region.value = null;
}

const loopEnds = (): { from: number; to: number } => region.value ?? { from: 0, to: duration.value };

/** Seconds into the song. */
export function position(): number {
  if (!ready || !playing.value) return rest.value;
  const at = started.position + Math.max(0, ready.context.currentTime - started.time);
  const { from, to } = loopEnds();
  if (looping.value && at >= to && started.position < to) return from + ((at - from) % (to - from));
  return Math.min(at, duration.value);
}

function start(graph: Graph): void {
  stopSource();
  const { from, to } = loopEnds();
  if (looping.value && rest.value >= to) rest.value = from;
  source = new AudioBufferSourceNode(graph.context, {
    buffer: graph.buffer,
    loop: looping.value,
    loopStart: from,
    loopEnd: to,
  });
  source.connect(graph.hold);
  source.connect(graph.node);
  source.onended = () => {
    rest.value = 0;
    playing.value = false;
    tellInstruments(null);
  };
  started = { position: rest.value, time: graph.context.currentTime };
  source.start(0, rest.value);
  const at = (seconds: number): number => Math.round(seconds * graph.buffer.sampleRate);
  tellInstruments({ at: at(rest.value), from: at(from), to: looping.value ? at(to) : Infinity });
}

const tellInstruments = (play: Playback["play"]): void => ready?.node.port.postMessage({ play } satisfies Playback);

function stopSource(): void {
  if (!source) return;
  source.onended = null;
  source.stop();
  source.disconnect();
  source = null;
}

export async function play(): Promise<void> {
  if (!song || !engine || playing.value) return;
  const asked = song;
  graph ??= build(song, engine);
  let built: Graph;
  try {
    built = await graph;
  } catch (error) {
    graph = null;
    throw error;
  }
  // Another song may have come while this one was made ready.
  if (asked !== song || playing.value) return;
  if (rest.value >= duration.value) rest.value = 0;
  playing.value = true;
  held.value = built.context.state !== "running";
  void built.context.resume();
  start(built);
}

export function pause(): void {
  rest.value = position();
  stopSource();
  tellInstruments(null);
  playing.value = false;
  held.value = false;
}

/** After the browser held the sound back. */
export const resume = (): void => void ready?.context.resume();

export function seek(seconds: number): void {
  rest.value = Math.min(Math.max(seconds, 0), duration.value);
  if (ready && playing.value) start(ready);
}

export function setLoop(on: boolean, part: { from: number; to: number } | null = region.value): void {
  rest.value = position();
  looping.value = on;
  region.value = part;
  if (on && part && (rest.value < part.from || rest.value >= part.to)) rest.value = part.from;
  if (ready && playing.value) start(ready);
}

export function setChain(next: Setting[]): void {
  chain = next;
  ready?.node.port.postMessage(next);
}

/** What the audio thread needs to host an effect that is known. */
export const hosted = (effect: string, { effects }: Engine): HostedEffect =>
  [...effects, ...instruments].find(({ name }) => name === effect)!;

/** An instrument, before a chain has it. */
export function addEffect(hosted: HostedEffect): void {
  instruments.push(hosted);
  ready?.node.port.postMessage({ effects: [hosted] });
}

/** A sound for effects to work with, before a chain names it. */
export function setSound(key: number, sound: Float32Array[]): void {
  sounds.set(key, sound);
  ready?.node.port.postMessage({ key, sound });
}

/** What instruments play, before a chain names it; null once no chain does. */
export function setScore(score: number, rows: Rows | null): void {
  if (rows) scores.set(score, rows);
  else scores.delete(score);
  ready?.node.port.postMessage({ score, rows });
}

export function choose(next: Side): void {
  side.value = next;
  applyLevels();
}

/** Gains that make both sides equally loud. */
export function setLevels(next: Record<Side, number>): void {
  levels = next;
  applyLevels();
}

function applyLevels(): void {
  if (!ready) return;
  const now = ready.context.currentTime;
  for (const each of ["before", "after"] as const) {
    const { gain } = ready.gains[each];
    gain.cancelScheduledValues(now);
    gain.setValueAtTime(gain.value, now);
    gain.linearRampToValueAtTime(each === side.value ? levels[each] : 0, now + CROSSFADE_S);
  }
}

/** The live spectrum of one side in dB, and its number of bins; null before anything was played. */
export function spectrum(of: Side, into: Float32Array<ArrayBuffer>): number | null {
  if (!ready) return null;
  ready.analysers[of].getFloatFrequencyData(into);
  return ready.analysers[of].frequencyBinCount;
}
export const SPECTRUM_BINS = FFT_SIZE / 2;

type Readings = ReturnType<typeof readingsOf>;

/** What goes into an effect and comes out of it, by its number; undefined while nothing plays, and for one that is off. */
export const levelsOf = (id: number): Readings => (playing.value ? readingsOf(posted, id) : undefined);

/** What goes into the chain and comes out of it. */
export const levelsOfChain = (): Readings => (playing.value ? endsOf(posted) : undefined);
