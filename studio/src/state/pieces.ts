/** What is written in the editors of plugins: notes, and what becomes of them. */
import { signal } from "@preact/signals";
import type { Answer, Part } from "#web/bundle/ask";
import { type Bundle, type Editor, type Mode, isNeeded, offeredModes } from "#web/bundle/bundle";
import { nearest } from "#web/engine/knob";
import type { EffectEntry, Knob } from "#web/engine/manifest";
import { type Notes as Flat, VOICE, sounding } from "#web/engine/notes";
import { type Recipe, named } from "#web/engine/recipe";
import type { Rows } from "#web/engine/scores";
import { type Notes, atTempo, barsOf, changed, isIn, sorted, stepS, stretched, STEPS_PER_BAR } from "../score/grid";
import { readMidi } from "../score/read_midi";
import { withWords } from "../score/words";
import { alone, answerTo, generated } from "./asking";
import { type History, begin, push, redo, undo } from "./history";
import { type Choices, choicesOf, titleOf } from "./plugins";
import * as preview from "./preview";
import { takeSong } from "./song";
import * as store from "./store";
import { type Score, written } from "./written";

export interface Piece {
  /** As it is now; `history`, of which an undo brings back a step, holds it as it was when the last movement ended. */
  score: Score;
  history: History<Score>;
  /** Names of lanes that stay as they are. */
  locked: ReadonlySet<string>;
  /** Knobs of the instruments that a person turned, by link and name. */
  turned: ReadonlyMap<number, Readonly<Record<string, number>>>;
  /** Of the last question, where its curves are what is played; and what that was. */
  answer: { parts: readonly Part[]; question: string } | null;
}

const pieces = signal<ReadonlyMap<Bundle, Piece>>(new Map());

export const editorOf = ({ declaration }: Bundle): Editor => declaration.editor!;

const TEMPO: Knob = {
  name: "tempo", label: "Tempo", unit: "bpm", minimum: 40, maximum: 300, default: 120, step: 1, scale: "linear", choices: [], group: "", role: "",
};
const BARS: Knob = { ...TEMPO, name: "bars", label: "Bars", unit: "", minimum: 1, maximum: 32, default: 8 };

const controlOr = ({ declaration }: Bundle, name: string, otherwise: Knob): Knob =>
  declaration.controls.find((knob) => knob.name === name) ?? otherwise;

export const tempoKnob = (bundle: Bundle): Knob => controlOr(bundle, editorOf(bundle).tempo, TEMPO);
export const barsKnob = (bundle: Bundle): Knob => controlOr(bundle, editorOf(bundle).bars, BARS);

function blank(bundle: Bundle): Piece {
  const [tempo, bars] = [tempoKnob(bundle), barsKnob(bundle)].map((knob) => nearest(knob, knob.default)) as [number, number];
  const score = written.value.get(bundle.declaration.plugin) ?? { notes: [], words: "", bends: {}, tempo, bars };
  return { score, history: begin<Score>(score), locked: new Set(), turned: new Map(), answer: null };
}

export const pieceOf = (bundle: Bundle): Piece => pieces.value.get(bundle) ?? blank(bundle);

function put(bundle: Bundle, change: Partial<Piece>): void {
  pieces.value = new Map([...pieces.value, [bundle, { ...pieceOf(bundle), ...change }]]);
}

/** While a movement lasts; `commit` ends it and makes it one step of undo. */
export function edit(bundle: Bundle, change: Partial<Score>): void {
  const { score } = pieceOf(bundle);
  put(bundle, { score: { ...score, ...change, notes: sorted(change.notes ?? score.notes) } });
}

export function commit(bundle: Bundle): void {
  const { score, history } = pieceOf(bundle);
  if (JSON.stringify(score) !== JSON.stringify(history.present)) put(bundle, { history: push(history, score) });
  settled(bundle);
}

/** What was changed is heard, and kept. */
function settled(bundle: Bundle): void {
  written.value = new Map([...written.value, [bundle.declaration.plugin, pieceOf(bundle).score]]);
  listenAgain(bundle);
}

function step(bundle: Bundle, way: typeof undo): void {
  const history = way(pieceOf(bundle).history);
  put(bundle, { history, score: history.present });
  settled(bundle);
}

export const stepBack = (bundle: Bundle): void => step(bundle, undo);
export const stepForward = (bundle: Bundle): void => step(bundle, redo);

/** The same music, faster or slower. */
export function setTempo(bundle: Bundle, tempo: number): void {
  const { notes, bends, tempo: before } = pieceOf(bundle).score;
  edit(bundle, { tempo, notes: atTempo(notes, before, tempo), bends: stretched(bends, before / tempo) });
}

export function setLocked(bundle: Bundle, lane: string, on: boolean): void {
  const others = [...pieceOf(bundle).locked].filter((each) => each !== lane);
  put(bundle, { locked: new Set(on ? [...others, lane] : others) });
}

