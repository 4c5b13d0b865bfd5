import { randomUUID } from 'node:crypto';

/** What a node keeps, and the verdicts that a real one was seen to give (one node, 23.10.8). */
export interface StoredEvent {
  readonly stream: string;
  readonly revision: bigint;
  readonly commit: bigint;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** .NET ticks: 100 ns. */
  readonly createdTicks: bigint;
}

export type ProposedEvent = Pick<StoredEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

export type NodeVerdict = { readonly last: bigint; readonly commit: bigint } | { readonly wrong: bigint | null } | 'stream-deleted' | 'maximum-append-size-exceeded';

const maximumAppendBytes = 1_048_576;

/** The log of a node or of a whole cluster; outlives the servers that speak for it. */
export class NodeLog {
  readonly all: StoredEvent[] = [];
  readonly #streams = new Map<string, StoredEvent[]>();
  readonly #deleted = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor() {
    this.#record('$users', ofTheNode('$user'));
  }

  stream(name: string): readonly StoredEvent[] {
    return this.#streams.get(name) ?? [];
  }

  isDeleted(name: string): boolean {
    return this.#deleted.has(name);
  }

  /** @param expected null: no stream */
  append(stream: string, expected: bigint | null, events: readonly ProposedEvent[]): NodeVerdict {
    if (this.#deleted.has(stream)) return 'stream-deleted';
    if (events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0) > maximumAppendBytes) return 'maximum-append-size-exceeded';
    const stored = this.stream(stream);
    const next = Number(expected ?? -1n) + 1;
    if (next === stored.length) {
      for (const event of events) this.#record(stream, event);
      // The node writes of its own among ours: commit positions are not dense, and $all shows what is not ours.
      this.#record('$stats-0', ofTheNode('$statsCollected'));
      for (const listener of [...this.#listeners]) listener();
      const last = this.stream(stream).at(-1);
      return { last: last?.revision ?? -1n, commit: last?.commit ?? 0n };
    }
    const there = stored.slice(next, next + events.length);
    const known = events.length > 0 && events.every(({ id }, index) => there[index]?.id === id);
    return known ? { last: there.at(-1)!.revision, commit: there.at(-1)!.commit } : { wrong: stored.at(-1)?.revision ?? null };
  }

  tombstone(stream: string): void {
    this.#deleted.add(stream);
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(stream: string, event: ProposedEvent): void {
    const events = this.#streams.get(stream) ?? [];
    const { commit: before = 0n, data } = this.all.at(-1) ?? {};
    const commit = before + 137n + BigInt(data?.length ?? 0);
    const stored = { ...event, stream, revision: BigInt(events.length), commit, createdTicks: BigInt(Date.now()) * 10_000n };
    this.all.push(stored);
    events.push(stored);
    this.#streams.set(stream, events);
  }
}

const ofTheNode = (type: string): ProposedEvent => ({ id: randomUUID(), type, contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.alloc(0) });
