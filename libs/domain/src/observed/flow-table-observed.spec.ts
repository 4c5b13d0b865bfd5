import { admit, at, cn, cn2, configure, dismiss, ff, given, path, pathTear, provision, release, resv, resvTear, se, tick, timeAt, wf, withdraw } from '../proof/flow-table.testing';

const nodes = ['mn-1', 'mn-2', 'mn-3'];
const early = { observedAt: at(1) };

describe('observed RSVP (domain.md §5)', () => {
  test('PATH makes the session and holds its id, RESV makes it live', () => {
    given().visitors(...nodes).when(0, path('s1', 'mn-1', ff())).thenHeld('s1 path-only')
      .when(1, path('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1').thenEvents({ allocatedBy: 'ledger' }, {})
      .when(2, resv('x', 'mn-1', ff())).thenAnswer({ outcome: 'modified', sessionId: 's1' }).thenHeld('s1', 's2 path-only');
  });
  test('RESV before PATH is error 03, for an unknown sender 04, and both are told once', () => {
    given().when(0, resv('s1', 'mn-1', ff())).thenEvents({ type: 'QosSessionConfigured', violations: [{ name: 'resv-before-path' }] })
      .when(1, resv('x', 'mn-1', ff())).thenNothingAppended()
      .when(2, resv('s2', 'mn-1', ff({ sourcePort: 6000 }))).thenEvents({ violations: [{ name: 'resv-before-path' }] });
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .thenEvents({ type: 'QosSessionReleased', cause: 'merged' }, { type: 'QosSessionConfigured', violations: [{ name: 'resv-for-unknown-sender' }] });
  });
  test('ResvTear keeps the id while path state lives; a new RESV makes it live again', () => {
    given().visitors(...nodes).when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff())).when(2, resvTear('mn-1', ff())).thenHeld('s1 path-only')
      .when(3, resvTear('mn-1', ff())).thenEvents('SignallingObserved')
      .when(4, path('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1')
      .when(5, resv('x', 'mn-1', ff())).thenHeld('s1', 's2 path-only').thenNative('modified');
  });
  test('PathTear releases; lost, the soft state ends at the recorded time', () => {
    given().when(0, path('s1', null, ff())).when(1, pathTear(null, ff())).thenEvents({ type: 'QosSessionReleased', cause: 'path-tear' })
      .when(2, pathTear(null, ff())).thenEvents('SignallingObserved');
    given().when(0, path('s1', null, ff())).when(237, tick).thenEvents({ cause: 'soft-state-timeout', occurredAt: timeAt(236.25) }).thenHeld();
  });
  test('SE merges the paths that it covers: their ids pass on, nothing is quarantined', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-1', ff({ sourcePort: 6000 })))
      .when(1, resv('s3', 'mn-1', se([cn, 5000], [cn, 6000]))).thenNative()
      .thenEvents({ cause: 'merged', quarantinedUntil: null }, { cause: 'merged', quarantinedUntil: null }, 'QosSessionConfigured').thenHeld('s3')
      .when(2, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(3, pathTear('mn-1', ff())).thenEvents({ type: 'QosSessionModified', sendersLeft: { senders: [{ source: cn, sourcePort: 5000 }] } })
      .when(4, pathTear('mn-1', ff({ sourcePort: 6000 }))).thenEvents({ type: 'QosSessionReleased', cause: 'path-tear' });
  });
  test('a temporary path id that the reservation does not cover is quarantined', () => {
    given().visitors(...nodes).when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1')
      .when(1, resv('s3', 'mn-2', se([cn, 5000]))).thenTemporary('destinationPort', 49152, 's1')
      .thenEvents({ cause: 'merged', quarantinedUntil: timeAt(158.5) }, {}, {})
      .when(2, configure('s4', 'mn-3', ff({ sourcePort: 49152 }))).thenTemporary('sourcePort', 49153, 's2 q');
  });
  test('I12 nor is the value of one that a wildcard covers handed out before its quarantine has ended', () => {
    const [one, other] = [ff({ destinationPort: 6000 }), { type: 'QosSessionReleased', sessionId: 's2', cause: 'merged' }];
    given().visitors(...nodes).when(0, provision(1n, { quarantineSeconds: 100 }, { sourcePort: { first: 50_000, last: 50_000 } }))
      .when(0, path('s1', 'mn-1', ff())).when(0, path('s2', 'mn-2', ff())).thenTemporary('sourcePort', 50_000, 's1').when(1, pathTear('mn-1', ff()))
      .when(105, tick).when(110, resv('s3', 'mn-2', wf())).thenNative().thenEvents({ ...other, temporary: { value: 50_000 }, quarantinedUntil: timeAt(210) }, {}).thenHeld('s3')
      .when(111, configure('s4', 'mn-1', one)).when(111, configure('s5', 'mn-3', one)).thenRefused('flow-id-pool-exhausted')
      .when(209.999, configure('s5', 'mn-3', one)).thenRefused('flow-id-pool-exhausted').when(210, configure('s5', 'mn-3', one)).thenTemporary('sourcePort', 50_000, 's4');
  });
  test('a sender that joins an SE list brings its path with it', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('s2', 'mn-1', se([cn, 5000]))).when(2, path('s3', 'mn-1', ff({ sourcePort: 6000 }))).thenHeld('s2', 's3 path-only')
      .when(3, resv('x', 'mn-1', se([cn, 5000], [cn, 6000]))).thenAnswer({ outcome: 'modified', sessionId: 's2' }).thenEvents({ cause: 'merged' }, 'QosSessionModified').thenHeld('s2');
  });
  test('ResvTear of some senders leaves the others reserved', () => {
    given().when(0, resv('s1', 'mn-1', se([cn, 5000], [cn2, 5000]))).when(1, resvTear('mn-1', se([cn2, 5000]))).thenEvents({ type: 'QosSessionModified', flow: se([cn, 5000]), cause: 'resv-tear' }).thenHeld('s1')
      .when(2, resvTear('mn-1', se([cn, 5000], [cn2, 5000]))).thenHeld('s1 path-only');
  });
  test('a refusal becomes a violation, told once and not with every refresh', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, path('s2', 'mn-2', ff({ destinationPort: 0 }))).thenRefused('port-zero-conflict')
      .thenEvents({ type: 'SignallingObserved', violations: [{ name: 'port-zero-conflict' }] })
      .when(31, path('s3', 'mn-2', ff({ destinationPort: 0 }))).thenRefused('port-zero-conflict').thenNothingAppended()
      .when(32, pathTear('mn-1', ff())).when(33, path('s4', 'mn-2', ff({ destinationPort: 0 }))).thenNative();
  });
  test('older than the scope\'s last event: kept as ObservedLate, and changes no state', () => {
    given().when(10, path('s1', 'mn-1', ff())).when(10, path('s2', 'mn-2', ff({ sourcePort: 1 }), early))
      .thenEvents({ type: 'ObservedLate', message: 'ObservePath', observedAt: timeAt(1), occurredAt: timeAt(10) }).thenHeld('s1 path-only');
  });
  test('a reservation keeps its traffic and period when its path is refreshed', () => {
    given().when(0, path('s1', 'mn-1', ff())).when(1, resv('x', 'mn-1', ff(), { refreshPeriodMs: 10_000, tspec: { r: 1, b: 1, p: 1, m: 1, M: 1 } }))
      .when(2, path('x', 'mn-1', ff())).thenAnswer({ outcome: 'refreshed' }).thenNothingAppended();
  });
});