/** Notes of a MIDI file in place of those that were written: of the editor's channel, else of the lowest there is. */
export async function openMidi(bundle: Bundle, file: File): Promise<void> {
  await store.during(`Reading ${file.name}…`, `${file.name} could not be opened`, async () => {
    const { notes, tempo: found } = readMidi(await file.arrayBuffer(), file.name);
    const channels = new Set(notes.map((note) => note[VOICE]!));
    const own = channels.has(editorOf(bundle).channel) ? editorOf(bundle).channel : Math.min(...channels);
    const chosen = notes.filter((note) => note[VOICE] === own).map((note) => changed(note, { [VOICE]: 0 }));
    if (chosen.length === 0) throw new Error("it has no notes");
    const tempo = nearest(tempoKnob(bundle), found);
    const most = barsKnob(bundle).maximum;
    const inTempo = atTempo(chosen, found, tempo);
    if (barsOf(inTempo, tempo) > most) throw new Error(`it lasts ${barsOf(inTempo, tempo)} bars; there is room for ${most}`);
    edit(bundle, { notes: inTempo, bends: {}, tempo, bars: barsOf(inTempo, tempo) });
    commit(bundle);
    store.announce(`${chosen.length} notes in ${pieceOf(bundle).score.bars} bars.`);
  });
}

/** Seconds that the bars last. */
export const lengthOf = ({ bars, tempo }: Score): number => bars * STEPS_PER_BAR * stepS(tempo);

const entryOf = (effect: string): EffectEntry => store.entryOf(effect)!;

/** Does an instrument play notes themselves? Then those in the editor are what sounds. */
export const playsNotes = ({ declaration }: Bundle): boolean =>
  declaration.chain.some(({ effect }) => entryOf(effect).plays === "notes");

/** The notes of the editor as plugin and instruments take them: with their words. */
function wordedNotes(bundle: Bundle): Notes {
  const { notes, words } = pieceOf(bundle).score;
  const { syllables } = editorOf(bundle);
  return sounding(syllables ? withWords(notes, words, syllables) : notes);
}

/** What a source is given, one value after the other. */
function givenTo(bundle: Bundle, source: string): Flat {
  const { gives, lanes } = editorOf(bundle);
  const { locked } = pieceOf(bundle);
  const kept = lanes.filter(({ name }) => locked.has(name));
  const notes = wordedNotes(bundle).filter((note) => gives[source] !== "locked" || kept.some((lane) => isIn(lane, note)));
  return Float32Array.from(notes.flat());
}

const sourcesOf = ({ declaration }: Bundle, mode: Mode): string[] =>
  declaration.sources.map(({ name }) => name).filter((name) => isNeeded(declaration, mode, name));

/** What has to be written first, in words; empty where nothing has. */
export function missing(bundle: Bundle, mode: Mode): string {
  const { gives, lanes } = editorOf(bundle);
  const { score, locked } = pieceOf(bundle);
  const sources = sourcesOf(bundle, mode);
  if (sources.length > 0 && score.notes.length === 0) return "First write some notes.";
  const kept = lanes.filter(({ name }) => locked.has(name));
  const isKept = score.notes.some((note) => kept.some((lane) => isIn(lane, note)));
  return sources.some((name) => gives[name] === "locked") && !isKept ? "First lock a lane that has notes: it stays as it is." : "";
}

/** The mode that needs nothing but what is always needed. */
export const firstMode = ({ declaration }: Bundle): Mode =>
  offeredModes(declaration).find(({ needs }) => needs.length === 0) ?? offeredModes(declaration)[0]!;

/** What a person chose, with the tempo and bars of the editor. */
function choices(bundle: Bundle, mode: Mode): Choices {
  const chosen = choicesOf(bundle);
  const { tempo, bars } = editorOf(bundle);
  const { score } = pieceOf(bundle);
  const own = { ...(tempo ? { [tempo]: score.tempo } : {}), ...(bars ? { [bars]: score.bars } : {}) };
  return { ...chosen, mode, controls: { ...chosen.controls, ...own } };
}

/** All that an answer depends on. */
const questionOf = (bundle: Bundle, mode: Mode): string =>
  JSON.stringify([mode.name, choices(bundle, mode).controls, wordedNotes(bundle)]);

async function answered(bundle: Bundle, mode: Mode): Promise<Answer> {
  const given = Object.fromEntries(sourcesOf(bundle, mode).map((name) => [name, givenTo(bundle, name)]));
  return answerTo(bundle, choices(bundle, mode), null, given);
}

/** Ask for notes, which then are those of the editor, or for what becomes of its notes. */
export async function ask(bundle: Bundle, mode: Mode): Promise<void> {
  if (store.busy.value) return;
  const words = missing(bundle, mode);
  if (words) {
    store.tell("note", words);
    return;
  }
  const action = mode.action ?? mode.name;
  await store.during(`${action}…`, `${action}: there is no answer`, () => take(bundle, mode));
}

