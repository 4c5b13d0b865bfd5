import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Adspec } from '../flow/adspec';
import { isCategory, standsIn } from './event-categories';
import { endsOfAppend } from './append-bounds';
import { thatEndInOneAppend, weightOf } from './decision-weight';
import type { FlowTableEvent, LedgerEventType, Match } from './events';
import type { Flow } from '../flow/flow';
import type { Session } from '../scope/session';

const folder = path.join(__dirname, 'golden');
const recorded = readdirSync(folder).flatMap((file) => readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n').slice(1)
  .map((line) => JSON.parse(line) as { type: LedgerEventType; data: object }));
const matched = { sessionId: '2f1c7a52-4b0f-4d53-9d2b-8a8f3a0c7e11', mobileNode: 'a-node@of.some-realm.example', state: 'quarantined',
  effective: { source: '2001:db8:1:2:3:4:5:6', destination: '2001:db8:a:b:c:d:e:f', protocol: 17, sourcePort: 49_152, destinationPort: 5_004 } } satisfies Match;
const session = matched.sessionId;
const lists = {
  sessions: session, reservations: session, matched, paths: { sessionId: session, correspondentNode: '192.0.2.7', sourcePort: 5_000 }, requests: { sessionId: session, nextHop: '198.51.100.254' },
};

const source = '2001:db8:1111:2222:3333:4444:5555:6666';
const senders = { senders: Array.from({ length: 1_000 }, () => ({ source, sourcePort: 50_000 })), destination: '2001:db8::1', protocol: 17, destinationPort: 5_004 };
const lease = { refreshPeriodMs: 30_000, expiresAt: '2026-01-01T00:03:56.250Z' };
const adspec: Adspec = {
  previousHop: source, breakBit: false, hops: 10, bandwidth: 1_000_000_000.5, latencyMicroseconds: 100_000, pathMtu: 1_500,
  guaranteed: { breakBit: false, Ctot: 100_000, Dtot: 100_000, Csum: 100_000, Dsum: 100_000 }, controlledLoad: { breakBit: false },
};

describe('what an event weighs is no less than what a store is given (an append takes 1 MiB)', () => {
  const flowTable = recorded.filter(({ type }) => standsIn('flowTable', type)).map(({ type, data }) => ({ type, ...data }) as FlowTableEvent);
  const tooLight = (events: readonly FlowTableEvent[]) => events.filter((event) => !(weightOf(event) >= JSON.stringify(event).length));
  test('of every event that was recorded', () => expect(tooLight(flowTable)).toEqual([]));
  test.each<[FlowTableEvent['type'], keyof typeof lists]>([
    ['LeasesExtended', 'sessions'], ['LeasesExtended', 'reservations'], ['LeasesExtended', 'paths'], ['LeasesExtended', 'requests'],
    ['QosSessionConfigured', 'matched'], ['TemporaryFlowIdAllocated', 'matched'], ['LegRefused', 'matched'],
  ])('of %s with a hundred %s', (type, field) => {
    const hundred = Array.from({ length: 100 }, () => lists[field]);
    const events = flowTable.filter((each) => each.type === type).map((event) => ({ ...event, [field]: hundred }));
    expect([events.length > 0, tooLight(events)]).toEqual([true, []]);
  });
  test('of a hundred legs that are held', () => {
    const events = flowTable.flatMap((event) => (event.type === 'LegsHeld' ? [{ ...event, legs: Array.from({ length: 100 }, () => event.legs[0]!) }] : []));
    expect([events.length > 0, tooLight(events)]).toEqual([true, []]);
  });
  test.each<[FlowTableEvent['type'], (list: typeof senders, flow: Flow) => object]>([
    ['QosSessionConfigured', (list, flow) => ({ flow, requested: list, effective: list })],
    ['QosSessionModified', (list, flow) => ({ flow, requested: list, effective: list, sendersLeft: { senders: list.senders, quarantinedUntil: lease.expiresAt } })],
    ['QosSessionReleased', (list) => ({ effective: list })],
    ['LegRefused', (list, flow) => ({ flow, requested: list })],
    ['LegsHeld', (_, flow) => ({ legs: [{ sessionId: session, flow, style: 'SE', service: null, tspec: null, refreshPeriodMs: 30_000, state: 'live' }] })],
    ['TemporaryFlowIdAllocated', (list) => ({ matched: [{ ...matched, effective: list }] })],
    ['QosSessionConfigured', (list) => ({ matched: [{ ...matched, effective: list }] })],
    ['LegRefused', (list) => ({ matched: [{ ...matched, effective: list }] })],
    ['QosSessionConfigured', (_, { senders: list = [] }) => ({ paths: list.map((sender) => ({ ...sender, ...lease, adspec })) })],
    ['QosSessionConfigured', (_, { senders: list }) => ({ requests: [{ nextHop: source, node: source, service: null, tspec: null, ...lease, senders: list }] })],
    ['QosSessionModified', (_, { senders: list = [] }) => ({ paths: list.map((sender) => ({ ...sender, ...lease, adspecs: [adspec, adspec] })) })],
  ])('of %s with lists of a thousand senders', (type, terms) => {
    const list = senders.senders.map(({ source: correspondentNode, sourcePort }) => ({ correspondentNode, sourcePort }));
    const flow: Flow = { protocol: 17, destinationPort: 5_004, senders: list };
    const events = flowTable.filter((each) => each.type === type).map((event) => ({ ...event, ...terms(senders, flow) }));
    expect([events.length > 0, tooLight(events).map((event) => [weightOf(event), JSON.stringify(event).length])]).toEqual([true, []]);
  });
});

