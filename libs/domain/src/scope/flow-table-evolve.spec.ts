import type { FlowTableEvent, QosSessionConfigured, QosSessionModified } from '../events/events';
import { evolveFlowTable } from './flow-table-evolve';
import { logicalFlowKey } from '../flow/flow-id';
import { FlowTableState, type Session } from './flow-table-state';

const occurredAt = '2026-01-01T00:00:00.000Z';
const id = { source: '192.0.2.7', destination: '198.51.100.1', protocol: 17, sourcePort: 4000, destinationPort: 5004 };
const configured: QosSessionConfigured = {
  type: 'QosSessionConfigured', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', sessionId: 's1', mobileNode: 'mn-1', homeAddress: '10.0.0.1', homeAgent: '203.0.113.1', registrationExpiresAt: null,
  flow: { correspondentNode: '192.0.2.7', protocol: 17, sourcePort: 4000, destinationPort: 5004 }, style: 'FF', service: null, tspec: null, refreshPeriodMs: 0,
  state: 'live', requested: id, effective: id, temporary: null, matched: [], reclaimed: false, expiresAt: null, replaces: null, occurredAt,
};
const released: FlowTableEvent = { type: 'QosSessionReleased', sessionId: 's1', mobileNode: 'mn-1', cause: 'administrator', effective: id, temporary: null, quarantinedUntil: null, occurredAt };

describe('F15 an event that does not follow from those before it', () => {
  test.each<[string, readonly FlowTableEvent[], string]>([
    ['a release of a session that is not there', [released], 'The scope has no session s1.'],
    ['a second release', [configured, released, released], 'The scope has no session s1.'],
    ['a change of a session that is not there', [{ type: 'QosSessionModified', sessionId: 's1', refreshPeriodMs: 1000, occurredAt }], 'The scope has no session s1.'],
    ['a session that is there', [configured, configured], 'The session s1 is configured already.'],
    ['a session of another scope', [{ ...configured, careOfAddress: '198.51.100.9' }], 'The session s1 is one at 198.51.100.9.'],
  ])('%s is refused, and said', (_, events, sentence) => {
    const state = new FlowTableState('fa-1', '198.51.100.1');
    for (const event of events.slice(0, -1)) evolveFlowTable(state, event);
    expect(() => evolveFlowTable(state, events.at(-1)!)).toThrow(sentence);
  });
});

const later = '2026-01-01T00:01:00.000Z';
const folded = (...events: readonly FlowTableEvent[]): FlowTableState => {
  const state = new FlowTableState('fa-1', '198.51.100.1');
  for (const event of events) evolveFlowTable(state, event);
  return state;
};
const modified = (terms: Partial<QosSessionModified>): QosSessionModified => ({ type: 'QosSessionModified', sessionId: 's1', occurredAt, ...terms });
const observed = (detail: Readonly<Record<string, unknown>>): FlowTableEvent => ({ type: 'SignallingObserved', message: 'path', sessionId: null, detail, occurredAt });

describe('a change of a session changes what it names, and leaves the rest', () => {
  const lease = { refreshPeriodMs: 1_000, expiresAt: later };
  const reservation = { refreshPeriodMs: 1_000, until: Date.parse(later) };
  const path = { ...configured, state: 'path-only' } as const;
  const apart = { ...configured, service: 'guaranteed', reservation: lease } as const;
  const orphaned = modified({ state: 'orphaned', orphanedUntil: later });
  test.each<[string, readonly FlowTableEvent[], Partial<Session>]>([
    ['nothing', [apart, modified({})], { service: 'guaranteed', reservation, pathSeen: true, isReserved: true, state: 'live', orphanedUntil: null, leaseUntil: null }],
    ['its service', [apart, modified({ service: 'controlled-load' })], { service: 'controlled-load', reservation }],
    ['that its service is none of the two', [apart, modified({ service: null })], { service: null }],
    ['a lease of the reservation alone: its path was seen', [configured, modified({ reservation: lease })], { reservation, pathSeen: true }],
    ['no lease, of a reservation whose path was not seen', [configured, modified({})], { reservation: null, pathSeen: false }],
    ['one lease for both', [apart, modified({ reservation: null })], { reservation: null, pathSeen: true, isReserved: true }],
    ['that its path is left alone', [apart, modified({ state: 'path-only' })], { reservation: null, isReserved: false, state: 'path-only' }],
    ['that a path is reserved', [path, modified({ state: 'live' })], { isReserved: true, state: 'live', pathSeen: true }],
    ['a reservation beside a path', [path, modified({ reservation: lease })], { isReserved: true }],
    ['who asks for the reservation', [path, modified({ requests: [] })], { isReserved: true }],
    ['other traffic of a path', [path, modified({ tspec: null })], { isReserved: false }],
    ['that it is orphaned', [configured, orphaned], { state: 'orphaned', orphanedUntil: Date.parse(later), isReserved: true }],
    ['that a path is', [path, orphaned], { state: 'orphaned', isReserved: false }],
    ['something else of an orphaned one', [configured, orphaned, modified({ tspec: null })], { state: 'orphaned', orphanedUntil: Date.parse(later) }],
    ['that an orphaned one serves again', [configured, orphaned, modified({ state: 'live' })], { state: 'live', orphanedUntil: null, isReserved: true }],
    ['that an orphaned one is so by a further registration', [configured, orphaned, modified({ ...orphaned, cause: 'registration-elsewhere' })], { isReserved: true }],
    ['a tear of its reservation', [configured, orphaned, modified({ ...orphaned, cause: 'resv-tear' })], { isReserved: false, state: 'orphaned' }],
    ['that its reservation timed out', [configured, orphaned, modified({ ...orphaned, cause: 'soft-state-timeout' })], { isReserved: false, state: 'orphaned' }],
    ['that its reservation is extended', [apart, { type: 'LeasesExtended', sessions: [], reservations: ['s1', 'gone'], until: occurredAt, occurredAt }],
      { reservation: { refreshPeriodMs: 1_000, until: Date.parse(occurredAt) } }],
    ['an extension of a reservation that has no lease of its own', [configured, { type: 'LeasesExtended', sessions: [], reservations: ['s1'], until: later, occurredAt }], { reservation: null, leaseUntil: null }],
  ])('%s', (_, events, expected) => expect(folded(...events).sessions.get('s1')).toMatchObject(expected));

  test('senders that leave are quarantined apart, under a name of their own', () => {
    const [stays, leaves] = [{ source: '192.0.2.7', sourcePort: 1 }, { source: '192.0.2.8', sourcePort: 1 }];
    const list = { ...configured, style: 'SE', flow: { protocol: 17, destinationPort: 5004 } } as const;
    const of = (...senders: (typeof stays)[]) => ({ senders, destination: '198.51.100.1', protocol: 17, destinationPort: 5004 });
    const state = folded({ ...list, requested: of(stays, leaves), effective: of(stays, leaves) },
      modified({ requested: of(stays), effective: of(stays), sendersLeft: { senders: [leaves], quarantinedUntil: later } }));
    expect([...state.quarantines.values()]).toMatchObject([{ name: 's1/1', id: of(leaves), sessionId: 's1', temporary: null, until: Date.parse(later) }]);
  });
});

