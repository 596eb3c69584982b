import type { Dtype, MemoryEntry, ModuleEntry } from "./manifest";

export type View = Float32Array | Float64Array | Int32Array;
export const VIEWS = { f32: Float32Array, f64: Float64Array, i32: Int32Array } satisfies Record<Dtype, unknown>;
const PAGE = 65536;

const capacityOf = (entry: MemoryEntry): number =>
  (entry.capacity ?? (entry.shape as number[])).reduce((product, size) => product * size, 1);

interface Plan {
  run: (...given: number[]) => number;
  /** For each argument its address, or the name of a scalar. */
  sources: (number | string)[];
  free: string[];
  /** The largest sizes of the free dimensions. */
  most: number[];
  /** Reused for every call: the audio thread allocates nothing. */
  given: number[];
}

/** Kernels at work: one .wasm with its own memory, called as its manifest entry says. Knows nothing else. */
export class Module {
  readonly entry: ModuleEntry;
  private readonly memory: WebAssembly.Memory;
  private readonly plans = new Map<string, Plan>();
  private readonly views = new Map<string, View>();

  constructor(entry: ModuleEntry, compiled: WebAssembly.Module) {
    this.entry = entry;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(entry.bytes / PAGE) });
    const instance = new WebAssembly.Instance(compiled, { env: { __linear_memory: this.memory } });
    for (const [name, each] of Object.entries(entry.exports)) {
      const sources = each.arguments.map((argument) => entry.memory[argument]?.offset ?? argument);
      const run = instance.exports[name] as Plan["run"];
      const given = new Array<number>(sources.length + each.free.length).fill(0);
      const most = each.free.map((dimension) => this.room(each.arguments, dimension));
      this.plans.set(name, { run, sources, free: each.free, most, given });
    }
    for (const [name, each] of Object.entries(entry.memory)) {
      this.views.set(name, new VIEWS[each.type](this.memory.buffer, each.offset, capacityOf(each)));
    }
  }

  has(name: string): boolean {
    return this.plans.has(name);
  }

  /** The array of that name, flat, as large as it can get. */
  array(name: string): View {
    const view = this.views.get(name);
    if (!view) throw new Error(`the module has no array "${name}"`);
    return view;
  }

  /** All arrays to zeros, as they begin; constants lie elsewhere. */
  clear(): void {
    for (const view of this.views.values()) view.fill(0);
  }

  /** How large a free dimension of an array can get. */
  capacity(name: string, dimension: string): number {
    const entry = this.entry.memory[name];
    const axis = entry?.shape.indexOf(dimension) ?? -1;
    const size = entry?.capacity?.[axis];
    if (size === undefined) throw new Error(`the module's array "${name}" has no free dimension "${dimension}"`);
    return size;
  }

  /** How large a free dimension can get in all of these arrays. */
  private room(names: readonly string[], dimension: string): number {
    const sharing = names.filter((name) => this.entry.memory[name]?.shape.includes(dimension));
    return Math.min(...sharing.map((name) => this.capacity(name, dimension)));
  }

  /** Run one kernel: arrays are known by name, scalars and the sizes of free dimensions are given. Throws where there is no room for these. */
  call(name: string, scalars: Record<string, number>, free: Record<string, number> = {}): number {
    const plan = this.plans.get(name);
    if (!plan) throw new Error(`the module has no kernel "${name}"`);
    const { sources, given, most } = plan;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      given[i] = typeof source === "number" ? source : scalarOf(scalars, source, name);
    }
    for (let i = 0; i < plan.free.length; i++) {
      const size = scalarOf(free, plan.free[i]!, name);
      if (!(size >= 0 && size <= most[i]!)) {
        throw new Error(`the kernel "${name}" has room for ${most[i]} ${plan.free[i]}; ${size} were given`);
      }
      given[sources.length + i] = size;
    }
    return plan.run(...given);
  }
}

function scalarOf(values: Record<string, number>, key: string, kernel: string): number {
  const value = values[key];
  if (value === undefined) throw new Error(`the kernel "${kernel}" needs "${key}", which the studio does not have`);
  return value;
}
