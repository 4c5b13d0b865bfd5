import { fingerprint } from '../proof/fingerprint.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable, type FlowTableSnapshot } from './flow-table-snapshot';
import { configure, ff, given, path, pathTear, provision, reboot, release, resv, se, cn, cn2 } from '../proof/flow-table.testing';

describe('a scope that holds something of everything', () => {
  test('I13 is the same again from its snapshot, and every part of it is in there', () => {
    const { state } = given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(3n, { quarantineSeconds: 500 })).when(0, reboot(2n)).visitors('mn-4')
      .when(1, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, path('s2', 'mn-2', ff({ destinationPort: 0 })))
      .when(3, path('t1', 'mn-2', ff(), { association: { session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort: 50_000 } } }))
      .when(4, configure('s3', 'mn-3', se([cn, 1], [cn2, 1]))).when(5, path('s4', null, ff({ sourcePort: 7 }))).when(6, release('s4')).when(60, path('x', 'mn-1', ff(), { violations: [{ name: 'seen', detail: 'x' }] }))
      .when(61, { type: 'ObserveOther', message: 'path', mobileNode: null, flow: null, detail: {}, digest: 'a1', violations: [{ name: 'seen', detail: 'x' }], observedAt: Number.NaN });
    const snapshot = JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot;
    for (const part of ['visitors', 'registrationRevisions', 'sessions', 'quarantines', 'refusedFlows', 'keptMessages', 'violationsTold'] as const) expect([part, snapshot[part].length > 0]).toEqual([part, true]);
    const restored = flowTableOfSnapshot(snapshot);
    expect(fingerprint(restored)).toBe(fingerprint(state));
    expect(JSON.parse(JSON.stringify(snapshotOfFlowTable(restored)))).toEqual(snapshot);
    expect([restored.revision, restored.provisioned, restored.ordinals]).toEqual([state.revision, 3n, state.ordinals]);
  });
  test('I13 knows which tunnel of a session counts, and that none does once that one has ended', () => {
    const association = (sourcePort: number) => ({ session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort } });
    const tunnel = (sourcePort: number) => ({ type: 'ObserveTunnel', message: 'path', mobileNode: 'mn-1', association: association(sourcePort), violations: [], observedAt: Number.NaN } as const);
    const { state } = given().visitors('mn-1').when(0, tunnel(50_000)).when(1, tunnel(50_001))
      .when(2, pathTear(null, ff({ correspondentNode: '203.0.113.1', sourcePort: 50_001, destinationPort: 363 })));
    expect(state.tunnels.size).toBe(1);
    expect(fingerprint(flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as FlowTableSnapshot))).toBe(fingerprint(state));
  });
  test('one without an event has no last moment', () => {
    const { state } = given();
    expect(snapshotOfFlowTable(state)).toMatchObject({ revision: '-1', lastOccurredAt: null, sessions: [], quarantines: [], refusedFlows: [] });
    expect(fingerprint(flowTableOfSnapshot(snapshotOfFlowTable(state)))).toBe(fingerprint(state));
  });
  test('a session has its node and its revision again', () => {
    const { state } = given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff()));
    expect(flowTableOfSnapshot(snapshotOfFlowTable(state)).sessions.get('s1')).toMatchObject({ sessionId: 's1', mobileNode: 'mn-1', revision: 1n });
  });
});
