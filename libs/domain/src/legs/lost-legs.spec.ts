import {
  admit, at, configure, dismiss, esp, ff, given, path, provision, reboot, release, resv, resvTear, tick, timeAt, withdraw, type FlowTableScenario,
} from '../proof/flow-table.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { flowTableOfSnapshot, snapshotOfFlowTable } from '../scope/flow-table-snapshot';

describe('FA reboot: everything of that agent is lost (domain.md §3, §4)', () => {
  test('visitors leave and sessions end with cause reboot in one append, orphaned ones too; their ids are quarantined', () => {
    given().visitors('mn-1', 'mn-2').when(1, configure('a', 'mn-1', ff())).when(1, configure('b', 'mn-2', ff()))
      .when(2, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(600) })).thenHeld('a orphaned', 'b')
      .when(3, reboot(7n))
      .thenEvents(
        { type: 'ForeignAgentRebooted', foreignAgent: 'fa-1', revision: '7' },
        { type: 'VisitorLeft', mobileNode: 'mn-2', cause: 'reboot' },
        { type: 'QosSessionReleased', sessionId: 'b', cause: 'reboot', quarantinedUntil: timeAt(3 + 157.5) },
        { type: 'QosSessionReleased', sessionId: 'a', cause: 'reboot' },
      ).thenHeld();
  });
  test('a node must register again before it configures, and gets what it asks for once the quarantine is its own', () => {
    given().visitors('mn-1').when(1, configure('a', 'mn-1', ff())).when(2, reboot(1n)).when(3, configure('b', 'mn-1', ff())).thenRefused('no-binding')
      .when(4, admit('mn-1', 1n)).thenNothingAppended().when(5, admit('mn-1', 2n)).when(6, configure('c', 'mn-1', ff())).thenNative();
  });
  test('I11 told again, or of one before it, it changes nothing; another reboot is another fact', () => {
    given().visitors('mn-1').when(1, reboot(5n)).when(2, admit('mn-1', 2n)).when(3, reboot(5n)).thenNothingAppended().when(4, reboot(4n)).thenNothingAppended()
      .when(5, reboot(6n)).thenEvents('ForeignAgentRebooted', { type: 'VisitorLeft', cause: 'reboot' });
  });
  test('a snapshot knows the last one', () => {
    const scenario = given().visitors('mn-1').when(1, reboot(5n));
    expect(flowTableOfSnapshot(snapshotOfFlowTable(scenario.state)).rebooted).toBe(5n);
  });
});

describe('orphaned legs end (domain.md §4)', () => {
  const orphan = dismiss('mn-1', 2n, { cause: 'superseded' });
  const infinite = { refreshPeriodMs: 0 };
  test('one without soft state that was left by an infinite registration ends after the agent\'s maximum lifetime', () => {
    given().when(0, provision(1n, { maximumLifetimeSeconds: 600 })).visitors('mn-1').when(1, configure('a', 'mn-1', ff(), infinite))
      .when(10, orphan).thenEvents('VisitorLeft', { type: 'QosSessionModified', state: 'orphaned', orphanedUntil: timeAt(610) })
      .when(609, { type: 'Tick' }).thenNothingAppended()
      .when(700, { type: 'Tick' }).thenEvents({ type: 'QosSessionReleased', cause: 'registration-expiry', occurredAt: timeAt(610) }).thenHeld();
  });
  test('where that is infinite, too, after the longest lifetime that ends: 65534 s', () => {
    given().visitors('mn-1').when(1, configure('a', 'mn-1', esp(9), infinite)).when(10, orphan)
      .thenEvents({}, { orphanedUntil: timeAt(10 + 65_534) });
  });
  test('one with soft state ends by its lease, one of a finite registration with it', () => {
    given().visitors('mn-1').when(1, configure('a', 'mn-1', ff())).when(10, orphan).thenEvents({}, { orphanedUntil: null })
      .when(1_000, { type: 'Tick' }).thenEvents({ cause: 'soft-state-timeout' }, 'QuarantineEnded');
    given().visitors('mn-1').when(1, configure('a', 'mn-1', ff(), infinite)).when(10, dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(60) }))
      .when(61, { type: 'Tick' }).thenEvents({ cause: 'registration-expiry', occurredAt: timeAt(60) });
  });
});

