/** Questions and answers between the page and a worker: each message carries a number, the answer the same. */

interface Question {
  id: number;
  ask: string;
  given: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

export interface Reply {
  value: unknown;
  transfer?: Transferable[];
}

type Scope = { onmessage: ((event: MessageEvent<Question>) => void) | null; postMessage: Worker["postMessage"] };

/** The worker's side: one handler for each question. */
export function answer(handlers: Record<string, (given: never) => Promise<Reply> | Reply>): void {
  const scope = self as unknown as Scope;
  scope.onmessage = async ({ data: { id, ask, given } }) => {
    try {
      const handler = handlers[ask]!;
      const { value, transfer } = await handler(given as never);
      scope.postMessage({ id, value } satisfies Answer, transfer ?? []);
    } catch (error) {
      scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  };
}

/** The page's side of one worker. One whose script fails is ended: it would answer no more. */
export class Asker {
  private readonly waiting = new Map<number, { done: (value: unknown) => void; failed: (error: Error) => void }>();
  private readonly worker: Worker;
  private next = 0;
  private ended = false;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const each = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error === undefined) each?.done(data.value);
      else each?.failed(new Error(data.error));
    };
    worker.onerror = (event) => this.end(event.message || "its script did not load");
  }

  ask<Value>(ask: string, given: unknown, transfer: Transferable[] = []): Promise<Value> {
    const id = this.next++;
    return new Promise<Value>((done, failed) => {
      this.waiting.set(id, { done: done as (value: unknown) => void, failed });
      this.worker.postMessage({ id, ask, given } satisfies Question, transfer);
    });
  }

  get idle(): boolean {
    return this.waiting.size === 0;
  }

  /** Does it still answer? */
  get alive(): boolean {
    return !this.ended;
  }

  terminate(): void {
    this.end("it was stopped");
  }

  private end(reason: string): void {
    this.ended = true;
    this.worker.terminate();
    for (const { failed } of this.waiting.values()) failed(new Error(`a background worker failed: ${reason}`));
    this.waiting.clear();
  }
}
