import { fetchChecked, fetchJson } from "../engine/fetching";
import { type Manifest, isEffect } from "../engine/manifest";
import type { Bundle, Declaration, Tensors } from "./bundle";

const FORMAT = 2;

/** The bundles of this site that the engine can serve; those that it cannot, or that do not load, come as errors in words. */
export async function loadBundles(base: URL, manifest: Manifest): Promise<{ bundles: Bundle[]; problems: string[] }> {
  const { bundles: names } = await fetchJson<{ bundles: string[] }>(new URL("index.json", base));
  const problems: string[] = [];
  const load = async (name: string): Promise<Bundle[]> => {
    try {
      const at = new URL(`${name}/`, base);
      const declaration = await fetchJson<Declaration>(new URL("plugin.json", at));
      return [{ declaration, base: at, remarks: check(declaration, manifest) }];
    } catch (error) {
      problems.push(`The bundle ${name} cannot be used: ${(error as Error).message}.`);
      return [];
    }
  };
  return { bundles: (await Promise.all(names.map(load))).flat(), problems };
}

/** What has changed in the engine since the bundle was made, in words. Throws in words where the engine cannot serve it. */
export function check({ format, plugin, chain }: Declaration, { modules }: Manifest): string[] {
  if (format !== FORMAT) throw new Error(`it has format ${format}; this studio reads format ${FORMAT}: export it again`);
  return chain.flatMap(({ effect, sets, fixed, sha256 }) => {
    const entry = modules[effect];
    if (!entry || !isEffect(entry)) throw new Error(`it needs the effect "${effect}", which the engine does not have`);
    const missing = [...sets, ...Object.keys(fixed)].find((name) => !entry.knobs.some((knob) => knob.name === name));
    if (missing) throw new Error(`it sets the knob "${missing}" of "${effect}", which that no longer has: export it again`);
    return entry.sha256 === sha256 ? [] : [`the effect ${effect} has changed since ${plugin} was trained`];
  });
}

export const bundleFile = ({ declaration, base }: Bundle, name: string): Promise<ArrayBuffer> =>
  fetchChecked(new URL(name, base), declaration.files[name]);

type Nested = number | Nested[];

interface CheckFile {
  inputs: Record<string, Nested>;
  outputs: Record<string, Nested>;
}

const TOLERANCE = 1e-5;

function shapeOf(value: Nested): number[] {
  return Array.isArray(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]!) : [])] : [];
}

const flat = (value: Nested): number[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);

/** Run the bundle's own test pair; throws in words when the network gives other values here than where it was made. */
export async function replay(bytes: ArrayBuffer, run: (inputs: Tensors) => Promise<Tensors>): Promise<void> {
  const check = JSON.parse(new TextDecoder().decode(bytes)) as CheckFile;
  const inputs = Object.fromEntries(
    Object.entries(check.inputs).map(([name, value]) => [
      name,
      { shape: shapeOf(value), data: Float32Array.from(flat(value)) },
    ]),
  );
  const outputs = await run(inputs);
  for (const [name, value] of Object.entries(check.outputs)) {
    const expected = flat(value);
    const found = outputs[name]?.data ?? new Float32Array();
    const off = expected.findIndex((each, i) => {
      const difference = Math.abs(each - (found[i] ?? NaN));
      return !(difference <= TOLERANCE * Math.max(1, Math.abs(each)));
    });
    if (off >= 0) {
      throw new Error(
        `the network does not give here what it gave where it was made: ${name}[${off}] is ${found[off]}, ` +
          `expected ${expected[off]}; its suggestions cannot be trusted in this browser`,
      );
    }
  }
}
