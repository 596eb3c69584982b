/** The page's handles on its two workers. */
import type { Tensors } from "#web/bundle/bundle";
import { Asker } from "#web/rpc";

/** The worker for whole files. One that has died is started again, and told again what it is to know. */
class AudioWorker {
  private asker: Asker | null = null;
  private readonly told = new Map<string, { what: string; given: unknown }>();

  ask<Value>(what: string, given: unknown): Promise<Value> {
    return this.alive().ask<Value>(what, given);
  }

  /** Ask what a worker has to know from then on; it takes the place of what was told before under the same key. */
  async tell<Value>(what: string, given: unknown, key: number | string = 0): Promise<Value> {
    const worker = this.alive();
    const name = `${what} ${key}`;
    const before = this.told.get(name);
    this.told.set(name, { what, given });
    try {
      return await worker.ask<Value>(what, given);
    } catch (error) {
      if (before) this.told.set(name, before);
      throw error;
    }
  }

  forget(what: string, key: number): void {
    this.told.delete(`${what} ${key}`);
  }

  private alive(): Asker {
    if (this.asker?.alive) return this.asker;
    this.asker = new Asker(new Worker(new URL("./audio.worker.ts", import.meta.url), { type: "module" }));
    for (const { what, given } of this.told.values()) {
      this.asker.ask(what, given).catch(() => undefined); // whoever told it first was told what is wrong
    }
    return this.asker;
  }
}

const audio = new AudioWorker();
export const audioWorker = (): AudioWorker => audio;

/** The runtime of networks never gives memory back, so its worker ends when it has had nothing to do for this long. */
const IDLE_MS = 60_000;

/** A worker that holds one network; started again by whoever needs it next. */
export class NetworkWorker {
  private asker: Asker | null = null;
  private held: string | null = null;
  private timer = 0;

  /** Is this network loaded? */
  holds(key: string): boolean {
    return this.held === key && this.asker?.alive === true;
  }

  /** `outputs` are what the plugin calls the network's outputs, in their order. */
  async load(key: string, model: ArrayBuffer, outputs: string[]): Promise<void> {
    this.held = null;
    await this.ask("load", { key, model, outputs }, [model]);
    this.held = key;
  }

  /** Run that network; the worker refuses where it holds another. */
  run(key: string, inputs: Tensors): Promise<Tensors> {
    return this.ask<Tensors>("run", { key, inputs });
  }

  private async ask<Value>(what: string, given: unknown, transfer: Transferable[] = []): Promise<Value> {
    if (!this.asker?.alive) {
      this.asker = new Asker(new Worker(new URL("./ai.worker.ts", import.meta.url), { type: "module" }));
    }
    clearTimeout(this.timer);
    try {
      return await this.asker.ask<Value>(what, given, transfer);
    } finally {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.end(), IDLE_MS);
    }
  }

  private end(): void {
    if (!this.asker?.idle) return;
    this.asker.terminate();
    this.asker = null;
    this.held = null;
  }
}