describe('what a scope keeps of a session that has ended', () => {
  const quarantined = { ...released, quarantinedUntil: later } as const;
  const names = (state: FlowTableState): string[] => [...state.quarantines.keys()];
  test('its id in quarantine, under its name; a second one under a name of its own; nothing where it passed on', () => {
    expect(names(folded(configured, quarantined))).toEqual(['s1']);
    expect(names(folded(configured, quarantined, configured, quarantined))).toEqual(['s1', 's1/3']);
    expect(names(folded(configured, released))).toEqual([]);
  });
  test('until the quarantine ends, or the flow has exactly that id again', () => {
    const other = { ...id, sourcePort: 49_152 };
    const temporary = { field: 'sourcePort', value: 49_152 } as const;
    const both = [configured, quarantined, { ...configured, sessionId: 's2', effective: other, temporary }, { ...quarantined, sessionId: 's2', effective: other, temporary }] as const;
    expect(names(folded(...both))).toEqual(['s1', 's2']);
    expect(names(folded(...both, { ...configured, sessionId: 's3', reclaimed: true }))).toEqual(['s2']);
    expect(names(folded(...both, { ...configured, sessionId: 's3', effective: other, temporary, reclaimed: true }))).toEqual(['s1']);
    expect(names(folded(...both, { ...configured, sessionId: 's3' }))).toEqual(['s1', 's2']);
    expect(names(folded(...both, { type: 'QuarantineEnded', quarantines: ['s2', 'gone'], occurredAt }))).toEqual(['s1']);
  });
  test('none of what was odd about it', () => {
    const odd = { ...configured, violations: [{ name: 'seen', detail: 'x' }] };
    expect([...folded(odd).violationsTold.entries()]).toEqual([['s1', ['seen']]]);
    expect([...folded(odd, released).violationsTold.entries()]).toEqual([]);
  });
});

describe('what a scope was told besides', () => {
  test('the revisions of its agent; an old reboot tells none', () => {
    const scope = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', occurredAt } as const;
    expect(folded({ type: 'ForeignAgentRebooted', ...scope, revision: '5' }).rebooted).toBe(5n);
    expect(folded({ type: 'ForeignAgentRebooted', ...scope }).rebooted).toBe(-1n);
    const state = folded();
    evolveFlowTable(state, { type: 'ScopeProvisioned', ...scope, policy: state.policy, pools: { sourcePort: null, destinationPort: null, flowLabel: null, greKey: null }, revision: '6' });
    expect(state.provisioned).toBe(6n);
    evolveFlowTable(state, { type: 'ScopeWithdrawn', ...scope, revision: '7' });
    expect(state.provisioned).toBe(7n);
  });
  test('flows that were refused, until they are configured', () => {
    const key = logicalFlowKey('mn-1', configured.flow, 'FF');
    expect([...folded(observed({ refusedFlow: key, rejection: 'no-binding' })).refusedFlows.entries()]).toEqual([[key, 'no-binding']]);
    expect([...folded(observed({ refusedFlow: key, rejection: 'no-binding' }), configured).refusedFlows.entries()]).toEqual([]);
    expect([...folded(observed({ rejection: 'no-binding' })).refusedFlows.entries()]).toEqual([]);
  });
  test('tunnels of a node, until they end', () => {
    const association = { session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort: 50_000 } };
    const told = [...folded(observed({ association, mobileNode: 'mn-1' })).tunnels.keys()];
    expect(told).toEqual(['203.0.113.1 50000']);
    expect([...folded(observed({ association })).tunnels.keys()]).toEqual([]);
    expect([...folded(observed({ mobileNode: 'mn-1' })).tunnels.keys()]).toEqual([]);
    expect([...folded(observed({ association, mobileNode: 'mn-1' }), observed({ tunnelEnded: told[0] })).tunnels.keys()]).toEqual([]);
  });
});
