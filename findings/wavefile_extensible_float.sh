#!/usr/bin/env bash
# npm's wavefile takes the float samples of a WAVE_FORMAT_EXTENSIBLE file for integers.
#
# Versions: wavefile 11.0.0. Needs node 20 or newer, and npm.
# Expected: 32-bit float samples read as float samples, whether the header says so in its format tag (3) or, as
#   WAVE_FORMAT_EXTENSIBLE (0xFFFE), in the first two bytes of its sub-format; wavefile parses that field.
# Seen: with the extensible header the bits of each float are read as a 32-bit integer, without an error: 0.25 comes
#   back as 1048576000, and as 0.49 after the conversion to float that makes the two files alike. The plain header, and
#   64-bit floats in either, are read rightly.
# Why it matters: editors and converters write extensible headers for more than two channels or 16 bits. In a browser
#   the song turns into loud noise, or its features into nonsense, for some users' exports only. Look at the sub-format.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit wavefile@11.0.0
cat > read.cjs <<'END'
const { WaveFile } = require("wavefile");

const SAMPLES = [0, 0.25, 0.5, -0.5];

/** A mono WAV of 32-bit floats at 44.1 kHz. */
function wav(extensible) {
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : 3, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(44100, 4);
  format.writeUInt32LE(4 * 44100, 8);
  format.writeUInt16LE(4, 12);
  format.writeUInt16LE(32, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(32, 18);
    format.writeUInt32LE(4, 20); // front centre
    Buffer.from("0300000000001000800000aa00389b71", "hex").copy(format, 24); // KSDATAFORMAT_SUBTYPE_IEEE_FLOAT
  }
  const data = Buffer.from(Float32Array.from(SAMPLES).buffer);
  const chunk = (name, body) => {
    const head = Buffer.alloc(8);
    head.write(name, 0, "latin1");
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", format), chunk("data", data)]));
}

const read = extensible => [...new WaveFile(wav(extensible)).getSamples(false, Float64Array)];
const converted = new WaveFile(wav(true));
converted.toBitDepth("32f");
const [plain, extensible] = [read(false), read(true)];
const last = [...converted.getSamples(false, Float64Array)];
const ok = plain.every((value, i) => value === SAMPLES[i]) && extensible[1] === 0x3e800000 && Math.abs(last[1] - 0.49) < 0.01;
if (!ok) {
  console.error(`not as stated: ${SAMPLES} is read as ${plain}; with the extensible header ${extensible}, converted ${last}`);
  process.exit(1);
}
console.log(`${SAMPLES} is read as ${plain}; with the extensible header as ${extensible}, converted to float ${last}`);
END
node read.cjs
