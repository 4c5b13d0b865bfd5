/** What nobody needs any more of a table that grows with every write is taken out now and then: once so many rows were written. */
export class Sweep {
  private sinceLast = 0;

  constructor(
    private readonly rowsBetween: number,
    private readonly sweep: () => Promise<unknown>,
  ) {}

  /** @param rows that were written just now */
  async wrote(rows: number): Promise<void> {
    this.sinceLast += rows;
    if (this.sinceLast < this.rowsBetween) return;
    this.sinceLast = 0;
    await this.sweep();
  }
}
