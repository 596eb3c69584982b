// One processor for every effect: all that it knows comes from the manifest that Python wrote.
import { Kernels } from "./kernels.js";

class Effect extends AudioWorkletProcessor {
  constructor({ processorOptions: { bytes, entry, knobs, play } }) {
    super();
    this.kernels = new Kernels(bytes, entry);
    this.kernels.view("knobs", {}).set(knobs);
    this.kernels.call("prepare", { sample_rate_hz: sampleRate }, { channels: 2 });
    if (play.length > 0) {
      const free = { rows: play.length };
      this.kernels.view(entry.exports.play.arguments[0], free).set(play.flat());
      this.kernels.call("play", { sample_rate_hz: sampleRate }, free);
    }
  }

  process([input], [output]) {
    const free = { channels: 2, samples: output[0].length };
    const x = this.kernels.view("x", free);
    for (let c = 0; c < 2; c += 1) x.set(input[c] ?? new Float32Array(free.samples), c * free.samples);
    this.kernels.listen(free);
    this.kernels.call("process", { sample_rate_hz: sampleRate }, free);
    const y = this.kernels.view("y", free);
    for (let c = 0; c < 2; c += 1) output[c].set(y.subarray(c * free.samples, (c + 1) * free.samples));
    return true;
  }
}
registerProcessor("effect", Effect);
