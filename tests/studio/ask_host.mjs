// The studio's host in Node: node ask_host.mjs <job.json> prints the answer as JSON.
//
// A job: {"engine": folder, "bundle": folder, "mode": "...", "controls": {...}, "sources": {"song": [material, ...]}}
// with materials {"file": "x.f32", "channels": 2, "rate_hz": 44100} (raw float32, channel after channel) or
// {"notes": "x.json"}. Without "bundle" it measures what a recipe makes of the song: {"recipe": {...}, "meters": [...]},
// says how many samples it plays alone: {"recipe": {...}, "length": true}, or writes the recipe as it reads it:
// {"recipe": {...}, "read": true}; {"texts": [...]} says of each what it reads, remarks or refuses; {"fold": [material, ...],
// "masks": [63, ...]} prints sounds folded to stereo, {"response": material, "rate_hz": 48000} an impulse response at another
// rate, {"sniff": ["x.mp3", ...]} what the files' headers say.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const studio = new URL("../../studio/", import.meta.url);
const require = createRequire(new URL("package.json", studio));

/** The modules of src/host.ts as Node can run them. */
async function hostModule() {
  const { rolldown } = await import(pathToFileURL(require.resolve("rolldown")));
  const made = await rolldown({ input: fileURLToPath(new URL("src/host.ts", studio)), logLevel: "warn" });
  const { output } = await made.generate({ format: "esm" });
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}

const bytesOf = async (...path) => {
  const { buffer, byteOffset, byteLength } = await readFile(join(...path));
  return buffer.slice(byteOffset, byteOffset + byteLength);
};
const jsonOf = async (...path) => JSON.parse(await readFile(join(...path), "utf-8"));

const host = await hostModule();
const job = await jsonOf(process.argv[2]);
const manifest = await jsonOf(job.engine, "manifest.json");
const hosted = async (name) => {
  const entry = manifest.modules[name];
  return { name, entry, bytes: await bytesOf(job.engine, entry.wasm) };
};

async function material({ notes, file, channels, rate_hz: sampleRate }) {
  if (notes) return host.readNotes(await readFile(notes, "utf-8"), notes);
  const all = new Float32Array(await bytesOf(file));
  const samples = all.length / channels;
  const split = Array.from({ length: channels }, (_, c) => all.slice(c * samples, (c + 1) * samples));
  return { channels: split, sampleRate };
}

/** What a text is as a recipe. */
function understood(text) {
  const remarks = [];
  const scores = new host.Scores();
  try {
    const chain = host.fromRecipe(host.parseJson(text), manifest, (rows) => scores.keep(rows), (words) => remarks.push(words));
    return { recipe: host.toRecipe(chain, manifest, scores.all), remarks };
  } catch (error) {
    return { refused: error.message };
  }
}

function read(recipe) {
  const scores = new host.Scores();
  return { chain: host.fromRecipe(recipe, manifest, (rows) => scores.keep(rows)), scores: scores.all };
}

async function render(recipe, song) {
  const { chain, scores } = read(recipe);
  const effects = await Promise.all([...new Set(chain.map(({ effect }) => effect))].map(hosted));
  const job = { effects, chain, scores };
  return song ? host.render({ ...job, song: song.channels, sampleRate: song.sampleRate }) : host.generate(job);
}

const measure = async (recipe, meters, song) =>
  host.measure(await hosted("meter"), meters, await render(recipe, song), song?.sampleRate ?? 44100);

async function networkOf(folder, outputs) {
  const ort = require("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new Uint8Array(await bytesOf(folder, "model.onnx")));
  return async (inputs) => {
    const tensor = ([name, { shape, data }]) => [name, new ort.Tensor("float32", data, shape)];
    const results = await session.run(Object.fromEntries(Object.entries(inputs).map(tensor)));
    const named = (own, i) => [outputs[i].name, { shape: [...results[own].dims], data: results[own].data }];
    return Object.fromEntries(session.outputNames.map(named));
  };
}

async function answer({ bundle, mode, controls, sources }) {
  const declaration = await jsonOf(bundle, "plugin.json");
  const changed = host.check(declaration, manifest);
  const compiled = await WebAssembly.compile(await bytesOf(bundle, declaration.kernels.wasm));
  const given = { mode, controls, sources: {} };
  let song;
  for (const [name, all] of Object.entries(sources)) {
    const files = await Promise.all(all.map(material));
    const features = declaration.sources.find((source) => source.name === name)?.features;
    given.sources[name] = files.map((each) => features && host.extract(declaration.kernels, compiled, features, each));
    if (name === "song") [song] = files;
  }
  if (song) given.sampleRate = song.sampleRate;
  const services = {
    network: await networkOf(bundle, declaration.outputs),
    measure: (recipe, meters) => measure(recipe, meters, song),
  };
  const { parts, recipe, remarks } = await host.ask(declaration, compiled, manifest, given, services);
  return { parts, recipe, remarks: [...changed, ...remarks] };
}

// JSON has no infinities; Python's reader takes their names.
const written = (value) => JSON.stringify(value, (_, each) => (Number.isFinite(each) || typeof each !== "number" ? each : `${each}`));

async function result() {
  if (job.bundle) return answer(job);
  if (job.fold) {
    const sounds = await Promise.all(job.fold.map(material));
    return sounds.map(({ channels }, i) => host.stereo(channels, job.masks?.[i]).map((channel) => [...channel]));
  }
  if (job.response) {
    const { channels, sampleRate } = await material(job.response);
    return host.resampleResponse(await hosted("resampling"), channels, sampleRate, job.rate_hz).map((channel) => [...channel]);
  }
  if (job.sniff) {
    const views = await Promise.all(job.sniff.map(async (path) => new DataView(await bytesOf(path))));
    return views.map((view) => host.sniff(view, host.afterTags(view)));
  }
  if (job.texts) return job.texts.map(understood);
  if (job.read) {
    const { chain, scores } = read(job.recipe);
    return host.toRecipe(chain, manifest, scores);
  }
  if (job.length) return (await render(job.recipe))[0].length;
  return measure(job.recipe, job.meters, job.sources.song && (await material(job.sources.song[0])));
}

try {
  console.log(written(await result()));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
