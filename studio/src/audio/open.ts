import { isAiff, readAiff } from "./aiff";
import { foldedInWords, stereo, usedOf } from "#web/engine/fold";
import { type Header, afterTags, sniff } from "./sniff";
import { type Audio, type WavFormat, isPlain, isWav, readFormat, readWav } from "./wav";

export interface Song extends Omit<Audio, "mask"> {
  name: string;
  /** What it was read from; a song that was generated has none. */
  file?: File;
  /** False where nothing in the file tells its rate, so that it was decoded at the usual one. */
  rateKnown: boolean;
  /** What a person should know of how it was read; empty if there is nothing to say. */
  remark: string;
}

/** Where the header does not tell a rate. */
const USUAL_RATE = 48000;
/** More than this fills a browser tab: the samples are held three times over while rendering. */
const MOST_SAMPLES = 192_000 * 60 * 30;
const LONG_S = 600;

const POSITIVE_MOST = 32767;
/** What 32-bit rounding leaves between such a sample and a whole number; by chance only one in fifty is as near. */
const ROUNDED = 0.01;

/**
 * Some browsers divide positive 16-bit samples by 32767 and negative ones by 32768; libsndfile, and so Python,
 * divides all by 32768. Where every sample tells that this was done, it is undone.
 */
function evenOut(channels: readonly Float32Array[]): void {
  const byLess = (value: number): number => Math.round(value * POSITIVE_MOST);
  const told = (value: number): boolean => value <= 0 || Math.abs(value * POSITIVE_MOST - byLess(value)) < ROUNDED;
  const plain = (value: number): boolean => Number.isInteger(value * (POSITIVE_MOST + 1));
  if (channels.every((channel) => channel.every(plain)) || !channels.every((channel) => channel.every(told))) return;
  for (const channel of channels) {
    channel.forEach((value, i) => {
      if (value > 0) channel[i] = byLess(value) / (POSITIVE_MOST + 1);
    });
  }
}

/** By the browser; WAVE order of the channels is what its decoders give, whatever the file's own. */
async function decode(bytes: ArrayBuffer, { sampleRate, mask }: Header, name: string): Promise<Audio> {
  let context: OfflineAudioContext;
  try {
    context = new OfflineAudioContext(1, 1, sampleRate ?? USUAL_RATE);
  } catch {
    throw new Error(`${name} says it has ${sampleRate} samples per second, which this browser cannot play`);
  }
  let decoded: AudioBuffer;
  try {
    decoded = await context.decodeAudioData(bytes);
  } catch {
    throw new Error(`${name} is not audio that this browser can read; WAV, AIFF, FLAC, OGG and MP3 are, and the command line reads more`);
  }
  const channelsInFile = decoded.numberOfChannels;
  const used = usedOf(channelsInFile, mask);
  const channels = Array.from({ length: used }, (_, c) => decoded.getChannelData(c).slice());
  evenOut(channels);
  return { sampleRate: decoded.sampleRate, channels, channelsInFile, mask };
}

const MP3_IN_WAV = 0x55;

/** What a browser is given to decode: MP3 without the WAVE file around it, whose decoder would not always look for it. */
const encoded = (bytes: ArrayBuffer, wav: WavFormat | undefined): ArrayBuffer =>
  wav?.format === MP3_IN_WAV ? bytes.slice(wav.dataAt, wav.dataAt + wav.dataBytes) : bytes;

/** A file as a song, at its own rate, surround folded to stereo. Throws in words what is wrong with it. */
export async function openSong(file: File): Promise<Song> {
  const bytes = await file.arrayBuffer();
  if (bytes.byteLength === 0) throw new Error(`${file.name} is empty`);
  const view = new DataView(bytes);
  const start = afterTags(view);
  const wav = isWav(view, start) ? readFormat(view, start) : undefined;
  const header = sniff(view, start);
  const plain = wav && isPlain(wav) ? readWav(view, wav) : isAiff(view, start) ? readAiff(view, start) : undefined;
  const audio = plain ?? (await decode(encoded(bytes, wav), header, file.name));
  const samples = audio.channels[0]?.length ?? 0;
  if (!audio.channels.every((channel) => channel.every(Number.isFinite))) {
    throw new Error(`${file.name} holds samples that are not finite numbers; it is damaged`);
  }
  if (samples === 0) throw new Error(`${file.name} has no samples`);
  if (samples * audio.channels.length > MOST_SAMPLES) {
    throw new Error(`${file.name} is longer than a browser tab can hold; use the command line for it`);
  }
  const remarks = [
    foldedInWords(audio.channelsInFile, audio.mask),
    wav?.missing ? `It breaks off after ${(samples / audio.sampleRate).toFixed(1)} s; its header tells of more.` : "",
    header.others ? "After its first part come others of another rate or other channels, which are left out." : "",
    samples / audio.sampleRate > LONG_S ? "It is long: rendering may take a while and much memory." : "",
  ];
  const { mask, ...kept } = audio;
  const channels = stereo(kept.channels, mask);
  const rateKnown = header.sampleRate !== undefined;
  return { ...kept, channels, name: file.name, file, rateKnown, remark: remarks.filter(Boolean).join(" ") };
}
