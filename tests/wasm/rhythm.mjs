// node rhythm.mjs job.json: onsets, tempo, regularity and beats of a mel spectrogram in WebAssembly (see test_meters.py).
import { readFileSync, writeFileSync } from "node:fs";
import { Kernels } from "./kernels.js";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const kernels = new Kernels(readFileSync(job.wasm), job.entry);
const { free } = job;
kernels.view("mel", free).set(new Float32Array(readFileSync(job.mel).buffer.slice(0)));
const scalars = { frames_per_s: job.frames_per_s, frames: free.frames, highest: job.highest };
kernels.view("levels", free).fill(Infinity);
kernels.call("onsets", scalars, free);
kernels.call("autocorrelation", scalars, free);
scalars.bpm = kernels.call("tempo", scalars, free);
const regularity = kernels.call("regularity", scalars, free);
const beats = kernels.call("beats", scalars, free);
const kept = ["strength", "rises", "correlation", "score", "found"].map((name) => new Uint8Array(kernels.view(name, free).slice().buffer));
writeFileSync(job.output, Buffer.concat(kept));
console.log(JSON.stringify({ bpm: scalars.bpm, regularity, beats }));
