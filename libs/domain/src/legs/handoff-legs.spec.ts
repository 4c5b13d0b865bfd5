import { admit, at, configure, dismiss, ff, given, path, pathTear, provision, release, resvTear, se, tick, timeAt } from '../proof/flow-table.testing';
import { admitLegs, endMoved, endOld, hold, leg, unhold } from './handoff.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable } from '../scope/flow-table-snapshot';
import { fingerprint } from '../proof/fingerprint.testing';

const ff2 = ff({ sourcePort: 5001 });

describe('the legs of a handoff at the old scope (domain.md §6)', () => {
  test('the list is frozen in order of arrival, and the same handoff gets the same again', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff({ destinationPort: 6004 }))).when(0, configure('o', 'mn-2', ff2)).when(0, configure('s2', 'mn-1', se(['192.0.2.7', 7])))
      .when(1, hold('h1', 2n)).thenEvents({ type: 'LegsHeld', legs: [{ sessionId: 's1', style: 'FF', state: 'live' }, { sessionId: 's2', style: 'SE' }] })
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }, { sessionId: 's2' }], ended: [], tookOver: null, more: false })
      .when(2, hold('h1', 2n)).thenNothingAppended().thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }, { sessionId: 's2' }] });
  });
  test('what is reserved comes before what is a path alone, and both before what waits for an id: no call gives way to what carries none', () => {
    given().visitors('mn-1', 'mn-2').when(0, provision(1n, {}, { sourcePort: null })).when(0, configure('o', 'mn-2', ff()))
      .when(1, admitLegs('h1', 2n, [leg('waits')])).when(2, path('path', 'mn-1', ff2)).when(3, configure('call', 'mn-1', ff({ sourcePort: 5002 })))
      .when(4, hold('h2', 3n)).thenEvents({ type: 'LegsHeld', legs: [{ sessionId: 'call' }, { sessionId: 'path', state: 'path-only' }, { sessionId: 'waits' }] });
  });
  test('meanwhile the node configures nothing there; a refresh extends, a release and another node pass', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n))
      .when(1, configure('x', 'mn-1', ff({ sourcePort: 6000 }))).thenRefused('handoff-in-progress').when(1, configure('x', 'mn-1', ff(), { service: 'controlled-load' }))
      .thenRefused('handoff-in-progress').when(100, configure('x', 'mn-1', ff())).thenNative('refreshed').thenEvents('LeasesExtended')
      .when(101, release('s2')).thenAnswer({ outcome: 'released' }).when(101, configure('n', 'mn-2', ff({ sourcePort: 6000 }))).thenNative();
  });
  test('what ends while it is held is told back before the old legs end, with its cause', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(0, configure('s3', 'mn-1', ff({ sourcePort: 5002 })))
      .when(1, hold('h1', 2n)).when(2, release('s1', 'preemption')).when(2, release('s2', 'resv-tear')).when(3, endOld('h1', 3n)).thenNothingAppended()
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's2', state: 'path-only' }, { sessionId: 's3' }],
        ended: [{ sessionId: 's1', cause: 'preemption', at: at(2) }, { sessionId: 's2', cause: 'resv-tear' }], more: false })
      .when(3, endOld('h1', 3n, { told: [`s1 preemption ${at(2)}`, `s2 resv-tear ${at(2)}`] }))
      .thenEvents({ type: 'VisitorLeft', cause: 'handoff' }, { sessionId: 's2', cause: 'handoff' }, { sessionId: 's3', cause: 'handoff' }, { type: 'LegsUnheld', outcome: 'committed' })
      .when(4, endOld('h1', 3n)).thenNothingAppended().thenHeld();
  });
  test('one that times out while it is held is not held any more; what ends with the binding says nothing of the sessions', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(300) })).when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 10_000 })).when(0, configure('s2', 'mn-1', ff2, { refreshPeriodMs: 0 }))
      .when(1, hold('h1', 2n)).when(80, tick).thenEvents({ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout' })
      .when(300, tick).when(301, hold('h1', 2n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's2' }], ended: [{ sessionId: 's1', cause: 'soft-state-timeout' }] });
  });
  test('an agent that is not told keeps orphaned legs until the binding would have ended', () => {
    const orphan = { oldLegs: 'orphan', orphanedUntil: timeAt(100) } as const;
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff(), { refreshPeriodMs: 0 })).when(1, hold('h1', 2n, orphan)).thenHeld('s1')
      .when(2, endOld('h1', 2n, orphan)).thenEvents('VisitorLeft', { state: 'orphaned', orphanedUntil: timeAt(100), cause: 'registration-elsewhere' }, 'LegsUnheld').thenHeld('s1 orphaned')
      .when(100, tick).thenEvents({ sessionId: 's1', cause: 'registration-expiry' }).thenHeld();
  });
  test('break-before-make: the legs end with the hold, and the list is still told', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { breaks: true }))
      .thenEvents('LegsHeld', { type: 'VisitorLeft', cause: 'handoff' }, { type: 'QosSessionReleased', cause: 'handoff' }).thenHeld()
      .thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], ended: [] }).when(2, configure('x', 'mn-1', ff())).thenRefused('handoff-in-progress')
      .when(3, hold('h1', 2n, { breaks: true })).thenNothingAppended().thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }] })
      .when(4, endOld('h1', 3n)).thenEvents({ type: 'LegsUnheld', outcome: 'committed' });
  });
  test('broken off by a command, the node leaves by the newest word of its registration: what is told again of it is late', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, admit('mn-1', 5n)).when(1, hold('h1', 2n, { staysBound: true, breaks: true }))
      .thenEvents('LegsHeld', { type: 'VisitorLeft', registrationRevision: '5' }, 'QosSessionReleased').when(2, admit('mn-1', 5n)).thenNothingAppended();
  });
  test('what an earlier leaving had orphaned there is not orphaned again', () => {
    const orphan = { oldLegs: 'orphan', orphanedUntil: timeAt(100) } as const;
    given().visitors('mn-1').when(0, configure('s0', 'mn-1', ff2)).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(50) }))
      .when(2, admit('mn-1', 3n)).when(2, configure('s1', 'mn-1', ff()))
      .when(3, hold('h1', 4n, orphan)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }] }).when(4, endOld('h1', 4n, orphan))
      .thenEvents('VisitorLeft', { sessionId: 's1', state: 'orphaned' }, 'LegsUnheld')
      .thenHeld('s0 orphaned', 's1 orphaned');
  });
  test('a node that expired there before it was held does not come back by an older registration that is told late', () => {
    given().when(0, admit('mn-1', 1n, { expiresAt: timeAt(60) })).when(60, path('s1', 'mn-1', ff())).when(61, hold('h1', 5n)).thenEvents('LegsHeld')
      .when(62, endOld('h1', 5n)).thenEvents({ type: 'VisitorLeft', registrationRevision: '5' }, { type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, 'LegsUnheld')
      .when(63, admit('mn-1', 3n, { expiresAt: timeAt(600) })).thenNothingAppended().thenHeld();
  });
  test('a node without legs leaves at once; where it stays bound until the commit it is held', () => {
    given().visitors('mn-1').when(1, hold('h1', 2n)).thenEvents('VisitorLeft').when(1, hold('h1', 2n)).thenNothingAppended().when(2, endOld('h1', 2n))
      .thenNothingAppended()
      .when(3, path('stray', 'mn-1', ff())).when(4, hold('h1', 2n, { breaks: true })).thenNothingAppended()
      .thenAnswer({ outcome: 'held', legs: [], more: false });
    given().visitors('mn-1').when(1, hold('h1', 2n, { staysBound: true })).thenEvents({ type: 'LegsHeld', legs: [] }).when(1, configure('x', 'mn-1', ff()))
      .thenRefused('handoff-in-progress').when(2, endOld('h1', 3n)).thenEvents('VisitorLeft', 'LegsUnheld');
  });
  test('return home: the legs end by the deregistration', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, endOld('h1', 3n, { cause: 'deregistration' }))
      .thenEvents({ type: 'VisitorLeft', cause: 'deregistration' }, { sessionId: 's1', cause: 'deregistration' }).when(1, endOld('h1', 3n, { cause: 'deregistration' })).thenNothingAppended();
  });
  test('rolled back: the legs stand as they did', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { staysBound: true })).when(2, unhold('h1', 3n))
      .thenEvents({ type: 'LegsUnheld', outcome: 'rolled-back' }).thenHeld('s1').when(2, unhold('h1', 3n)).thenNothingAppended()
      .when(3, configure('s2', 'mn-1', ff2)).thenNative();
  });
  test('rolled back after the break: visitor and legs are made again, with the ids they had', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('o', 'mn-2', ff())).when(0, configure('s1', 'mn-1', ff())).thenTemporary('sourcePort', 49152, 'o')
      .when(1, hold('h1', 2n, { staysBound: true, breaks: true })).thenHeld('o').when(2, unhold('h1', 3n))
      .thenEvents('LegsUnheld', 'VisitorAdmitted', { type: 'TemporaryFlowIdAllocated', value: 49152, choice: 'reclaimed' }, { type: 'QosSessionConfigured', sessionId: 's1', reclaimed: true })
      .thenHeld('o', 's1');
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { staysBound: true, breaks: true })).when(2, unhold('h1', 3n, { visitor: null }))
      .thenEvents('LegsUnheld').thenHeld();
  });
});

