/** What a plugin suggests for the song: ghost positions, taken group by group. */
import { computed, signal } from "@preact/signals";
import type { Song } from "../audio/open";
import type { Part } from "#web/bundle/ask";
import type { Bundle } from "#web/bundle/bundle";
import type { EffectEntry } from "#web/engine/manifest";
import { nearest } from "#web/engine/knob";
import { type Setting, fresh } from "#web/engine/recipe";
import type { Choices } from "./plugins";
import { keepScore } from "./scores";
import * as store from "./store";

export interface Suggestion {
  bundle: Bundle;
  /** What it was asked with. */
  choices: Choices;
  /** The song that it is for, or that was generated from it. */
  song: Song | null;
  parts: readonly Part[];
  /** For each part the number of the effect in the chain that it is for, where the chain has one. */
  links: readonly (number | undefined)[];
  /** Keys of the groups that were taken. */
  taken: ReadonlySet<string>;
}

/** A group of one part's knobs, as a person takes it. */
export interface Group {
  /** Of no other group of the suggestion. */
  key: string;
  name: string;
  /** Names of its knobs. */
  knobs: readonly string[];
  confidence?: number;
}

const kept = signal<Suggestion | null>(null);

/** With another song it is gone. */
export const suggestion = computed(() => (kept.value?.song === store.song.value ? kept.value : null));

/** Groups of a part; one that sets no knob is a group by itself. */
export function groupsOf({ effect, groups }: Part, place: number): Group[] {
  const all = groups.length > 0 ? groups : [{ name: effect, knobs: [] }];
  return all.map((group, i) => ({ ...group, name: group.name || effect, key: `${place}.${i}` }));
}

/** Whatever was suggested before is gone. */
export function show(now: Omit<Suggestion, "links" | "taken">): void {
  const links = bound(now.parts, []);
  kept.value = { ...now, links, taken: new Set() };
  const first = links.find((id) => id !== undefined);
  if (first !== undefined && !links.includes(store.current.value?.id)) store.opened.value = first;
}

/** Another answer to the same question with other controls: what was taken follows. */
export function renew(choices: Choices, parts: readonly Part[]): void {
  const now = suggestion.value;
  if (!now) return;
  const next = { ...now, choices, parts };
  const isOn = ({ on }: Setting, place: number): boolean =>
    parts[place]!.sure === now.parts[place]!.sure ? on : parts[place]!.sure;
  const { chain, links } = applied(next, now.taken, isOn, false);
  if (now.taken.size > 0) store.chain.value = chain;
  kept.value = { ...next, links };
}

/** Take some groups of the suggestion, as one step of undo. */
export function take(keys: Iterable<string>): void {
  const now = suggestion.value;
  if (!now) return;
  const chosen = new Set(keys);
  const { chain, links } = applied(now, chosen, () => true, true);
  const groups = now.parts.flatMap((part, place) => groupsOf(part, place).map((group) => ({ group, id: links[place] })));
  const taken = groups.filter(({ group }) => chosen.has(group.key));
  if (!taken.some(({ id }) => id === store.current.value?.id)) store.opened.value = taken[0]?.id ?? -1;
  store.replaceChain(chain);
  kept.value = { ...now, links, taken: new Set([...now.taken, ...chosen]) };
  store.announce(`Taken: ${taken.length === 1 ? taken[0]!.group.name : "the suggestion"}.`);
}

/** All that the plugin is sure of. */
export function takeAll(): void {
  const parts = suggestion.value?.parts ?? [];
  take(parts.flatMap((part, place) => (part.sure ? groupsOf(part, place).map(({ key }) => key) : [])));
}

/** For each part the effect that it was for before, or one of its kind that no other part is for: the open one, or the first. */
function bound(parts: readonly Part[], before: Suggestion["links"]): (number | undefined)[] {
  const chain = store.chain.value;
  const used = new Set(before);
  return parts.map(({ effect }, place) => {
    if (chain.some(({ id }) => id === before[place])) return before[place];
    const alone = parts.filter((each) => each.effect === effect).length === 1;
    const free = chain.filter((each) => each.effect === effect && !used.has(each.id));
    const found = (alone && free.find((each) => each === store.current.value)) || free[0];
    used.add(found?.id);
    return found?.id;
  });
}

