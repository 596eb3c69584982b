/** Words under notes: syllables that are typed, in the order of the notes, as the numbers that notes carry. */
import type { Syllables } from "#web/bundle/bundle";
import { SYLLABLE } from "#web/engine/notes";
import { type Notes, changed } from "./grid";

/** Those that are typed, set apart by spaces; where nothing is, the usual one. */
export const syllablesOf = (words: string, { default: usual }: Syllables): string[] =>
  (words.trim() || usual).split(/\s+/);

/** The number of a syllable. Throws in words where it is none that can be sung. */
function numberOf(syllable: string, { spellings, codas }: Syllables): number {
  const text = syllable.toLowerCase();
  const whole = spellings[text];
  if (whole !== undefined) return whole;
  const [before, coda] = [spellings[text.slice(0, -1)], codas[text.slice(-1)]];
  if (before !== undefined && coda !== undefined) return before + coda;
  throw new Error(`"${syllable}" is no syllable that can be sung, as ${examples(spellings)} are`);
}

const examples = (spellings: Syllables["spellings"]): string => Object.keys(spellings).filter((each) => /^[a-z]{2}$/.test(each)).slice(0, 6).join(", ");

/** Notes with their syllables: in turn, and from the beginning again where there are fewer than notes. */
export function withWords(notes: Notes, words: string, syllables: Syllables): Notes {
  const numbers = syllablesOf(words, syllables).map((each) => numberOf(each, syllables));
  return notes.map((note, i) => changed(note, { [SYLLABLE]: numbers[i % numbers.length]! }));
}
