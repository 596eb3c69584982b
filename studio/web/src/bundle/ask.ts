/**
 * Ask a trained plugin: what it is given -> a recipe, and how sure it is. The generic host, as `dawg_ai/ask.py` is:
 * it moves named arrays between features, network and kernels, and knows no plugin. Runs in a page, a worker or Node.
 */
import { nearest } from "../engine/knob";
import type { EffectEntry, Knob, Manifest } from "../engine/manifest";
import { sounding } from "../engine/notes";
import { type Recipe, type Score, named } from "../engine/recipe";
import type { Declaration, Tensors } from "./bundle";
import { ofSource } from "./features";
import { type NamedArray, Memory } from "./memory";
import { type Given, accepted } from "./refuse";

export interface Services {
  /** Run the plugin's network; its outputs have the names that the declaration gives them, in their order. */
  network: (inputs: Tensors) => Promise<Tensors>;
  /** Render a recipe, and say what these meters read of the result. */
  measure: (recipe: Recipe, meters: readonly string[]) => Promise<ArrayLike<number>>;
}

/** What the plugin answers for one link of its chain. */
export interface Part extends Score {
  effect: string;
  /** Those that are fixed, and those that it set, rounded to their steps. */
  knobs: Record<string, number>;
  groups: PartGroup[];
  /** Is any of its groups sure enough? Else the sound is left alone. */
  sure: boolean;
}

export interface PartGroup {
  name: string;
  /** Names of the knobs that the plugin sets. */
  knobs: string[];
  /** 0 to 1, where the plugin says it. */
  confidence?: number;
}

export interface Answer {
  /** One for each link of the chain. */
  parts: Part[];
  /** Of those parts that are sure. */
  recipe: Recipe;
  remarks: string[];
}

/** Of what is generated, in Hz. */
export const USUAL_RATE = 44100;
/** Of a band's gain, in dB. */
const NEGLIGIBLE_DB = 0.5;

export async function ask(
  declaration: Declaration,
  compiled: WebAssembly.Module,
  manifest: Manifest,
  given: Given,
  { network, measure }: Services,
): Promise<Answer> {
  const { decode, refine, meters, max_passes: most } = declaration;
  const memory = begin(declaration, compiled, given);
  for (let pass = 0; pass < most; pass++) {
    const outputs = await network(inputs(declaration, memory));
    for (const [name, { shape, data }] of Object.entries(outputs)) memory.put(name, { shape: shape.slice(1), data });
    if (!decode || memory.call(decode) === 0) break;
  }
  for (let pass = 0; refine && pass < most; pass++) {
    const data = await measure(recipeOf(partsOf(declaration, manifest, memory), manifest), meters);
    memory.put("measured", { shape: [meters.length], data });
    if (memory.call(refine) === 0) break;
  }
  const parts = partsOf(declaration, manifest, memory);
  return { parts, recipe: recipeOf(parts, manifest), remarks: parts.flatMap((part) => remarkOn(part, manifest)) };
}

/** Memory before the network runs for the first time. */
function begin(declaration: Declaration, compiled: WebAssembly.Module, given: Given): Memory {
  const { kernels, sources, controls, modes, decode, refine } = declaration;
  const mode = accepted(declaration, given);
  const memory = new Memory(kernels, compiled, [decode, refine].filter((name) => name !== null));
  for (const source of sources) {
    const features = ofSource(kernels, source, given.sources[source.name] ?? []);
    for (const [name, array] of Object.entries(features)) memory.put(name, array);
  }
  memory.put("mode", oneHot(modes.length, modes.indexOf(mode)));
  for (const knob of controls) memory.scalars[knob.name] = nearest(knob, given.controls[knob.name] ?? knob.default);
  memory.scalars["sample_rate_hz"] = given.sampleRate ?? USUAL_RATE;
  return memory;
}

const oneHot = (count: number, at: number): NamedArray => ({
  shape: [count],
  data: Float32Array.from({ length: count }, (_, i) => (i === at ? 1 : 0)),
});

