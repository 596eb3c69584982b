import { fetchChecked, fetchJson } from "./fetching";
import { type EffectEntry, type HostedEffect, type Manifest, type ModuleEntry, type Tool, isEffect } from "./manifest";

/** All kernels of the site, ready to be hosted. */
export interface Engine {
  manifest: Manifest;
  effects: HostedEffect[];
  compiled: Map<string, WebAssembly.Module>;
  tools: Tools;
}

/** By which both sides are made equally loud, what brings a sound to another rate, and what plugins measure with, where there are any. */
export type Tools = { [name in (typeof TOOLS)[number]]?: Tool };
const TOOLS = ["loudness", "resampling", "meter"] as const;

const toolNamed = (name: string): keyof Tools | undefined => TOOLS.find((each) => each === name);

interface Loaded {
  name: string;
  entry: ModuleEntry | EffectEntry;
  bytes: ArrayBuffer;
  module: WebAssembly.Module;
}

export async function loadEngine(base: URL): Promise<Engine> {
  const manifest = await fetchJson<Manifest>(new URL("manifest.json", base));
  if (manifest.format !== 1) throw new Error(`the engine has format ${manifest.format}; this studio reads format 1`);
  const effects: HostedEffect[] = [];
  const compiled = new Map<string, WebAssembly.Module>();
  const tools: Tools = {};
  const load = async ([name, entry]: [string, ModuleEntry]): Promise<Loaded> => {
    const bytes = await fetchChecked(new URL(entry.wasm, base), entry.sha256);
    return { name, entry, bytes, module: await WebAssembly.compile(bytes) };
  };
  const wanted = Object.entries(manifest.modules).filter(([name, entry]) => isEffect(entry) || toolNamed(name));
  // Fetched side by side, kept in the manifest's order.
  for (const { name, entry, bytes, module } of await Promise.all(wanted.map(load))) {
    if (isEffect(entry)) {
      effects.push({ name, entry, bytes });
      compiled.set(name, module);
    } else {
      tools[toolNamed(name)!] = { entry, bytes };
    }
  }
  return { manifest, effects, compiled, tools };
}
