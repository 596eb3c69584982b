/** Keys that work wherever the focus is, but while something is typed, or where a control needs the key itself. */
import { signal } from "@preact/signals";
import * as player from "../state/player";
import { desk } from "../state/desk";
import { fail, song } from "../state/store";
import * as work from "../state/work";

/** Is the sheet of keys open? */
export const sheetOpen = signal(false);

export function togglePlay(): void {
  if (desk.value) desk.value.togglePlay();
  else if (player.playing.value) player.pause();
  else player.play().catch((error: unknown) => fail("The song cannot be played", error));
}

export const undo = (): void => (desk.value ? desk.value.undo() : work.undo());
export const redo = (): void => (desk.value ? desk.value.redo() : work.redo());

const toggleLoop = (): void => (desk.value ? desk.value.toggleLoop() : player.setLoop(!player.looping.value));

export const toggleSide = (): void => player.choose(player.side.value === "after" ? "before" : "after");

interface Shortcut {
  /** As they are written in the sheet; one of them is enough. */
  keys: readonly string[];
  does: string;
  act: () => void;
  /** Only with a song, or in a tab for notes. */
  ofSong?: boolean;
  /** Only in the mix. */
  ofMix?: boolean;
}

const SHORTCUTS: readonly Shortcut[] = [
  { keys: ["Space"], does: "Play or pause", act: togglePlay, ofSong: true },
  { keys: ["A", "B"], does: "Switch between original and result", act: toggleSide, ofSong: true, ofMix: true },
  { keys: ["L"], does: "Loop on or off", act: toggleLoop, ofSong: true },
  { keys: ["Ctrl+Z"], does: "Undo", act: undo },
  { keys: ["Ctrl+Shift+Z", "Ctrl+Y"], does: "Redo", act: redo },
  { keys: ["?"], does: "Show these keys", act: () => (sheetOpen.value = true) },
];

/** Keys of single controls, which those handle themselves. */
const OF_CONTROLS: readonly Pick<Shortcut, "keys" | "does">[] = [
  { keys: ["Enter"], does: "Press the button that has the focus" },
  { keys: ["←", "→"], does: "Song: a second back or on; knob: less or more; grid: the next step" },
  { keys: ["Page Up", "Page Down"], does: "Song: ten seconds; knob: a tenth of its travel; node: Q" },
  { keys: ["Home", "End"], does: "Song: start, end; knob: least, most" },
  { keys: ["Alt+↑", "Alt+↓"], does: "Knob: its smallest step; note that is sung: 10 cents" },
  { keys: ["[", "]"], does: "Song: start and end of the loop" },
  { keys: ["Esc"], does: "Song: no more loop; here: close" },
  { keys: ["Delete"], does: "Node: no gain; notes: none here" },
  { keys: ["Shift+↑", "Shift+↓"], does: "Step: louder, softer; note: higher, lower" },
  { keys: ["Shift+←", "Shift+→"], does: "Step: earlier, later by 2 ms; note: by a sixteenth" },
  { keys: ["+", "-"], does: "Note: longer, shorter by a sixteenth" },
];

export const LISTS = [
  { title: "Anywhere", shortcuts: SHORTCUTS },
  { title: "Where the focus is", shortcuts: OF_CONTROLS },
];

/** The key of an event as the sheet writes it; Cmd counts as Ctrl. */
function written({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): string {
  const name = key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
  if (altKey) return `Alt+${name}`;
  return ctrlKey || metaKey ? `Ctrl+${shiftKey ? "Shift+" : ""}${name}` : name;
}

/**
 * In a text field keys type, and Ctrl+Z takes that back. A list opens by Space and is searched by letters; Space is the one
 * key that ticks a box. Everything else leaves Space to the song, as in a DAW: a button that has the focus, since it was
 * clicked last, is pressed by Enter.
 */
function isNeeded(target: Element, keys: string): boolean {
  if (target.matches("textarea, input:not([type=range], [type=radio], [type=checkbox], [type=file])")) return true;
  if (target.matches("select")) return !keys.startsWith("Ctrl+");
  return target.matches("[type=checkbox]") && keys === "Space";
}

/** Both of going down and of coming up: some browsers press a button as Space comes up. */
function onKey(event: KeyboardEvent): void {
  const keys = written(event);
  const found = SHORTCUTS.find((each) => each.keys.includes(keys));
  const target = event.target instanceof Element ? event.target : document.body;
  if (!found || sheetOpen.value || event.isComposing || isNeeded(target, keys)) return;
  if ((found.ofSong && !song.value && !desk.value) || (found.ofMix && desk.value)) return;
  event.preventDefault();
  if (event.type === "keydown" && (!event.repeat || keys.startsWith("Ctrl+"))) found.act();
}

export function listenToKeys(): void {
  addEventListener("keydown", onKey);
  addEventListener("keyup", onKey);
}
