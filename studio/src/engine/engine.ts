import { fetchChecked, fetchJson } from "./fetching";
import { type HostedEffect, type Manifest, type ModuleEntry, isEffect } from "./manifest";

/** All kernels of the site, ready to be hosted. */
export interface Engine {
  manifest: Manifest;
  effects: HostedEffect[];
  compiled: Map<string, WebAssembly.Module>;
  /** The meter that matches loudness, where the engine has one. */
  loudness?: { entry: ModuleEntry; bytes: ArrayBuffer };
}

export async function loadEngine(base: URL): Promise<Engine> {
  const manifest = await fetchJson<Manifest>(new URL("manifest.json", base));
  if (manifest.format !== 1) throw new Error(`the engine has format ${manifest.format}; this studio reads format 1`);
  const effects: HostedEffect[] = [];
  const compiled = new Map<string, WebAssembly.Module>();
  let loudness: Engine["loudness"];
  const load = async (name: string, entry: ModuleEntry): Promise<void> => {
    const bytes = await fetchChecked(new URL(entry.wasm, base), entry.sha256);
    if (isEffect(entry)) {
      effects.push({ name, entry, bytes });
      compiled.set(name, await WebAssembly.compile(bytes));
    } else if ("integrated" in entry.exports) {
      loudness = { entry, bytes };
    }
  };
  await Promise.all(Object.entries(manifest.modules).map(([name, entry]) => load(name, entry)));
  return { manifest, effects, compiled, ...(loudness ? { loudness } : {}) };
}
