import { logLine, type EventStore } from '#event-store';

/** The log as lines that `qos-ledger import` reads, from the store, verbatim. */
export class LogExport {
  constructor(private readonly store: EventStore) {}

  /** As far as the ledger is now; text of whole lines, read as it is taken. */
  async *lines(after: bigint, head: bigint): AsyncGenerator<string, void, undefined> {
    let text = '';
    if (head > after) {
      for await (const event of this.store.readAll({ after, limit: Number(head - after) })) {
        text += `${logLine(event)}\n`;
        if (text.length < 65_536) continue;
        yield text;
        text = '';
      }
    }
    if (text !== '') yield text;
  }

  head(): Promise<bigint> {
    return this.store.head();
  }
}
