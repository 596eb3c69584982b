/** AIFF and AIFF-C, which only some browsers decode: uncompressed samples, as libsndfile reads them for Python. */
import { usedOf } from "#web/engine/fold";
import { type Audio, ascii } from "./wav";

interface AiffFormat {
  sampleRate: number;
  channels: number;
  bits: number;
  /** Samples, and where they are; 0 where there are none. */
  samples: number;
  dataAt: number;
  /** The kind of samples; of plain AIFF "NONE". */
  codec: string;
}

export const isAiff = (view: DataView, at: number): boolean =>
  ascii(view, at) === "FORM" && ["AIFF", "AIFC"].includes(ascii(view, at + 8));

type Read = (view: DataView, at: number) => number;

const integers = (bits: number, little: boolean): Read | undefined => {
  if (bits === 8) return (view, at) => view.getInt8(at) / 128;
  if (bits === 16) return (view, at) => view.getInt16(at, little) / 32768;
  const [high, low] = little ? [2, 0] : [0, 1];
  if (bits === 24) return (view, at) => (view.getInt8(at + high) * 65536 + view.getUint16(at + low, little)) / 8388608;
  if (bits === 32) return (view, at) => view.getInt32(at, little) / 2147483648;
  return undefined;
};

function reader({ codec, bits }: AiffFormat): Read | undefined {
  if (["NONE", "twos", "sowt"].includes(codec)) return integers(Math.ceil(bits / 8) * 8, codec === "sowt");
  if (["fl32", "FL32"].includes(codec)) return (view, at) => view.getFloat32(at);
  return ["fl64", "FL64"].includes(codec) ? (view, at) => view.getFloat64(at) : undefined;
}

/** What a file says of its samples; undefined where it does not say enough. */
export function aiffFormat(view: DataView, start: number): AiffFormat | undefined {
  let found: AiffFormat | undefined;
  let dataAt = 0;
  for (let at = start + 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4);
    const name = ascii(view, at);
    if (name === "COMM" && at + 26 <= view.byteLength) {
      // The rate is an 80-bit float.
      const exponent = (view.getUint16(at + 16) & 0x7fff) - 16383;
      found = {
        channels: view.getUint16(at + 8),
        samples: view.getUint32(at + 10),
        bits: view.getUint16(at + 14),
        sampleRate: view.getUint32(at + 18) * 2 ** (exponent - 31),
        codec: size >= 22 ? ascii(view, at + 26) : "NONE",
        dataAt: 0,
      };
    }
    if (name === "SSND" && at + 16 <= view.byteLength) dataAt = at + 16 + view.getUint32(at + 8);
    at += 8 + size + (size % 2);
  }
  return found && { ...found, dataAt };
}

/** All samples of the channels that are used; undefined where they are compressed, or not there. */
export function readAiff(view: DataView, start: number): Audio | undefined {
  const format = aiffFormat(view, start);
  const read = format && reader(format);
  if (!format || !read || !format.dataAt || format.channels < 1) return undefined;
  const { sampleRate, channels, bits, dataAt } = format;
  const width = Math.ceil(bits / 8);
  const samples = Math.min(format.samples, Math.floor((view.byteLength - dataAt) / (width * channels)));
  const kept = Array.from({ length: usedOf(channels) }, (_, channel) => {
    const out = new Float32Array(samples);
    for (let i = 0, at = dataAt + channel * width; i < samples; i++, at += width * channels) out[i] = read(view, at);
    return out;
  });
  return { sampleRate, channels: kept, channelsInFile: channels, mask: undefined };
}
