/** Renders whole files by a recipe, exactly as Python does. */
import type { Channels } from "../engine/fold";
import { type Job, madeOf, withTail } from "./made";

type Work = (sound: Channels, start: number, samples: number, late: number) => void;

/** Rendered between two looks at whether the result is still wanted. */
const SLICE_MS = 50;

/** Let messages in. A timer would do too, but browsers make those wait. */
const pause = (): Promise<void> =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });

export interface Render extends Job {
  song: Channels;
  /** Is the result to be longer, by what effects and instruments take to fall silent? */
  tail?: boolean;
}

/**
 * The song through every effect that is on, in time with what went in, and as long; null when the result was no longer
 * wanted before it was done. Each effect renders the whole before the next begins, so that a limiter can make two passes.
 */
export async function render(job: Render, wanted: () => boolean = () => true): Promise<Channels | null> {
  const { song, tail = false } = job;
  let rested = performance.now();
  const made = madeOf(job, song.length);
  const longer = tail ? made.reduce(withTail, 0) : 0;
  const sound = song.map((channel) => {
    const copy = new Float32Array(channel.length + longer);
    copy.set(channel);
    return copy;
  });

  /** Give all of the sound, and as many samples more as the output is late, to `work`, block by block; false when the result is no longer wanted. */
  async function through(block: number, late: number, work: Work): Promise<boolean> {
    const length = sound[0]!.length + late;
    for (let start = 0; start < length; start += block) {
      work(sound, start, Math.min(block, length - start), late);
      if (performance.now() - rested < SLICE_MS) continue;
      await pause();
      if (!wanted()) return false;
      rested = performance.now();
    }
    return true;
  }

  for (const effect of made) {
    if (!(await through(effect.block, effect.latency(), effect.process.bind(effect)))) return null;
    if (!effect.twoPass) continue;
    for (const pass of [effect.analyse, effect.apply]) {
      if (!(await through(effect.block, 0, pass.bind(effect)))) return null;
    }
  }
  return sound;
}

/** What instruments play where there is no song: a song of no length, and all that sounds after it. */
export const GENERATED = { sampleRate: 44100, channels: 2 };

export const generate = async (job: Pick<Job, "effects" | "chain" | "scores">): Promise<Channels> => {
  const song = Array.from({ length: GENERATED.channels }, () => new Float32Array(0));
  return (await render({ ...job, song, sampleRate: GENERATED.sampleRate, tail: true }))!;
};
