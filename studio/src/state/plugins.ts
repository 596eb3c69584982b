/** The plugins of this site, and what a person chose for each. */
import { computed, signal } from "@preact/signals";
import { type Bundle, type Mode, type Preset, type Source, SONG, isNeeded, offeredModes } from "#web/bundle/bundle";
import { nearest, spoken } from "#web/engine/knob";
import { bundles } from "./store";

export interface Choices {
  mode: Mode;
  /** All controls by name. */
  controls: Readonly<Record<string, number>>;
  /** Files for sources by name. */
  files: Readonly<Record<string, readonly File[]>>;
  /** The one that was chosen last. */
  preset?: Preset;
}

/** Which of the bundles is open, by its place. */
export const opened = signal(0);
export const bundle = computed(() => bundles.value[opened.value]);

const chosen = signal<ReadonlyMap<Bundle, Choices>>(new Map());

export const choicesOf = (bundle: Bundle): Choices => chosen.value.get(bundle) ?? untouched(bundle);

/** Of a bundle that offers a mode: of one that offers none nothing is asked. */
function untouched({ declaration }: Bundle): Choices {
  const controls = Object.fromEntries(declaration.controls.map((knob) => [knob.name, nearest(knob, knob.default)]));
  return { mode: offeredModes(declaration)[0]!, controls, files: {} };
}

function choose(bundle: Bundle, change: Partial<Choices>): void {
  chosen.value = new Map([...chosen.value, [bundle, { ...choicesOf(bundle), ...change }]]);
}

export const chooseMode = (bundle: Bundle, mode: Mode): void => choose(bundle, { mode });

export const chooseControl = (bundle: Bundle, name: string, value: number): void =>
  choose(bundle, { controls: { ...choicesOf(bundle).controls, [name]: value } });

/** The values of a preset, each at a step of its control. */
const valuesOf = ({ declaration }: Bundle, { controls }: Preset): Choices["controls"] =>
  Object.fromEntries(
    declaration.controls.flatMap((knob) => (knob.name in controls ? [[knob.name, nearest(knob, controls[knob.name]!)]] : [])),
  );

/** The preset whose values the controls have now: of several the one that was chosen last. */
export function presetOf(bundle: Bundle): Preset | undefined {
  const { controls, preset } = choicesOf(bundle);
  const isNow = (each: Preset): boolean =>
    Object.entries(valuesOf(bundle, each)).every(([name, value]) => controls[name] === value);
  return [...(preset ? [preset] : []), ...(bundle.declaration.presets ?? [])].find(isNow);
}

export const choosePreset = (bundle: Bundle, preset: Preset): void =>
  choose(bundle, { preset, controls: { ...choicesOf(bundle).controls, ...valuesOf(bundle, preset) } });

/** A preset in words: its name, and the values it has. */
export function presetInWords({ declaration }: Bundle, { name, controls }: Preset): string {
  const shown = declaration.controls.filter((knob) => knob.name in controls);
  return `${name}: ${shown.map((knob) => spoken(knob, controls[knob.name]!)).join(", ")}`;
}

/** As many as the source takes. */
export const chooseFiles = (bundle: Bundle, { name, most }: Source, files: Iterable<File>): void =>
  choose(bundle, { files: { ...choicesOf(bundle).files, [name]: [...files].slice(0, most) } });

/** What was chosen, but for files: for the next visit. */
export const kept = (): { opened: number; chosen: { plugin: string; mode: string; controls: Choices["controls"] }[] } => ({
  opened: opened.value,
  chosen: [...chosen.value].map(([{ declaration }, { mode, controls }]) => ({
    plugin: declaration.plugin,
    mode: mode.name,
    controls,
  })),
});

/** Choices of the last visit, as far as the plugins still have them. */
export function restore(last: ReturnType<typeof kept>): void {
  opened.value = last.opened in bundles.value ? last.opened : 0;
  for (const { plugin, mode, controls } of last.chosen) {
    const bundle = bundles.value.find(({ declaration }) => declaration.plugin === plugin);
    const found = bundle && offeredModes(bundle.declaration).find(({ name }) => name === mode);
    if (!bundle || !found) continue;
    const values = bundle.declaration.controls.map((knob): [string, number] => [
      knob.name,
      nearest(knob, controls[knob.name] ?? knob.default),
    ]);
    choose(bundle, { mode: found, controls: Object.fromEntries(values) });
  }
}

/** The sources that a person gives as files in this mode. */
export const fileSources = ({ declaration }: Bundle, mode: Mode): Source[] =>
  declaration.sources.filter(({ name }) => name !== SONG && isNeeded(declaration, mode, name));

/** What is made with these choices, by name: the plugin's, and every value that is not its control's default. */
export function titleOf({ declaration }: Bundle, { mode, controls }: Choices): string {
  const chosen = declaration.controls.filter(
    (knob) => isNeeded(declaration, mode, knob.name) && controls[knob.name] !== nearest(knob, knob.default),
  );
  return [declaration.plugin, ...chosen.map((knob) => spoken(knob, controls[knob.name]!))].join(" ");
}

/** How many files a source takes, in words. */
export const howMany = ({ name, most }: Source): string => (most > 1 ? `1 to ${most} ${name} files` : `a ${name} file`);
