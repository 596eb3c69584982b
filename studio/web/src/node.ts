/** Nodes of the Web Audio API that host a chain, or one effect of it. */
import type { EffectEntry, Knob } from "./engine/manifest";
import { nearest } from "./engine/knob";
import { rowsOf } from "./engine/notes";
import { type Recipe, type Setting, toRecipe } from "./engine/recipe";
import type { Rows } from "./engine/scores";
import { manifestOf, once } from "./library";
import { worklet } from "./files.js";
import type { Prepared, Sounds } from "./prepared";
import { latencyOf, tailOf } from "./render/made";
import type { Command, Playback } from "./worklet";

/** Knobs by name; a choice by its name. */
export type Values = Readonly<Record<string, number | string>>;

const ready = new WeakMap<BaseAudioContext, Map<string, Promise<void>>>();

/** Node has no audio, and may still render offline. */
const Base = globalThis.AudioWorkletNode ?? (class {} as unknown as typeof AudioWorkletNode);

/** Once for each context. */
export function prepare(context: BaseAudioContext): Promise<void> {
  const known = ready.get(context) ?? new Map<string, Promise<void>>();
  ready.set(context, known);
  return once(known, "worklet", () => context.audioWorklet.addModule(worklet));
}

/** A value that the knob can take: the nearest within its range, at a step of its. */
function valueOf(effect: string, knob: Knob, given: number | string): number {
  const choice = knob.choices.indexOf(String(given));
  if (choice >= 0) return choice;
  if (knob.choices.length === 0 && typeof given === "number" && !Number.isNaN(given)) return nearest(knob, given);
  throw new Error(`${effect}: ${knob.name} is ${given}; expected ${knob.choices.join(", ") || "a number"}`);
}

/** All knobs of a link, some of them turned: they are brought into their range and to their steps. */
export function turned({ effect, knobs }: Setting, entry: EffectEntry, by: Values): number[] {
  const values = knobs.slice();
  for (const [name, value] of Object.entries(by)) {
    const at = entry.knobs.findIndex((knob) => knob.name === name);
    if (at < 0) throw new Error(`${effect} has no knob "${name}"; it has ${entry.knobs.map((knob) => knob.name).join(", ")}`);
    values[at] = valueOf(effect, entry.knobs[at]!, value);
  }
  return values;
}

/** A chain of effects and instruments in the audio thread. */
export class ChainNode extends Base {
  private content: Prepared;
  private readonly channels: number;
  private latency: number | undefined;
  private tail: number | undefined;

  /** `prepare` comes first. `keyed`: side-chains listen to the second input. */
  constructor(context: BaseAudioContext, content: Prepared, channels = 2, keyed = false) {
    const { effects, chain, sounds, scores } = content;
    super(context, "chain", {
      numberOfInputs: keyed ? 2 : 1,
      channelCount: channels,
      channelCountMode: "explicit",
      outputChannelCount: [channels],
      processorOptions: {
        effects,
        channels,
        keyed,
        chain,
        sounds: [...sounds].map(([key, sound]) => ({ key, sound })),
        scores: [...scores.all].map(([score, rows]) => ({ score, rows })),
      },
    });
    this.content = content;
    this.channels = channels;
  }

  /** What it plays now, for `createChain` or Python's `dawg render`. */
  get recipe(): Recipe {
    const { effects, chain, scores } = this.content;
    return toRecipe(chain, manifestOf(effects), scores.all);
  }

  /** By how many samples the output is late; changes with the chain and with some knobs. */
  get latencySamples(): number {
    return (this.latency ??= latencyOf(this.job, this.channels));
  }

  /** For how many samples it sounds on after the input has ended. */
  get tailSamples(): number {
    return (this.tail ??= tailOf(this.job, this.channels));
  }

  /** Turn knobs of one link, by its place in the chain: they are brought into their range and to their steps, and glide there within 35 ms. */
  setKnobs(link: number, knobs: Values): void {
    const setting = this.linkAt(link);
    setting.knobs = turned(setting, this.entryOf(setting), knobs);
    this.tell();
  }

  /** Leave a link out, or have it again; it fades. */
  setBypass(link: number, bypass: boolean): void {
    this.linkAt(link).on = !bypass;
    this.tell();
  }

