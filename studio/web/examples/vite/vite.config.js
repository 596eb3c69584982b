export default {
  base: "./",
  // The package finds its files beside its modules, so Vite must leave these where they are while developing.
  optimizeDeps: { exclude: ["@dawg-ai/web"] },
  // A strict policy allows nothing from a data: address; and plugins work in a worker that is a module.
  build: { assetsInlineLimit: 0, target: "es2022" },
  worker: { format: "es" },
};
