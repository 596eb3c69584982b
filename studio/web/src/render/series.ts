/** The song through one chain after another, as a solver asks for them. */
import type { Channels } from "../engine/fold";
import type { Setting } from "../engine/recipe";
import { type Render, render } from "./render";

const keyOf = (chain: readonly Setting[]): string =>
  JSON.stringify(chain.map(({ effect, knobs, sound, sideChain }) => [effect, knobs, sound?.key, sideChain?.key]));

/** All links but the last are rendered once, as long as they stay the same. */
export class Series {
  /** The song through the chain that was rendered last, and through what a solver leaves alone of it. */
  private known: { key: string; sound: Channels }[] = [];

  async render(job: Render): Promise<Channels> {
    const links = job.chain.filter(({ on }) => on);
    // Another question may call another score by the same number.
    if (links.some(({ score }) => score !== undefined)) return (await render(job))!;
    const before = links.slice(0, -1);
    const key = keyOf(before);
    const base = this.known.find((each) => each.key === key) ?? { key, sound: (await render({ ...job, chain: before }))! };
    const sound = (await render({ ...job, chain: links.slice(-1), song: base.sound }))!;
    this.known = [base, { key: keyOf(links), sound }];
    return sound;
  }
}