  /** Another recipe: links that stay glide to their new knobs, others fade out and in. */
  async load(recipe: Recipe, { sounds = {} }: { sounds?: Sounds } = {}): Promise<void> {
    const { chain: before, effects: known, scores } = this.content;
    const { prepared } = await import("./recipes.js");
    const next = await prepared(recipe, sounds, this.context.sampleRate, this.channels, scores);
    const left = [...before];
    for (const setting of next.chain) {
      const at = left.findIndex(({ effect }) => effect === setting.effect);
      if (at >= 0) setting.id = left.splice(0, at + 1).at(-1)!.id;
    }
    const added = next.effects.filter(({ name }) => !known.some((each) => each.name === name));
    this.content = { ...next, effects: [...known, ...added] };
    if (added.length > 0) this.port.postMessage({ effects: added });
    for (const [key, sound] of next.sounds) this.port.postMessage({ key, sound });
    for (const [score, rows] of scores.all) this.port.postMessage({ score, rows });
    this.tell();
    this.forget();
  }

  /** Instruments and side-chains play: from `offset` seconds into their notes on, at `when` of the context's time. */
  start(when = this.context.currentTime, offset = 0): void {
    const { sampleRate } = this.context;
    const [frame, at] = [when, offset].map((seconds) => Math.round(seconds * sampleRate)) as [number, number];
    this.port.postMessage({ play: { at, from: 0, to: Infinity, frame } } satisfies Playback);
  }

  /** Instruments rest. */
  stop(): void {
    this.port.postMessage({ play: null } satisfies Playback);
  }

  /** As if nothing had sounded: no tail is left. */
  reset(): void {
    this.port.postMessage({ command: "reset" } satisfies Command);
  }

  /** Done with: the audio thread forgets it. */
  close(): void {
    this.disconnect();
    this.port.postMessage({ command: "close" } satisfies Command);
  }

  protected entryOf({ effect }: Setting): EffectEntry {
    return this.content.effects.find(({ name }) => name === effect)!.entry;
  }

  protected linkAt(link: number): Setting {
    const setting = this.content.chain[link];
    if (!setting) throw new Error(`there is no link ${link}; the chain has ${this.content.chain.length}, counted from 0`);
    return setting;
  }

  /** What an instrument plays from now on. */
  protected setRows(link: number, rows: Rows): void {
    const setting = this.linkAt(link);
    setting.score = this.content.scores.keep(rowsOf(setting.effect, this.entryOf(setting), rows));
    this.port.postMessage({ score: setting.score, rows: this.content.scores.all.get(setting.score) });
    this.tell();
    this.forget();
  }

  /** What no instrument plays any more. */
  private forget(): void {
    const { chain, scores } = this.content;
    for (const score of scores.all.keys()) {
      if (chain.some((setting) => setting.score === score)) continue;
      scores.forget(score);
      this.port.postMessage({ score, rows: null });
    }
  }

  private get job() {
    const { scores, ...rest } = this.content;
    return { ...rest, scores: scores.all, sampleRate: this.context.sampleRate };
  }

  private tell(): void {
    this.latency = this.tail = undefined;
    this.port.postMessage(this.content.chain);
  }
}

/** One effect. */
export class EffectNode<Knobs extends Values = Values> extends ChainNode {
  /** All knobs; a choice by its name. */
  get knobs(): Knobs {
    return this.recipe.chain[0]!.knobs as Knobs;
  }

  /** What they are: label, unit, range, step, choices, in the order of a panel. */
  get knobInfo(): readonly Knob[] {
    return this.entryOf(this.linkAt(0)).knobs;
  }

  /** Turn knobs: they are brought into their range and to their steps, and glide there within 35 ms. */
  set(knobs: Partial<Knobs>): void {
    this.setKnobs(0, knobs as Values);
  }

  get bypass(): boolean {
    return !this.linkAt(0).on;
  }

  set bypass(bypass: boolean) {
    this.setBypass(0, bypass);
  }
}

/** One instrument. */
export class InstrumentNode<Knobs extends Values = Values> extends EffectNode<Knobs> {
  /** Other notes or curves: rows of numbers, as the recipe has them. They fade in where the song is. */
  play(rows: Rows): void {
    this.setRows(0, rows);
  }
}
