import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses: the built folder works from any path of any static host.
  base: "./",
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
