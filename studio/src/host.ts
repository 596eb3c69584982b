/** What another host than this page needs, such as Node: it reads the files, runs the network, and gets the answer. */
export { stereo } from "#web/engine/fold";
export { afterTags, sniff } from "./audio/sniff";
export { ask } from "#web/bundle/ask";
export type { Declaration } from "#web/bundle/bundle";
export { extract } from "#web/bundle/features";
export { check } from "#web/bundle/loading";
export { readNotes } from "#web/engine/notes";
export { measure } from "#web/engine/meter";
export { parseJson } from "#web/engine/json";
export { fromRecipe } from "#web/engine/parse";
export { toRecipe } from "#web/engine/recipe";
export { Scores } from "#web/engine/scores";
export { generate, render } from "#web/render/render";
export { resampleResponse } from "#web/render/resample";
