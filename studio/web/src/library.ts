/** Effects, instruments and tools of the folder, each fetched when it is first asked for, and checked by its digest. */
import { fetchChecked } from "./engine/fetching";
import type { EffectEntry, HostedEffect, Manifest, ModuleEntry, Tool } from "./engine/manifest";
import { type ModuleFiles, effects, tools } from "./files.js";

/** What is made but once; anew where that failed. */
export function once<Key, Value>(known: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

export const textOf = async (url: URL, sha256: string): Promise<string> =>
  new TextDecoder().decode(await fetchChecked(url, sha256));

async function fetched<Entry extends ModuleEntry>({ entry: at, sha256, wasm }: ModuleFiles): Promise<Tool & { entry: Entry }> {
  const entry = JSON.parse(await textOf(at, sha256)) as Entry;
  return { entry, bytes: await fetchChecked(wasm, entry.sha256) };
}

const hosted = new Map<string, Promise<HostedEffect>>();
const used = new Map<string, Promise<Tool>>();

export function effectOf(name: string): Promise<HostedEffect> {
  const files = Object.hasOwn(effects, name) ? effects[name] : undefined;
  if (!files) throw new Error(`no effect called "${name}"; there are: ${Object.keys(effects).join(", ")}`);
  return once(hosted, name, async () => ({ name, ...(await fetched<EffectEntry>(files)) }));
}

export const toolOf = (name: string): Promise<Tool> => once(used, name, () => fetched(tools[name]!));

/** As much of the manifest as these effects need. */
export const manifestOf = (effects: readonly HostedEffect[]): Manifest => ({
  format: 1,
  modules: Object.fromEntries(effects.map(({ name, entry }) => [name, entry])),
});
