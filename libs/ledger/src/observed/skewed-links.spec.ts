import { buildIpv4, buildUdp, encodeMobileIp, LinkType, PcapWriter, type MobileIpMessage } from '#signalling';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const [agent, homeAgent, homeAddress] = ['198.51.100.1', '203.0.113.1', '10.0.0.1'] as const;
const of = { homeAgent, homeAddress, nai: null, extensions: [] } as const;
const request = (identification: bigint, careOfAddress = agent) =>
  ({ ...of, kind: 'registration-request', flags: [], careOfAddress, lifetimeSeconds: 300, identification }) as const;
const reply = (identification: bigint) => ({ ...of, kind: 'registration-reply', code: 0, lifetimeSeconds: 300, identification }) as const;

type Seen = readonly [ms: number, message: MobileIpMessage];

async function* captureOf(...frames: readonly Seen[]): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [ms, message] of frames) {
    const datagram = buildUdp({ source: homeAgent, destination: agent, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
    yield writer.record(BigInt(1_000_000 + ms) * 1_000_000n, buildIpv4({ source: homeAgent, destination: agent, protocol: 17 }, datagram));
  }
}

describe('Two links whose clocks differ', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (...frames: readonly Seen[]) => ledger.ingest.ingest(captureOf(...frames), { actor: 'test' });
  const types = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const { type } of ledger.store.readStream(`mobileNode-${homeAddress}@${homeAgent}`)) all.push(type);
    return all;
  };

  /** One link is 0.5 s ahead; the first copy of the reply is older than the request on that link. */
  const exchange: readonly Seen[] = [[500, request(1n)], [50, request(1n)], [100, reply(1n)], [620, reply(1n)]];

  it('F13 the copy that is in time counts where the first one came late', async () => {
    expect(await ingest(...exchange)).toMatchObject({ repeats: 1 });
    expect(await types()).toEqual(['RegistrationRequested', 'ObservedLate', 'RegistrationAccepted']);
  });

  it('F13 wherever the capture is cut into files', async () => {
    for (let cut = 1; cut < exchange.length; cut++) {
      await ledger.close();
      ledger = await openTestLedger();
      await ingest(...exchange.slice(0, cut));
      await ingest(...exchange.slice(cut));
      expect(await types()).toEqual(['RegistrationRequested', 'ObservedLate', 'RegistrationAccepted']);
    }
  });

  it('appends nothing when it comes again', async () => {
    await ingest(...exchange);
    expect(await ingest(...exchange)).toMatchObject({ eventsAppended: 0, repeats: 4 });
  });

  it('a further copy of one that is late is a repeat where it is no younger; so is any copy of one that counted', async () => {
    await ingest([500, request(1n)], [100, reply(1n)], [100, reply(1n)], [90, reply(1n)], [620, reply(1n)], [650, reply(1n)]);
    expect(await types()).toEqual(['RegistrationRequested', 'ObservedLate', 'RegistrationAccepted']);
  });

  it('one that is late on both links is kept as seen, twice', async () => {
    await ingest([900, request(1n)], [100, reply(1n)], [200, reply(1n)]);
    expect(await types()).toEqual(['RegistrationRequested', 'ObservedLate', 'ObservedLate']);
  });

  it('is late by what an earlier capture showed, too', async () => {
    await ingest([500, request(1n)]);
    await ingest([400, reply(1n)], [620, reply(1n)]);
    expect(await types()).toEqual(['RegistrationRequested', 'ObservedLate', 'RegistrationAccepted']);
  });
});
