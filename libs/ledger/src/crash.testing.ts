import { EventStoreUnavailable, OutcomeUnknown, type AppendFault } from '#event-store';

/** Which append of a scenario fails, and how: nothing written, or written and the answer lost. Everything behind it fails as well: the server is gone. */
export class Crash {
  appends = 0;
  private at = Number.POSITIVE_INFINITY;
  private fault: AppendFault = 'unavailable';
  private aheadMs = 0;

  /** Counts from here on. */
  arm(at: number, fault: AppendFault): void {
    Object.assign(this, { appends: 0, at, fault });
  }

  readonly onAppend = (): AppendFault | undefined => {
    this.appends += 1;
    if (this.appends < this.at) return undefined;
    return this.appends === this.at ? this.fault : 'unavailable';
  };

  /** Time flies once the server is gone: nobody waits for its doubts to end. */
  readonly clock = (): number => Date.now() + (this.appends >= this.at ? (this.aheadMs += 1_000) : 0);

  /** @returns whether the commands, one after the other, came to their end before it */
  async outlives(commands: readonly (() => Promise<unknown>)[]): Promise<boolean> {
    for (const command of commands) {
      try {
        await command();
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable || error instanceof OutcomeUnknown)) throw error;
        return false;
      }
    }
    return this.appends < this.at;
  }
}
