/** One memory of named arrays and scalars, which network and kernels read and write: docs/bundle.md, "Memory". */
import type { ExportEntry, MemoryEntry, ModuleEntry } from "../engine/manifest";
import { Module, VIEWS, type View } from "../engine/module";

export interface NamedArray {
  shape: readonly number[];
  data: View;
}

const count = (shape: readonly number[]): number => shape.reduce((product, each) => product * each, 1);

export class Memory {
  readonly scalars: Record<string, number> = {};
  private readonly arrays = new Map<string, NamedArray>();
  private readonly module: Module;
  private readonly exports: readonly ExportEntry[];

  /** `exports` are those that will be called with it. */
  constructor(kernels: ModuleEntry, compiled: WebAssembly.Module, exports: readonly string[]) {
    this.module = new Module(kernels, compiled);
    this.exports = exports.map((name) => kernels.exports[name]!);
  }

  get(name: string): NamedArray | undefined {
    return this.arrays.get(name);
  }

  /** Keep a copy, in the type that the kernels declare for that name, else in float32. */
  put(name: string, { shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): void {
    const declared = this.declared(name);
    if (declared) refuse(name, shape, declared);
    this.arrays.set(name, { shape, data: VIEWS[declared?.type ?? "f32"].from(data) });
  }

  /** Zeros, where there is no array of that name; a free dimension is as large as another array of the kernels has it, else 1. */
  begin(name: string, otherwise: readonly (number | string)[] = []): void {
    if (this.arrays.has(name)) return;
    const declared = this.declared(name);
    const sizes = declared ? this.sizes() : {};
    const shape = (declared?.shape ?? otherwise).map((size) => (typeof size === "string" ? sizes[size] ?? 1 : size));
    this.put(name, { shape, data: new Float32Array(count(shape)) });
  }

  /** Call one of the exports with what is in memory. */
  call(name: string): number {
    const taken = this.module.entry.exports[name]!.arguments.filter((argument) => this.declared(argument));
    for (const each of taken) {
      this.begin(each);
      this.module.array(each).set(this.arrays.get(each)!.data);
    }
    const result = this.module.call(name, this.scalars, this.sizes());
    for (const each of taken) {
      const { data } = this.arrays.get(each)!;
      data.set(this.module.array(each).subarray(0, data.length));
    }
    return result;
  }

  private declared(name: string): MemoryEntry | undefined {
    const isTaken = this.exports.some((each) => each.arguments.includes(name));
    return isTaken ? this.module.entry.memory[name] : undefined;
  }

  /** The free dimensions that arrays in memory give. Throws in words where two of them differ. */
  private sizes(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [name, { shape }] of this.arrays) {
      this.declared(name)?.shape.forEach((dimension, axis) => {
        if (typeof dimension !== "string") return;
        const size = shape[axis]!;
        if ((found[dimension] ?? size) !== size) {
          throw new Error(`"${name}" has ${size} ${dimension}; another array of the kernels has ${found[dimension]}`);
        }
        found[dimension] = size;
      });
    }
    return found;
  }
}

/** Throws in words where an array is not what the kernels declare, or larger than they have room for. */
function refuse(name: string, shape: readonly number[], { shape: declared, capacity }: MemoryEntry): void {
  const most = capacity ?? (declared as number[]);
  const fits = (size: number, axis: number): boolean =>
    typeof declared[axis] === "string" ? size <= most[axis]! : size === declared[axis];
  if (shape.length === declared.length && shape.every(fits)) return;
  throw new Error(`"${name}" is ${shape.join(" by ")}; the kernels take ${declared.join(" by ")}, up to ${most.join(" by ")}`);
}
