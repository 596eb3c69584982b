/** The sample rates that the engine is made for, in Hz; `dawg_ai/dsp/limits.py` of Python, in the same words. */
const [LOWEST, HIGHEST] = [4000, 192000];

/** Throws in words at a sample rate that is out of range; `what` says who works from the lowest to the highest. */
export function checkRate(sampleRate: number, what = "effects work"): void {
  if (sampleRate >= LOWEST && sampleRate <= HIGHEST) return;
  throw new Error(`the sample rate is ${sampleRate} Hz; ${what} from ${LOWEST} to ${HIGHEST} Hz: resample it first`);
}
