import { admit, at, configure, dismiss, esp, ff, given, path, provision, reboot, release, timeAt, withdraw } from './flow-table.testing';
import { handleFlowTable } from './flow-table';
import { flowTableOfSnapshot, snapshotOfFlowTable } from './flow-table-snapshot';

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