test.each<[string, readonly number[], number]>([
  ['as many as end together', Array.from({ length: endsOfAppend }, () => 0), endsOfAppend],
  ['one more', Array.from({ length: endsOfAppend + 1 }, () => 0), endsOfAppend],
  ['long lists: those that an append takes', Array.from({ length: 10 }, () => 1_000), 4],
  ['few long lists', [1_000, 1_000], 2],
  ['lists that fill one each: one after the other', [5_000, 5_000], 1],
  ['none', [], 0],
])('sessions that end in one append: %s', (_, lists, count) => {
  const list = (length: number) => ({ ...senders, senders: Array.from({ length }, () => senders.senders[0]!) });
  const sessions = lists.map((length) => ({ effective: { id: list(length) } }) as unknown as Session);
  expect(thatEndInOneAppend(sessions)).toEqual(sessions.slice(0, count));
});

describe('which events stand in which streams (storage format)', () => {
  const handoff = ['HandoffStarted', 'HandoffCommitted', 'HandoffCompleted', 'HandoffSuperseded', 'HandoffRolledBack'];
  const categories: Readonly<Record<string, readonly string[]>> = {
    foreignAgents: ['ForeignAgentProvisioned', 'ForeignAgentLearned', 'ForeignAgentRemoved', 'AgentRebootReported', 'CareOfAddressesClosed', 'CareOfAddressesReopened'],
    mobileNode: [
      'RegistrationRequested', 'RegistrationAccepted', 'RegistrationDenied', 'RegistrationEnded', 'RegistrationReplyUnmatched', 'RevocationUnmatched',
      'RevocationAcknowledged', ...handoff, 'ObservedLate',
    ],
    flowTable: [
      'ScopeProvisioned', 'ScopeWithdrawn', 'ScopeClosed', 'ScopeReopened',
      'VisitorAdmitted', 'VisitorLeft', 'TemporaryFlowIdAllocated', 'QosSessionConfigured', 'QosSessionModified', 'LeasesExtended', 'QosSessionReleased',
      'QuarantineEnded', 'ForeignAgentRebooted', 'SignallingObserved', 'LegsHeld', 'LegsUnheld', 'LegRefused', 'DegradedLegEnded', 'ObservedLate',
    ],
    elsewhere: [],
  };
  test.each(Object.entries(categories))('%s', (category, types) => {
    const all = [...new Set(recorded.map(({ type }) => type))];
    expect(all.filter((type) => standsIn(category, type)).sort()).toEqual([...types].sort());
    expect(isCategory(category)).toBe(types.length > 0);
  });
});
