import type { EventStore, RecordedEvent } from '#event-store';

const uuid = /\b[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)/g;
/** The only stream of the load that all agents share. */
const sharedStream = 'foreignAgents';

export async function wholeLog(store: EventStore): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

/**
 * Copies of a log behind it, each with agents, nodes, addresses and ids of its own: a larger ledger that was never run.
 * @param seed a whole log, as the load generator made it
 * @param size of the log when it is done, the seed included
 */
export function* clonesBehind(seed: readonly RecordedEvent[], size: number): Generator<RecordedEvent, void, undefined> {
  const shared = seed.filter(({ stream }) => stream === sharedStream).length;
  const { recordedAt } = seed.at(-1)!;
  let position = BigInt(seed.length);
  for (let copy = 1; ; copy += 1) {
    const renamed = (text: string): string =>
      text
        .replace(uuid, (head) => ((Number.parseInt(head, 16) ^ (copy * 0x9e3779b1)) >>> 0).toString(16).padStart(8, '0'))
        .replace(/\b(fa|mn)-(\d+)/g, `$1-${copy}x$2`)
        .replaceAll('198.51.100.', `100.${64 + (copy >> 8)}.${copy & 255}.`);
    for (const event of seed) {
      if (position >= BigInt(size)) return;
      position += 1n;
      const offset = event.stream === sharedStream ? BigInt(copy * shared) : 0n;
      const { revision, metadata } = moved(event, offset);
      const { stream, id, data } = event;
      yield { ...event, position, revision, recordedAt, stream: renamed(stream), id: renamed(id), data: renamed(data), metadata: renamed(metadata) };
    }
  }
}

/** The same event further on in its stream. */
export function moved({ revision, metadata }: RecordedEvent, offset: bigint): Pick<RecordedEvent, 'revision' | 'metadata'> {
  const batchEnd = (_: string, end: string): string => `"batchEnd":"${BigInt(end) + offset}"`;
  return { revision: revision + offset, metadata: metadata.replace(/"batchEnd":"(\d+)"/, batchEnd) };
}
