import { defineConfig } from "vite";
import { licences } from "./licences.mjs";

/** What the page is made of besides its own sources. */
const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "onnxruntime-web", "onnxruntime-common"];

export default defineConfig({
  // Relative addresses: the built folder works from any path of any static host.
  base: "./",
  plugins: [
    {
      name: "licences",
      generateBundle() {
        this.emitFile({ type: "asset", fileName: "licences.txt", source: licences("DAWG studio", SHIPPED) });
      },
    },
  ],
  build: {
    outDir: "../dawg_ai/studio",
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no script from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 200,
    rolldownOptions: {
      input: { index: "index.html", sw: "src/offline/worker.ts" },
      // The service worker's address stays, and tells what it serves.
      output: { entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "es" },
});
