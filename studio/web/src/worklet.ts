/** One audio processor for any chain of effects: all it knows comes from the manifest that Python wrote. */
import { Effect } from "./engine/effect";
import type { HostedEffect, Knob } from "./engine/manifest";
import { type Metered, Metering } from "./engine/metering";
import type { Setting } from "./engine/recipe";
import type { Rows } from "./engine/scores";

interface Link {
  id: number;
  /** The number of the sound that it works with; 0 for none. */
  sound: number;
  /** Is that sound prepared? It is, a part with each block, before the effect fades in. */
  ready: boolean;
  /** The number of the sound that it listens to; 0 for its own input. */
  sideChain: number;
  effect: Effect;
  knobs: Knob[];
  now: Float64Array;
  target: Float64Array;
  /** Blocks left until `now` is at `target`. */
  left: number;
  /** The number of what it plays, where it is an instrument; 0 for nothing. */
  score: number;
  /** Its share in the mix with its input, and what that is to be; all of it is `GLIDE`, nothing 0 or less. */
  wet: number;
  goal: number;
}

/** Knobs glide, and effects come and go, over this many blocks of 128 samples, about 30 ms, so that nothing clicks. */
const GLIDE = 12;
/** The Web Audio API's. */
const BLOCK = 128;

const gone = ({ wet, goal }: Link): boolean => goal === 0 && wet <= 0;

/** The sound that an effect works with, as the page announces it. */
interface Given {
  key: number;
  sound: Float32Array[];
}

/** What an instrument plays, as the page announces it; null where no chain plays it any more. */
interface GivenScore {
  score: number;
  rows: Rows | null;
}

/**
 * From where the song plays on, and between which places it then goes round, in samples; null while it rests. At once, or
 * so that it is at `at` in that frame of the context's time.
 */
export interface Playback {
  play: { at: number; from: number; to: number; frame?: number | undefined } | null;
}

/** Effects that later chains may have, too. */
interface Known {
  effects: HostedEffect[];
}

/** All begins again, as if nothing had sounded; or the node is done with, and may be forgotten. */
export interface Command {
  command: "reset" | "close";
}

const soundOf = ({ sound }: Setting): number => sound?.key ?? 0;
const sideChainOf = ({ sideChain }: Setting): number => sideChain?.key ?? 0;
const scoreOf = ({ score }: Setting): number => score ?? 0;
/** With other sounds, or with other notes, it is another effect: the one fades out, the other in. */
const same = (link: Link, setting: Setting): boolean =>
  link.id === setting.id &&
  link.sound === soundOf(setting) &&
  link.sideChain === sideChainOf(setting) &&
  link.score === scoreOf(setting);

/** About to fade in, as soon as what it looks ahead over holds nothing from before: that would begin with a jump. */
function entering(link: Link): Link {
  link.wet = -Math.ceil(link.effect.latency() / BLOCK);
  link.goal = GLIDE;
  return link;
}

class Chain extends AudioWorkletProcessor {
  private readonly kinds = new Map<string, { entry: HostedEffect["entry"]; compiled: WebAssembly.Module }>();
  private readonly channels: number;
  /** The effects that are on, and those that fade out. One that was faded out and is off is forgotten. */
  private links: Link[] = [];
  private readonly sounds = new Map<number, Float32Array[]>();
  private readonly scores = new Map<number, Rows>();
  private wanted: Setting[] = [];
  private readonly dry: Float32Array[];
  private playback: Playback["play"] = null;
  private open = true;
  private readonly keyed: boolean;
  private readonly silence: Float32Array[];
  /** Where the page asks for meters. */
  private metering: Metering | null = null;

