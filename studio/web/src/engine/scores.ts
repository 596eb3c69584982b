/** What instruments play, kept once by number: chains hold the number alone, since the rows of a song can be millions. */

/** One row for each note or moment. */
export type Rows = readonly (readonly number[])[];

const equal = (a: Rows, b: Rows): boolean =>
  a.length === b.length && a.every((row, i) => row.length === b[i]!.length && row.every((each, j) => each === b[i]![j]));

export class Scores {
  private readonly kept = new Map<number, Rows>();
  private last = 0;

  /** By number, from 1 on. */
  get all(): ReadonlyMap<number, Rows> {
    return this.kept;
  }

  /** The number of these rows; equal ones have the same. */
  keep(rows: Rows): number {
    for (const [key, each] of this.kept) if (equal(each, rows)) return key;
    this.last += 1;
    this.kept.set(this.last, rows);
    return this.last;
  }

  forget(key: number): void {
    this.kept.delete(key);
  }
}
