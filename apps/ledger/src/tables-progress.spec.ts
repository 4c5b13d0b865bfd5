import { TablesProgress } from './tables-progress';

describe('the progress of the tables', () => {
  /** What each look says, of the tables, the ledger and the seconds until then. */
  function looks(...seen: readonly (readonly [tables: number, ledger: number, seconds: number])[]): boolean[] {
    let now = 0;
    const progress = new TablesProgress(() => now);
    return seen.map(([tables, ledger, seconds]) => {
      now = seconds * 1_000;
      return progress.standStill(BigInt(tables), BigInt(ledger));
    });
  }

  it.each([
    ['behind at one position for ten seconds', looks([5, 6, 0], [5, 7, 9.9], [5, 8, 10]), [false, false, true]],
    ['behind, and moving', looks([5, 9, 0], [6, 9, 9], [6, 9, 18], [7, 30, 19]), [false, false, false, false]],
    ['at the end, however long', looks([5, 5, 0], [5, 5, 100]), [false, false]],
    ['at the end, and behind only now', looks([5, 5, 0], [5, 6, 100], [5, 6, 109], [5, 6, 110]), [false, false, false, true]],
    ['behind, then at the end, then behind again', looks([5, 6, 0], [6, 6, 5], [6, 7, 11], [6, 7, 12]), [false, false, false, false]],
    ['going on after it stood', looks([0, 6, 0], [0, 6, 20], [3, 6, 21]), [false, true, false]],
  ])('given tables %s', (_, said, expected) => {
    expect(said).toEqual(expected);
  });
});
