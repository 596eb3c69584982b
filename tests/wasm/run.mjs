// node run.mjs job.json: run a job (see parity.py) in WebAssembly; one JSON object on stdout.
import { readFileSync, writeFileSync } from "node:fs";
import { Kernels } from "./kernels.js";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const kernels = new Kernels(readFileSync(job.wasm), job.entry);
const { channels, free: fixed } = job;
const scalars = { sample_rate_hz: job.sample_rate_hz };
for (const [name, values] of Object.entries(job.memory)) kernels.view(name, fixed).set(values);
kernels.call("prepare", scalars, fixed);

const input = new Float32Array(readFileSync(job.input).buffer.slice(0));
const total = input.length / channels;
const put = (x, start, samples) => {
  for (let c = 0; c < channels; c += 1) x.set(input.subarray(c * total + start, c * total + start + samples), c * samples);
};
if (job.load) {
  const free = { ...fixed, samples: job.load };
  put(kernels.view("x", free), 0, job.load);
  kernels.call("load", scalars, free);
}
if (job.play.length > 0) {
  const free = { ...fixed, rows: job.play.length };
  kernels.view(job.entry.exports.play.arguments[0], free).set(job.play.flat());
  kernels.call("play", scalars, free);
}
const kept = [];
const keep = (free) => {
  for (const name of job.keep) kept.push(new Uint8Array(kernels.view(name, free).slice().buffer));
};
let free = fixed;
for (let start = 0, turn = 0; start < total; turn += 1) {
  const samples = Math.min(job.blocks[turn % job.blocks.length], total - start);
  free = { ...fixed, samples };
  put(kernels.view(job.into, free), start, samples);
  kernels.listen(free);
  kernels.call(job.each, scalars, free);
  keep(free);
  start += samples;
}
let returned = null;
if (job.last) {
  returned = kernels.call(job.last, scalars, free);
  keep(free);
}
writeFileSync(job.output, Buffer.concat(kept));
console.log(JSON.stringify({ imports: kernels.imports, pages: kernels.memory.buffer.byteLength / 65536, returned }));