/**
 * The chain with these groups in it. Where it lacks an effect, that is put in, in the order of the plugin's own chain.
 *
 * The knobs that a plugin fixes arrive with the first group of a link that is taken, since its groups are meant for them;
 * after that they are the person's. Where all groups of a link are taken at once (`whole`), its effect becomes what the
 * plugin answered and measured: all its other knobs go to their defaults.
 */
function applied(
  { parts, links: before, taken: already }: Suggestion,
  keys: ReadonlySet<string>,
  isOn: (setting: Setting, place: number) => boolean,
  whole: boolean,
): { chain: Setting[]; links: Suggestion["links"] } {
  const chain = [...store.chain.value];
  const links = bound(parts, before);
  parts.forEach((part, place) => {
    const all = groupsOf(part, place);
    const taken = all.filter(({ key }) => keys.has(key));
    if (taken.length === 0) return;
    const entry = store.entryOf(part.effect)!;
    const isNew = links[place] === undefined;
    if (isNew) {
      const added = fresh(part.effect, entry);
      chain.splice(placeFor(place, links, chain), 0, added);
      links[place] = added.id;
    }
    const at = chain.findIndex(({ id }) => id === links[place]);
    const extent = {
      groups: new Set(taken.flatMap(({ knobs }) => knobs)),
      fixed: isNew || !all.some(({ key }) => already.has(key)),
      whole: whole && taken.length === all.length,
    };
    chain[at] = { ...(part.sure ? turned(chain[at]!, entry, part, extent) : chain[at]!), on: isOn(chain[at]!, place) };
  });
  return { chain, links };
}

/** Behind the effects of earlier parts, else before those of later ones, else at the end. */
function placeFor(place: number, links: Suggestion["links"], chain: readonly Setting[]): number {
  const among = (some: Suggestion["links"]): number[] =>
    chain.flatMap(({ id }, at) => (some.includes(id) ? [at] : []));
  const earlier = among(links.slice(0, place));
  return earlier.length > 0 ? earlier.at(-1)! + 1 : (among(links.slice(place + 1))[0] ?? chain.length);
}

/** Which knobs of an effect a part turns: those of some groups, those that the plugin fixes, or all there are. */
interface Extent {
  groups: ReadonlySet<string>;
  fixed: boolean;
  whole: boolean;
}

/** An effect as a part has it. */
function turned(setting: Setting, entry: EffectEntry, part: Part, { groups, fixed, whole }: Extent): Setting {
  const set = new Set(part.groups.flatMap(({ knobs }) => knobs));
  const knobs = entry.knobs.map((knob, i) => {
    const { name } = knob;
    if (whole) return part.knobs[name] ?? nearest(knob, knob.default);
    const isTurned = groups.has(name) || (fixed && !set.has(name));
    return (isTurned ? part.knobs[name] : undefined) ?? setting.knobs[i]!;
  });
  const rows = entry.plays && part[entry.plays];
  return { ...setting, knobs, ...(rows ? { score: keepScore(rows) } : {}) };
}

/** Suggested values of an effect's knobs that are not taken yet; null where there are none. */
export function ghostsOf(link: number, entry: EffectEntry): (number | null)[] {
  const { parts = [], links = [], taken = new Set() } = suggestion.value ?? {};
  const place = links.indexOf(link);
  const part = parts[place];
  if (!part?.sure) return entry.knobs.map(() => null);
  const open = groupsOf(part, place).flatMap(({ key, knobs }) => (taken.has(key) ? [] : knobs));
  return entry.knobs.map(({ name }) => (open.includes(name) ? part.knobs[name]! : null));
}

/** A hand on one or more knobs has precedence: their groups no longer follow the controls. */
export function handTurns(link: number, moves: ReadonlyMap<number, number>): void {
  const now = suggestion.value;
  const place = now?.links.indexOf(link) ?? -1;
  const part = now?.parts[place];
  if (now && part) {
    const knobs = store.entryOf(part.effect)!.knobs;
    const names = [...moves.keys()].map((i) => knobs[i]!.name);
    const moved = groupsOf(part, place).filter((group) => names.some((name) => group.knobs.includes(name)));
    const keys = moved.map(({ key }) => key);
    if (keys.some((key) => now.taken.has(key))) {
      kept.value = { ...now, taken: new Set([...now.taken].filter((key) => !keys.includes(key))) };
    }
  }
  store.turn(link, moves);
}

/** Nothing of the suggestion counts as taken any more. */
export function letGo(): void {
  if (kept.value) kept.value = { ...kept.value, taken: new Set() };
}

export function dismiss(): void {
  kept.value = null;
}
