import fc from 'fast-check';
import { buildIpv4, encodeRsvp, IpProtocol, LinkType, path, PcapWriter } from '#signalling';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [receiver, cn] = ['192.0.2.200', '192.0.2.9'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };

type Frame = readonly [ms: number, packet: Uint8Array];

function paths(ms: number, destinationPort: number, refreshPeriodMs: number): Frame {
  const session = { destination: receiver, protocol: 17, destinationPort, generalized: false, flags: 0 };
  const sender = { source: cn, sourcePort: 4000, flowLabel: null, spi: null };
  const message = path({ session, sender, tspec, hop: { address: cn, lih: 1 }, refreshPeriodMs });
  return [ms, buildIpv4({ source: cn, destination: receiver, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message))];
}

async function* captureOf(frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [ms, packet] of [...frames].sort(([one], [other]) => one - other)) yield writer.record(BigInt(1_000_000 + ms) * 1_000_000n, packet);
}

describe('Refresh periods of about a second, by which copies of one message may differ', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  /** Refreshes between half and one and a half of R (RFC 2205 §3.7), in hundredths of R. */
  const refreshes = fc.array(fc.integer({ min: 50, max: 150 }), { minLength: 1, maxLength: 30 });

  it('each flow stands between L and 1.5 · L after its last refresh, and the same capture again appends nothing', async () => {
    // Each with an R of its own: leases of one R are extended together, and so longer than each by itself.
    const drawn = fc.sample(refreshes, { numRuns: 60, seed: 20_261_126 }).map((steps, index) => ({ steps, R: 500 + 25 * index }));
    const lasts = drawn.map(({ R, steps }) => Math.round(steps.reduce((ms, step) => ms + (step * R) / 100, 0)));
    const frames = drawn.flatMap(({ R, steps }, index) => {
      let ms = 0;
      return [paths(0, 5_000 + index, R), ...steps.map((step) => paths(Math.round((ms += (step * R) / 100)), 5_000 + index, R))];
    });
    // What lets the time come to the end of all.
    const capture = [...frames, paths(120_000, 4_999, 30_000)];
    await ledger.ingest.ingest(captureOf(capture), { actor: 'test' });
    await ledger.runner.waitFor(await ledger.store.head(), 20_000);
    const { rows } = await ledger.database.pool.query<{ port: number; ended: string }>(
      'select destination_port as port, closed_at as ended from projection.sessions where closed_at is not null order by destination_port',
    );
    const stood = rows.map(({ port, ended }) => ({ port, after: Date.parse(ended) - 1_000_000 - lasts[port - 5_000]! }));
    const wrong = stood.filter(({ port, after }) => {
      const lifetime = 5.25 * drawn[port - 5_000]!.R;
      return after < lifetime || after > 1.5 * lifetime;
    });
    expect({ flows: rows.length, wrong }).toEqual({ flows: drawn.length, wrong: [] });
    expect(await ledger.ingest.ingest(captureOf(capture), { actor: 'test' })).toMatchObject({ eventsAppended: 0 });
  }, 60_000);
});
