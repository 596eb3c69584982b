import { fetchChecked, fetchJson } from "./fetching";
import { type EffectEntry, type HostedEffect, type Manifest, type ModuleEntry, type Tool, isEffect } from "./manifest";

/** All kernels of the site, ready to be hosted. */
export interface Engine {
  manifest: Manifest;
  /** All but instruments. */
  effects: HostedEffect[];
  /** An instrument, fetched when it is first asked for. */
  effect: (name: string) => Promise<HostedEffect>;
  compiled: Map<string, WebAssembly.Module>;
  /** A module that is no effect, fetched when it is first asked for; null where the engine has none of that name. */
  tool: (name: ToolName) => Promise<Tool | null>;
}

/** By which both sides are made equally loud, what brings a sound to another rate, and what sounds are measured with. */
export type ToolName = "loudness" | "resampling" | "meter" | "width";
export type Tools = { [name in ToolName]?: Tool };

interface Loaded {
  hosted: HostedEffect;
  module: WebAssembly.Module;
}

export async function loadEngine(base: URL): Promise<Engine> {
  const manifest = await fetchJson<Manifest>(new URL("manifest.json", base));
  if (manifest.format !== 1) throw new Error(`the engine has format ${manifest.format}; this studio reads format 1`);
  const effects: HostedEffect[] = [];
  const compiled = new Map<string, WebAssembly.Module>();
  const fetched = (entry: ModuleEntry): Promise<ArrayBuffer> => fetchChecked(new URL(entry.wasm, base), entry.sha256);
  const effect = async (name: string): Promise<HostedEffect> => {
    const entry = manifest.modules[name] as EffectEntry;
    return { name, entry, bytes: await fetched(entry) };
  };
  const load = async ([name, entry]: [string, ModuleEntry | EffectEntry]): Promise<Loaded[]> => {
    if (!isEffect(entry) || entry.plays) return [];
    const hosted = await effect(name);
    return [{ hosted, module: await WebAssembly.compile(hosted.bytes) }];
  };
  // Fetched side by side, kept in the manifest's order.
  for (const { hosted, module } of (await Promise.all(Object.entries(manifest.modules).map(load))).flat()) {
    effects.push(hosted);
    compiled.set(hosted.name, module);
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
  return { manifest, effects, effect, compiled, tool };
}
