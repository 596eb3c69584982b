/** The worker for whole files: outlines, loudness, rendering and features. Everything it computes is a kernel of Python. */
import { outline } from "../audio/peaks";
import { writeWav } from "../audio/wav";
import type { Channels } from "#web/engine/fold";
import type { Source } from "#web/bundle/bundle";
import { type Material, extract } from "#web/bundle/features";
import type { ToolName, Tools } from "#web/engine/engine";
import type { HostedEffect, ModuleEntry, Tool } from "#web/engine/manifest";
import { measure } from "#web/engine/meter";
import type { Setting } from "#web/engine/recipe";
import { width } from "#web/engine/width";
import type { Rows, Scores } from "#web/engine/scores";
import { integratedLoudness } from "#web/render/loudness";
import { GENERATED, type Render, generate, render } from "#web/render/render";
import { Series } from "#web/render/series";
import { resampleResponse, withChannels } from "#web/render/resample";
import { answer } from "#web/rpc";

let effects: HostedEffect[] = [];
const tools: Tools = {};
let song: { channels: Channels; sampleRate: number } = { channels: [], sampleRate: 0 };
/** What effects work with, at the song's rate and with its channels. */
const sounds = new Map<number, Channels>();
/** What instruments play. */
const scores = new Map<number, Rows>();
let newest = 0;
let measured = new Series();

const described = (channels: Channels): { peaks: ReturnType<typeof outline>; lufs: number | null } => ({
  peaks: outline(channels),
  lufs: tools.loudness ? integratedLoudness(tools.loudness, channels, song.sampleRate) : null,
});

/** A chain that is not the page's comes with what its instruments play. */
interface Alone {
  chain: Setting[];
  scores: Scores["all"];
}

const jobOf = (alone: Alone): Render => ({ effects, song: song.channels, sampleRate: song.sampleRate, sounds, ...alone });

const rendered = (alone: Alone, wanted?: () => boolean): Promise<Channels | null> => render(jobOf(alone), wanted);

answer({
  engine(given: { effects: HostedEffect[] }) {
    ({ effects } = given);
    return { value: null };
  },

  /** An instrument, before the first chain that has it. */
  effect(hosted: HostedEffect) {
    effects = [...effects, hosted];
    return { value: null };
  },

  /** Comes before the first question that needs it. */
  tool({ name, tool }: { name: ToolName; tool: Tool }) {
    tools[name] = tool;
    return { value: null };
  },

  song(given: { channels: Channels; sampleRate: number }) {
    song = given;
    measured = new Series();
    return { value: described(song.channels) };
  },

  /** Keep a sound for effects to work with; the answer is the sound as they get it. */
  sound(given: { key: number; channels: Channels; sampleRate: number }) {
    const as = withChannels(given.channels, song.channels.length);
    const same = given.sampleRate === song.sampleRate;
    if (!same && !tools.resampling) throw new Error("the engine cannot change a sound's rate");
    const value = same ? as : resampleResponse(tools.resampling!, as, given.sampleRate, song.sampleRate);
    sounds.set(given.key, value);
    return { value };
  },

  score({ key, rows }: { key: number; rows: Rows }) {
    scores.set(key, rows);
    return { value: null };
  },

  forgetScore({ key }: { key: number }) {
    scores.delete(key);
    return { value: null };
  },

  /** Loudness and outline of the result; null if a newer question came meanwhile. */
  async result(given: { chain: Setting[] }) {
    const number = ++newest;
    const out = await rendered({ chain: given.chain, scores }, () => number === newest);
    return { value: out && described(out) };
  },

  async export(given: { chain: Setting[] }) {
    const wav = writeWav((await rendered({ chain: given.chain, scores }))!, song.sampleRate);
    return { value: wav, transfer: [wav] };
  },

  /** What instruments play, as a song of its own. */
  async generate(given: Alone) {
    return { value: { channels: await generate({ effects, ...given }), sampleRate: GENERATED.sampleRate } };
  },

  /** What meters read of the song through a chain, or of what the chain generates. */
  async measure(given: Alone & { meters: string[]; ofSong: boolean }) {
    if (!tools.meter) throw new Error("the engine has no meter");
    const out = given.ofSong ? await measured.render(jobOf(given)) : await generate({ effects, ...given });
    return { value: measure(tools.meter, given.meters, out!, given.ofSong ? song.sampleRate : GENERATED.sampleRate) };
  },

  /** What meters read of the song through a chain, and its width in three bands where the engine measures that. */
  async figures(given: Alone & { meters: string[] }) {
    if (!tools.meter) throw new Error("the engine has no meter");
    const out = given.chain.length > 0 ? await measured.render(jobOf(given)) : song.channels;
    const read = measure(tools.meter, given.meters, out, song.sampleRate);
    return { value: [...read, ...(tools.width ? width(tools.width, out, song.sampleRate) : [])] };
  },

  features(given: {
    kernels: ModuleEntry;
    compiled: WebAssembly.Module;
    features: Source["features"];
    /** The song itself, where nothing else is given. */
    other?: Material;
  }) {
    return { value: extract(given.kernels, given.compiled, given.features, given.other ?? song) };
  },
});
