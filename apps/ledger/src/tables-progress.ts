/** Longer than the tables are ever gathered for, and than a batch takes. */
const patienceMs = 10_000;

/** Tells whether the tables stand still though the ledger goes on, whichever server is to write them: one that hangs says nothing itself. */
export class TablesProgress {
  #position = -1n;
  /** When the tables were first seen there, and behind. */
  #since = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Told both positions at each look. */
  standStill(tables: bigint, ledger: bigint): boolean {
    if (tables !== this.#position || tables >= ledger) {
      this.#position = tables >= ledger ? -1n : tables;
      this.#since = this.now();
      return false;
    }
    return this.now() - this.#since >= patienceMs;
  }
}
