import type { Knob } from "./manifest";

/** The value that the knob can take nearest to `value`; `Knob.nearest` of Python, operation by operation. */
export function nearest(knob: Knob, value: number): number {
  const inside = Math.min(Math.max(value, knob.minimum), knob.maximum);
  if (knob.step >= 1) return Math.floor(inside / knob.step + 0.5) * knob.step;
  const perUnit = Math.floor(1 / knob.step + 0.5);
  return Math.floor(inside * perUnit + 0.5) / perUnit;
}

/** Where a value lies on the knob's travel, 0 to 1. */
export function toTravel(knob: Knob, value: number): number {
  const { minimum, maximum } = knob;
  if (knob.scale === "log") return Math.log(value / minimum) / Math.log(maximum / minimum);
  return (value - minimum) / (maximum - minimum);
}

/** The value at a place of the knob's travel. */
export function fromTravel(knob: Knob, travel: number): number {
  const { minimum, maximum } = knob;
  const at = Math.min(Math.max(travel, 0), 1);
  if (knob.scale === "log") return nearest(knob, minimum * (maximum / minimum) ** at);
  return nearest(knob, minimum + (maximum - minimum) * at);
}

/** The value some small moves away: hundredths of the travel, and at least one step. */
export function moved(knob: Knob, value: number, moves: number): number {
  if (knob.scale === "choice") return nearest(knob, value + Math.sign(moves));
  const byTravel = fromTravel(knob, toTravel(knob, value) + moves / 100);
  const byStep = nearest(knob, value + Math.sign(moves) * knob.step);
  return moves > 0 ? Math.max(byTravel, byStep) : Math.min(byTravel, byStep);
}

const decimals = (step: number): number => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

/** The number as a person reads it, such as "-3.5" or "1250". */
export const digits = (knob: Knob, value: number): string => value.toFixed(decimals(knob.step));

/** The value with its unit, such as "-3.5 dB" or "1.25 kHz"; a choice by its name. */
export function spoken(knob: Knob, value: number): string {
  if (knob.scale === "choice") return knob.choices[Math.round(value)] ?? String(value);
  if (knob.unit === "Hz" && value >= 1000) return `${+(value / 1000).toFixed(2)} kHz`;
  const sign = knob.unit === "dB" && value > 0 ? "+" : "";
  return `${sign}${digits(knob, value)} ${knob.unit}`.trimEnd();
}

export interface Group {
  name: string;
  /** Positions in the effect's list of knobs. */
  knobs: number[];
}

/** Groups of knobs, in order of first appearance. */
export function groups(knobs: readonly Knob[]): Group[] {
  const found = new Map<string, Group>();
  knobs.forEach((knob, index) => {
    const group = found.get(knob.group) ?? { name: knob.group, knobs: [] };
    group.knobs.push(index);
    found.set(knob.group, group);
  });
  return [...found.values()];
}

/** Whether the value is the kind "off", at which a band rests. */
export const isOff = (knob: Knob, value: number): boolean => knob.role === "kind" && knob.choices[value] === "off";

export const defaults = (knobs: readonly Knob[]): number[] => knobs.map((knob) => knob.default);