describe('soft state', () => {
  test('a refresh is an event only when less than L is left of the lease', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(78, configure('x', 'mn-1', ff())).thenNothingAppended()
      .when(79, configure('x', 'mn-1', ff())).thenEvents({ type: 'LeasesExtended', sessions: ['s1'], until: timeAt(79 + 236.25) }).thenAnswer({ outcome: 'refreshed', revision: 1n });
  });
  test('a refresh exactly at the deadline is too late: the session ended, and its id is reclaimed by a new one', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 1_000 })).when(7, tick).thenNothingAppended()
      .when(7.875, configure('s2', 'mn-1', ff(), { refreshPeriodMs: 1_000 })).thenEvents({ cause: 'soft-state-timeout', occurredAt: timeAt(7.875) }, { reclaimed: true });
  });
  test('the refresh period changes: the lease is made anew; 0 is no soft state', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(10_000) })).when(0, configure('s1', 'mn-1', ff()))
      .when(1, configure('x', 'mn-1', ff(), { refreshPeriodMs: 1_000 })).thenEvents({ refreshPeriodMs: 1_000, expiresAt: timeAt(8.875) })
      .when(2, configure('x', 'mn-1', ff(), { refreshPeriodMs: 0 })).thenEvents({ refreshPeriodMs: 0, expiresAt: null })
      .when(9_999, tick).thenNothingAppended()
      .when(10_001, tick).thenEvents('VisitorLeft', { cause: 'registration-expiry', occurredAt: timeAt(10_000) });
  });
  test('what ends at one instant: the registration takes its sessions with it, whatever their leases say', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(236.25) })).when(0, configure('s1', 'mn-1', ff()))
      .when(500, tick).thenEvents('VisitorLeft', { cause: 'registration-expiry' }, 'QuarantineEnded');
  });
});

