/** The sample rates that the engine is made for, in Hz; `dawg_ai/dsp/limits.py` of Python, in the same words. */
const [LOWEST, HIGHEST] = [4000, 384000];

/** Throws in words at a sample rate that is out of range; `what` says who works from the lowest to the highest. */
export function checkRate(sampleRate: number, what = "effects work", highest = HIGHEST): void {
  if (sampleRate >= LOWEST && sampleRate <= highest) return;
  throw new Error(`the sample rate is ${sampleRate} Hz; ${what} from ${LOWEST} to ${highest} Hz: resample it first`);
}
