/** One audio processor for every effect there is: all it knows comes from the manifest that Python wrote. */
import { Effect } from "./engine/effect";
import type { HostedEffect, Knob } from "./engine/manifest";
import type { Setting } from "./engine/recipe";

interface Link {
  effect: Effect;
  knobs: Knob[];
  on: boolean;
  now: Float64Array;
  target: Float64Array;
  /** Blocks left until `now` is at `target`. */
  left: number;
}

/** Knobs glide to new positions over this many blocks of 128 samples, about 30 ms, so that nothing clicks. */
const GLIDE = 12;

class Chain extends AudioWorkletProcessor {
  private readonly links = new Map<string, Link>();
  private order: Link[] = [];
  private channels: Float32Array[] = [];

  constructor(options: AudioWorkletNodeOptions) {
    super();
    const { effects, channels, chain } = options.processorOptions as {
      effects: HostedEffect[];
      channels: number;
      chain: Setting[];
    };
    for (const { name, entry, bytes } of effects) {
      const effect = new Effect(entry, new WebAssembly.Module(bytes), sampleRate, channels);
      const start = Float64Array.from(entry.knobs, (knob) => knob.default);
      this.links.set(name, { effect, knobs: entry.knobs, on: false, now: start, target: start.slice(), left: 1 });
    }
    this.set(chain, 1);
    this.port.onmessage = ({ data }: MessageEvent<Setting[]>) => this.set(data, GLIDE);
  }

  private set(chain: Setting[], glide: number): void {
    this.order = chain.flatMap(({ effect, on, knobs }) => {
      const link = this.links.get(effect);
      if (!link) return [];
      link.on = on;
      link.target.set(knobs);
      link.left = glide;
      return [link];
    });
  }

  private glide(link: Link): void {
    const { now, target, knobs } = link;
    for (let i = 0; i < now.length; i++) {
      const stepped = knobs[i]!.scale === "choice" || link.left === 1;
      now[i] = stepped ? target[i]! : now[i]! + (target[i]! - now[i]!) / link.left;
    }
    link.left -= 1;
    link.effect.turn(now);
  }

  override process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]!;
    this.channels = outputs[0]!;
    for (let c = 0; c < this.channels.length; c++) {
      // A source that has ended gives no channels: silence, so that tails ring out.
      const from = input[c];
      if (from) this.channels[c]!.set(from);
    }
    for (const link of this.order) {
      if (!link.on) continue;
      if (link.left > 0) this.glide(link);
      link.effect.process(this.channels, 0, this.channels[0]!.length);
    }
    return true;
  }
}

registerProcessor("chain", Chain);
