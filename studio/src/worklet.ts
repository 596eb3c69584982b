/** One audio processor for any chain of effects: all it knows comes from the manifest that Python wrote. */
import { Effect } from "./engine/effect";
import type { HostedEffect, Knob } from "./engine/manifest";
import type { Setting } from "./engine/recipe";

interface Link {
  id: number;
  effect: Effect;
  knobs: Knob[];
  now: Float64Array;
  target: Float64Array;
  /** Blocks left until `now` is at `target`. */
  left: number;
}

/** Knobs glide to new positions over this many blocks of 128 samples, about 30 ms, so that nothing clicks. */
const GLIDE = 12;

class Chain extends AudioWorkletProcessor {
  private readonly kinds = new Map<string, { entry: HostedEffect["entry"]; compiled: WebAssembly.Module }>();
  private readonly channels: number;
  /** The effects that are on, in the order of the chain. One that is off is forgotten. */
  private links: Link[] = [];

  constructor(options: AudioWorkletNodeOptions) {
    super();
    const { effects, channels, chain } = options.processorOptions as {
      effects: HostedEffect[];
      channels: number;
      chain: Setting[];
    };
    for (const { name, entry, bytes } of effects) {
      this.kinds.set(name, { entry, compiled: new WebAssembly.Module(bytes) });
    }
    this.channels = channels;
    this.set(chain);
    this.port.onmessage = ({ data }: MessageEvent<Setting[]>) => this.set(data);
  }

  private set(chain: Setting[]): void {
    this.links = chain.filter(({ on }) => on).map((each) => this.turned(each));
    this.tellLatency();
  }

  /** How many samples the chain's output is behind its input. */
  private tellLatency(): void {
    this.port.postMessage(this.links.reduce((sum, { effect }) => sum + effect.latency(), 0));
  }

  /** The link of that number on its way to its knobs, with what it remembers; or a new one. */
  private turned({ id, effect: name, knobs: values }: Setting): Link {
    const known = this.links.find((each) => each.id === id);
    if (known) {
      if (values.some((value, i) => value !== known.target[i])) known.left = GLIDE;
      known.target.set(values);
      return known;
    }
    const { entry, compiled } = this.kinds.get(name)!;
    const effect = new Effect(entry, compiled, sampleRate, this.channels);
    const target = Float64Array.from(values);
    effect.turn(target);
    return { id, effect, knobs: entry.knobs, now: target.slice(), target, left: 0 };
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

  override process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]!;
    const channels = outputs[0]!;
    for (let c = 0; c < channels.length; c++) {
      // A source that has ended gives no channels: silence, so that tails ring out.
      const from = input[c];
      if (from) channels[c]!.set(from);
    }
    for (const link of this.links) {
      if (link.left > 0) this.glide(link);
      link.effect.process(channels, 0, channels[0]!.length);
    }
    return true;
  }
}

registerProcessor("chain", Chain);
