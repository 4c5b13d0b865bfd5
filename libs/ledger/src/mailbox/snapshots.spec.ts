import { flowTableSnapshotVersion } from '#domain';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';
import { Snapshots } from './snapshots';

const careOfAddress = '198.51.100.1';
const visit = { mobileNode: 'mn-1', foreignAgent: 'fa-1', careOfAddress, homeAgent: '203.0.113.1', homeAddress: '10.0.0.9', lifetimeSeconds: 6_000 };
const flow = { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const claim = { foreignAgent: 'fa-1', careOfAddress, mobileNode: 'mn-1', flow };

describe('Snapshots', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
    accepted(await ledger.register(visit));
  });
  afterEach(() => ledger.close());

  const stored = async (): Promise<{ revision: bigint; state: string } | undefined> => {
    const { rows } = await ledger.database.pool.query<{ revision: bigint; state: string }>('select revision, state from projection.snapshots');
    return rows[0];
  };

  it('are taken of long streams, and a cold fold begins with them', async () => {
    for (let round = 0; round < 10; round++) {
      const flows = Array.from({ length: 520 }, (_, sourcePort) => ({ ...flow, sourcePort, destinationPort: 6000 + round }));
      await Promise.all(flows.map((one) => ledger.configure({ ...claim, flow: one })));
      await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    }
    accepted(await ledger.configure(claim));
    const stream = `flowTable-fa-1@${careOfAddress}`;
    for (let attempt = 0; attempt < 100 && !(await stored()); attempt++) await new Promise((resolve) => setTimeout(resolve, 20));
    const snapshot = await stored();
    expect(snapshot?.revision).toBeGreaterThan(5_000n);

    const marked = JSON.parse(snapshot!.state) as { state: { policy: { quarantineSeconds: number } } };
    marked.state.policy.quarantineSeconds = 4711;
    await ledger.database.pool.query('update projection.snapshots set state = $1 where stream = $2', [JSON.stringify(marked), stream]);
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      expect(accepted(await other.configure(claim)).outcome).toBe('refreshed');
      const { fold } = other.mailboxes.flowTable('fa-1', careOfAddress);
      expect(fold.state.policy.quarantineSeconds).toBe(4711);
      expect(fold.revision).toBe(ledger.mailboxes.flowTable('fa-1', careOfAddress).fold.revision);
      expect(fold.state.sessions.size).toBe(5_201);
    } finally {
      await other.close();
    }
  }, 60_000);

  it('are a cache: without them, or with one of another version, the stream is folded', async () => {
    accepted(await ledger.configure(claim));
    await ledger.database.pool.query(
      `insert into projection.snapshots (stream, version, revision, position, state) values ($1, 0, 99, 99, 'not to be read')`,
      [`flowTable-fa-1@${careOfAddress}`],
    );
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      expect(accepted(await other.configure(claim)).outcome).toBe('refreshed');
    } finally {
      await other.close();
    }
  });

  it.each(['{"garbage', '{}', 'null', '{"state":{"revision":"3"}}'])('are a cache: of one that is %s the stream is folded from its beginning', async (state) => {
    accepted(await ledger.configure(claim));
    const stream = `flowTable-fa-1@${careOfAddress}`;
    await ledger.database.pool.query('insert into projection.snapshots (stream, version, revision, position, state) values ($1, $2, 1, 2, $3)', [stream, flowTableSnapshotVersion, state]);
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      expect(accepted(await other.configure(claim)).outcome).toBe('refreshed');
    } finally {
      await other.close();
    }
  });

  it('are a cache: where they are away the stream is folded from its beginning', async () => {
    accepted(await ledger.configure(claim));
    await ledger.database.pool.query('alter table projection.snapshots rename to snapshots_elsewhere');
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      expect(accepted(await other.configure(claim)).outcome).toBe('refreshed');
    } finally {
      await other.close();
    }
  });

  it('are not taken of a stream whose commands the tables do not know', async () => {
    const { pool } = ledger.database;
    const snapshots = new Snapshots(pool, () => Promise.resolve());
    await pool.query(`insert into projection.parked_streams (projection, version, stream, revision, position, event_type, error) values ('commands', 1, 'parked', 7, 9, 'X', ''), ('sessions', 1, 'known', 7, 9, 'X', '')`);
    for (const stream of ['parked', 'known']) snapshots.save(stream, { state: '{}', revision: 8n, position: 10n });
    const streams = async (): Promise<string[]> => (await pool.query<{ stream: string }>('select stream from projection.snapshots order by 1')).rows.map(({ stream }) => stream);
    for (let attempt = 0; attempt < 100 && (await streams()).length < 1; attempt++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await streams()).toEqual(['known']);
    await pool.query('delete from projection.parked_streams');
    snapshots.save('parked', { state: '{}', revision: 8n, position: 10n });
    for (let attempt = 0; attempt < 100 && (await streams()).length < 2; attempt++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await streams()).toEqual(['known', 'parked']);
  });
});
