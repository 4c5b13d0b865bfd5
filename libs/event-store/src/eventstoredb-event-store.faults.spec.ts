import { Client } from 'pg';
import { setTimeout as pause } from 'node:timers/promises';
import { collect, follow, newEvent, newEvents, newStream, positions } from './contract-ledger.testing';
import { AppendRefused, EventStoreUnavailable, OutcomeUnknown, type AppendResult, type ExpectedRevision, type NewEvent, type RecordedEvent } from './event-store';
import { EventStoreDbDouble, type NodeFault } from './eventstoredb-double.testing';
import type { EventStoreDbEventStore } from './eventstoredb-event-store';
import { openDoubledLedger, type DoubledLedger } from './eventstoredb-ledger.testing';
import { NodeLog } from './eventstoredb-log.testing';
import { MirrorDiverged, refuseMirror, refuseOwnLog } from './eventstoredb-mirror-log';
import { PostgresEventStore } from './postgres-event-store';

describe('EventStoreDbEventStore under faults', () => {
  let ledger: DoubledLedger;
  let store: EventStoreDbEventStore;
  let lost: Error[];
  beforeEach(async () => {
    ledger = await openDoubledLedger(700);
    lost = [];
    store = ledger.open({ onLost: (error) => lost.push(error) });
  });
  afterEach(async () => {
    ledger.double.fault = () => undefined;
    ledger.double.thaw();
    await store.close();
    await ledger.close();
  });

  /** What every caller does: the same ids at the same expected revision until there is an answer. */
  async function appendForSure(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    for (;;) {
      try {
        return await store.append(stream, expected, events);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable || error instanceof OutcomeUnknown)) throw error;
        await pause(20 + Math.random() * 30);
      }
    }
  }
  const once = (fault: NodeFault, kind = 'append'): void => {
    let left = 1;
    ledger.double.fault = (call) => (call === kind && left-- > 0 ? fault : undefined);
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await pause(10);
  };

  it('never uses the batch append, whose promises all clients of the process share', async () => {
    await store.append(newStream(), 'no-stream', newEvents(2));
    expect(ledger.double.calls).toMatchObject({ append: 1, batchAppend: 0 });
  });

  it('starts while the node is away and works as soon as it is there', async () => {
    await store.close();
    ledger.double.stop();
    store = ledger.open();
    const stream = newStream();
    await expect(store.append(stream, 'no-stream', newEvents(1))).rejects.toThrow(/EventStoreDB/);
    await expect(store.streamRevision(stream)).rejects.toThrow(EventStoreUnavailable);
    expect(await collect(store.readAll())).toEqual([]);
    await ledger.double.start();
    const events = newEvents(2);
    expect(await appendForSure(stream, 'no-stream', events)).toEqual({ outcome: 'appended', revision: 1n, position: 2n });
  });

  it.each<NodeFault>(['answer-lost', 'unavailable-after', 'exception-after', 'unavailable', 'timeout', 'reset'])('F9 settles an outcome that is unknown (%s): the same ids again, written once', async (fault) => {
    const stream = newStream();
    const events = newEvents(2);
    once(fault);
    await expect(store.append(stream, 'no-stream', events)).rejects.toThrow(OutcomeUnknown);
    expect(await appendForSure(stream, 'no-stream', events)).toEqual({ outcome: 'appended', revision: 1n, position: 2n });
    expect((await collect(store.readAll())).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('takes an append that the node got twice', async () => {
    once('duplicate');
    expect(await store.append(newStream(), 'no-stream', newEvents(2))).toEqual({ outcome: 'appended', revision: 1n, position: 2n });
    expect(await store.head()).toBe(2n);
  });

  it('refuses for good what the node refuses for good', async () => {
    once('access-denied');
    await expect(store.append(newStream(), 'no-stream', newEvents(1))).rejects.toThrow(AppendRefused);
    const stream = newStream();
    ledger.double.log.tombstone(ledger.node.streamPrefix + stream);
    await expect(store.append(stream, 'no-stream', newEvents(1))).rejects.toThrow(AppendRefused);
    await expect(store.streamRevision(stream)).rejects.toThrow(EventStoreUnavailable);
  });

  it('follows the leader', async () => {
    const leader = await new EventStoreDbDouble(ledger.double.log).start();
    ledger.double.leader = { host: '127.0.0.1', port: leader.port };
    ledger.double.fault = (call) => (call === 'subscribe' ? undefined : 'not-leader');
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    expect(leader.calls.append).toBe(1);
    leader.stop();
  });

  it('F2 given a cluster without a leader, is away for appends and reads, takes its mirror for no other log, and goes on when one leads', async () => {
    const [stream, events] = [newStream(), newEvents(1)];
    await store.append(newStream(), 'no-stream', newEvents(1));
    ledger.double.fault = () => 'no-leader';
    ledger.double.dropSubscriptions('error');
    await until(() => lost.length > 0);
    await expect(store.append(stream, 'no-stream', events)).rejects.toThrow(EventStoreUnavailable);
    await expect(store.streamRevision(stream)).rejects.toThrow(EventStoreUnavailable);
    // Compared with the mirror again, as a server does that starts meanwhile.
    const other = ledger.open({ onLost: (error) => lost.push(error) });
    const { read, subscribe } = ledger.double.calls;
    await until(() => ledger.double.calls.read > read + 1 || ledger.double.calls.subscribe > subscribe + 1);
    expect(lost.filter((error) => error instanceof MirrorDiverged)).toEqual([]);
    expect(await store.head()).toBe(1n);
    ledger.double.fault = () => undefined;
    expect(await appendForSure(stream, 'no-stream', events)).toEqual({ outcome: 'appended', revision: 0n, position: 2n });
    await other.close();
  }, 20_000);

  it('given a subscription that is refused because nobody leads, opens it again', async () => {
    ledger.double.fault = (call) => (call === 'subscribe' ? 'no-leader' : undefined);
    ledger.double.dropSubscriptions('error');
    await until(() => ledger.double.calls.subscribe > 2);
    ledger.double.fault = () => undefined;
    expect(await appendForSure(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    expect(lost.map(({ name }) => name)).toContain('SubscriptionDropped');
  });

  it('F8 does not wait for a frozen node, the first call included, and turns to a client that does not hang', async () => {
    ledger.double.fault = () => 'frozen';
    const from = performance.now();
    const calls = [store.append(newStream(), 'no-stream', newEvents(1)), store.streamRevision(newStream()), collect(store.readStream(newStream()))];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).name)).toEqual(['OutcomeUnknown', 'EventStoreUnavailable', 'EventStoreUnavailable']);
    expect(performance.now() - from).toBeLessThan(2_000);
    ledger.double.fault = () => undefined;
    expect(await appendForSure(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended' });
  });

  it('F8 refuses at once while the node stays frozen, and asks it again ever more seldom', async () => {
    ledger.double.fault = () => 'frozen';
    await Promise.allSettled(Array.from({ length: 200 }, () => store.append(newStream(), 'no-stream', newEvents(1))));
    const { append } = ledger.double.calls;
    const from = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => store.append(newStream(), 'no-stream', newEvents(1))));
    expect(performance.now() - from).toBeLessThan(2_000);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason instanceof EventStoreUnavailable).length).toBeGreaterThanOrEqual(199);
    expect(ledger.double.calls.append - append).toBeLessThanOrEqual(1);
  });

  it('does not send what waits behind an append to the same stream that got no answer', async () => {
    const stream = newStream();
    once('frozen');
    const sent = [store.append(stream, 'no-stream', newEvents(1)), store.append(stream, 0n, newEvents(1))];
    const [first, second] = await Promise.allSettled(sent);
    expect(first).toMatchObject({ reason: { name: 'OutcomeUnknown' } });
    expect(second).toMatchObject({ reason: { name: 'EventStoreUnavailable' } });
    expect(ledger.double.calls.append).toBe(1);
  });

  it('F2 loses nothing that it acknowledged and writes nothing twice while the node dies again and again; a subscriber sees no gap and no repeat', async () => {
    const acknowledged = new Map<bigint, string>();
    let writing = true;
    const writers = Array.from({ length: 16 }, async () => {
      const stream = newStream();
      for (let expected: ExpectedRevision = 'no-stream'; writing; ) {
        const events = newEvents(2);
        const answer = await appendForSure(stream, expected, events);
        if (answer.outcome !== 'appended') throw new Error(`${stream} has no other writer, yet ${answer.actual} is not ${expected}`);
        for (const [index, { id }] of events.entries()) acknowledged.set(answer.position - BigInt(events.length - 1 - index), id);
        expected = answer.revision;
      }
    });
    const seen: RecordedEvent[] = [];
    const abort = new AbortController();
    const subscriber = (async () => {
      for await (const batch of store.subscribeAll(0n, abort.signal)) seen.push(...batch);
    })();
    for (let kill = 0; kill < 3; kill += 1) {
      const before = acknowledged.size;
      await until(() => acknowledged.size > before + 60);
      ledger.double.stop();
      await pause(150);
      await ledger.double.start();
    }
    writing = false;
    await Promise.all(writers);
    const head = await store.head();
    await until(() => (seen.at(-1)?.position ?? 0n) >= head);
    abort.abort();
    await subscriber;
    const stored = await collect(store.readAll());
    expect(stored.map(({ id }) => id)).toEqual(positions(stored).map((position) => acknowledged.get(position)));
    expect(acknowledged.size).toBe(stored.length);
    expect(positions(stored)).toEqual(stored.map((_, index) => BigInt(index + 1)));
    expect(positions(seen)).toEqual(positions(stored));
    expect(lost.length).toBeGreaterThan(0);
  });

  it.each(['error', 'clean end'] as const)('tells a drop of the subscription by %s and resumes without gap or repeat', async (how) => {
    const stream = newStream();
    const seen = follow(store, 0n, 40);
    for (let revision = 0n; revision < 40n; revision += 1n) {
      if (revision % 10n === 5n) ledger.double.dropSubscriptions(how);
      await appendForSure(stream, revision === 0n ? 'no-stream' : revision - 1n, newEvents(1));
    }
    expect(positions(await seen)).toEqual(Array.from({ length: 40 }, (_, index) => BigInt(index + 1)));
    expect(lost.map(({ name }) => name)).toContain('SubscriptionDropped');
    expect(ledger.double.calls.subscribe).toBeGreaterThanOrEqual(4);
  });

  it('answers with the position when the mirror comes late, and leaves the outcome open when it does not come', async () => {
    await store.append(newStream(), 'no-stream', newEvents(1));
    ledger.double.fault = (call) => (call === 'subscribe' ? 'frozen' : undefined);
    ledger.double.dropSubscriptions('error');
    await until(() => ledger.double.calls.subscribe > 1);
    const [stream, events] = [newStream(), newEvents(1)];
    await expect(store.append(stream, 'no-stream', events)).rejects.toThrow(OutcomeUnknown);
    setTimeout(() => ledger.double.thaw(), 300);
    expect(await appendForSure(stream, 'no-stream', events)).toEqual({ outcome: 'appended', revision: 0n, position: 2n });
  }, 30_000);

  it('takes the mirror over from a server that holds it and has stopped to work', async () => {
    await store.close();
    const zombie = new Client(ledger.connection);
    zombie.on('error', () => undefined);
    await zombie.connect();
    await zombie.query('select pg_advisory_lock(119182731994483)');
    store = ledger.open();
    expect(await appendForSure(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 1n });
    await expect(zombie.query('select 1')).rejects.toThrow();
  });

  it('hands the mirror to another server when its own closes', async () => {
    const other = ledger.open();
    await store.append(newStream(), 'no-stream', newEvents(1));
    await store.close();
    expect(await other.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 2n });
    await other.close();
  });

  it('mirrors nothing of the node itself and nothing of others', async () => {
    const others: readonly NewEvent[] = [newEvent({ type: 'Foreign' })];
    const append = (stream: string, type: string, data: string): void => {
      ledger.double.log.append(stream, null, [{ id: others[0]!.id, type, contentType: 'application/octet-stream', data: Buffer.from(data), metadata: Buffer.alloc(0) }]);
    };
    append('another-ledger', 'Foreign', '{}');
    append(`${ledger.node.streamPrefix}binary-1`, 'Foreign', '\0\x01\0');
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ position: 2n });
    expect((await collect(store.readAll({ limit: 1 })))[0]).toMatchObject({ stream: 'binary-1', metadata: '{}' });
  });

  it('given another program\'s names of 4,000 characters, mirrors on', async () => {
    // No text that PostgreSQL could compress below what its indexes take.
    const long = Array.from({ length: 63 }, () => newEvent().id).join('~').padEnd(4_000, 'x');
    const foreign = { id: newEvent().id, type: long, contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.alloc(0) };
    ledger.double.log.append(`${ledger.node.streamPrefix}${long}`, null, [foreign]);
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ outcome: 'appended', position: 2n });
    expect(store.isBehind).toBe(false);
  });

  it('given events that the mirror does not take, is behind until it takes them, however often the subscription is opened', async () => {
    await store.append(newStream(), 'no-stream', newEvents(1));
    expect(store.isBehind).toBe(false);
    await ledger.pool.query(`alter table ledger.events add constraint none check (type <> 'Poison')`);
    ledger.double.log.append(`${ledger.node.streamPrefix}foreign`, null, [
      { id: newEvent().id, type: 'Poison', contentType: 'application/json', data: Buffer.from('{}'), metadata: Buffer.alloc(0) },
    ]);
    const { subscribe } = ledger.double.calls;
    await until(() => ledger.double.calls.subscribe > subscribe + 3);
    expect(store.isBehind).toBe(true);
    expect(lost).toHaveLength(1);
    await ledger.pool.query('alter table ledger.events drop constraint none');
    await until(() => !store.isBehind);
    expect(await store.head()).toBe(2n);
  }, 20_000);

  it('given a server that stands by, and an append that does not come to the mirror, is behind until the mirror grows', async () => {
    await store.append(newStream(), 'no-stream', newEvents(1));
    const other = ledger.open();
    await ledger.pool.query(`alter table ledger.events add constraint none check (type <> 'Poison')`);
    await expect(other.append(newStream(), 'no-stream', [newEvent({ type: 'Poison' })])).rejects.toThrow(OutcomeUnknown);
    expect(other.isBehind).toBe(true);
    await ledger.pool.query('alter table ledger.events drop constraint none');
    await until(() => !other.isBehind);
    await other.close();
  }, 30_000);

  it('decides nothing on a node that does not hold the mirrored log; reads go on', async () => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(3));
    ledger.double.stop();
    const restored = new EventStoreDbDouble(new NodeLog());
    Object.assign(ledger.double, { log: restored.log });
    await ledger.double.start();
    await until(() => lost.some((error) => error instanceof MirrorDiverged || error.name === 'SubscriptionDropped'));
    await expect(
      (async () => {
        for (;;) {
          await store.append(newStream(), 'no-stream', newEvents(1)).catch((error: Error) => {
            if (/another log/.test(error.message)) throw error;
          });
          await pause(50);
        }
      })(),
    ).rejects.toThrow(EventStoreUnavailable);
    expect(await store.head()).toBe(3n);
    expect(await collect(store.readAll())).toHaveLength(3);
  });

  it('tells a mirror from a log of PostgreSQL\'s own', async () => {
    await expect(refuseMirror(ledger.pool)).resolves.toBeUndefined();
    await store.append(newStream(), 'no-stream', newEvents(1));
    await expect(refuseMirror(ledger.pool)).rejects.toThrow(MirrorDiverged);
    await expect(refuseOwnLog(ledger.pool)).resolves.toBeUndefined();
    const own = new PostgresEventStore(ledger);
    await own.append(newStream(), 'no-stream', newEvents(1));
    await own.close();
    await expect(refuseOwnLog(ledger.pool)).rejects.toThrow(MirrorDiverged);
  });
});
