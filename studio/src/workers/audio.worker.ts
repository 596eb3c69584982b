/** The worker for whole files: outlines, loudness, export and features. Everything it computes is a kernel of Python. */
import { outline } from "../audio/peaks";
import { writeWav } from "../audio/wav";
import type { Declaration } from "../bundle/bundle";
import { extract } from "../bundle/features";
import type { HostedEffect, ModuleEntry } from "../engine/manifest";
import type { Setting } from "../engine/recipe";
import { measure } from "./loudness";
import { render } from "./render";
import { answer } from "./rpc";

type Channels = Float32Array<ArrayBuffer>[];

let effects: HostedEffect[] = [];
let loudness: { entry: ModuleEntry; bytes: ArrayBuffer } | undefined;
let song: { channels: Channels; sampleRate: number } = { channels: [], sampleRate: 0 };
let newest = 0;

const described = (channels: Channels): { peaks: ReturnType<typeof outline>; lufs: number | null } => ({
  peaks: outline(channels),
  lufs: loudness ? measure(loudness.entry, loudness.bytes, channels, song.sampleRate) : null,
});

answer({
  engine(given: { effects: HostedEffect[]; loudness?: { entry: ModuleEntry; bytes: ArrayBuffer } }) {
    ({ effects, loudness } = given);
    return { value: null };
  },

  song(given: { channels: Channels; sampleRate: number }) {
    song = given;
    return { value: described(song.channels) };
  },

  /** Loudness and outline of the result; null if a newer question came meanwhile. */
  async result(given: { chain: Setting[] }) {
    const number = ++newest;
    const out = await render(effects, given.chain, song.channels, song.sampleRate, () => number === newest);
    return { value: out && described(out) };
  },

  async export(given: { chain: Setting[] }) {
    const { channels, sampleRate } = song;
    const out = await render(effects, given.chain, channels, sampleRate);
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
