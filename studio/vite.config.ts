import { existsSync, readFileSync } from "node:fs";
import { type Plugin, defineConfig } from "vite";

/** What the page is made of besides its own sources; each is under the MIT licence. */
const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "onnxruntime-web", "onnxruntime-common"];

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf-8");

/** Their licences, which must travel with them, as licences.txt. */
function licences(): Plugin {
  const own = read("../LICENSE");
  const terms = own.slice(own.indexOf("Permission is hereby granted"));
  const notice = (name: string): string => {
    const { version, license } = JSON.parse(read(`node_modules/${name}/package.json`));
    const file = `node_modules/${name}/LICENSE`;
    const given = existsSync(new URL(file, import.meta.url));
    if (license !== "MIT") throw new Error(`${name} is under ${license}: see what that asks for before it is shipped`);
    // The runtime's packages carry no file; their repository says this.
    const text = given ? read(file) : `Copyright (c) Microsoft Corporation\n\n${terms}`;
    return `${name} ${version}\n\n${text.trim()}\n`;
  };
  const rule = `\n${"-".repeat(80)}\n\n`;
  return {
    name: "licences",
    generateBundle() {
      const source = [`DAWG studio\n\n${own.trim()}\n`, ...SHIPPED.map(notice)].join(rule);
      this.emitFile({ type: "asset", fileName: "licences.txt", source });
    },
  };
}

export default defineConfig({
  // Relative addresses: the built folder works from any path of any static host.
  base: "./",
  plugins: [licences()],
  build: {
    outDir: "../dawg_ai/studio",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no script from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 200,
  },
  worker: { format: "es" },
});