describe('release and registrations', () => {
  test('only the owner may free its id; a second release appends nothing', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, release('s1', 'path-tear', 'mn-2')).thenRefused('not-owner').thenHeld('s1')
      .when(0, release('s1', 'path-tear', 'mn-1')).thenAnswer({ outcome: 'released' }).when(0, release('s1')).thenAnswer({ outcome: 'already-released' }).thenNothingAppended();
  });
  test('resv-tear leaves the session path-only, once', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, release('s1', 'resv-tear')).thenAnswer({ outcome: 'released' }).thenHeld('s1 path-only')
      .when(0, release('s1', 'resv-tear')).thenAnswer({ outcome: 'already-released' }).thenNothingAppended().when(0, configure('x', 'mn-1', ff())).thenHeld('s1');
  });
  test('deregistration: no binding holds, and every session is released in that append', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', wf(7000))).when(1, dismiss('mn-1', 2n))
      .thenEvents('VisitorLeft', { sessionId: 's1', cause: 'deregistration' }, { sessionId: 's2', cause: 'deregistration' })
      .when(2, configure('x', 'mn-1', ff())).thenRefused('no-binding');
  });
  test('a registration revision that is no higher is a no-op', () => {
    given().when(0, admit('mn-1', 5n)).when(1, admit('mn-1', 5n)).thenNothingAppended().when(1, dismiss('mn-1', 4n)).thenNothingAppended()
      .when(1, dismiss('mn-1', 6n)).thenEvents('VisitorLeft').when(1, dismiss('mn-1', 6n)).thenNothingAppended();
  });
  test('a node that registered elsewhere leaves orphaned legs, until the old registration would have ended', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(100) })).when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 }))
      .when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(100) })).thenHeld('s1 orphaned')
      .when(2, configure('x', 'mn-1', ff())).thenRefused('no-binding')
      .when(3, resv('x', 'mn-1', ff(), { refreshPeriodMs: 0 })).thenHeld('s1 orphaned')
      .when(100, tick).thenEvents({ type: 'QosSessionReleased', cause: 'registration-expiry', occurredAt: timeAt(100) });
  });
  test('it comes back in time: the leg is live again, with its id', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(100) }))
      .when(2, configure('s2', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1').when(3, admit('mn-1', 3n))
      .when(4, configure('x', 'mn-1', ff())).thenNative('modified').thenHeld('s1', 's2').when(101, tick).thenHeld('s1', 's2');
  });
  test('a torn orphaned leg is orphaned still, and ends with the old registration', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(100) }))
      .when(2, release('s1', 'resv-tear')).thenHeld('s1 orphaned').when(100, tick).thenHeld();
  });
  test('a scope is withdrawn without sessions, or by force', () => {
    given().visitors('mn-1').when(0, provision(1n)).when(0, configure('s1', 'mn-1', ff())).when(1, withdraw(2n)).thenRefused('foreign-agent-in-use').thenHeld('s1')
      .when(1, withdraw(2n, true)).thenEvents('VisitorLeft', { cause: 'administrator' }, 'ScopeWithdrawn').thenHeld()
      .when(2, withdraw(2n, true)).thenNothingAppended().when(2, provision(2n)).thenNothingAppended().when(3, configure('x', 'mn-1', ff())).thenRefused('no-binding');
  });
});
