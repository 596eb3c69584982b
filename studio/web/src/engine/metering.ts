import type { Effect } from "./effect";
import { COLUMNS, INPUT, Levels } from "./levels";
import type { Tool } from "./manifest";

/** What the page gives for meters: where they are posted, and the kernel that measures loudness. */
export interface Metered {
  meters: MessagePort;
  loudness: Tool;
}

/** Posted so often at most. */
const POSTS_PER_S = 20;

interface Point {
  levels: Levels;
  /** The most since it was last posted; NaN for what does not tell. */
  reduction: number;
}

/** Measures between the effects of a chain. */
export class Metering {
  private readonly port: MessagePort;
  private readonly make: () => Point;
  private readonly input: Point;
  private readonly points = new WeakMap<Effect, Point>();
  private posted = new Float64Array(0);
  private readonly every: number;
  private blocks = 0;

  constructor({ meters, loudness }: Metered, sampleRate: number, channels: number, block: number) {
    const compiled = new WebAssembly.Module(loudness.bytes);
    this.make = () => ({ levels: new Levels(loudness.entry, compiled, sampleRate, channels), reduction: NaN });
    this.port = meters;
    this.input = this.make();
    this.every = Math.ceil(sampleRate / POSTS_PER_S / block);
  }

  /** Before the first effect. */
  begin(channels: readonly Float32Array[]): void {
    this.input.levels.take(channels);
  }

  /** After an effect. */
  after(effect: Effect, channels: readonly Float32Array[]): void {
    let point = this.points.get(effect);
    if (!point) this.points.set(effect, (point = this.make()));
    point.levels.take(channels);
    const reduction = effect.reduction();
    if (!(reduction <= point.reduction)) point.reduction = reduction;
  }

  /** After the last effect: once in a while, post. */
  end(links: readonly { id: number; effect: Effect }[]): void {
    this.blocks += 1;
    if (this.blocks < this.every) return;
    this.blocks = 0;
    const size = (links.length + 1) * COLUMNS;
    if (this.posted.length !== size) this.posted = new Float64Array(size);
    this.write(0, INPUT, this.input);
    links.forEach(({ id, effect }, i) => this.write((i + 1) * COLUMNS, id, this.points.get(effect)!));
    this.port.postMessage(this.posted);
  }

  private write(at: number, id: number, point: Point): void {
    const { levels, reduction } = point;
    this.posted[at] = id;
    this.posted[at + 1] = levels.peak;
    this.posted[at + 2] = levels.momentary();
    this.posted[at + 3] = levels.shortTerm();
    this.posted[at + 4] = reduction;
    levels.peak = 0;
    point.reduction = NaN;
  }
}
