/** A trained plugin, asked on the thread that calls it: `worker.ts` calls it for a page. */
import { ask as askBundle } from "./bundle/ask";
import { type Declaration, type Tensors, SONG } from "./bundle/bundle";
import { extract } from "./bundle/features";
import { check, replay } from "./bundle/loading";
import { fetchChecked } from "./engine/fetching";
import { measure } from "./engine/meter";
import { type Notes, sounding } from "./engine/notes";
import type { Recipe } from "./engine/recipe";
import type { Rows } from "./engine/scores";
import { plugins, runtime } from "./files.js";
import { effectOf, manifestOf, textOf, toolOf } from "./library";
import { Network } from "./network";
import { prepared } from "./recipes";
import { GENERATED, generate } from "./render/render";
import { Series } from "./render/series";
import type { Sound } from "./sound";

/** What a source is given: sounds, or notes as rows of start, duration, pitch, velocity, voice and syllable. */
export type Sources = Readonly<Record<string, readonly (Sound | Rows)[]>>;

export interface Question {
  sources: Sources;
  /** Those that are not named are at their defaults. */
  controls: Readonly<Record<string, number>>;
  /** Empty where sources and controls decide. */
  mode: string;
}

export interface PluginAnswer {
  recipe: Recipe;
  /** For each link of the recipe, how sure the plugin is of each group of knobs, 0 to 1; empty where it does not say. */
  confidence: Record<string, number>[];
  /** What a person should know. */
  remarks: string[];
}

export async function declarationOf(name: string): Promise<Declaration> {
  const known = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  if (!known) throw new Error(`no plugin called "${name}"; there are: ${Object.keys(plugins).join(", ")}`);
  return JSON.parse(await textOf(known.files["plugin.json"]!, known.sha256)) as Declaration;
}

export class Plugin {
  private constructor(
    private readonly declaration: Declaration,
    private readonly kernels: WebAssembly.Module,
    private readonly network: Network,
  ) {}

  /** Loads its kernels and its network, and checks that this gives here what it gave where it was made. */
  static async open(name: string): Promise<Plugin> {
    const declaration = await declarationOf(name);
    const { kernels, outputs, files } = declaration;
    const file = (name: string): Promise<ArrayBuffer> => fetchChecked(plugins[declaration.plugin]!.files[name]!, files[name]);
    const [wasm, model, example] = await Promise.all([kernels.wasm, "model.onnx", "check.json"].map(file));
    // Node reads files, and its `fetch` does not.
    const runs = runtime.at.protocol === "file:" ? await fetchChecked(runtime.at, runtime.sha256) : runtime.at;
    const network = await Network.of(model!, outputs.map(({ name }) => name), runs);
    await replay(example!, (inputs) => network.run(inputs));
    return new Plugin(declaration, await WebAssembly.compile(wasm!), network);
  }

  async ask({ sources, controls, mode }: Question): Promise<PluginAnswer> {
    const { declaration, kernels } = this;
    const effects = await Promise.all(declaration.chain.map(({ effect }) => effectOf(effect)));
    const manifest = manifestOf(effects);
    const changed = check(declaration, manifest);
    const [song] = (sources[SONG] ?? []) as Sound[];
    const question = {
      mode,
      controls,
      sources: Object.fromEntries(Object.keys(sources).map((name) => [name, this.features(name, sources[name]!)])),
      ...(song ? { sampleRate: song.sampleRate } : {}),
    };
    const series = new Series();
    const render = async (recipe: Recipe): Promise<Sound> => {
      const sampleRate = song?.sampleRate ?? GENERATED.sampleRate;
      const { scores, ...rest } = await prepared(recipe, {}, sampleRate, song?.channels.length ?? GENERATED.channels);
      const job = { ...rest, scores: scores.all, sampleRate };
      return { sampleRate, channels: song ? await series.render({ ...job, song: song.channels }) : await generate(job) };
    };
    const { parts, recipe, remarks } = await askBundle(declaration, kernels, manifest, question, {
      network: (inputs) => this.network.run(inputs),
      measure: async (recipe, meters) => {
        const { channels, sampleRate } = await render(recipe);
        return measure(await toolOf("meter"), meters, channels, sampleRate);
      },
    });
    const said = parts.filter(({ sure }) => sure).map(({ groups }) => groups.map(({ name, confidence }) => [name, confidence]));
    const confidence = said.map((groups) => Object.fromEntries(groups.filter(([, value]) => value !== undefined)));
    return { recipe, confidence, remarks: [...changed, ...remarks] };
  }

  private features(name: string, given: readonly (Sound | Rows)[]): Tensors[] {
    const { sources, kernels } = this.declaration;
    const features = sources.find((source) => source.name === name)?.features;
    // One that the plugin does not have is refused in words later.
    return features ? given.map((each) => extract(kernels, this.kernels, features, materialOf(each))) : given.map(() => ({}));
  }
}

const materialOf = (given: Sound | Rows): Sound | Notes =>
  "sampleRate" in given ? given : Float32Array.from(sounding(given).flat());

