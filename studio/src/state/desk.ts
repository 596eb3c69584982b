/** Which tab is open, and what the keys of the whole page do there. */
import { computed, signal } from "@preact/signals";
import { bundles } from "./store";

/** Where keys and buttons of the page go while a tab other than the mix is open. */
export interface Desk {
  togglePlay: () => void;
  toggleLoop: () => void;
  undo: () => void;
  redo: () => void;
  canUndo: () => boolean;
  canRedo: () => boolean;
}

/** Plugins that have a tab. */
export const editors = computed(() => bundles.value.filter(({ declaration }) => declaration.editor));

/** Name of the plugin whose tab is open; empty for the mix. */
export const openTab = signal("");

export const desk = signal<Desk | null>(null);

export function openMix(): void {
  openTab.value = "";
  desk.value = null;
}
