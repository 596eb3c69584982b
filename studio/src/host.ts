/** What another host than this page needs, such as Node: it reads the files, runs the network, and gets the answer. */
export { stereo } from "./audio/fold";
export { afterTags, sniff } from "./audio/sniff";
export { ask } from "./bundle/ask";
export type { Declaration } from "./bundle/bundle";
export { extract } from "./bundle/features";
export { check } from "./bundle/loading";
export { readNotes } from "./engine/notes";
export { measure } from "./engine/meter";
export { parseJson } from "./engine/json";
export { fromRecipe, toRecipe } from "./engine/recipe";
export { Scores } from "./engine/scores";
export { generate, render } from "./workers/render";
export { resampleResponse } from "./workers/resample";
