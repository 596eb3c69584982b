import type { Declaration, Mode, Tensor, Tensors } from "./bundle";

export interface Wish {
  mode: Mode;
  /** Name of the style, where the mode needs one. */
  style: string;
  /** 0 to 1.5: how much of what the network would do. */
  strength: number;
}

const oneHot = (names: readonly string[], chosen: string): Tensor => ({
  shape: [1, names.length],
  data: Float32Array.from(names, (name) => (name === chosen ? 1 : 0)),
});

/** Rows of several files one after the other: (frames, ...) each. */
function joined(parts: readonly Tensor[]): Tensor {
  const row = parts[0]!.shape.slice(1);
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...row], data };
}

const batched = ({ shape, data }: Tensor): Tensor => ({ shape: [1, ...shape], data });

/** The network's inputs. `song` and each of `references` hold the features of one file, (frames, ...) each. */
export function networkInputs(declaration: Declaration, song: Tensors, references: Tensors[], wish: Wish): Tensors {
  const { features, modes, styles } = declaration;
  const made: Tensors = {
    mode: oneHot(modes.map(({ name }) => name), wish.mode.name),
    style: oneHot(styles, wish.mode.needs === "style" ? wish.style : ""),
    strength: { shape: [1, 1], data: Float32Array.of(wish.strength) },
  };
  for (const name of features.outputs) {
    const row = features.memory[name]!.shape as number[];
    const none: Tensor = { shape: [1, ...row], data: new Float32Array(row.reduce((a, b) => a * b, 1)) };
    const given = wish.mode.needs === "reference" ? references.map((each) => each[name]!) : [];
    made[name] = batched(song[name]!);
    made[`reference_${name}`] = batched(given.length > 0 ? joined(given) : none);
  }
  return Object.fromEntries(
    declaration.inputs.map(({ name }) => {
      const tensor = made[name];
      if (!tensor) throw new Error(`the network wants "${name}", which this studio does not know how to make`);
      return [name, tensor];
    }),
  );
}