describe('an orphaned leg loses its reservation, and is orphaned still (domain.md §3, §4)', () => {
  const infinite = { refreshPeriodMs: 0 };
  const orphanUntil60 = dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(60) });
  const torn = { type: 'QosSessionModified', sessionId: 'a', state: 'orphaned', orphanedUntil: timeAt(60), cause: 'resv-tear' };
  const commanded = (): FlowTableScenario => given().visitors('mn-1').when(1, configure('a', 'mn-1', ff(), infinite)).when(10, orphanUntil60);
  const observed = (): FlowTableScenario => given().visitors('mn-1').when(1, path('a', 'mn-1', ff())).when(1, resv('a', 'mn-1', ff())).when(10, orphanUntil60);

  test('I15 by command; told again it changes nothing (I11), and it ends with the binding that was left', () => {
    commanded().when(11, release('a', 'resv-tear')).thenEvents(torn).thenAnswer({ outcome: 'released' }).thenHeld('a orphaned')
      .when(12, release('a', 'resv-tear')).thenAnswer({ outcome: 'already-released' }).thenNothingAppended()
      .when(61, tick).thenEvents({ cause: 'registration-expiry', occurredAt: timeAt(60) }).thenHeld();
  });
  test('orphaned by a further registration elsewhere it has its reservation still', () => {
    const again = dismiss('mn-1', 3n, { cause: 'superseded', orphanedUntil: timeAt(60) });
    commanded().when(11, again).when(12, release('a', 'resv-tear')).thenEvents(torn).thenAnswer({ outcome: 'released' })
      .when(13, release('a', 'resv-tear')).thenAnswer({ outcome: 'already-released' });
  });
  test('I15 by an observed ResvTear: the lease of the reservation goes with it', () => {
    const scenario = observed().when(11, resvTear('mn-1', ff())).thenEvents({ ...torn, reservation: null }).thenHeld('a orphaned');
    expect(scenario.state.sessions.get('a')).toMatchObject({ reservation: null, isReserved: false });
    scenario.when(12, resvTear('mn-1', ff())).thenEvents('SignallingObserved').when(61, tick).thenEvents({ cause: 'registration-expiry' });
  });
  test('I15 by its lease: the path is refreshed, the reservation is not', () => {
    const far = dismiss('mn-1', 2n, { cause: 'superseded', orphanedUntil: timeAt(9_000) });
    const scenario = given().visitors('mn-1').when(1, path('a', 'mn-1', ff())).when(1, resv('a', 'mn-1', ff())).when(2, far);
    for (let seconds = 30; seconds <= 300; seconds += 30) scenario.when(seconds, path('a', 'mn-1', ff()));
    expect(scenario.thenHeld('a orphaned').state.sessions.get('a')).toMatchObject({ reservation: null, isReserved: false, orphanedUntil: Date.parse(timeAt(9_000)) });
  });
  test('one that was path-only before has none to lose', () => {
    given().visitors('mn-1').when(1, path('a', 'mn-1', ff())).when(10, orphanUntil60).when(11, resvTear('mn-1', ff())).thenEvents('SignallingObserved').thenHeld('a orphaned');
  });
  test('registered and configured again, it is live, and no deadline of the binding that was left ends it', () => {
    commanded().when(11, release('a', 'resv-tear')).when(12, admit('mn-1', 3n))
      .when(13, configure('b', 'mn-1', ff(), infinite)).thenEvents({ sessionId: 'a', state: 'live', orphanedUntil: null }).thenHeld('a')
      .when(600, tick).thenNothingAppended().thenHeld('a');
  });
  test('seen again by PATH and RESV, it is path-only, then live, and no deadline of the binding that was left ends it', () => {
    observed().when(11, resvTear('mn-1', ff())).when(12, admit('mn-1', 3n))
      .when(13, path('x', 'mn-1', ff())).thenEvents({ sessionId: 'a', state: 'path-only', orphanedUntil: null })
      .when(14, resv('x', 'mn-1', ff())).thenEvents({ sessionId: 'a', state: 'live' }).when(61, tick).thenNothingAppended().thenHeld('a');
  });
  test('in a stream where such a leg became path-only, what is reserved again is ended by no old deadline either', () => {
    const { state } = commanded();
    const told = { type: 'QosSessionModified', sessionId: 'a', occurredAt: timeAt(11) } as const;
    evolveFlowTable(state, { ...told, state: 'path-only', cause: 'resv-tear' });
    expect(state.sessions.get('a')).toMatchObject({ state: 'path-only', orphanedUntil: Date.parse(timeAt(60)) });
    evolveFlowTable(state, { ...told, state: 'live' });
    expect(state.sessions.get('a')).toMatchObject({ state: 'live', orphanedUntil: null });
  });
  test('I23 broken off by a handoff, it comes to its new place path-only', () => {
    const scenario = given().visitors('mn-1').when(1, configure('a', 'mn-1', ff()));
    const hold = {
      type: 'HoldLegs', handoffId: 'h', mobileNode: 'mn-1', registrationRevision: 5n, breaks: true, staysBound: false, isBroughtAway: false, oldLegs: 'orphan', orphanedUntil: timeAt(60),
    } as const;
    scenario.when(2, hold).thenHeld('a orphaned').when(3, resvTear('mn-1', ff())).when(4, hold);
    scenario.thenAnswer({ outcome: 'held', legs: [{ sessionId: 'a', state: 'path-only' }] });
  });
});

