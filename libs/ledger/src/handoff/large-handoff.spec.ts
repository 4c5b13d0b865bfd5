import type { FlowTableState } from '#domain';
import { maximumAppendBytes } from '#event-store';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b' } as const;
type Place = keyof typeof agentOf;
const sessions = 5_000;

describe('I23 a node with 5,000 sessions, on a real PostgreSQL', () => {
  let ledger: TestLedger;
  beforeAll(async () => {
    ledger = await openTestLedger();
    const policy = { quarantineSeconds: 0 };
    for (const place of [a, b] as const) accepted(await ledger.provision({ foreignAgent: agentOf[place], careOfAddresses: [place], policy }));
    const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.9' };
    accepted(await ledger.register({ mobileNode: 'mn-1', foreignAgent: 'fa-a', careOfAddress: a, ...home, lifetimeSeconds: 65_535 }));
    for (let from = 0; from < sessions; from += 250) await Promise.all(Array.from({ length: 250 }, (_, i) => configure(from + i)));
  }, 240_000);
  afterAll(() => ledger.close());

  const configure = async (i: number): Promise<void> => {
    const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 1_024 + i, destinationPort: 5004 };
    accepted(await ledger.configure({ foreignAgent: 'fa-a', careOfAddress: a, mobileNode: 'mn-1', flow, refreshPeriodMs: 0 }));
  };
  const scope = (place: Place): FlowTableState => ledger.mailboxes.flowTable(agentOf[place], place).fold.state;
  const ids = (place: Place): string[] => [...scope(place).sessions.keys()].sort();
  const move = async (place: Place, terms: object = {}) =>
    accepted(await ledger.startHandoff({ mobileNode: 'mn-1', foreignAgent: agentOf[place], careOfAddress: place, deadlineSeconds: 3_600, ...terms }));

  /** Bytes of the largest append since then, by the metadata that names its last event. */
  const largestAppend = async (since: bigint): Promise<number> => {
    const bytes = new Map<string, number>();
    for await (const { stream, data, metadata } of ledger.store.readAll({ after: since })) {
      const append = `${stream} ${(JSON.parse(metadata) as { batchEnd: string }).batchEnd}`;
      bytes.set(append, (bytes.get(append) ?? 0) + Buffer.byteLength(data) + Buffer.byteLength(metadata));
    }
    return Math.max(...bytes.values());
  };

  it('is handed off, make-before-break: no append is larger than a store takes, and at every event each session has a leg', async () => {
    const before = ids(a);
    const head = await ledger.store.head();
    expect(before).toHaveLength(sessions);
    expect(await move(b)).toMatchObject({ state: 'completed', released: sessions, degraded: [] });
    expect(ids(a)).toEqual([]);
    expect(ids(b)).toEqual(before);
    expect(await largestAppend(head)).toBeLessThan(maximumAppendBytes);
    const legs = new Map(before.map((sessionId) => [sessionId, 1]));
    for await (const { type, data } of ledger.store.readAll({ after: head, types: ['QosSessionConfigured', 'QosSessionReleased'] })) {
      const { sessionId } = JSON.parse(data) as { sessionId: string };
      legs.set(sessionId, legs.get(sessionId)! + (type === 'QosSessionConfigured' ? 1 : -1));
      if (legs.get(sessionId)! < 1) throw new Error(`${sessionId} has no leg`);
    }
  }, 240_000);

  it('and back, break-before-make', async () => {
    const before = ids(b);
    const head = await ledger.store.head();
    expect(await move(a, { mode: 'break-before-make' })).toMatchObject({ state: 'completed', released: sessions });
    expect([ids(b), ids(a)]).toEqual([[], before]);
    expect(await largestAppend(head)).toBeLessThan(maximumAppendBytes);
  }, 240_000);
});
