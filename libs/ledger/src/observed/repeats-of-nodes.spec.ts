import { buildIpInIp, buildIpv4, buildUdp, encodeMobileIp, encodeRsvp, IpProtocol, LinkType, path, PcapWriter, type MobileIpMessage } from '#signalling';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [homeAddress, cn] = ['10.0.0.5', '192.0.2.9'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };

interface Frame {
  readonly ms: number;
  readonly packet: Uint8Array;
}

function mobileIp(ms: number, message: MobileIpMessage, source: string, destination: string): Frame {
  const datagram = buildUdp({ source, destination, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
  return { ms, packet: buildIpv4({ source, destination, protocol: IpProtocol.UDP }, datagram) };
}

function registered(ms: number, homeAgent: string, careOfAddress: string, identification: bigint, flags: ('S')[] = []): Frame[] {
  const of = { homeAgent, homeAddress, nai: null, extensions: [], lifetimeSeconds: 600, identification } as const;
  return [
    mobileIp(ms, { ...of, kind: 'registration-request', flags, careOfAddress }, homeAddress, careOfAddress),
    mobileIp(ms + 50, { ...of, kind: 'registration-reply', code: 0 }, homeAgent, careOfAddress),
  ];
}

function pathInTunnel(ms: number, homeAgent: string, careOfAddress: string): Frame {
  const message = path({
    session: { destination: homeAddress, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 }, hop: { address: cn, lih: 1 },
    refreshPeriodMs: 30_000, sender: { source: cn, sourcePort: 4000, flowLabel: null, spi: null }, tspec, sendTtl: 60,
  });
  const packet = buildIpv4({ source: cn, destination: homeAddress, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message));
  return { ms, packet: buildIpInIp({ source: homeAgent, destination: careOfAddress }, packet) };
}

async function* captureOf(frames: readonly Frame[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const { ms, packet } of [...frames].sort((a, b) => a.ms - b.ms)) yield writer.record(BigInt(1_000_000 + ms) * 1_000_000n, packet);
}

describe('One message, or the same bytes for two', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(frames), { actor: 'test' });
  const configured = async (): Promise<string[]> =>
    (await ledger.history()).filter((line) => line.endsWith('QosSessionConfigured')).map((line) => line.replace(/^flowTable-[^@]*@(\S+) .*$/u, '$1')).sort();

  it('two nodes with one home address at one agent, half a second apart in two tunnels: both sessions, and their match', async () => {
    const [coa, one, other] = ['198.51.100.1', '203.0.113.1', '203.0.113.2'];
    const frames = [
      ...registered(0, one, coa, 1n), ...registered(1_000, other, coa, 2n), pathInTunnel(5_000, one, coa), pathInTunnel(5_500, other, coa),
      pathInTunnel(5_600, other, coa),
    ];
    expect(await ingest(...frames)).toMatchObject({ repeats: 1 });
    expect(await configured()).toEqual([coa, coa]);
    expect(await ledger.history()).toContain(`flowTable-${coa}@${coa} TemporaryFlowIdAllocated`);
    expect(await ingest(...frames)).toMatchObject({ eventsAppended: 0, repeats: frames.length });
  });

  it('one node at two agents (S bit): a file for each comes to the same two legs as one file of both', async () => {
    const [one, other, homeAgent] = ['198.51.100.1', '198.51.101.1', '203.0.113.1'];
    const first = [...registered(0, homeAgent, one, 1n, ['S']), pathInTunnel(10_000, homeAgent, one)];
    const second = [...registered(1_000, homeAgent, other, 2n, ['S']), pathInTunnel(10_003, homeAgent, other)];
    await ingest(...first);
    await ingest(...second);
    expect(await configured()).toEqual([one, other]);
    for (const again of [first, second, [...first, ...second]]) expect(await ingest(...again)).toMatchObject({ eventsAppended: 0 });
    await ledger.close();
    ledger = await openTestLedger();
    await ingest(...first, ...second);
    expect(await configured()).toEqual([one, other]);
  });
});
