/** What the instruments of the page's chain play: sent once to all who play it. */
import { Scores, type Rows } from "#web/engine/scores";
import { audioWorker } from "../workers/clients";
import * as player from "./player";
import * as store from "./store";

const scores = new Scores();

export const scoreNumbered = (key: number | undefined): Rows | undefined =>
  key === undefined ? undefined : scores.all.get(key);

export const allScores = (): Scores["all"] => scores.all;

/** The number under which a chain can have it. */
export function keepScore(rows: Rows): number {
  const before = scores.all.size;
  const key = scores.keep(rows);
  if (scores.all.size > before) {
    player.setScore(key, rows);
    audioWorker()
      .tell("score", { key, rows }, key)
      .catch((error: unknown) => store.fail("What the instrument plays did not reach the renderer", error));
  }
  return key;
}

/** Forget what neither the chain nor any step of undo or redo plays. */
export function forgetScores(): void {
  const { past, present, future } = store.history.value;
  const live = new Set([store.chain.value, ...past, present, ...future].flatMap((chain) => chain.map(({ score }) => score)));
  for (const key of [...scores.all.keys()].filter((each) => !live.has(each))) {
    scores.forget(key);
    player.setScore(key, null);
    audioWorker().forget("score", key);
    audioWorker()
      .ask("forgetScore", { key })
      .catch(() => undefined); // a worker that has died holds it no longer
  }
}
