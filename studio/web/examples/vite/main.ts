import { type ChainNode, createChain, loadPlugin } from "@dawg-ai/web";

const [file, amount] = document.querySelectorAll("input");
const button = document.querySelector("button")!;
const output = document.querySelector("output")!;
const context = new AudioContext();

const eq = loadPlugin("auto_eq");
let song: AudioBuffer | undefined;
let chain: ChainNode | undefined;

/** Ask for a better tone, and put it between the song and the loudspeakers. */
async function suggest(): Promise<void> {
  if (!song) return;
  const { recipe, remarks } = await (await eq).ask({ song }, { strength: Number(amount!.value) });
  if (chain) await chain.load(recipe);
  else (chain = await createChain(context, recipe)).connect(context.destination);
  output.value = remarks.join("; ") || `${recipe.chain.length} effect, ${chain.latencySamples} samples late`;
  button.disabled = false;
}

file!.onchange = async () => {
  song = await context.decodeAudioData(await file!.files![0]!.arrayBuffer());
  await suggest();
};
amount!.onchange = suggest;
button.onclick = async () => {
  await context.resume();
  const source = new AudioBufferSourceNode(context, { buffer: song! });
  source.connect(chain!);
  source.start();
};
