// The package in Node: node render.mjs PROJECT JOB.json, with a job
// {"renders": [{"recipe": {...}, "input": "x.f32" or null, "channels": 2, "rate": 44100, "tail": false, "sounds": {name: sound}}]}
// whose sounds are {"file": "s.f32", "channels": 2, "rate": 48000}; each result is written beside its input as out<i>.f32.
// {"ask": ["auto_eq", {"song": sound}, {controls}, mode]} prints what a plugin answers.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [project, path] = process.argv.slice(2);
const require = createRequire(join(project, "package.json"));
const dawg = await import(pathToFileURL(require.resolve("@dawg-ai/web")));
const job = JSON.parse(await readFile(path, "utf-8"));

async function soundOf({ file, channels, rate }) {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  const all = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const samples = all.length / channels;
  return { channels: Array.from({ length: channels }, (_, c) => all.slice(c * samples, (c + 1) * samples)), sampleRate: rate };
}

const soundsOf = async (given) =>
  Object.fromEntries(await Promise.all(Object.entries(given).map(async ([name, each]) => [name, await soundOf(each)])));

try {
  const said = [];
  for (const [i, { recipe, sound, tail, sounds }] of (job.renders ?? []).entries()) {
    const result = await dawg.renderOffline(recipe, sound && (await soundOf(sound)), { tail, sounds: await soundsOf(sounds ?? {}) });
    const out = join(dirname(path), `out${i}.f32`);
    await writeFile(out, Buffer.concat(result.channels.map(({ buffer }) => new Uint8Array(buffer))));
    said.push({ file: out, channels: result.channels.length, rate: result.sampleRate });
  }
  if (job.ask) {
    const [name, given, controls, mode] = job.ask;
    const plugin = await dawg.loadPlugin(name);
    said.push(await plugin.ask(await soundsOf(given), controls, mode));
  }
  console.log(JSON.stringify(said));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
