// What a first visit loads, in bytes after brotli: everything but what waits for a song, a suggestion or another tab.
// Prints one JSON object: {"total": ..., "files": {"assets/...": ...}}
import { readFileSync, readdirSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const page = new URL("../../dawg_ai/studio/", import.meta.url);
const engine = new URL("../../dawg_ai/wasm/built/", import.meta.url);

// Of the engine: its manifest and the effects; instruments wait for a chain that has one.
const { modules } = JSON.parse(readFileSync(new URL("manifest.json", engine)));
const needed = Object.entries(modules).filter(([, entry]) => "knobs" in entry && !("plays" in entry));

const later = /^(ai\.worker|ort-|NotesTab).*|.*\.flac$/;
const size = (url) => brotliCompressSync(readFileSync(url)).length;
const files = Object.fromEntries([
  ["index.html", size(new URL("index.html", page))],
  ...readdirSync(new URL("assets/", page))
    .filter((name) => !later.test(name))
    .map((name) => [`assets/${name}`, size(new URL(`assets/${name}`, page))]),
  ...["manifest.json", ...needed.map(([, { wasm }]) => wasm)].map((name) => [
    `engine/${name}`,
    size(new URL(name, engine)),
  ]),
]);
const total = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
console.log(JSON.stringify({ total, files }, null, 1));
