import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { buildIpv4, buildUdp, encodeMobileIp, LinkType, PcapWriter, type MobileIpMessage } from '#signalling';
import type { CaptureReport } from './capture-report';
import { openTestLedger, type TestLedger } from '../open-ledger.testing';

const captures = path.resolve(process.cwd(), '../shared/captures');
const describeCaptures = existsSync(captures) ? describe : describe.skip;
if (!existsSync(captures)) process.stderr.write('Real captures are not beside this checkout: the tests that read them are skipped.\n');

describeCaptures('CaptureIngest on real captures', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const ingest = (name: string): Promise<CaptureReport> => ledger.ingest.ingest(createReadStream(path.join(captures, name)), { actor: 'test' });

  it('records the registrations of a node that is away', async () => {
    const report = await ingest('mobile-ip/away-foreign.pcap');
    expect(report.messages).toMatchObject({ 'registration-request': 3, 'registration-reply': 3 });
    const events = await ledger.history();
    expect(events).toContain('foreignAgents ForeignAgentLearned');
    expect(events.filter((line) => line.startsWith('mobileNode-'))).toEqual([
      'RegistrationRequested', 'RegistrationAccepted', 'RegistrationRequested', 'RegistrationAccepted', 'RegistrationRequested',
      'RegistrationAccepted',
    ].map((type) => `mobileNode-192.168.2.1@192.168.0.2 ${type}`));
    expect(report.violations).toMatchObject({ 'authentication-extension-missing': 6 });
  });

  it.each([
    ['away-foreign', 'away-public'],
    ['away-public', 'away-foreign'],
    ['relay-foreign', 'relay-public'],
    ['relay-public', 'relay-foreign'],
  ])('makes one history of one exchange seen on two links: %s, then %s', async (first, second) => {
    const seen = await ingest(`mobile-ip/${first}.pcap`);
    const before = await ledger.history();
    const again = await ingest(`mobile-ip/${second}.pcap`);
    expect(await ledger.history()).toEqual(before);
    expect(again.repeats).toBeGreaterThanOrEqual(6);
    expect(seen.eventsAppended).toBeGreaterThan(0);
  });

  it.each(['mobile-ip/away-public.pcap', 'mobile-ip/return-home.pcap', 'mobile-ip/relay-foreign.pcap', 'rsvp/intserv-lifecycle-network1.pcap', 'rsvp/cisco-path-resv-conf.pcap'])(
    'appends nothing when %s comes again',
    async (name) => {
      const first = await ingest(name);
      const head = await ledger.store.head();
      const second = await ingest(name);
      expect(second).toMatchObject({ captureId: first.captureId, eventsAppended: 0, foreignAgents: first.foreignAgents });
      expect(await ledger.store.head()).toBe(head);
    },
  );

  it('follows a reservation through its life', async () => {
    const report = await ingest('rsvp/intserv-lifecycle-network1.pcap');
    expect(report).toMatchObject({ errorCount: 0, messages: { path: 1, resv: 1, 'resv-conf': 1, 'resv-tear': 1 } });
    expect(await ledger.history()).toEqual([
      'QosSessionConfigured', 'QosSessionModified', 'SignallingObserved', 'QosSessionModified',
    ].map((type) => `flowTable-direct@192.168.11.1 ${type}`));
  });

  it('takes RSVP-TE for what it is: no IntServ session', async () => {
    for (const name of ['te-path-message-pe1-pe2', 'te-resv-message-pe1-p1', 'te-path-tear-message-pe1-pe2']) await ingest(`rsvp/${name}.pcap`);
    expect(await ledger.history()).toEqual([]);
  });

  it.each(['rsvp-inf-loop-2.pcapng', 'rsvp-infinite-loop.pcap', 'rsvp_uni-oobr-1.pcap'])('F32 reports the frames of %s that cannot be read', async (name) => {
    const report = await ingest(`malformed/${name}`);
    expect(report.errorCount).toBeGreaterThan(0);
    expect(report.errors[0]).toMatchObject({ frame: expect.any(Number), error: expect.any(String) });
  });
});