  constructor(options: AudioWorkletNodeOptions) {
    super();
    const { effects, channels, chain, sounds, scores, keyed = false } = options.processorOptions as {
      effects: HostedEffect[];
      channels: number;
      chain: Setting[];
      sounds: Given[];
      scores: GivenScore[];
      /** Do side-chains listen to the node's second input? */
      keyed?: boolean;
    };
    this.keyed = keyed;
    this.silence = Array.from({ length: channels }, () => new Float32Array(BLOCK));
    this.know(effects);
    this.channels = channels;
    this.dry = Array.from({ length: channels }, () => new Float32Array(BLOCK));
    for (const { key, sound } of sounds) this.sounds.set(key, sound);
    for (const each of scores) this.setScore(each);
    this.set(chain);
    for (const link of this.links) {
      link.wet = GLIDE;
      while (!link.ready) link.ready = link.effect.makeReady();
    }
    this.port.onmessage = ({ data }: MessageEvent<Setting[] | Given | GivenScore | Playback | Metered | Command | Known>) => {
      if (Array.isArray(data)) this.set(data);
      else if ("play" in data) this.seek(data.play);
      else if ("rows" in data) this.setScore(data);
      else if ("command" in data) this.obey(data);
      else if ("effects" in data) this.know(data.effects);
      else if ("meters" in data) this.metering = new Metering(data, sampleRate, channels, BLOCK);
      else this.sounds.set(data.key, data.sound);
    };
  }

  private know(effects: readonly HostedEffect[]): void {
    for (const { name, entry, bytes } of effects) {
      this.kinds.set(name, { entry, compiled: new WebAssembly.Module(bytes) });
    }
  }

  private setScore({ score, rows }: GivenScore): void {
    if (rows) this.scores.set(score, rows);
    else this.scores.delete(score);
  }

  /** Instruments and side-chains go on from another place of the song. */
  private seek(playback: Playback["play"]): void {
    this.playback = playback;
    this.place();
  }

  private obey({ command }: Command): void {
    if (command === "close") this.open = false;
    else this.reset();
  }

  /** What comes or goes has come or gone, and nothing that has sounded is left. */
  private reset(): void {
    this.links = this.links.filter(({ goal }) => goal !== 0);
    for (const link of this.links) {
      link.wet = GLIDE;
      link.left = 0;
      link.now.set(link.target);
      link.effect.turn(link.now);
      link.effect.reset();
      link.ready = !this.sounds.has(link.sound);
      while (!link.ready) link.ready = link.effect.makeReady();
    }
    this.arrange();
    this.tellLatency();
  }

  /** Effects are where the song is that reaches them, late by what comes before them; while it rests, behind its end. */
  private place(): void {
    const at = this.playback?.at ?? Infinity;
    let late = 0;
    for (const { effect } of this.links) {
      effect.seek(at - late);
      late += effect.latency();
    }
  }

  /** After a block of the song: at the end of a loop it begins again. */
  private advance(): void {
    if (!this.playback) return;
    const { at, from, to } = this.playback;
    this.playback.at = at + BLOCK;
    if (at < to && at + BLOCK >= to) this.seek({ at: from + ((at + BLOCK - to) % Math.max(1, to - from)), from, to });
  }

  private set(chain: Setting[]): void {
    this.wanted = chain.filter(({ on }) => on);
    for (const setting of this.wanted) {
      const link = this.links.find((each) => same(each, setting));
      if (!link) continue;
      const { knobs } = setting;
      if (knobs.some((value, i) => value !== link.target[i])) link.left = GLIDE;
      link.target.set(knobs);
    }
    this.arrange();
    this.tellLatency();
  }

  /** What is to go, or to stand elsewhere, fades out where it is; what is new fades in at its place. */
  private arrange(): void {
    const silent = this.links.filter(gone);
    this.links = this.links.filter((link) => !gone(link));
    let last = -1;
    for (const link of this.links) {
      const place = this.wanted.findIndex((setting) => same(link, setting));
      link.goal = place > last ? GLIDE : 0;
      last = Math.max(last, place);
    }
    let next = 0;
    for (const setting of this.wanted) {
      const at = this.links.findIndex((link) => same(link, setting));
      if (at >= 0 && this.links[at]!.goal === 0) continue;
      if (at < 0) {
        const known = silent.find((link) => same(link, setting));
        this.links.splice(next, 0, entering(known ?? this.made(setting)));
      }
      next = (at < 0 ? next : at) + 1;
    }
    this.place();
  }