async function take(bundle: Bundle, mode: Mode): Promise<void> {
  const question = questionOf(bundle, mode);
  const { parts } = await answered(bundle, mode);
  const notes = parts.find((part) => part.notes)?.notes;
  if (notes) {
    const { tempo, bars } = pieceOf(bundle).score;
    edit(bundle, { notes, bars: Math.max(bars, barsOf(notes, tempo)) });
    commit(bundle);
    store.announce(`${notes.length} notes in ${pieceOf(bundle).score.bars} bars.`);
  } else {
    put(bundle, { answer: { parts, question } });
    listenAgain(bundle);
  }
}

/** What is wrong with the words, if anything is. */
export function wrongWords(bundle: Bundle): string {
  try {
    wordedNotes(bundle);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Is the answer to what is in the editor now? */
export const isCurrent = (bundle: Bundle): boolean =>
  playsNotes(bundle) ||
  (wrongWords(bundle) === "" && pieceOf(bundle).answer?.question === questionOf(bundle, firstMode(bundle)));

/** The knobs of a link that are a person's: those that the plugin does not set. */
export const ownKnobs = ({ declaration }: Bundle, place: number): Knob[] => {
  const { effect, sets } = declaration.chain[place]!;
  return entryOf(effect).knobs.filter(({ name }) => !sets.includes(name));
};

export function knobOf(bundle: Bundle, place: number, knob: Knob): number {
  const { fixed } = bundle.declaration.chain[place]!;
  return pieceOf(bundle).turned.get(place)?.[knob.name] ?? fixed[knob.name] ?? nearest(knob, knob.default);
}

export function turnKnob(bundle: Bundle, place: number, name: string, value: number): void {
  const { turned } = pieceOf(bundle);
  put(bundle, { turned: new Map([...turned, [place, { ...turned.get(place), [name]: value }]]) });
  listenAgain(bundle);
}

/** The curves of an answer with the pitch as a person bent it. */
export function withPitchBend(bundle: Bundle, curves: Rows): Rows {
  const { pitch } = editorOf(bundle);
  const { bends } = pieceOf(bundle).score;
  if (!pitch) return curves;
  return curves.map((row, i) => (bends[i] ? row.with(pitch.column, Math.fround(row[pitch.column]! + bends[i])) : row));
}

/** Curves that an instrument plays, where there is an answer. */
export const curvesOf = (bundle: Bundle): Rows | undefined =>
  pieceOf(bundle).answer?.parts.find((part) => part.curves)?.curves;

/** What sounds, complete for a render. */
export function recipeOf(bundle: Bundle): Recipe {
  const { answer } = pieceOf(bundle);
  const chain = bundle.declaration.chain.map(({ effect }, place) => {
    const part = answer?.parts[place];
    const own = Object.fromEntries(ownKnobs(bundle, place).map((knob) => [knob.name, knobOf(bundle, place, knob)]));
    const isOfNotes = entryOf(effect).plays === "notes";
    const played = isOfNotes ? { notes: wordedNotes(bundle) } : part?.curves ? { curves: withPitchBend(bundle, part.curves) } : {};
    return { effect, knobs: named(entryOf(effect), { ...part?.knobs, ...own }), ...played };
  });
  return { format: 1, chain };
}

/** Have an answer, where that is what sounds. Throws in words where there is nothing to play. */
async function prepared(bundle: Bundle): Promise<Recipe> {
  const mode = firstMode(bundle);
  if (pieceOf(bundle).score.notes.length === 0) throw new Error("there are no notes yet");
  const wrong = wrongWords(bundle);
  if (wrong) throw new Error(wrong);
  if (!isCurrent(bundle)) await take(bundle, mode);
  return recipeOf(bundle);
}

export const looping = signal(true);

/** Play from the beginning, or stop. */
export async function togglePlay(bundle: Bundle): Promise<void> {
  if (preview.playing.value) {
    preview.stop();
    return;
  }
  if (store.busy.value) return;
  await store.during("", "It cannot be played", async () => {
    const recipe = await prepared(bundle);
    await preview.play(alone(recipe), lengthOf(pieceOf(bundle).score), looping.value);
  });
}

export function toggleLoop(): void {
  looping.value = !looping.value;
  preview.stop();
}

/** What plays follows what was changed. */
function listenAgain(bundle: Bundle): void {
  if (!preview.playing.value) return;
  if (pieceOf(bundle).score.notes.length === 0) preview.stop();
  else preview.update(alone(recipeOf(bundle))).catch((error: unknown) => store.fail("It cannot be played", error));
}

/** What it is called as a song. */
export const titleOfPiece = (bundle: Bundle): string => titleOf(bundle, choices(bundle, firstMode(bundle)));

/** It as a song, by its name; null with words on the page where that fails. */
export async function asSong(bundle: Bundle): Promise<Awaited<ReturnType<typeof generated>> | null> {
  let made = null;
  if (store.busy.value) return null;
  await store.during("Rendering…", "It cannot be rendered", async () => {
    made = await generated(await prepared(bundle), titleOfPiece(bundle));
  });
  return made;
}

/** What was written becomes the song; says whether it did. */
export async function toMix(bundle: Bundle): Promise<boolean> {
  const song = await asSong(bundle);
  if (!song) return false;
  preview.stop();
  await takeSong(song);
  store.announce(`${song.name} is the song now.`);
  return true;
}
