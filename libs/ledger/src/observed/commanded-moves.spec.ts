import { buildIpv4, buildUdp, encodeMobileIp, encodeRsvp, IpProtocol, LinkType, path, PcapWriter, type MobileIpMessage } from '#signalling';
import { accepted, openTestLedger, type TestLedger } from '../open-ledger.testing';

const [a, b] = ['198.51.100.1', '198.51.100.2'] as const;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.5' } as const;
const mobileNode = `${home.homeAddress}@${home.homeAgent}`;
const cn = '192.0.2.9';

type Packet = Uint8Array;

function told(message: MobileIpMessage): Packet {
  const datagram = buildUdp({ source: a, destination: home.homeAgent, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
  return buildIpv4({ source: a, destination: home.homeAgent, protocol: IpProtocol.UDP }, datagram);
}

const of = { ...home, nai: null, identification: 1n, lifetimeSeconds: 3000, extensions: [] } as const;
const registered = [told({ ...of, kind: 'registration-request', flags: [], careOfAddress: a }), told({ ...of, kind: 'registration-reply', code: 0 })];

function pathFrom(sourcePort: number): Packet {
  const message = path({
    session: { destination: home.homeAddress, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 }, hop: { address: cn, lih: 1 },
    refreshPeriodMs: 30_000, sender: { source: cn, sourcePort, flowLabel: null, spi: null }, sendTtl: 60,
    tspec: { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 },
  });
  return buildIpv4({ source: cn, destination: home.homeAddress, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message));
}

describe('A node that a capture showed and a command moved', () => {
  let nowMs: number;
  let ledger: TestLedger;
  let opened: TestLedger[];
  const open = async (): Promise<TestLedger> => {
    const server = await openTestLedger(() => nowMs, opened[0]?.database);
    opened.unshift(server);
    return server;
  };
  beforeEach(async () => {
    nowMs = 1_800_000_000_000;
    opened = [];
    ledger = await open();
    await ingest(registered);
  });
  afterEach(async () => {
    for (const server of opened) await server.close();
  });

  /** Frames as they come, each a moment after the other; a step between them is done by somebody else. */
  async function* captureOf(frames: readonly (Packet | (() => Promise<unknown>))[]): AsyncGenerator<Uint8Array> {
    const writer = new PcapWriter(LinkType.RAW);
    yield writer.header();
    for (const frame of frames) {
      nowMs += 10;
      if (frame instanceof Uint8Array) yield writer.record(BigInt(nowMs) * 1_000_000n, frame);
      else await frame();
    }
  }
  const ingest = (frames: Parameters<typeof captureOf>[0], follow = false) => ledger.ingest.ingest(captureOf(frames), { actor: 'test', follow });
  const moves = async (server = ledger) => accepted(await server.register({ mobileNode, foreignAgent: 'fa-b', careOfAddress: b, lifetimeSeconds: 3000, identification: '9', ...home }));
  const standing = async (foreignAgent: string, careOfAddress: string): Promise<unknown[]> => {
    const scope = ledger.mailboxes.flowTable(foreignAgent, careOfAddress);
    await scope.refresh();
    return [...scope.fold.state.sessions.values()].map((session) => [session.mobileNode, session.flow]);
  };
  const flow = (sourcePort: number) => expect.objectContaining({ correspondentNode: cn, sourcePort });

  it('I15 what the next capture shows of it stands where it is, not where it was seen before', async () => {
    await ingest([pathFrom(4000)]);
    await moves();
    await ingest([pathFrom(4001)]);
    expect(await standing('fa-b', b)).toEqual([[mobileNode, flow(4000)], [mobileNode, flow(4001)]]);
    expect(await standing(a, a)).toEqual([]);
  });

  it('I15 also where another server was asked', async () => {
    const other = await open();
    await moves(other);
    await ingest([pathFrom(4001)]);
    expect([await standing('fa-b', b), await standing(a, a)]).toEqual([[[mobileNode, flow(4001)]], []]);
  });

  it('I15 also while a capture is followed', async () => {
    await ingest([pathFrom(4000), moves, pathFrom(4001)], true);
    expect([await standing('fa-b', b), await standing(a, a)]).toEqual([[[mobileNode, flow(4000)], [mobileNode, flow(4001)]], []]);
  });

  it('I15 what is seen behind the end that a command made is no session of its', async () => {
    await ingest([pathFrom(4000), async () => accepted(await ledger.revoke({ mobileNode })), pathFrom(4001)], true);
    expect([await standing(a, a), await standing('direct', home.homeAddress)]).toEqual([[], [[null, flow(4001)]]]);
  });

  it('I15 a capture of the time before goes to where it was then, too late', async () => {
    const before = pathFrom(4001);
    const seenAt = nowMs;
    nowMs += 60_000;
    await moves();
    nowMs = seenAt;
    await ingest([before]);
    expect([await standing('fa-b', b), await standing(a, a)]).toEqual([[], []]);
    expect((await ledger.history()).at(-1)).toBe(`flowTable-${a}@${a} ObservedLate`);
  });
});