/** A capture of these, a second after one another. */
async function* captureOf(...messages: readonly MobileIpMessage[]): AsyncGenerator<Uint8Array> {
  const [source, destination] = ['203.0.113.1', '198.51.100.1'] as const;
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [second, message] of messages.entries()) {
    const datagram = buildUdp({ source, destination, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
    const isIcmp = message.kind === 'agent-advertisement';
    const packet = isIcmp ? buildIpv4({ source, destination: '224.0.0.1', protocol: 1 }, encodeMobileIp(message)) : buildIpv4({ source, destination, protocol: 17 }, datagram);
    yield writer.record(BigInt(second + 1) * 1_000_000_000n, packet);
  }
}

describe('Mobile IP messages', () => {
  let ledger: TestLedger;
  beforeEach(async () => {
    ledger = await openTestLedger();
  });
  afterEach(() => ledger.close());

  const kept = async (stream: string): Promise<unknown[]> => {
    const events: unknown[] = [];
    for await (const { type, data } of ledger.store.readStream(stream)) events.push({ type, ...(JSON.parse(data) as object) });
    return events;
  };

  it('keeps a revocation that fits no binding as it was seen', async () => {
    const revocation = {
      kind: 'registration-revocation', flags: ['A'], homeAddress: '10.0.0.5', homeDomainAgent: '203.0.113.1', foreignDomainAgent: '198.51.100.1',
      revocationIdentifier: 7, nai: null, extensions: [],
    } as const;
    await ledger.ingest.ingest(captureOf(revocation), { actor: 'test' });
    expect(await kept('mobileNode-10.0.0.5@203.0.113.1')).toMatchObject([{
      type: 'RevocationUnmatched', homeAgent: '203.0.113.1', homeAddress: '10.0.0.5', foreignDomainAgent: '198.51.100.1',
      violations: [{ name: 'authentication-extension-missing' }],
    }]);
  });

  it('I17 gives each node its own reply, also where two of one home agent count their identifications alike', async () => {
    const of = { homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, nai: null, extensions: [] } as const;
    const request = (homeAddress: string) => ({ ...of, kind: 'registration-request', flags: [], homeAddress, careOfAddress: '198.51.100.1' }) as const;
    const reply = (homeAddress: string, code: number) => ({ ...of, kind: 'registration-reply', homeAddress, code }) as const;
    await ledger.ingest.ingest(captureOf(request('10.0.0.1'), request('10.0.0.2'), reply('10.0.0.1', 0), reply('10.0.0.2', 131)), { actor: 'test' });
    expect(await kept('mobileNode-10.0.0.1@203.0.113.1')).toMatchObject([{ type: 'RegistrationRequested' }, { type: 'RegistrationAccepted' }]);
    expect(await kept('mobileNode-10.0.0.2@203.0.113.1')).toMatchObject([{ type: 'RegistrationRequested' }, { type: 'RegistrationDenied', code: 131 }]);
  });

  it.each(['255.255.255.255', '0.0.0.0', '203.0.113.255'])('gives the reply of whoever was reached at %s to its request, which waits no longer', async (homeAgent) => {
    const of = { lifetimeSeconds: 300, nai: null, extensions: [] } as const;
    const exchange = (host: number): MobileIpMessage[] => {
      const [homeAddress, identification] = [`10.0.0.${host}`, BigInt(host)];
      return [
        { ...of, kind: 'registration-request', homeAddress, homeAgent, identification, flags: [], careOfAddress: '198.51.100.1' },
        { ...of, kind: 'registration-reply', homeAddress, homeAgent: '203.0.113.1', identification, lifetimeSeconds: 0, code: 136 },
      ];
    };
    await ledger.ingest.ingest(captureOf(...[1, 2, 3, 4, 5, 6, 7].flatMap(exchange)), { actor: 'test' });
    expect(await kept(`mobileNode-10.0.0.1@${homeAgent}`)).toMatchObject([{ type: 'RegistrationRequested' }, { type: 'RegistrationDenied', code: 136 }]);
    expect(await kept(`mobileNode-10.0.0.7@${homeAgent}`)).toMatchObject([{ type: 'RegistrationRequested', pendingAtAgent: 0 }, { type: 'RegistrationDenied', code: 136 }]);
  });

  it('takes nodes that asked without a name for those that the replies name, each with its own binding', async () => {
    const of = { homeAgent: '203.0.113.1', lifetimeSeconds: 300, nai: null, extensions: [] } as const;
    const request = (identification: bigint, homeAgent = '203.0.113.1') =>
      ({ ...of, homeAgent, kind: 'registration-request', flags: [], homeAddress: '0.0.0.0', careOfAddress: '198.51.100.1', identification }) as const;
    const reply = (identification: bigint, homeAddress: string) => ({ ...of, kind: 'registration-reply', homeAddress, code: 0, identification }) as const;
    const messages = [request(1n), request(5n), reply(1n, '10.0.0.1'), reply(5n, '10.0.0.2'), request(9n, '0.0.0.0'), reply(9n, '10.0.0.3'), reply(9n, '10.0.0.3')];
    const first = await ledger.ingest.ingest(captureOf(...messages), { actor: 'test' });
    for (const homeAddress of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      const events = await kept(`mobileNode-${homeAddress}@203.0.113.1`);
      expect(events.slice(0, 2)).toMatchObject([{ type: 'RegistrationRequested', homeAddress }, { type: 'RegistrationAccepted', homeAddress, homeAgent: '203.0.113.1', refresh: false }]);
      expect(events).toHaveLength(2);
    }
    const told = (names: string) => ({ type: 'RegistrationReplyUnmatched', violations: [{}, { name: 'named-by-reply', detail: expect.stringContaining(names) }] });
    expect(await kept('mobileNode-0.0.0.0@203.0.113.1')).toMatchObject([
      { type: 'RegistrationRequested' }, { type: 'RegistrationRequested' }, told('10.0.0.1@203.0.113.1'), told('10.0.0.2@203.0.113.1'),
    ]);
    const visitors = (await kept('flowTable-198.51.100.1@198.51.100.1')) as { type: string; mobileNode: string }[];
    expect(visitors.filter(({ type }) => type === 'VisitorAdmitted').map(({ mobileNode }) => mobileNode)).toHaveLength(3);
    expect(await ledger.ingest.ingest(captureOf(...messages), { actor: 'test' })).toMatchObject({ captureId: first.captureId, eventsAppended: 0 });
  });

  it('given an NAI that reads as the id of a node without one, when it registers, then it is known by its own addresses, and says so', async () => {
    const of = { homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, extensions: [] } as const;
    const exchange = (homeAddress: string, nai: string | null): MobileIpMessage[] => [
      { ...of, kind: 'registration-request', homeAddress, nai, flags: [], careOfAddress: '198.51.100.1' },
      { ...of, kind: 'registration-reply', homeAddress, nai, code: 0 },
    ];
    const report = await ledger.ingest.ingest(captureOf(...exchange('10.0.0.9', null), ...exchange('10.0.0.5', '10.0.0.9@203.0.113.1'), ...exchange('10.0.0.6', 'ü@x')), { actor: 'test' });
    expect(report.violations).toEqual({ 'authentication-extension-missing': 6, 'nai-of-addresses': 2 });
    const odd = { violations: [{ name: 'authentication-extension-missing' }, { name: 'nai-of-addresses', detail: expect.stringContaining('10.0.0.9@203.0.113.1') }] };
    expect(await kept('mobileNode-10.0.0.9@203.0.113.1')).toMatchObject([{ type: 'RegistrationRequested', homeAddress: '10.0.0.9' }, { type: 'RegistrationAccepted' }]);
    expect(await kept('mobileNode-10.0.0.5@203.0.113.1')).toMatchObject([
      { type: 'RegistrationRequested', homeAddress: '10.0.0.5', ...odd }, { type: 'RegistrationAccepted', refresh: false, ...odd },
    ]);
    expect(await kept('mobileNode-ü@x')).toMatchObject([{ type: 'RegistrationRequested', homeAddress: '10.0.0.6' }, { type: 'RegistrationAccepted' }]);
  });

  it('ends the binding that the addresses of a revocation name, whatever NAI its node has', async () => {
    const of = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, nai: 'alice', extensions: [] } as const;
    const revocation = { kind: 'registration-revocation', flags: [], homeAddress: '10.0.0.5', homeDomainAgent: '203.0.113.1', nai: null, extensions: [] } as const;
    await ledger.ingest.ingest(captureOf(
      { ...of, kind: 'registration-request', flags: [], careOfAddress: '198.51.100.1' },
      { ...of, kind: 'registration-reply', code: 0 },
      { ...revocation, foreignDomainAgent: '198.51.100.9', revocationIdentifier: 6 },
      { ...revocation, foreignDomainAgent: '198.51.100.1', revocationIdentifier: 7 },
    ), { actor: 'test' });
    expect(await kept('mobileNode-alice')).toMatchObject([
      { type: 'RegistrationRequested' }, { type: 'RegistrationAccepted' }, { type: 'RegistrationEnded', careOfAddress: '198.51.100.1', cause: 'revocation' },
    ]);
    expect(await kept('mobileNode-10.0.0.5@203.0.113.1')).toMatchObject([{ type: 'RevocationUnmatched', foreignDomainAgent: '198.51.100.9' }]);
  });

  it('keeps the acknowledgement that a later capture shows with the node whose binding the revocation ended', async () => {
    const of = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, nai: 'alice', extensions: [] } as const;
    const revocation = {
      kind: 'registration-revocation', flags: [], homeAddress: '10.0.0.5', homeDomainAgent: '203.0.113.1', foreignDomainAgent: '198.51.100.1', revocationIdentifier: 7,
      nai: null, extensions: [],
    } as const;
    const ack = { kind: 'registration-revocation-ack', flags: ['I'], homeAddress: '10.0.0.5', revocationIdentifier: 7, nai: null, extensions: [] } as const;
    const registered: MobileIpMessage[] = [{ ...of, kind: 'registration-request', flags: [], careOfAddress: '198.51.100.1' }, { ...of, kind: 'registration-reply', code: 0 }];
    await ledger.ingest.ingest(captureOf(...registered, revocation), { actor: 'test' });
    // Of nobody who was bound; it is the fourth second then.
    const others = [1, 2, 3].map((revocationIdentifier) => ({ ...ack, homeAddress: '10.0.0.6', revocationIdentifier }));
    await ledger.ingest.ingest(captureOf(...others, ack), { actor: 'test' });
    expect((await kept('mobileNode-alice')).at(-1)).toMatchObject({ type: 'RevocationAcknowledged', revocationIdentifier: 7 });
    expect(await kept('mobileNode-10.0.0.5@203.0.113.1')).toEqual([]);
    expect(await kept('mobileNode-10.0.0.6@203.0.113.1')).toHaveLength(3);
  });

  it('keeps the acknowledgement of a revocation with the node that was revoked, once, and it ends nothing', async () => {
    const of = { homeAddress: '10.0.0.5', homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, nai: 'alice', extensions: [] } as const;
    const revocation = {
      kind: 'registration-revocation', flags: [], homeAddress: '10.0.0.5', homeDomainAgent: '203.0.113.1', foreignDomainAgent: '198.51.100.1', nai: null, extensions: [],
    } as const;
    const ack = (homeAddress: string, revocationIdentifier: number) =>
      ({ kind: 'registration-revocation-ack', flags: ['I'], homeAddress, revocationIdentifier, nai: null, extensions: [] }) as const;
    const messages: MobileIpMessage[] = [
      { ...of, kind: 'registration-request', flags: [], careOfAddress: '198.51.100.1' }, { ...of, kind: 'registration-reply', code: 0 },
      { ...revocation, revocationIdentifier: 7 }, ack('10.0.0.5', 7), ack('10.0.0.6', 8),
    ];
    await ledger.ingest.ingest(captureOf(...messages), { actor: 'test' });
    const seen = { flags: ['I'], violations: [{ name: 'authentication-extension-missing' }] };
    expect((await kept('mobileNode-alice')).slice(2)).toMatchObject([
      { type: 'RegistrationEnded', cause: 'revocation' }, { type: 'RevocationAcknowledged', homeAddress: '10.0.0.5', revocationIdentifier: 7, ...seen },
    ]);
    expect(await kept('mobileNode-10.0.0.6@203.0.113.1')).toMatchObject([{ type: 'RevocationAcknowledged', revocationIdentifier: 8, ...seen }]);
    const head = await ledger.store.head();
    await ledger.ingest.ingest(captureOf(...messages), { actor: 'test' });
    expect(await ledger.store.head()).toBe(head);
  });

  it('I15 a reboot reaches every care-of address that is advertised, also those that registrations made agents of their own', async () => {
    const registered = (homeAddress: string, careOfAddress: string): MobileIpMessage[] => {
      const of = { homeAddress, homeAgent: '203.0.113.1', lifetimeSeconds: 300, identification: 1n, nai: null, extensions: [] } as const;
      return [{ ...of, kind: 'registration-request', flags: [], careOfAddress }, { ...of, kind: 'registration-reply', code: 0 }];
    };
    const advertised = (sequenceNumber: number): MobileIpMessage => ({
      kind: 'agent-advertisement', code: 0, routerLifetimeSeconds: 1800, routerAddresses: [{ address: '198.51.100.1', preference: 0 }], sequenceNumber,
      registrationLifetimeSeconds: 600, flags: ['R', 'F'], careOfAddresses: ['198.51.100.1', '198.51.100.2'], prefixLengths: [], extensions: [],
    });
    await ledger.ingest.ingest(captureOf(
      ...registered('10.0.0.1', '198.51.100.1'), ...registered('10.0.0.2', '198.51.100.2'), advertised(9), advertised(3),
    ), { actor: 'test' });
    // They stay two agents, and that the advertisement says otherwise is told, once.
    expect((await kept('foreignAgents')).filter((event) => (event as { ofOthers?: unknown }).ofOthers !== undefined)).toMatchObject([
      { type: 'ForeignAgentLearned', foreignAgent: '198.51.100.1', careOfAddresses: [], ofOthers: [{ careOfAddress: '198.51.100.2', foreignAgent: '198.51.100.2' }] },
    ]);
    for (const address of ['198.51.100.1', '198.51.100.2']) {
      const events = await kept(`flowTable-${address}@${address}`);
      expect(events.at(-1)).toMatchObject({ type: 'VisitorLeft', cause: 'reboot' });
    }
  });
});
