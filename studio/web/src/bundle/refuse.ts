/** What a plugin cannot be asked, in words; `refuse` in Python's `dawg_ai/request.py`. */
import { type Declaration, type Mode, type Tensors, SONG, isNeeded, offeredModes } from "./bundle";

export interface Given {
  /** Empty where the sources and controls that are given decide. */
  mode: string;
  /** Those that are not named are at their defaults. */
  controls: Readonly<Record<string, number>>;
  /** Features of each file of a source, by the source's name. */
  sources: Readonly<Record<string, readonly Tensors[]>>;
  /** The song's, where there is one. */
  sampleRate?: number;
}

const listed = (names: readonly string[]): string => names.join(" and ") || "nothing more";

/**
 * The mode that is asked for. Throws in words where a source, control or mode is not one that the plugin has, is not what
 * the mode takes, is missing, or is out of range.
 */
export function accepted(declaration: Declaration, given: Given): Mode {
  const { plugin, sources, modes } = declaration;
  for (const [name, { length }] of Object.entries(given.sources)) {
    const source = sources.find((each) => each.name === name);
    if (!source) throw new Error(`${plugin} takes no ${name}; it takes: ${names(sources) || "no files"}`);
    if (length > source.most) throw new Error(`${length} files were given as ${name}; ${plugin} takes up to ${source.most}`);
  }
  refuseControls(declaration, given.controls);
  const offered = offeredModes(declaration);
  if (given.mode !== "" && !offered.some(({ name }) => name === given.mode)) throw new Error(`${plugin} offers no mode "${given.mode}"; it offers: ${names(offered) || "none"}`);
  const optional = new Set(modes.flatMap(({ needs }) => needs).filter((name) => name !== SONG));
  const files = sources.map(({ name }) => name).filter((name) => given.sources[name]?.length);
  const found = [...files, ...Object.keys(given.controls)].filter((name) => optional.has(name)).sort();
  const takes = ({ needs }: Mode): boolean => needs.filter((name) => name !== SONG).toSorted().join() === found.join();
  const mode = offered.find((each) => takes(each) && ["", each.name].includes(given.mode));
  if (!mode) {
    const one = offered.find(({ name }) => name === given.mode);
    if (one) throw new Error(`mode ${one.name} takes ${listed(one.needs)}, but ${listed(found)} was given`);
    const ways = offered.map(({ name, needs }) => `${name} takes ${listed(needs)}`).join("; ") || "none";
    throw new Error(`no mode of ${plugin} takes ${listed(found)}; its modes: ${ways}`);
  }
  const missing = sources.find(({ name }) => isNeeded(declaration, mode, name) && !files.includes(name));
  if (missing) throw new Error(`${plugin} needs ${missing.name}, but none was given`);
  return mode;
}

const names = (all: readonly { name: string }[]): string => all.map(({ name }) => name).join(", ");

function refuseControls({ plugin, controls }: Declaration, given: Given["controls"]): void {
  for (const [name, value] of Object.entries(given)) {
    const knob = controls.find((each) => each.name === name);
    if (!knob) throw new Error(`${plugin} has no control "${name}"; it has: ${names(controls) || "none"}`);
    const { minimum, maximum, unit } = knob;
    if (!(value >= minimum && value <= maximum)) {
      throw new Error(`${name} is ${value}; expected ${`${minimum} to ${maximum} ${unit}`.trimEnd()}`);
    }
  }
}
