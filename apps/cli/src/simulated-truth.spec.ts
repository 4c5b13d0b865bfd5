import { Readable } from 'node:stream';
import { openTestLedger, type TestLedger } from '#ledger/testing';
import { simulate, writeCapture, type SimulationOptions, type Truth } from '#simulator';
import { bindingFaults, type BindingRow, legFaults, type LegRow } from './simulated-history.testing';
import { type FlowTableRow, NetworkTruth, overlapsOf, rowText } from './simulated-truth.testing';

interface Played {
  readonly capture: Buffer;
  readonly truths: readonly Truth[];
  readonly endMs: number;
}

function play(options: Partial<SimulationOptions>): Played {
  const truths: Truth[] = [];
  let lastNs = 0n;
  const frames = function* () {
    for (const frame of simulate({ dataPacketsPerSecond: 0, ...options }, (truth) => truths.push(truth))) {
      if (frame.timeNs > lastNs) lastNs = frame.timeNs;
      yield frame;
    }
  };
  return { capture: Buffer.concat([...writeCapture(frames())]), truths, endMs: Number(lastNs / 1_000_000n) };
}

async function ingest(ledger: TestLedger, capture: Buffer, chunk = 65_536): Promise<number> {
  const chunks = Array.from({ length: Math.ceil(capture.length / chunk) }, (_, index) => capture.subarray(index * chunk, (index + 1) * chunk));
  const { eventsAppended, errorCount } = await ledger.ingest.ingest(Readable.from(chunks), { actor: 'test' });
  expect(errorCount).toBe(0);
  await ledger.runner.waitFor(await ledger.store.head(), 30_000);
  return eventsAppended;
}

async function withLedger<T>(use: (ledger: TestLedger) => Promise<T>): Promise<T> {
  const ledger = await openTestLedger();
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

const flow = 'mobile_node, correspondent_node, protocol, destination_port, source_port, flow_label, spi::text, style';

const ms = (column: string): string => `(extract(epoch from ${column}::timestamptz) * 1000)::float8`;

async function flowTable({ database }: TestLedger): Promise<FlowTableRow[]> {
  const { rows } = await database.pool.query<FlowTableRow>(
    `select care_of_address, foreign_agent, state, ${flow}, effective, temporary_field, temporary_value::text
      from qos.flow_table order by care_of_address, mobile_node, effective::text`,
  );
  return rows;
}

async function legs({ database }: TestLedger): Promise<LegRow[]> {
  const { rows } = await database.pool.query<LegRow>(
    `select leg.care_of_address, ${flow}, ${ms('leg.started_at')} as started_ms, ${ms('leg.ended_at')} as ended_ms, leg.cause
      from qos.session_legs leg join qos.sessions using (session_id)`,
  );
  return rows;
}

async function bindings({ database }: TestLedger): Promise<BindingRow[]> {
  const { rows } = await database.pool.query<BindingRow>(
    `select mobile_node, care_of_address, ${ms('accepted_at')} as accepted_ms, ${ms('ended_at')} as ended_ms, cause from qos.registrations`,
  );
  return rows;
}

describe('what the ledger makes of a simulated network, against what the network did', () => {
  it.each<[string, Partial<SimulationOptions>]>([
    ['nobody moves, no agent fails', { seed: 1, mobileNodes: 40, handoffsPerMinute: 0, reboots: 0 }],
    ['many handoffs between three agents', { seed: 2, mobileNodes: 40, foreignAgents: 3, handoffsPerMinute: 12, reboots: 0 }],
    ['there and back while the first reply is under way', { seed: 104, mobileNodes: 30, foreignAgents: 2, handoffsPerMinute: 13, reboots: 0 }],
  ])('I1 I3 I15 %s: flow tables, sessions and bindings are those of the network', async (_, options) => {
    const { capture, truths, endMs } = play(options);
    const network = new NetworkTruth(truths, endMs);
    expect(network.standing).toBeGreaterThan(20);
    await withLedger(async (ledger) => {
      await ingest(ledger, capture);
      const rows = await flowTable(ledger);
      expect(network.faultsOf(rows)).toEqual([]);
      expect(rows.filter((row) => row.temporary_field !== null).length).toBeGreaterThan(5);
      expect(network.otherThanChosen(rows)).toEqual([]);
      expect(network.needlesslyTemporary(rows)).toEqual([]);
      expect(legFaults(truths, await legs(ledger))).toEqual([]);
      expect(bindingFaults(truths, await bindings(ledger), endMs)).toEqual([]);
    });
  });

  it('I1 I15 agents that reboot: the flow tables are those of the network when all have registered again', async () => {
    const { capture, truths, endMs } = play({ seed: 3, mobileNodes: 30, handoffsPerMinute: 2, reboots: 3 });
    const network = new NetworkTruth(truths, endMs);
    await withLedger(async (ledger) => {
      await ingest(ledger, capture);
      // Whoever is not registered again yet has no binding: what comes for it meanwhile stands in the scope `direct` until its lease ends.
      const rows = (await flowTable(ledger)).filter((row) => row.foreign_agent !== 'direct' || row.mobile_node !== null || !row.care_of_address.startsWith('10.'));
      expect(network.faultsOf(rows)).toEqual([]);
    });
  });
});

describe('a network in which messages are lost, doubled and late', () => {
  const poor: Partial<SimulationOptions> = {
    seed: 4, mobileNodes: 25, foreignAgents: 3, durationSeconds: 240, handoffsPerMinute: 8, reboots: 1,
    lossRate: 0.05, duplicationRate: 0.05, reorderingRate: 0.1,
  };

  async function sound(ledger: TestLedger): Promise<FlowTableRow[]> {
    const rows = await flowTable(ledger);
    expect(rows.length).toBeGreaterThan(20);
    expect(overlapsOf(rows)).toEqual([]);
    const open = new Set((await bindings(ledger)).filter((one) => one.ended_ms === null).map((one) => `${one.mobile_node} ${one.care_of_address}`));
    const isBound = (row: FlowTableRow): boolean => row.mobile_node === null || open.has(`${row.mobile_node} ${row.care_of_address}`);
    expect(rows.filter((row) => row.state !== 'orphaned' && !isBound(row)).map(rowText)).toEqual([]);
    return rows;
  }

  it('I1 I15 no two flows share an id and none is live without a binding; the same capture again appends nothing', async () => {
    const { capture } = play(poor);
    await withLedger(async (ledger) => {
      await ingest(ledger, capture);
      const rows = await sound(ledger);
      expect(await ingest(ledger, capture, 10_000)).toBe(0);
      expect(await flowTable(ledger)).toEqual(rows);
    });
  });

  it('I1 I15 so it is where the clocks of the links are off, and however the capture is cut the ledger is the same', async () => {
    const { capture } = play({ ...poor, clockSkewMs: 30 });
    const streamOf = (line: string): string => line.split(' ')[0]!;
    const ingested = (chunk: number) =>
      withLedger(async (ledger) => {
        const appended = await ingest(ledger, capture, chunk);
        const rows = await sound(ledger);
        // In each stream, that is: of two streams no order is told.
        const history = (await ledger.history()).sort((a, b) => (streamOf(a) < streamOf(b) ? -1 : streamOf(a) > streamOf(b) ? 1 : 0));
        return { appended, rows, history };
      });
    expect(await ingested(4_096)).toEqual(await ingested(capture.length));
  });
});
