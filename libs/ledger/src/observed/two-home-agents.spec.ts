import { buildIpInIp, buildIpv4, buildUdp, encodeMobileIp, encodeRsvp, IpProtocol, LinkType, naiExtension, path, PcapWriter, type MobileIpMessage } from '#signalling';
import type { QosSessionConfigured } from '#domain';
import { readEvent } from '../mailbox/read-event';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const careOfAddress = '198.51.100.1';
const cn = '192.0.2.9';
const nai = 'ann@example.net';
const first = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.5' };
const second = { homeAgent: '203.0.113.2', homeAddress: '10.0.0.6' };
type Home = typeof first;

interface Frame {
  readonly ms: number;
  readonly packet: Uint8Array;
}

function told(ms: number, message: MobileIpMessage): Frame {
  const datagram = buildUdp({ source: careOfAddress, destination: '203.0.113.1', sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
  return { ms, packet: buildIpv4({ source: careOfAddress, destination: '203.0.113.1', protocol: IpProtocol.UDP }, datagram) };
}

function registered(ms: number, home: Home, lifetimeSeconds: number, identification: bigint, to = careOfAddress): Frame[] {
  const of = { ...home, nai, identification, lifetimeSeconds, extensions: [naiExtension(nai)] };
  return [told(ms, { ...of, kind: 'registration-request', flags: [], careOfAddress: to }), told(ms + 10, { ...of, kind: 'registration-reply', code: 0 })];
}

function pathInTunnel(ms: number, { homeAgent, homeAddress }: Home, sourcePort: number): Frame {
  const message = path({
    session: { destination: homeAddress, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 }, hop: { address: cn, lih: 1 },
    refreshPeriodMs: 30_000, sender: { source: cn, sourcePort, flowLabel: null, spi: null }, sendTtl: 60,
    tspec: { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 },
  });
  const packet = buildIpv4({ source: cn, destination: homeAddress, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message));
  return { ms, packet: buildIpInIp({ source: homeAgent, destination: careOfAddress }, packet) };
}

async function* captureOf(frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const { ms, packet } of frames) yield writer.record(BigInt(1_000_000 + ms) * 1_000_000n, packet);
}

describe('A capture of one node through two home agents at one care-of address', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(frames), { actor: 'test' });
  const sessions = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const recorded of ledger.store.readAll({ types: ['QosSessionConfigured'] })) {
      const { mobileNode, homeAgent, homeAddress, careOfAddress: at } = readEvent(recorded).event as QosSessionConfigured;
      all.push(`${mobileNode} ${at} ${homeAddress}@${homeAgent}`);
    }
    return all;
  };
  const visits = () => ledger.mailboxes.flowTable(careOfAddress, careOfAddress).fold.state.visitors;
  const both = [...registered(0, first, 600, 1n), ...registered(1_000, second, 300, 1n)];
  const paths = [pathInTunnel(5_000, first, 4000), pathInTunnel(6_000, second, 4001)];
  const expected = [`${nai} ${careOfAddress} 10.0.0.5@203.0.113.1`, `${nai} ${careOfAddress} 10.0.0.6@203.0.113.2`];

  it('the PATH in the tunnel of each home agent is a session by that home', async () => {
    await ingest(...both, ...paths);
    expect(await sessions()).toEqual(expected);
  });

  it('so it is for a server that knows the bindings from the tables alone', async () => {
    await ingest(...both);
    const other = await openTestLedger(Date.now, ledger.database);
    try {
      await other.runner.waitFor(await ledger.mailboxes.head(), 10_000);
      await other.ingest.ingest(captureOf(paths), { actor: 'test' });
    } finally {
      await other.close();
    }
    expect(await sessions()).toEqual(expected);
  });

  it('I15 the node is there until the last of the two is deregistered, and a PATH to the home that ended is nobody\'s', async () => {
    await ingest(...both, ...paths, ...registered(10_000, first, 0, 2n));
    expect([...visits().values()]).toMatchObject([second]);
    await ingest(pathInTunnel(11_000, first, 4002), pathInTunnel(12_000, second, 4003));
    // Of two scopes either may be first.
    expect((await sessions()).slice(2).sort()).toEqual([`${nai} ${careOfAddress} 10.0.0.6@203.0.113.2`, 'null 10.0.0.5 null@null']);
    await ingest(...registered(13_000, second, 0, 2n));
    expect(visits().size).toBe(0);
  });

  it('a registration elsewhere through one ends both here, and the PATHs to either home that follow at once come after it', async () => {
    const there = '198.51.101.1';
    const moves = [...registered(10_000, second, 300, 2n, there), pathInTunnel(10_011, first, 4002), ...registered(10_020, first, 300, 2n, there)];
    await ingest(...both, ...paths, ...moves);
    expect(visits().size).toBe(0);
    expect((await sessions()).filter((line) => line.startsWith('null'))).toEqual(['null 10.0.0.5 null@null']);
    expect([...ledger.mailboxes.flowTable(there, there).fold.state.visitors.values()]).toHaveLength(1);
    expect(ledger.mailboxes.flowTable(there, there).fold.state.sessions.size).toBe(2);
  });
});
