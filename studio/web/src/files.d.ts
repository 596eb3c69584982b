/** What is in the folder of the package: `dawg_ai/export/web.py` writes the module beside it. */

/** An effect, an instrument or a tool: its entry of the manifest, which holds the digest of its kernels. */
export interface ModuleFiles {
  entry: URL;
  sha256: string;
  wasm: URL;
}

/** A trained plugin: its declaration holds the digests of all others. */
export interface PluginFiles {
  sha256: string;
  files: Record<string, URL>;
}

export declare const effects: Record<string, ModuleFiles>;
export declare const tools: Record<string, ModuleFiles>;
export declare const plugins: Record<string, PluginFiles>;
export declare const version: string;
export declare const worklet: URL;
/** ONNX Runtime. */
export declare const runtime: { at: URL; sha256: string };
