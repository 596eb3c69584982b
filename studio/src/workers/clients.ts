/** The page's handles on its two workers. */
import type { Tensors } from "../bundle/bundle";
import { Asker } from "./rpc";

let audio: Asker | null = null;

/** The worker for whole files; lives as long as the page. */
export function audioWorker(): Asker {
  audio ??= new Asker(new Worker(new URL("./audio.worker.ts", import.meta.url), { type: "module" }));
  return audio;
}

/** The runtime of networks never gives memory back, so its worker ends when it has had nothing to do for this long. */
const IDLE_MS = 60_000;

/** A worker that holds one network; started again by whoever needs it next. */
export class NetworkWorker {
  private asker: Asker | null = null;
  private held: string | null = null;
  private timer = 0;

  /** Is this network loaded? */
  holds(key: string): boolean {
    return this.held === key;
  }

  async load(key: string, model: ArrayBuffer): Promise<void> {
    this.held = null;
    await this.ask("load", { model }, [model]);
    this.held = key;
  }

  run(inputs: Tensors): Promise<Tensors> {
    return this.ask<Tensors>("run", { inputs });
  }

  private async ask<Value>(what: string, given: unknown, transfer: Transferable[] = []): Promise<Value> {
    this.asker ??= new Asker(new Worker(new URL("./ai.worker.ts", import.meta.url), { type: "module" }));
    clearTimeout(this.timer);
    try {
      return await this.asker.ask<Value>(what, given, transfer);
    } finally {
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
