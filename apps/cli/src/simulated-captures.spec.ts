import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { openTestLedger, type TestLedger } from '#ledger/testing';
import { simulate, writeCapture } from '#simulator';

describe('a simulated network in the ledger', () => {
  const capture = Buffer.concat([...writeCapture(simulate({ seed: 7, foreignAgents: 2, mobileNodes: 60, durationSeconds: 300, dataPacketsPerSecond: 0 }))]);
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (bytes: Buffer, chunk: number) => {
    const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) => bytes.subarray(index * chunk, (index + 1) * chunk));
    return ledger.ingest.ingest(Readable.from(chunks), { actor: 'test' });
  };

  it('appends nothing when the same capture comes again, and counts what it appended', async () => {
    const first = await ingest(capture, 65_536);
    const head = await ledger.store.head();
    expect(BigInt(first.eventsAppended)).toBe(head);
    const second = await ingest(capture, 10_000);
    expect(second).toMatchObject({ captureId: createHash('sha256').update(capture).digest('hex'), eventsAppended: 0 });
    expect(await ledger.store.head()).toBe(head);
  });

  it('comes to the same flow tables, however the capture is cut into chunks', async () => {
    const tables = async (): Promise<string> => {
      const { rows } = await ledger.database.pool.query<{ flows: string }>(
        `select string_agg(concat_ws(' ', care_of_address, mobile_node, state, effective::text), E'\\n' order by care_of_address, mobile_node, effective::text) as flows
          from projection.flow_table where to_position is null`,
      );
      return rows[0]!.flows;
    };
    const whole = await ingest(capture, capture.length);
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    const expected = await tables();
    await ledger.close();
    ledger = await openTestLedger();
    const cut = await ingest(capture, 4_096);
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    expect(await tables()).toBe(expected);
    expect(cut.eventsAppended).toBe(whole.eventsAppended);
    expect(cut.foreignAgents.some(({ temporary }) => temporary > 3)).toBe(true);
  });
});
