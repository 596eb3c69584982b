/** The worker for whole files: outlines, loudness, export and features. Everything it computes is a kernel of Python. */
import { outline } from "../audio/peaks";
import { type Channels, writeWav } from "../audio/wav";
import type { Declaration } from "../bundle/bundle";
import { extract } from "../bundle/features";
import type { Tools } from "../engine/engine";
import type { HostedEffect } from "../engine/manifest";
import type { Setting } from "../engine/recipe";
import { measure } from "./loudness";
import { render } from "./render";
import { resample, withChannels } from "./resample";
import { answer } from "./rpc";

let effects: HostedEffect[] = [];
let tools: Tools = {};
let song: { channels: Channels; sampleRate: number } = { channels: [], sampleRate: 0 };
/** What effects work with, at the song's rate and with its channels. */
const sounds = new Map<number, Channels>();
let newest = 0;

const described = (channels: Channels): { peaks: ReturnType<typeof outline>; lufs: number | null } => ({
  peaks: outline(channels),
  lufs: tools.loudness ? measure(tools.loudness, channels, song.sampleRate) : null,
});

answer({
  engine(given: { effects: HostedEffect[]; tools: Tools }) {
    ({ effects, tools } = given);
    return { value: null };
  },

  song(given: { channels: Channels; sampleRate: number }) {
    song = given;
    return { value: described(song.channels) };
  },

  /** Keep a sound for effects to work with; the answer is the sound as they get it. */
  sound(given: { key: number; channels: Channels; sampleRate: number }) {
    const as = withChannels(given.channels, song.channels.length);
    const same = given.sampleRate === song.sampleRate;
    if (!same && !tools.resampling) throw new Error("the engine cannot change a sound's rate");
    const value = same ? as : resample(tools.resampling!, as, given.sampleRate, song.sampleRate);
    sounds.set(given.key, value);
    return { value };
  },

  /** Loudness and outline of the result; null if a newer question came meanwhile. */
  async result(given: { chain: Setting[] }) {
    const number = ++newest;
    const out = await render(effects, given.chain, song.channels, song.sampleRate, sounds, () => number === newest);
    return { value: out && described(out) };
  },

  async export(given: { chain: Setting[] }) {
    const { channels, sampleRate } = song;
    const out = await render(effects, given.chain, channels, sampleRate, sounds);
    const wav = writeWav(out ?? channels, sampleRate);
    return { value: wav, transfer: [wav] };
  },

  features(given: {
    features: Declaration["features"];
    bytes: ArrayBuffer;
    /** The song itself, where no other audio is given. */
    other?: { channels: Channels; sampleRate: number };
  }) {
    const { channels, sampleRate } = given.other ?? song;
    return { value: extract(given.features, given.bytes, channels, sampleRate) };
  },
});
