import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { desk, editors, openMix, openTab } from "../state/desk";
import * as player from "../state/player";
import { fail } from "../state/store";

/** The tab for notes, fetched when one is first opened. */
const view = signal<ComponentType | null>(null);

const Waiting = () => <p class="quiet">Opening…</p>;

/** What to show; null for the mix. */
export const tabOf = (plugin: string): ComponentType | null => (plugin === "" ? null : (view.value ?? Waiting));

function open(plugin: string): void {
  if (plugin === openTab.value) return;
  if (plugin === "") {
    openMix();
    return;
  }
  player.pause();
  desk.value = null;
  openTab.value = plugin;
  if (view.value) return;
  import("./NotesTab")
    .then(({ NotesTab }) => (view.value = NotesTab))
    .catch((error: unknown) => {
      openMix();
      fail("The tab did not load", error);
    });
}

/** The mix, and one tab for each plugin that has one. */
export function Tabs() {
  const tabs = [
    { plugin: "", title: "Mix" },
    ...editors.value.map(({ declaration: { plugin, editor } }) => ({ plugin, title: editor!.title })),
  ];
  const at = tabs.findIndex(({ plugin }) => plugin === openTab.value);
  const onKey = (event: KeyboardEvent): void => {
    const targets: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const to = (target + tabs.length) % tabs.length;
    open(tabs[to]!.plugin);
    (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]")[to]?.focus();
  };
  return (
    <nav aria-label="Places of work">
      <div class="places" role="tablist" aria-label="Places of work" onKeyDown={onKey}>
        {tabs.map(({ plugin, title }, i) => (
          <button
            key={plugin}
            type="button"
            role="tab"
            aria-selected={i === at}
            tabIndex={i === at ? 0 : -1}
            onClick={() => open(plugin)}
          >
            {title}
          </button>
        ))}
      </div>
    </nav>
  );
}
