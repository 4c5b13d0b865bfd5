import { buildIpv4, encodeRsvp, IpProtocol, LinkType, path, PcapWriter, resv, resvTear, type RsvpMessage } from '#signalling';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [receiver, cn] = ['192.0.2.200', '192.0.2.9'] as const;
/** Two next hops, the router at which their reservations merge, and the router further up. */
const [hopA, hopB, router, upstream] = ['10.9.0.11', '10.9.0.12', '10.9.0.1', '10.8.0.1'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };
const session = { destination: receiver, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const sender = { source: cn, sourcePort: 4000, flowLabel: null, spi: null };
const asked = { session, style: 'FF', flowDescriptors: [{ flowspec: { service: 'controlled-load', tspec, rspec: null }, senders: [sender] }] } as const;

type Frame = readonly [ms: number, packet: Uint8Array];
type Way = readonly [hop: string, node: string];
const [fromA, fromB, further]: readonly [Way, Way, Way] = [[hopA, router], [hopB, router], [router, upstream]];

const frame = (ms: number, [source, destination]: Way, message: RsvpMessage): Frame =>
  [ms, buildIpv4({ source, destination, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message))];
const paths = (ms: number): Frame => frame(ms, [cn, receiver], path({ session, sender, tspec, hop: { address: cn, lih: 1 }, refreshPeriodMs: 30_000 }));
const reserves = (ms: number, way: Way): Frame => frame(ms, way, resv({ ...asked, hop: { address: way[0], lih: 1 }, refreshPeriodMs: 30_000 }));
const tears = (ms: number, way: Way): Frame => frame(ms, way, resvTear({ ...asked, hop: { address: way[0], lih: 1 } }));

async function* captureOf(frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [ms, packet] of frames) yield writer.record(BigInt(1_000_000 + ms) * 1_000_000n, packet);
}

describe('Equal reservations of two next hops within a second', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(frames), { actor: 'test' });
  /** `state, next hops that ask` of the one session. */
  const told = async (): Promise<string> => {
    const mailbox = ledger.mailboxes.flowTable('direct', receiver);
    await mailbox.load();
    const { sessions, parts } = mailbox.fold.state;
    const [one] = [...sessions.values()];
    return [one!.state, ...parts.requests(one!.sessionId).map(({ nextHop }) => nextHop)].join(' ');
  };
  const reserved = [paths(0), reserves(1_000, fromA), reserves(1_500, fromB)];

  it.each([0, 1, 500, 1_000])('%d ms apart: both ask, and the tear of one leaves the other', async (apart) => {
    expect(await ingest(paths(0), reserves(1_000, fromA), reserves(1_000 + apart, fromB))).toMatchObject({ repeats: 0 });
    expect(await told()).toBe(`live ${hopA} ${hopB}`);
    await ingest(tears(10_000, fromA));
    expect(await told()).toBe(`live ${hopB}`);
    await ingest(tears(20_000, fromB));
    expect(await told()).toBe('path-only');
  });

  it('their tears are two as well', async () => {
    expect(await ingest(...reserved, tears(10_000, fromA), tears(10_300, fromB))).toMatchObject({ repeats: 0 });
    expect(await told()).toBe('path-only');
  });

  it('one that is seen further up the way, with the hop of the router in it, is one: before and behind the others', async () => {
    expect(await ingest(...reserved, reserves(1_510, further), reserves(1_520, fromB))).toMatchObject({ repeats: 2 });
    expect(await told()).toBe(`live ${hopA} ${hopB}`);
  });

  it('where a link further up is ahead in time, the first of them is what was seen there, and the other is new', async () => {
    const frames = [paths(0), reserves(1_000, further), reserves(1_100, fromA), reserves(1_200, fromB), reserves(1_250, fromA)];
    expect(await ingest(...frames)).toMatchObject({ repeats: 2 });
  });

  it('wherever the capture is cut into files, and appends nothing when it comes again', async () => {
    const anew = [paths(11_000), reserves(11_010, further), reserves(11_020, fromA), reserves(11_030, fromB)];
    const frames = [...reserved, reserves(1_510, further), tears(10_000, fromA), tears(10_300, fromB), ...anew];
    await ingest(...frames);
    const [whole, history] = [await told(), await ledger.history()];
    for (let cut = 1; cut < frames.length; cut++) {
      await ledger.close();
      ledger = await openTestLedger();
      await ingest(...frames.slice(0, cut));
      await ingest(...frames.slice(cut));
      expect([cut, await told(), await ledger.history()]).toEqual([cut, whole, history]);
    }
    expect(await ingest(...frames)).toMatchObject({ eventsAppended: 0, repeats: frames.length });
  }, 120_000);

  it('a file of each link comes to the same', async () => {
    await ingest(paths(0), reserves(1_000, fromA));
    await ingest(reserves(1_500, fromB));
    await ingest(reserves(1_010, further), reserves(1_510, further));
    expect(await told()).toBe(`live ${hopA} ${hopB}`);
    for (const again of [[reserves(1_000, fromA)], [reserves(1_500, fromB)], [reserves(1_010, further), reserves(1_510, further)]]) {
      expect(await ingest(...again)).toMatchObject({ eventsAppended: 0, repeats: again.length });
    }
  });

  it('F13 of what an older version read no way is known: read again, what every next hop sent is a repeat', async () => {
    // It took what the other hop sent for a copy.
    await ingest(paths(0), reserves(1_000, fromA), tears(10_000, fromA));
    await ledger.database.pool.query(`update ledger.observed_messages set way = ''`);
    const frames = [paths(0), reserves(1_000, fromA), reserves(1_500, fromB), reserves(1_600, fromA), tears(10_000, fromA), tears(10_300, fromB)];
    expect(await ingest(...frames)).toMatchObject({ eventsAppended: 0, repeats: frames.length });
  });
});
