import { readFileSync } from 'node:fs';
import { path, resv, resvErr, type Flowspec, type RsvpMessage } from '#signalling';
import { rsvpObservations } from './rsvp-observations';

const session = { destination: '10.1.0.5', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const sender = { source: '192.0.2.7', sourcePort: 4000, flowLabel: null, spi: null };
const hop = { address: '10.1.0.5', lih: 1 };
const tspec = { r: 6000, b: 6000, p: Infinity, m: 0, M: 1500 };
const whose = { mobileNode: 'mn-1', observedAt: 0, violations: [], node: '198.51.100.1', sessionId: (index: number) => `s${index}` };

describe('what an RSVP message says of flows', () => {
  test('a RESV tells its next hop, the router it was sent to, and its flowspec to the bit', () => {
    const flowspec: Flowspec = { service: 'guaranteed', tspec, rspec: { R: Infinity, S: 7 } };
    const message = resv({ session, hop, refreshPeriodMs: 10_000, style: 'FF', flowDescriptors: [{ flowspec, senders: [sender] }] });
    expect(rsvpObservations(message, whose)).toMatchObject([
      { type: 'ObserveReservation', nextHop: '10.1.0.5', node: '198.51.100.1', tspec: { p: 'Infinity', m: 0 }, rspec: { R: 'Infinity', S: 7 } },
    ]);
  });
  test('a PATH tells its ADSPEC; what JSON has no number for is its text', () => {
    const controlledLoad = { breakBit: false };
    const adspec = { breakBit: true, hops: 3, bandwidth: Infinity, latencyMicroseconds: 1, pathMtu: 1500, guaranteed: null, controlledLoad };
    const message = path({ session, sender, tspec, hop, refreshPeriodMs: 30_000, adspec });
    expect(rsvpObservations(message, whose)).toMatchObject([{ type: 'ObservePath', adspec: { ...adspec, bandwidth: 'Infinity' } }]);
    const odd = rsvpObservations({ ...message, adspec: { ...adspec, bandwidth: -0 } }, whose);
    expect(odd).toMatchObject([{ adspec: { bandwidth: '-0' } }]);
  });
  test('a token bucket is told to the bit, also where its violation says that it makes no sense', () => {
    const odd = { r: -0, b: -Infinity, p: NaN, m: 0, M: 1500 };
    const told = { r: '-0', b: '-Infinity', p: 'NaN', m: 0, M: 1500 };
    expect(rsvpObservations(path({ session, sender, tspec: odd, hop, refreshPeriodMs: 30_000 }), whose)).toMatchObject([{ tspec: told }]);
    const flowspec: Flowspec = { service: 'guaranteed', tspec: odd, rspec: { R: NaN, S: 1 } };
    const message = resv({ session, hop, refreshPeriodMs: 30_000, style: 'FF', flowDescriptors: [{ flowspec, senders: [sender] }] });
    expect(rsvpObservations(message, whose)).toMatchObject([{ tspec: told, rspec: { R: 'NaN', S: 1 } }]);
  });
  test.each([
    [0, 0, 'confirmation'], [1, 2, 'admission control failure: requested bandwidth unavailable'], [20, 0, 'reserved for API'],
    [21, 1, 'traffic control error: service conflict'], [22, 7, 'traffic control system error'], [23, 1, 'RSVP system error'], [99, 1, undefined],
  ])('an error that only a router can tell is kept with its name: code %d, value %d', (code, value, name) => {
    const message: RsvpMessage = resvErr({ session, hop, style: 'FF', error: { node: '203.0.113.9', flags: 0, code, value }, flowDescriptors: [{ flowspec: null, senders: [sender] }] });
    const [observed] = rsvpObservations(message, whose);
    expect(observed).toHaveProperty('detail.error', { node: '203.0.113.9', code, value, ...(name !== undefined && { name }) });
    if (name !== undefined) expect(readFileSync('docs/reference/reservations.md', 'utf8')).toContain(name.split(':')[0]);
  });
});

describe('what makes no sense is kept as it was seen, with its violation', () => {
  const violations = [{ name: 'seen', detail: 'x' }];
  const hop0 = { session, hop, refreshPeriodMs: 30_000 };
  const onePath = path({ ...hop0, sender, tspec });
  const oneResv = resv({ ...hop0, style: 'FF', flowDescriptors: [{ flowspec: null, senders: [sender] }] });
  test.each<[string, RsvpMessage, object]>([
    ['a RESV without a style, or with a reserved one', { ...oneResv, style: null }, { message: 'resv', detail: { session: { destination: '10.1.0.5' } } }],
    ['a RESV without a sender', { ...oneResv, flowDescriptors: [] }, { message: 'resv' }],
    ['a PATH without a sender template', { ...onePath, sender: null }, { message: 'path' }],
    ['a PATH without a session', { ...onePath, session: null }, { message: 'path', detail: {} }],
    ['a PathTear without a sender template', { ...onePath, kind: 'path-tear', sender: null }, { message: 'path-tear' }],
    ['a message of an unknown type', { ...onePath, kind: 'unknown' }, { message: 'unknown' }],
  ])('%s', (_, message, expected) => {
    const observations = rsvpObservations(message, { ...whose, violations });
    expect(observations).toMatchObject([{ type: 'ObserveOther', mobileNode: 'mn-1', flow: null, violations, ...expected }]);
  });
  test.each(['version-wrong', 'checksum-wrong', 'object-class-unknown'])('what a router discards or rejects makes no state: %s (RFC 2205 §3.1.1, §3.10)', (name) => {
    for (const message of [onePath, oneResv, { ...onePath, kind: 'path-tear' as const }, { ...onePath, kind: 'hello' as const, session: null }]) {
      const observations = rsvpObservations(message, { ...whose, violations: [{ name, detail: 'x' }] });
      expect(observations).toMatchObject([{ type: 'ObserveOther', message: message.kind, flow: null, violations: [{ name }] }]);
    }
  });
  const six = { ...session, destination: '2001:db8::5' };
  const labelled = (flowLabel: number) => ({ source: '2001:db8::7', sourcePort: null, flowLabel, spi: null });
  const esp = { ...session, protocol: 50, generalized: true };
  test.each([
    ['a flow label above 20 bits', six, labelled(0x10_0000)],
    ['SPI 0', esp, { ...sender, sourcePort: null, spi: 0 }],
    ['an SPI of UDP', { ...esp, protocol: 17 }, { ...sender, sourcePort: null, spi: 7 }],
    ['protocol 0', { ...session, protocol: 0 }, sender],
    ['no session address', { ...session, destination: '0.0.0.0' }, sender],
    ['no sender address', session, { ...sender, source: '0.0.0.0' }],
    ['session and sender of two families', session, { ...sender, source: '2001:db8::7' }],
  ])('what no packet can carry makes and ends no session: %s', (_, of, from) => {
    const fields = { hop, refreshPeriodMs: 30_000 };
    const told = path({ ...fields, session: of, sender: from, tspec });
    const reserved = resv({ ...fields, session: of, style: 'FF', flowDescriptors: [{ flowspec: null, senders: [from] }] });
    for (const message of [told, reserved, { ...told, kind: 'path-tear' as const }, { ...reserved, kind: 'resv-tear' as const }]) {
      expect(rsvpObservations(message, { ...whose, violations })).toMatchObject([{ type: 'ObserveOther', message: message.kind, violations }]);
    }
  });
  test('a list of labels, of SPIs or of sources alone is one reservation of style SE', () => {
    const listed = (of: typeof session, ...from: (typeof sender | ReturnType<typeof labelled>)[]) => resv({ ...hop0, session: of, style: 'SE', flowDescriptors: [{ flowspec: null, senders: from }] });
    const [six7, four7] = ['2001:db8::7', '192.0.2.7'];
    const spi = (value: number) => ({ ...sender, sourcePort: null, spi: value }) as never;
    const flowsOf = (message: RsvpMessage) => rsvpObservations(message, whose).map((told) => 'style' in told && [told.style, told.flow]);
    expect(flowsOf(listed(six, labelled(5), labelled(6)))).toEqual([['SE', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: six7, flowLabel: 5 }, { correspondentNode: six7, flowLabel: 6 }] }]]);
    expect(flowsOf(listed(six, labelled(0), labelled(6)))).toMatchObject([['SE', { senders: [{ sourcePort: 0 }, { flowLabel: 6 }] }]]);
    expect(flowsOf(listed(esp, spi(7), spi(0)))).toEqual([['SE', { protocol: 50, destinationPort: 5004, senders: [{ correspondentNode: four7, spi: 7 }] }]]);
    expect(flowsOf(listed({ ...session, protocol: 1, destinationPort: 0 }, { ...sender, sourcePort: 0 }))).toEqual([['SE', { protocol: 1, senders: [{ correspondentNode: four7 }] }]]);
    expect(flowsOf({ ...listed(six, labelled(5)), kind: 'resv-tear' })).toMatchObject([['SE', { senders: [{ flowLabel: 5 }] }]]);
    expect(rsvpObservations(listed(six, labelled(0x10_0000)), { ...whose, violations })).toMatchObject([{ type: 'ObserveOther', message: 'resv' }]);
  });
  test('the other senders of a list stand', () => {
    const descriptor = { flowspec: null, senders: [sender, { ...sender, source: '0.0.0.0' }] };
    const message = resv({ ...hop0, style: 'SE', flowDescriptors: [descriptor] });
    expect(rsvpObservations(message, whose)).toMatchObject([{ flow: { senders: [{ correspondentNode: '192.0.2.7', sourcePort: 4000 }] } }]);
    const six20 = resv({ ...hop0, session: six, style: 'FF', flowDescriptors: [{ flowspec: null, senders: [labelled(0x10_0000)] }, { flowspec: null, senders: [labelled(5)] }] });
    expect(rsvpObservations(six20, whose)).toMatchObject([{ flow: { flowLabel: 5 } }]);
  });
  test('what concerns no flow of IntServ is none of it', () => {
    expect(rsvpObservations({ ...onePath, te: true, sender: null }, { ...whose, violations })).toEqual([]);
    expect(rsvpObservations({ ...onePath, kind: 'hello', session: null }, { ...whose, violations })).toEqual([]);
  });
});
