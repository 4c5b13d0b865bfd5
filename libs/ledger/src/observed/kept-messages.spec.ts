import { buildIpv4, encodeRsvp, IpProtocol, LinkType, path, PcapWriter } from '#signalling';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [receiver, cn] = ['192.0.2.200', '192.0.2.9'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };

type Frame = readonly [seconds: number, packet: Uint8Array];

function paths(seconds: number, sourcePort: number, spoil: (bytes: Uint8Array) => void = () => undefined): Frame {
  const session = { destination: receiver, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
  const sender = { source: cn, sourcePort, flowLabel: null, spi: null };
  const message = path({ session, sender, tspec, hop: { address: cn, lih: 1 }, refreshPeriodMs: 30_000 });
  const bytes = encodeRsvp(message);
  spoil(bytes);
  return [seconds, buildIpv4({ source: cn, destination: receiver, protocol: IpProtocol.RSVP, timeToLive: 60 }, bytes)];
}
const checksum = (bytes: Uint8Array): void => void (bytes[2]! ^= 0xff);

async function* captureOf(frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [seconds, packet] of frames) yield writer.record(BigInt(1_000_000 + seconds) * 1_000_000_000n, packet);
}

describe('A router that sends what makes no sense, and refreshes it', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const every30 = (from: number, count: number, of: (seconds: number) => readonly Frame[]): Frame[] =>
    Array.from({ length: count }, (_, n) => of(from + 30 * n)).flat();
  const kept = async (server = ledger): Promise<number> => (await server.history()).filter((line) => line.endsWith('SignallingObserved')).length;
  const ingest = (frames: readonly Frame[], server = ledger) => server.ingest.ingest(captureOf(frames), { actor: 'test' });

  it('given PATHs with a wrong checksum, when they go on in one capture and the next, and on another server, then each is one event and the rest a number', async () => {
    const both = (seconds: number) => [paths(seconds, 4_000, checksum), paths(seconds, 4_001, checksum)];
    expect(await ingest(every30(0, 20, both))).toMatchObject({ eventsAppended: 2, violations: { 'checksum-wrong': 40 } });
    expect(await ingest(every30(600, 20, both))).toMatchObject({ eventsAppended: 0 });
    const next = await openTestLedger(Date.now, ledger.database);
    expect(await ingest(every30(1_200, 5, both), next)).toMatchObject({ eventsAppended: 0 });
    expect(await ingest([...every30(1_350, 1, both), paths(1_351, 4_002, checksum)], next)).toMatchObject({ eventsAppended: 1 });
    await next.close();
    expect(await kept()).toBe(3);
    await ledger.refusals.flush();
    const { rows } = await ledger.database.pool.query("select sum(count)::int as count from qos.refusals where reason = 'checksum-wrong'");
    expect(rows).toEqual([{ count: 93 }]);
  });

  it('given one that is right, when its wrong one comes between its refreshes, then that is told once and the flow stands', async () => {
    const mixed = (seconds: number) => [paths(seconds, 4_000), paths(seconds + 5, 4_000, checksum)];
    const report = await ingest(every30(0, 10, mixed));
    expect(report).toMatchObject({ foreignAgents: [{ live: 1 }] });
    expect(await kept()).toBe(1);
  });
});