describe('removal of an agent', () => {
  test('with force everybody leaves and every session ends with cause administrator; without it live sessions refuse', () => {
    given().visitors('mn-1', 'mn-2').when(1, configure('a', 'mn-1', ff()))
      .when(2, withdraw(3n)).thenRefused('foreign-agent-in-use').thenHeld('a')
      .when(3, withdraw(3n, true))
      .thenEvents({ type: 'VisitorLeft', mobileNode: 'mn-1', cause: 'administrator' }, { sessionId: 'a', cause: 'administrator' }, { mobileNode: 'mn-2' }, 'ScopeWithdrawn')
      .when(4, withdraw(3n, true)).thenNothingAppended();
  });
});

describe('who leaves a scope that is emptied at once', () => {
  test.each([['reboot', reboot(3n), 'ForeignAgentRebooted'], ['administrator', withdraw(3n, true), 'ScopeWithdrawn']] as const)(
    'leaves in the order of names, its sessions in order of arrival, then those of no visitor: whatever the server decided and took back before (%s)',
    (cause, command, told) => {
      const scenario = given().visitors('mn-2', 'mn-1').when(1, configure('c', 'mn-2', ff())).when(1, configure('b', 'mn-1', ff({ sourcePort: 2 })))
        .when(1, configure('a', 'mn-1', ff({ sourcePort: 3 }))).when(1, path('z', null, ff({ sourcePort: 4 }))).when(1, path('y', null, ff({ sourcePort: 5 })));
      scenario.state.journal.begin();
      for (const sessionId of ['z', 'b']) handleFlowTable(scenario.state, release(sessionId), at(1));
      scenario.state.journal.unwind();
      const left = [
        { type: 'VisitorLeft', mobileNode: 'mn-1', cause }, { type: 'QosSessionReleased', sessionId: 'b', cause }, { type: 'QosSessionReleased', sessionId: 'a', cause },
        { type: 'VisitorLeft', mobileNode: 'mn-2', cause }, { type: 'QosSessionReleased', sessionId: 'c', cause },
        { type: 'QosSessionReleased', sessionId: 'z', cause }, { type: 'QosSessionReleased', sessionId: 'y', cause },
      ];
      scenario.when(2, command).thenEvents(...(cause === 'reboot' ? [told, ...left] : [...left, told])).thenHeld();
    },
  );
  test('the refusal tells how many sessions there are; where there is none, an address is withdrawn without force', () => {
    given().visitors('mn-1').when(1, configure('a', 'mn-1', ff())).when(2, withdraw(3n))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'foreign-agent-in-use', facts: { sessions: 1 } } } as never)
      .when(3, release('a')).when(4, withdraw(3n)).thenEvents({ type: 'VisitorLeft', mobileNode: 'mn-1', cause: 'administrator' }, { type: 'ScopeWithdrawn', revision: '3' });
  });
});