describe('the legs of a handoff at the new scope', () => {
  test('the visitor and its legs in one append, under the same session ids, each judged afresh', () => {
    given().visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2, { state: 'path-only' })]))
      .thenEvents({ type: 'VisitorAdmitted', mobileNode: 'mn-1', handoffId: 'h1' }, { type: 'TemporaryFlowIdAllocated', sessionId: 's1', value: 49152 },
        { type: 'QosSessionConfigured', sessionId: 's1', handoffId: 'h1', matched: [{ sessionId: 'o' }] }, { type: 'QosSessionConfigured', sessionId: 's2', temporary: null, state: 'path-only' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1', 's2'], degraded: [] }).thenHeld('o', 's1', 's2 path-only')
      .when(2, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2)])).thenNothingAppended().thenAnswer({ outcome: 'admitted', configured: ['s1', 's2'] });
  });
  test('I19 what an earlier binding left orphaned there of another session ends: it comes not back to life, and the leg keeps its session and gets the id', () => {
    given().visitors('mn-1').when(0, configure('s0', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(600) })).thenHeld('s0 orphaned')
      .when(2, admitLegs('h1', 5n, [leg('s1')])).thenEvents('VisitorAdmitted', { type: 'QosSessionReleased', sessionId: 's0', cause: 'superseded' },
        { type: 'QosSessionConfigured', sessionId: 's1', temporary: null, reclaimed: true, handoffId: 'h1' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1'], degraded: [] }).thenHeld('s1');
  });
  test('I19 of its own session it serves the flow again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(600) }))
      .when(2, admitLegs('h1', 5n, [leg('s1')])).thenEvents('VisitorAdmitted', { type: 'QosSessionModified', sessionId: 's1', state: 'live', orphanedUntil: null }).thenHeld('s1');
  });
  test('it may be registered there already, and what it has there stands', () => {
    given().when(0, admit('mn-1', 5n, { expiresAt: timeAt(900) })).when(0, configure('b', 'mn-1', ff()))
      .when(1, admitLegs('h1', 4n, [leg('s1'), leg('s2', ff2)], { expiresAt: timeAt(600) }))
      .thenEvents({ type: 'VisitorAdmitted', expiresAt: timeAt(900), registrationRevision: '5' }, { type: 'QosSessionConfigured', sessionId: 's2' })
      .thenAnswer({ outcome: 'admitted', configured: ['s2'], degraded: [] });
  });
  test('what a newer word about the node said stands against an older handoff', () => {
    given().when(0, dismiss('mn-1', 9n)).when(1, admitLegs('h1', 4n, [leg('s1')])).thenNothingAppended().thenAnswer({ outcome: 'admitted', configured: [], degraded: [] });
    given().when(0, admitLegs('h2', 9n, [leg('s1')])).when(1, hold('h1', 4n)).thenNothingAppended().when(1, endOld('h1', 5n)).thenNothingAppended().thenHeld('s1');
    given().when(0, hold('h2', 9n)).thenEvents('VisitorLeft').when(1, admitLegs('h1', 4n, [leg('s1')])).thenNothingAppended();
  });
  test('sessions that ended at the old scope end here with that cause, once; one that timed out there later lives by its lease here', () => {
    given().when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2), leg('s3', ff({ sourcePort: 1 })), leg('s4', ff({ sourcePort: 2 }))]))
      .when(2, endMoved('h1', 2n, { sessionId: 's1', cause: 'administrator', at: at(2) }, { sessionId: 's2', cause: 'resv-tear', at: at(2), state: 'path-only' },
        { sessionId: 's3', cause: 'soft-state-timeout', at: at(1) }, { sessionId: 's4', cause: 'soft-state-timeout', at: at(2) }))
      .thenEvents({ sessionId: 's1', cause: 'administrator' }, { type: 'QosSessionModified', sessionId: 's2', state: 'path-only' }, { sessionId: 's3', cause: 'soft-state-timeout' })
      .thenHeld('s2 path-only', 's4').when(3, endMoved('h1', 2n, { sessionId: 's1', cause: 'administrator', at: at(2) }, { sessionId: 's2', cause: 'resv-tear', at: at(2), state: 'path-only' }))
      .thenNothingAppended();
  });
  test('a session of the node that no handoff brought does not end by what is told of the old scope', () => {
    const ends = [{ sessionId: 's1', cause: 'administrator', at: at(1) }, { sessionId: 's1', cause: 'soft-state-timeout', at: at(1) }];
    given().when(0, admit('mn-1', 1n)).when(0, configure('s1', 'mn-1', ff())).when(1, endMoved('h1', 2n, ...ends)).thenNothingAppended()
      .when(2, admitLegs('h1', 2n, [leg('s2', ff2)])).when(3, endMoved('h1', 2n, ...ends)).thenNothingAppended();
  });
});