  /** How many samples the chain's output is behind its input. */
  private tellLatency(): void {
    this.place();
    const wanted = this.links.filter((link) => this.wanted.some((setting) => same(link, setting)));
    this.port.postMessage(wanted.reduce((sum, { effect }) => sum + effect.latency(), 0));
  }

  private made(setting: Setting): Link {
    const { id, effect: name, knobs: values } = setting;
    const { entry, compiled } = this.kinds.get(name)!;
    const effect = new Effect(entry, compiled, sampleRate, this.channels);
    const target = Float64Array.from(values);
    effect.turn(target);
    const sound = soundOf(setting);
    const given = this.sounds.get(sound);
    if (given) effect.load(given);
    const sideChain = sideChainOf(setting);
    if (this.sounds.has(sideChain)) effect.listen(this.sounds.get(sideChain)!);
    const score = scoreOf(setting);
    if (this.scores.has(score)) effect.play(this.scores.get(score)!);
    const knobs = { knobs: entry.knobs, now: target.slice(), target, left: 0 };
    return { id, sound, sideChain, ready: !given, score, effect, ...knobs, wet: 0, goal: GLIDE };
  }

  private glide(link: Link): void {
    const { now, target, knobs } = link;
    for (let i = 0; i < now.length; i++) {
      const stepped = knobs[i]!.scale === "choice" || link.left === 1;
      now[i] = stepped ? target[i]! : now[i]! + (target[i]! - now[i]!) / link.left;
    }
    link.left -= 1;
    link.effect.turn(now);
    if (link.left === 0) this.tellLatency();
  }

  /** A block of an effect that comes or goes. */
  private fade(link: Link, channels: Float32Array[], key: Float32Array[]): void {
    const by = link.goal > link.wet ? 1 : -1;
    channels.forEach((channel, c) => this.dry[c]!.set(channel));
    link.effect.process(channels, 0, BLOCK, 0, key);
    for (let c = 0; c < channels.length; c++) {
      const [channel, dry] = [channels[c]!, this.dry[c]!];
      for (let i = 0; i < BLOCK; i++) {
        const share = Math.max(0, link.wet + (by * (i + 1)) / BLOCK) / GLIDE;
        channel[i] = dry[i]! + (channel[i]! - dry[i]!) * share;
      }
    }
    link.wet += by;
  }

  override process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]!;
    const { frame } = this.playback ?? {};
    if (frame !== undefined) this.seek({ ...this.playback!, at: this.playback!.at + currentFrame - frame, frame: undefined });
    const channels = outputs[0]!;
    for (let c = 0; c < channels.length; c++) {
      // A source that has ended gives no channels: silence, so that tails ring out.
      const from = input[c];
      if (from) channels[c]!.set(from);
    }
    // One that has ended is silent, and does not turn a side-chain to the sound itself.
    const second = this.keyed ? inputs[1]! : channels;
    const key = second.length > 0 ? second : this.silence;
    const metering = this.playback && this.metering;
    metering?.begin(channels);
    for (const link of this.links) {
      if (link.left > 0 && link.ready) this.glide(link);
      if (!link.ready) link.ready = link.effect.makeReady();
      // An instrument rests while the song does.
      else if (link.effect.plays && !this.playback) link.wet = link.goal;
      else if (link.wet === link.goal) link.effect.process(channels, 0, BLOCK, 0, key);
      else this.fade(link, channels, key);
      metering?.after(link.effect, channels);
    }
    metering?.end(this.links);
    this.advance();
    if (this.links.some(gone)) this.arrange();
    return this.open;
  }
}

registerProcessor("chain", Chain);
