import { sniffRate } from "./sniff";
import { type Audio, isWav, readWav } from "./wav";

export interface Song extends Audio {
  name: string;
  /** What a person should know of how it was read; empty if there is nothing to say. */
  remark: string;
}

/** Where the header does not tell a rate. */
const USUAL_RATE = 48000;
/** More than this fills a browser tab: the samples are held three times over while rendering. */
const MOST_SAMPLES = 192_000 * 60 * 30;
const LONG_S = 600;

async function decode(bytes: ArrayBuffer, name: string): Promise<{ audio: Audio; guessed: boolean }> {
  const rate = sniffRate(bytes);
  let context: OfflineAudioContext;
  try {
    context = new OfflineAudioContext(1, 1, rate ?? USUAL_RATE);
  } catch {
    throw new Error(`${name} says it has ${rate} samples per second, which this browser cannot play`);
  }
  let decoded: AudioBuffer;
  try {
    decoded = await context.decodeAudioData(bytes);
  } catch {
    throw new Error(`${name} is not audio that this browser can read; WAV, FLAC, OGG and MP3 are`);
  }
  const kept = Math.min(decoded.numberOfChannels, 2);
  const channels = Array.from({ length: kept }, (_, c) => decoded.getChannelData(c).slice());
  const audio = { sampleRate: decoded.sampleRate, channels, channelsInFile: decoded.numberOfChannels };
  return { audio, guessed: rate === undefined };
}

/** A file as a song, at its own rate. Throws in words what is wrong with it. */
export async function openSong(file: File): Promise<Song> {
  const bytes = await file.arrayBuffer();
  if (bytes.byteLength === 0) throw new Error(`${file.name} is empty`);
  const { audio, guessed } = isWav(bytes)
    ? { audio: readWav(bytes), guessed: false }
    : await decode(bytes, file.name);
  const samples = audio.channels[0]?.length ?? 0;
  if (samples === 0) throw new Error(`${file.name} has no samples`);
  if (samples * audio.channels.length > MOST_SAMPLES) {
    throw new Error(`${file.name} is longer than a browser tab can hold; use the command line for it`);
  }
  const remarks = [
    audio.channelsInFile > 2 ? `It has ${audio.channelsInFile} channels; the first two are used.` : "",
    guessed ? `Its rate could not be read; it is taken at ${USUAL_RATE} Hz.` : "",
    samples / audio.sampleRate > LONG_S ? "It is long: rendering may take a while and much memory." : "",
  ];
  return { ...audio, name: file.name, remark: remarks.filter(Boolean).join(" ") };
}
