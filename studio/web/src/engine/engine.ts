import { fetchChecked, fetchJson } from "./fetching";
import { type EffectEntry, type HostedEffect, type Manifest, type ModuleEntry, type Tool, isEffect } from "./manifest";

/** All kernels of the site, ready to be hosted. */
export interface Engine {
  manifest: Manifest;
  effects: HostedEffect[];
  compiled: Map<string, WebAssembly.Module>;
  /** A module that is no effect, fetched when it is first asked for; null where the engine has none of that name. */
  tool: (name: ToolName) => Promise<Tool | null>;
}

/** By which both sides are made equally loud, what brings a sound to another rate, and what plugins measure with. */
export type ToolName = "loudness" | "resampling" | "meter";
export type Tools = { [name in ToolName]?: Tool };

interface Loaded {
  name: string;
  entry: EffectEntry;
  bytes: ArrayBuffer;
  module: WebAssembly.Module;
}

export async function loadEngine(base: URL): Promise<Engine> {
  const manifest = await fetchJson<Manifest>(new URL("manifest.json", base));
  if (manifest.format !== 1) throw new Error(`the engine has format ${manifest.format}; this studio reads format 1`);
  const effects: HostedEffect[] = [];
  const compiled = new Map<string, WebAssembly.Module>();
  const fetched = (entry: ModuleEntry): Promise<ArrayBuffer> => fetchChecked(new URL(entry.wasm, base), entry.sha256);
  const load = async ([name, entry]: [string, ModuleEntry | EffectEntry]): Promise<Loaded[]> => {
    if (!isEffect(entry)) return [];
    const bytes = await fetched(entry);
    return [{ name, entry, bytes, module: await WebAssembly.compile(bytes) }];
  };
  // Fetched side by side, kept in the manifest's order.
  for (const { name, entry, bytes, module } of (await Promise.all(Object.entries(manifest.modules).map(load))).flat()) {
    effects.push({ name, entry, bytes });
    compiled.set(name, module);
  }
  const tools = new Map<ToolName, Promise<Tool>>();
  const tool = async (name: ToolName): Promise<Tool | null> => {
    const entry = manifest.modules[name];
    if (!entry) return null;
    const known = tools.get(name) ?? fetched(entry).then((bytes) => ({ entry, bytes }));
    tools.set(name, known);
    known.catch(() => tools.delete(name));
    return known;
  };
  return { manifest, effects, compiled, tool };
}