describe('ping-pong: the node comes back to the scope that it left', () => {
  test('within quarantine the leg reclaims its native id, under the same session id', () => {
    given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, endOld('h1', 3n))
      .when(3, configure('o', 'mn-2', ff())).thenTemporary('sourcePort', 49152, 's1 q').when(4, admitLegs('h2', 6n, [leg('s1')]))
      .thenEvents('VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 's1', temporary: null, reclaimed: true, matched: [] });
  });
  test('a quarantine keeps a name of its own where the session left another id there before', () => {
    const scenario = given().visitors('mn-1', 'mn-2').when(0, configure('s1', 'mn-1', ff())).when(1, provision(1n, { quarantineSeconds: 500 })).when(1, hold('h1', 2n)).when(2, endOld('h1', 3n))
      .when(3, admitLegs('h2', 6n, [leg('s1', ff2)])).thenHeld('s1').when(4, hold('h3', 8n)).when(4, endOld('h3', 9n)).thenHeld();
    expect([...scenario.state.quarantines.keys()]).toHaveLength(2);
    scenario.when(502, tick).when(504, tick);
    expect(scenario.state.quarantines.size).toBe(0);
  });
  test('before anything left: the hold ends, the leg serves the session again', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, admitLegs('h2', 6n, [], { takesUpOwn: true }))
      .thenEvents('VisitorAdmitted', { type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }, { type: 'QosSessionModified', sessionId: 's1', cause: 'handoff', handoffId: 'h2' })
      .thenAnswer({ outcome: 'admitted', configured: ['s1'] }).when(3, configure('s2', 'mn-1', ff2)).thenNative();
  });
  test('after the break: what was frozen here is made again, unless the new scope had taken it over', () => {
    const broken = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { breaks: true }));
    broken().when(2, admitLegs('h2', 6n, [], { takesUpOwn: true })).thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionConfigured', sessionId: 's1', reclaimed: true }).thenHeld('s1');
    broken().when(2, admitLegs('h2', 6n, [])).thenEvents('VisitorAdmitted', 'LegsUnheld').thenHeld();
  });
  test('an orphaned leg is live again; one that ended elsewhere is no leg any more', () => {
    const orphan = { oldLegs: 'orphan', orphanedUntil: timeAt(500) } as const;
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, orphan)).when(2, endOld('h1', 2n, orphan)).thenHeld('s1 orphaned')
      .when(3, admitLegs('h2', 6n, [leg('s1')])).thenEvents('VisitorAdmitted', { type: 'QosSessionModified', state: 'live', orphanedUntil: null, handoffId: 'h2' }).thenHeld('s1');
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(0, configure('s2', 'mn-1', ff2)).when(1, hold('h1', 2n)).when(3, admitLegs('h2', 6n, [leg('s2', ff2)]))
      .thenEvents('VisitorAdmitted', 'LegsUnheld', { type: 'QosSessionReleased', sessionId: 's1', cause: 'handoff' }, { type: 'QosSessionModified', sessionId: 's2' }).thenHeld('s2');
  });
  test('a newer handoff takes the hold over, with what the older one broke off', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n, { breaks: true })).when(2, hold('h2', 6n))
      .thenEvents({ type: 'LegsUnheld', handoffId: 'h1', outcome: 'superseded' }, { type: 'LegsHeld', handoffId: 'h2', legs: [{ sessionId: 's1' }] })
      .when(3, hold('h1', 2n)).thenNothingAppended().when(4, endOld('h2', 7n)).thenEvents({ type: 'VisitorLeft', registrationRevision: '7' }, { type: 'LegsUnheld', handoffId: 'h2' });
  });
  test('and also where that one held no leg; one that lags behind breaks nothing off of the newer one', () => {
    given().visitors('mn-1').when(1, hold('h1', 2n, { staysBound: true })).when(2, hold('h2', 6n))
      .thenEvents({ type: 'LegsUnheld', handoffId: 'h1' }, { type: 'LegsHeld', handoffId: 'h2', legs: [] });
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h2', 6n)).when(2, hold('h1', 2n, { breaks: true })).thenNothingAppended()
      .thenAnswer({ outcome: 'held', legs: [], ended: [], more: false }).thenHeld('s1');
  });
  test('behind one that had brought all from here: what was seen here since is no leg to move, and ends with what is left', () => {
    const brought = { isBroughtAway: true } as const;
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).when(1, hold('h1', 2n)).when(2, path('stray', 'mn-1', ff2)).thenHeld('s1', 'stray path-only')
      .when(3, hold('h2', 6n, brought)).thenEvents('LegsUnheld', { type: 'LegsHeld', handoffId: 'h2', legs: [{ sessionId: 's1' }] }).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }] })
      .when(4, endOld('h2', 6n)).thenEvents('VisitorLeft', { sessionId: 's1', cause: 'handoff' }, { sessionId: 'stray', cause: 'handoff' }, 'LegsUnheld').thenHeld();
    given().visitors('mn-1').when(0, path('stray', 'mn-1', ff2)).when(3, hold('h2', 6n, brought))
      .thenEvents({ type: 'VisitorLeft', cause: 'handoff' }, { type: 'QosSessionReleased', sessionId: 'stray', cause: 'handoff' });
  });
  test('the scope says whose legs it took over', () => {
    given().when(0, admitLegs('h1', 2n, [leg('s1')])).when(1, hold('h2', 6n)).thenAnswer({ outcome: 'held', legs: [{ sessionId: 's1' }], tookOver: 'h1' });
  });
});

