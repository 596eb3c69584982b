/** Knobs of each effect and instrument, by name. `dawg_ai/export/web.py` writes them out for the engine that it packs. */
export interface Effects {
  [name: string]: Record<string, number | string>;
}
export interface Instruments {
  [name: string]: Record<string, number | string>;
}
export type PluginName = string;
