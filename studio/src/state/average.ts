/** The spectrum of a whole song at rest, by the browser's own analyser. */
import { signal } from "@preact/signals";
import type { Song } from "../audio/open";

export interface Spectrum {
  sampleRate: number;
  /** Decibels of each bin, from 0 to half the sample rate. */
  decibels: Float32Array<ArrayBuffer>;
}

export const average = signal<Spectrum | null>(null);

const FFT_SIZE = 8192;
const LOOKS = 48;

/** Average over moments spread through the song; only these moments are rendered. */
export async function averageSpectrum(song: Song): Promise<Spectrum> {
  const { sampleRate, channels } = song;
  const samples = channels[0]!.length;
  const looks = Math.min(LOOKS, Math.max(1, Math.floor(samples / FFT_SIZE)));
  const context = new OfflineAudioContext(1, looks * FFT_SIZE, sampleRate);
  const excerpts = new AudioBuffer({ length: looks * FFT_SIZE, numberOfChannels: channels.length, sampleRate });
  for (let look = 0; look < looks; look++) {
    const from = Math.floor(((samples - FFT_SIZE) * look) / Math.max(1, looks - 1));
    channels.forEach((channel, c) => {
      excerpts.copyToChannel(channel.subarray(Math.max(0, from), Math.max(0, from) + FFT_SIZE), c, look * FFT_SIZE);
    });
  }
  const source = new AudioBufferSourceNode(context, { buffer: excerpts });
  const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
  source.connect(analyser).connect(context.destination);
  source.start();
  const power = new Float64Array(FFT_SIZE / 2);
  const bins = new Float32Array(FFT_SIZE / 2);
  const look = (): void => {
    analyser.getFloatFrequencyData(bins);
    bins.forEach((decibels, i) => (power[i]! += 10 ** (decibels / 10) / looks));
  };
  for (let each = 1; each < looks; each++) {
    void context.suspend((each * FFT_SIZE) / sampleRate).then(() => {
      look();
      return context.resume();
    });
  }
  await context.startRendering();
  look();
  return { sampleRate, decibels: Float32Array.from(power, (each) => 10 * Math.log10(each + 1e-20)) };
}
