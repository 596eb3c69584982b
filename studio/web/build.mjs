// The package's modules and types into dawg_ai/web: node web/build.mjs. `dawg export web` adds kernels and plugins.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { licences } from "../licences.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "..", "..", "dawg_ai", "web");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const built = async (input, output) => {
  const bundle = await rolldown({ input, external: ["./files.js", "./dawg.js"], platform: "browser", logLevel: "warn" });
  await bundle.write({ ...output, format: "esm", minify: true });
};
const source = (name) => join(here, "src", `${name}.ts`);
await built({ dawg: source("dawg"), worker: source("worker") }, { dir: out, chunkFileNames: "[name].js" });
await built(source("wam"), { file: join(out, "wam.js") });
// A worklet is one file: some browsers import nothing into one.
await built(source("worklet"), { file: join(out, "worklet.js"), codeSplitting: false });
await copyFile(join(here, "README.md"), join(out, "README.md"));
await writeFile(join(out, "licences.txt"), licences("@dawg-ai/web", ["onnxruntime-web", "onnxruntime-common"]));

const tsc = join(here, "..", "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [tsc, "--project", join(here, "tsconfig.json"), "--outDir", join(out, "types")], { stdio: "inherit" });
await copyFile(join(here, "src", "files.d.ts"), join(out, "types", "files.d.ts"));
// Node's resolution of modules wants the ending in the name.
for (const entry of await readdir(join(out, "types"), { recursive: true })) {
  if (!entry.endsWith(".d.ts")) continue;
  const path = join(out, "types", entry);
  const text = await readFile(path, "utf-8");
  await writeFile(path, text.replace(/((?:from |import\()"\.\.?\/[^"]*?)(?:\.js)?"/g, '$1.js"'));
}
