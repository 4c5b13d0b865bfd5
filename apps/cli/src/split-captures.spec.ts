import { Readable } from 'node:stream';
import { openTestLedger, type TestLedger } from '#ledger/testing';
import { simulate, writeCapture } from '#simulator';

/** Loss, copies and disorder; agents that begin anew; nodes that move. */
const poorNetwork = {
  foreignAgents: 2, mobileNodes: 30, durationSeconds: 240, dataPacketsPerSecond: 0, handoffsPerMinute: 8, lossRate: 0.1, duplicationRate: 0.03,
  reorderingRate: 0.05, reboots: 4, clockSkewMs: 20,
};

describe('a capture in several files', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (bytes: Buffer) => ledger.ingest.ingest(Readable.from([bytes]), { actor: 'test' });

  /**
   * What was observed and decided, a line an event. The end of a file writes extensions of leases that wait: those stand elsewhere, and so do
   * the revisions behind them, which quarantines have in their names.
   */
  const history = async (): Promise<string[]> => {
    const lines: string[] = [];
    for await (const { stream, type, data } of ledger.store.readAll()) if (type !== 'LeasesExtended') lines.push(`${stream} ${type} ${data.replace(/([0-9a-f]{12})\/\d+"/g, '$1"')}`);
    return lines.sort();
  };

  it.each([7, 11, 23])('I13 any split comes to the same events as the whole: cut where it matters most, and evenly; seed %d', async (seed) => {
    const capture = Buffer.concat([...writeCapture(simulate({ seed, ...poorNetwork }))]);
    const { header, records } = recordsOf(capture);
    await ingest(capture);
    const whole = await history();
    const reboots = await framesOf(ledger, ['AgentRebootReported']);
    const replies = await framesOf(ledger, ['RegistrationAccepted']);
    expect(reboots.length).toBeGreaterThan(0);
    // What tells a reboot, or a reply, is the first frame of the next file.
    const sharp = [...reboots, ...replies.filter((_, index) => index % 9 === 0)].map((frame) => frame - 1);
    const even = Array.from({ length: 7 }, (_, index) => Math.floor((records.length * (index + 1)) / 8));
    for (const cuts of [sharp, even]) {
      await ledger.close();
      ledger = await openTestLedger();
      const ends = [...new Set([...cuts, records.length])].sort((a, b) => a - b);
      let from = 0;
      for (const end of ends) {
        if (end > from) await ingest(Buffer.concat([header, ...records.slice(from, end)]));
        from = end;
      }
      expect(differences(whole, await history())).toEqual([]);
    }
    const head = await ledger.store.head();
    expect(await ingest(capture)).toMatchObject({ eventsAppended: 0 });
    expect(await ledger.store.head()).toBe(head);
  }, 120_000);

  it.each([1, 5])('F13 read again, a capture whose clocks are 400 ms off appends nothing; seed %d', async (seed) => {
    const capture = Buffer.concat([...writeCapture(simulate({ seed, ...poorNetwork, clockSkewMs: 400 }))]);
    await ingest(capture);
    expect(await ingest(capture)).toMatchObject({ eventsAppended: 0 });
  });
});

function recordsOf(capture: Buffer): { readonly header: Buffer; readonly records: readonly Buffer[] } {
  const records: Buffer[] = [];
  for (let at = 24; at < capture.length; ) {
    const end = at + 16 + capture.readUInt32BE(at + 8);
    records.push(capture.subarray(at, end));
    at = end;
  }
  expect(records.length).toBeGreaterThan(1_000);
  return { header: capture.subarray(0, 24), records };
}

function differences(whole: readonly string[], split: readonly string[]): string[] {
  const [a, b] = [new Set(whole), new Set(split)];
  return [...whole.filter((line) => !b.has(line)).map((line) => `whole: ${line}`), ...split.filter((line) => !a.has(line)).map((line) => `split: ${line}`)];
}

async function framesOf(ledger: TestLedger, types: readonly string[]): Promise<number[]> {
  const frames: number[] = [];
  for await (const { type, metadata } of ledger.store.readAll()) {
    if (types.includes(type)) frames.push(Number((JSON.parse(metadata) as { frame: string }).frame));
  }
  return frames;
}