/** What the network takes, as float32 with a first axis of 1. */
function inputs({ inputs, controls }: Declaration, memory: Memory): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const knob = controls.find((each) => each.name === name);
      if (!knob) memory.begin(name, shape.slice(1));
      const found = knob ? ofControl(knob, memory.scalars[name]!) : memory.get(name)!;
      return [name, { shape: [1, ...found.shape], data: Float32Array.from(found.data) }];
    }),
  );
}

function ofControl(knob: Knob, value: number): NamedArray {
  return knob.choices.length > 0 ? oneHot(knob.choices.length, value) : { shape: [1], data: Float32Array.of(value) };
}

/** What memory says of every link of the chain. Throws in words where it says nothing that can be used. */
function partsOf({ chain, min_confidence: least }: Declaration, { modules }: Manifest, memory: Memory): Part[] {
  const count = (of: "sets" | "groups"): number => chain.reduce((sum, link) => sum + link[of].length, 0);
  const knobs = valuesOf(memory, "knobs", count("sets"));
  const confidence = memory.get("confidence") && valuesOf(memory, "confidence", count("groups"));
  let [knobAt, groupAt] = [0, 0];
  return chain.map((link) => {
    const entry = modules[link.effect] as EffectEntry;
    const set = link.sets.map((name): [Knob, number] => {
      const knob = entry.knobs.find((each) => each.name === name)!;
      return [knob, nearest(knob, knobs[knobAt++]!)];
    });
    const groups = link.groups.map((name): PartGroup => ({
      name,
      knobs: set.filter(([knob]) => knob.group === name).map(([knob]) => knob.name),
      ...(confidence ? { confidence: confidence[groupAt++]! } : {}),
    }));
    const sure = groups.length === 0 || groups.some(({ confidence = 1 }) => confidence >= least);
    // What is left out is not played, so it need not be anything that can be.
    const kind = sure ? entry.plays : undefined;
    return {
      effect: link.effect,
      knobs: { ...link.fixed, ...Object.fromEntries(set.map(([knob, value]) => [knob.name, value])) },
      ...(kind ? { [kind]: rowsOf(memory, link.plays || kind, kind) } : {}),
      groups,
      sure,
    };
  });
}

/** What a person should know of a part, if anything. */
function remarkOn({ effect, groups, knobs, sure }: Part, { modules }: Manifest): string[] {
  if (!sure) return [`not sure: ${effect} is left out, and the sound left alone`];
  const set = groups.flatMap((group) => group.knobs);
  const gains = (modules[effect] as EffectEntry).knobs.filter(({ name, role }) => role === "gain" && set.includes(name));
  const moved = gains.length === 0 || gains.some(({ name }) => Math.abs(knobs[name]!) >= NEGLIGIBLE_DB);
  return moved ? [] : [`nothing to mend: every band of ${effect} stays below ${NEGLIGIBLE_DB} dB`];
}

/** So many finite numbers of an array in memory. */
function valuesOf(memory: Memory, name: string, count: number): ArrayLike<number> {
  const values = memory.get(name)?.data ?? new Float32Array(0);
  if (values.length !== count) throw new Error(`the plugin gives ${values.length} values of ${name}; its chain has ${count}`);
  if (!values.every(Number.isFinite)) {
    throw new Error(`the network has no answer to this (${name} has values that are no numbers)`);
  }
  return values;
}

/** What an instrument plays: rows of an array in memory. */
function rowsOf(memory: Memory, name: string, kind: string): number[][] {
  const array = memory.get(name);
  if (!array) throw new Error(`the instrument plays "${name}", which is not there`);
  const [rows, width] = array.shape as [number, number];
  const all = Array.from({ length: rows }, (_, i) => [...array.data.subarray(i * width, (i + 1) * width)]);
  return kind === "notes" ? sounding(all) : all;
}

/** What a render of the answer needs. */
export function recipeOf(parts: readonly Part[], { modules }: Manifest): Recipe {
  const chain = parts
    .filter(({ sure }) => sure)
    .map(({ groups: _groups, sure: _sure, knobs, ...link }) => ({
      ...link,
      knobs: named(modules[link.effect] as EffectEntry, knobs),
    }));
  return { format: 1, chain };
}
