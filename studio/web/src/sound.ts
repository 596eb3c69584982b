/** Sounds as a caller has them, and as the kernels take them. */
import type { Channels } from "./engine/fold";
import { toolOf } from "./library";

/** Samples, channel after channel, full scale 1. */
export interface Sound {
  channels: Channels;
  sampleRate: number;
}

export type AnySound = Sound | AudioBuffer;

export function soundOf(given: AnySound): Sound {
  if (!("getChannelData" in given)) return given;
  const { numberOfChannels, sampleRate } = given;
  return { channels: Array.from({ length: numberOfChannels }, (_, c) => given.getChannelData(c)), sampleRate };
}

/** A sound for an effect to work with, at the rate and with the channels of what it processes. */
export async function broughtTo(given: AnySound, sampleRate: number, channels: number): Promise<Channels> {
  const sound = soundOf(given);
  if (sound.channels.length > 2) throw new Error(`a sound has ${sound.channels.length} channels; expected 1 or 2`);
  if (sound.sampleRate === sampleRate && sound.channels.length === channels) return sound.channels;
  const { resampleResponse, withChannels } = await import("./render/resample");
  const as = withChannels(sound.channels, channels);
  return sound.sampleRate === sampleRate ? as : resampleResponse(await toolOf("resampling"), as, sound.sampleRate, sampleRate);
}
