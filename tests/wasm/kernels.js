// A module of kernels at work: all that it knows comes from the manifest that Python wrote.
const TYPES = { f32: Float32Array, f64: Float64Array, i32: Int32Array };

export class Kernels {
  constructor(bytes, entry) {
    this.memory = new WebAssembly.Memory({ initial: entry.bytes / 65536 });
    const module = new WebAssembly.Module(bytes);
    this.imports = WebAssembly.Module.imports(module).map((each) => `${each.module}.${each.name}`);
    this.exports = new WebAssembly.Instance(module, { env: { __linear_memory: this.memory } }).exports;
    this.entry = entry;
  }

  // An array as it lies in memory, the free dimensions taken from `free`.
  view(name, free) {
    const { type, shape, offset } = this.entry.memory[name];
    const length = shape.reduce((product, d) => product * (typeof d === "string" ? free[d] : d), 1);
    return new TYPES[type](this.memory.buffer, offset, length);
  }

  // An effect with a side-chain listens to the sound itself.
  listen(free) {
    if ("key" in this.entry.memory) this.view("key", free).set(this.view("x", free));
  }

  call(name, scalars, free) {
    const { arguments: names, free: dimensions } = this.entry.exports[name];
    const given = names.map((each) => this.entry.memory[each]?.offset ?? scalars[each]);
    return this.exports[name](...given, ...dimensions.map((d) => free[d]));
  }
}