describe('degraded: the new scope refuses a leg', () => {
  const full = () => given().when(0, provision(1n, {}, { sourcePort: { first: 49152, last: 49152 } })).when(0, admit('mn-2', 1n)).when(0, admit('mn-3', 1n))
    .when(0, configure('o2', 'mn-2', ff())).when(0, configure('o3', 'mn-3', ff())).thenTemporary('sourcePort', 49152, 'o2');
  const degraded = () => full().when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2)]));

  test('it stands without an id, with the refusal and what it would have matched', () => {
    degraded().thenEvents('VisitorAdmitted', { type: 'LegRefused', sessionId: 's1', rejection: 'flow-id-pool-exhausted', matched: [{ sessionId: 'o2', state: 'live' }], expiresAt: timeAt(237.25) },
      { type: 'QosSessionConfigured', sessionId: 's2' }).thenAnswer({ outcome: 'admitted', configured: ['s2'], degraded: [{ sessionId: 's1' }] }).thenHeld('o2', 'o3', 's2')
      .when(2, admitLegs('h1', 2n, [leg('s1')])).thenNothingAppended().thenAnswer({ outcome: 'admitted', degraded: [{ sessionId: 's1', rejection: 'flow-id-pool-exhausted' }] });
  });
  test('I21 it recovers in the append that frees an id, under the same session id', () => {
    degraded().when(2, release('o3')).thenEvents('QosSessionReleased').thenHeld('o2', 's2')
      .when(160, tick).thenEvents({ type: 'QuarantineEnded' }, { type: 'TemporaryFlowIdAllocated', sessionId: 's1', value: 49152 }, { type: 'QosSessionConfigured', sessionId: 's1', handoffId: 'h1' })
      .thenHeld('o2', 's2', 's1');
    degraded().when(2, provision(2n)).thenEvents('ScopeProvisioned', { type: 'TemporaryFlowIdAllocated', value: 49153 }, { type: 'QosSessionConfigured', sessionId: 's1' });
  });
  test('in order of arrival', () => {
    const flows = [ff(), ff({ correspondentNode: '192.0.2.8' })] as const;
    given().when(0, provision(1n, { quarantineSeconds: 0 }, { sourcePort: null })).when(0, admit('mn-2', 1n)).when(0, configure('a', 'mn-2', flows[0])).when(0, configure('b', 'mn-2', flows[1]))
      .when(1, admitLegs('h1', 2n, [leg('s1', flows[0]), leg('s2', flows[1])])).thenEvents('VisitorAdmitted', 'LegRefused', 'LegRefused').when(2, provision(2n))
      .thenEvents('ScopeProvisioned', 'TemporaryFlowIdAllocated', { type: 'QosSessionConfigured', sessionId: 's1' }, 'TemporaryFlowIdAllocated', { type: 'QosSessionConfigured', sessionId: 's2' });
  });
  test('a configure of its flow tries again under the same session id, and keeps it alive where it is refused again', () => {
    degraded().when(2, configure('x', 'mn-1', ff())).thenRefused('flow-id-pool-exhausted').thenNothingAppended().when(100, configure('x', 'mn-1', ff())).thenRefused('flow-id-pool-exhausted')
      .thenEvents({ type: 'LeasesExtended', sessions: ['s1'] }).when(237.25, tick).thenHeld().when(238, provision(2n)).thenHeld('s1').when(239, configure('x', 'mn-1', ff())).thenAnswer({ outcome: 'refreshed', sessionId: 's1' });
  });
  test('given a degraded leg, when its owner replaces it, then it ends; another node may not', () => {
    const other = ff({ correspondentNode: '192.0.2.99' });
    degraded().when(2, configure('x', 'mn-2', other, { replaces: 's1' })).thenRefused('not-owner').thenNothingAppended()
      .when(2, configure('x', 'mn-1', other, { replaces: 's1' }))
      .thenEvents({ type: 'QosSessionConfigured', replaces: 's1' }, { type: 'DegradedLegEnded', sessionId: 's1', cause: 'replaced' });
  });
  test('it ends by its lease, a release by its owner, a tear, and with the visitor', () => {
    degraded().when(237.25, tick).thenEvents({}, {}, {}, { type: 'DegradedLegEnded', sessionId: 's1', cause: 'soft-state-timeout', occurredAt: timeAt(237.25) });
    degraded().when(2, release('s1', 'administrator', 'mn-2')).thenRefused('not-owner').when(2, release('s1')).thenAnswer({ outcome: 'released' })
      .thenEvents({ type: 'DegradedLegEnded', cause: 'administrator' }).when(3, release('s1')).thenAnswer({ outcome: 'already-released' }).thenNothingAppended();
    degraded().when(2, pathTear('mn-1', ff())).thenEvents({ type: 'DegradedLegEnded', cause: 'path-tear' }).thenAnswer({ outcome: 'released', sessionId: 's1', revision: 9n });
    degraded().when(2, resvTear('mn-1', ff())).thenEvents('SignallingObserved');
    degraded().when(2, dismiss('mn-1', 3n)).thenEvents('VisitorLeft', { sessionId: 's2' }, { type: 'DegradedLegEnded', cause: 'deregistration' });
  });
  test('it goes on with the next handoff, and is tried there', () => {
    degraded().when(2, hold('h2', 5n)).thenEvents({ type: 'LegsHeld', legs: [{ sessionId: 's2' }, { sessionId: 's1' }] })
      .when(3, endOld('h2', 6n)).thenEvents('VisitorLeft', { sessionId: 's2' }, { type: 'DegradedLegEnded', cause: 'handoff' }, 'LegsUnheld');
  });
});

test('I13 a snapshot holds what handoffs left in the scope', () => {
  const { state } = given().when(0, provision(1n, {}, { sourcePort: null })).visitors('mn-2', 'mn-3').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')]))
    .when(2, hold('h0', 3n, { mobileNode: 'mn-3', staysBound: true }));
  const restored = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as ReturnType<typeof snapshotOfFlowTable>);
  expect(state.degraded.size + state.holds.size + state.takeovers.size).toBe(3);
  expect(fingerprint(restored)).toBe(fingerprint(state));
});
