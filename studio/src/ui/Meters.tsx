/** Meters: they write what the audio thread measured last into the page, past the components. */
import { useRef } from "preact/hooks";
import type { Reading } from "#web/engine/levels";
import * as player from "../state/player";
import { useFrames } from "./canvas";

/** The bottom of a level bar; its top is full scale. */
const LOWEST_DB = -60;
/** The reach of a bar of gain reduction. */
const MOST_REDUCTION_DB = 24;
/** Numbers change so often, to be read. */
const NUMBERS_MS = 200;
/** How fast a bar falls. */
const FALL_PER_S = 0.7;

const decibels = (amplitude: number): number => 20 * Math.log10(amplitude);
const shown = (value: number, digits = 1): string => (Number.isFinite(value) ? value.toFixed(digits) : "−∞").replace("-", "−");
const signed = (value: number): string => `${value > 0 ? "+" : ""}${shown(value)}`;

/** A bar, which a drawing fills from 0 to 1. */
interface Bar {
  fill: HTMLElement | null;
  now: number;
  at: number;
}

const bar = (): Bar => ({ fill: null, now: 0, at: 0 });

/** Up at once, down slowly; undefined empties it, since nothing draws any more then. */
function fill(each: Bar, to = -Infinity): void {
  const time = performance.now();
  const fallen = to === -Infinity ? 0 : each.now - (FALL_PER_S * (time - each.at)) / 1000;
  each.now = Math.max(Math.min(to, 1), fallen, 0);
  each.at = time;
  if (!each.fill) return;
  each.fill.style.transform = `scaleX(${each.now})`;
  each.fill.classList.toggle("over", to > 1);
}

/** Above 1 for a peak above full scale. */
const share = (peak: number): number => 1 - decibels(peak) / LOWEST_DB;

interface Readings {
  from: Reading;
  to: Reading;
}

interface Props {
  read: () => Readings | undefined;
  say: (now: Readings) => string;
  reduces: boolean;
}

/** A bar of the output's level, one of gain reduction where the effect tells that, and figures. */
export function Meter({ read, say, reduces }: Props) {
  const bars = useRef({ level: bar(), reduction: bar() });
  const text = useRef<HTMLSpanElement>(null);
  const peaks = useRef({ from: 0, to: 0, said: 0 });
  useFrames(() => {
    const now = read();
    const { level, reduction } = bars.current;
    fill(level, now && Math.max(0, share(now.to.peak)));
    fill(reduction, now && (now.to.reduction || 0) / MOST_REDUCTION_DB);
    // The figures tell the highest peak since they were last written.
    const held = peaks.current;
    held.from = Math.max(held.from, now?.from.peak ?? 0);
    held.to = Math.max(held.to, now?.to.peak ?? 0);
    if (now && performance.now() - held.said < NUMBERS_MS) return;
    if (text.current) {
      text.current.textContent = now
        ? say({ from: { ...now.from, peak: held.from }, to: { ...now.to, peak: held.to } })
        : "–";
    }
    peaks.current = { from: 0, to: 0, said: performance.now() };
  }, player.playing.value);
  return (
    <span class="meter" title="The highest sample, loudness, and what the effect does to it">
      <span class="bar" aria-hidden="true">
        <i ref={(element) => void (bars.current.level.fill = element)} />
      </span>
      {reduces && (
        <span class="bar reduction" aria-hidden="true">
          <i ref={(element) => void (bars.current.reduction.fill = element)} />
        </span>
      )}
      <span ref={text} class="figures" />
    </span>
  );
}

const peak = ({ peak }: Reading): string => `${shown(decibels(peak))} dBFS`;

/** By how much an effect turns down, or changes loudness where it does not tell. */
function change({ from, to }: Readings): string {
  if (!Number.isNaN(to.reduction)) return `GR ${shown(-to.reduction)} dB`;
  const difference = to.momentary - from.momentary;
  return Number.isFinite(difference) ? `Change ${signed(difference)} LU` : "Change –";
}

/** In the chain, short. */
export const ofEffect = (now: Readings): string =>
  `${peak(now.to)}\n${shown(now.to.momentary)} LUFS\n${change(now)}`;

/** In the panel of an effect. */
export const inFull = (now: Readings): string =>
  `In ${peak(now.from)}, ${shown(now.from.momentary)} LUFS · Out ${peak(now.to)}, ${shown(now.to.momentary)} LUFS · ${change(now)}`;

/** Of the whole chain, beside the clock. */
export const ofChain = ({ from, to }: Readings): string =>
  `Original ${shown(from.shortTerm)} LUFS, ${peak(from)} · Result ${shown(to.shortTerm)} LUFS, ${peak(to)}`;
