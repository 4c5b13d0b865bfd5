import { admit, at, close, configure, ff, given, path, provision, release, reopen, withdraw } from '../proof/flow-table.testing';
import { admitLegs, hold, leg } from '../legs/handoff.testing';
import { flowTableOfSnapshot, snapshotOfFlowTable } from '../scope/flow-table-snapshot';
import { handleFlowTable } from '../flow-table/flow-table';
import { fingerprint } from '../proof/fingerprint.testing';

const closed = { outcome: 'closed', isWithdrawn: false } as const;
const withdrawn = { outcome: 'closed', isWithdrawn: true } as const;

describe('a scope whose address may be taken from its agent', () => {
  test('given nobody lives there, then it is closed in the append of the question, and once', () => {
    given().visitors('mn-1').when(1, close(5n)).thenEvents({ type: 'ScopeClosed', revision: '5' }).thenAnswer({ outcome: 'done' })
      .when(2, close(5n)).thenNothingAppended().thenAnswer({ outcome: 'done' });
  });

  test('given sessions, degraded ones and those that a handoff away has broken off, then it is not closed, and they are counted', () => {
    given().visitors('mn-1', 'mn-2').when(1, configure('s1', 'mn-1', ff())).when(2, close(5n)).thenAnswer({ outcome: 'in-use', sessions: 1 }).thenNothingAppended()
      .when(3, release('s1')).when(4, close(5n)).thenEvents('ScopeClosed');
    const nothingLeft = { sourcePort: null, destinationPort: null };
    given().visitors('mn-1').when(0, provision(1n, {}, nothingLeft)).when(1, configure('s1', 'mn-1', ff()))
      .when(2, admitLegs('h1', 5n, [leg('s2')], { mobileNode: 'mn-2' })).when(3, release('s1')).when(3, close(5n)).thenAnswer({ outcome: 'in-use', sessions: 1 });
    given().visitors('mn-1').when(1, configure('s1', 'mn-1', ff())).when(2, hold('h1', 5n, { staysBound: true, breaks: true }))
      .when(3, close(5n)).thenAnswer({ outcome: 'in-use', sessions: 1 });
  });

  test('then who is commanded is refused behind who has no binding, who registers comes, and legs wait', () => {
    given().visitors('mn-1').when(1, close(5n))
      .when(2, configure('s1', 'mn-1', ff())).thenRefused('scope-closed').when(2, configure('s1', 'mn-9', ff())).thenRefused('no-binding')
      .when(3, admit('mn-2', 7n)).thenEvents({ type: 'VisitorAdmitted', mobileNode: 'mn-2' })
      .when(4, admitLegs('h1', 5n, [leg('s2')], { mobileNode: 'mn-3' })).thenAnswer(closed).thenNothingAppended();
  });

  test('what is observed is recorded, and its refresh is promised to nobody', () => {
    given().visitors('mn-1').when(1, close(5n)).when(2, path('s1', 'mn-1', ff())).thenEvents({ type: 'QosSessionConfigured', sessionId: 's1' })
      .when(3, configure('x', 'mn-1', ff())).thenRefused('scope-closed')
      .when(4, admitLegs('h1', 5n, [leg('s2', ff({ sourcePort: 1 }))], { mobileNode: 'mn-3', isObserved: true })).thenAnswer({ outcome: 'admitted' })
      .when(5, withdraw(6n, true)).thenEvents('VisitorLeft', { type: 'QosSessionReleased', sessionId: 's1', cause: 'administrator' }, 'VisitorLeft', { sessionId: 's2' }, 'ScopeWithdrawn');
  });

  test('opened again it is as before; a closing that comes late is none, whatever came first', () => {
    given().visitors('mn-1').when(1, close(5n)).when(2, reopen(5n)).thenEvents({ type: 'ScopeReopened', revision: '5' })
      .when(2, reopen(5n)).thenNothingAppended().when(3, close(5n)).thenAnswer(closed).thenNothingAppended()
      .when(4, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'configured' });
    given().when(1, reopen(5n)).thenEvents('ScopeReopened').when(2, close(5n)).thenAnswer(closed).thenNothingAppended()
      .when(3, close(6n)).thenEvents('ScopeClosed').when(4, reopen(5n)).thenNothingAppended();
    given().when(0, provision(7n)).when(1, close(5n)).thenAnswer(closed).thenNothingAppended().when(2, reopen(5n)).thenNothingAppended();
  });

  test.each([['closed and opened again', [close(5n), reopen(5n)]], ['opened without a closing', [reopen(5n)]], ['closed', [close(5n)]], ['taken', [close(5n), withdraw(6n)]]] as const)(
    'F13 given nothing happened there yet, when it is %s, then no message of a capture before comes too late',
    (_, commands) => {
      const scenario = given();
      for (const command of commands) scenario.when(1_000, command).thenEvents({ untouched: true });
      scenario.when(10, path('s1', 'mn-1', ff())).thenEvents({ type: 'QosSessionConfigured', sessionId: 's1' });
      scenario.when(2_000, release('s1')).when(3_000, reopen(7n)).thenWithout('untouched');
    },
  );

  test('a newer word of the agent opens it, an older one does not', () => {
    given().visitors('mn-1').when(1, close(5n)).when(2, provision(4n)).when(3, configure('s1', 'mn-1', ff())).thenRefused('scope-closed')
      .when(4, provision(6n)).when(5, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'configured' });
  });
});

describe('a scope whose address was taken from its agent', () => {
  test('nobody comes by command until it is the agent’s again', () => {
    given().when(1, withdraw(6n)).when(2, admit('mn-1', 1n)).thenAnswer(withdrawn).thenNothingAppended()
      .when(2, admitLegs('h1', 5n, [leg('s1')])).thenAnswer(withdrawn).thenNothingAppended()
      .when(3, provision(7n)).when(4, admit('mn-1', 1n)).thenEvents('VisitorAdmitted').when(5, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'configured' });
  });

  test('who is registered there all the same keeps what a handoff brought, and begins nothing', () => {
    given().when(1, withdraw(6n)).when(2, admitLegs('h1', 5n, [leg('s1')], { evenWithdrawn: true })).thenAnswer({ outcome: 'admitted', configured: ['s1'] })
      .thenEvents({ type: 'VisitorAdmitted', withdrawn: true }, 'QosSessionConfigured')
      .when(3, configure('x', 'mn-1', ff())).thenAnswer({ outcome: 'refreshed', sessionId: 's1' })
      .when(4, configure('x', 'mn-1', ff({ sourcePort: 1 }))).thenRefused('scope-closed')
      .when(5, admit('mn-2', 1n, { evenWithdrawn: true })).thenEvents({ type: 'VisitorAdmitted', withdrawn: true })
      .when(6, configure('s2', 'mn-2', ff())).thenRefused('scope-closed')
      .when(7, provision(7n)).when(8, configure('s2', 'mn-2', ff({ sourcePort: 2 }))).thenAnswer({ outcome: 'configured' });
  });

  test('a node that was seen there, or that a stream of old tells of, opens it', () => {
    given().when(1, withdraw(6n)).when(2, admit('mn-1', 1n, { isObserved: true })).thenEvents('VisitorAdmitted')
      .when(3, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'configured' });
  });

  test.each([[close(5n)], [withdraw(5n)]])('a snapshot keeps how it stands: %j', (command) => {
    const { state } = given().visitors('mn-1').when(1, command);
    const again = flowTableOfSnapshot(JSON.parse(JSON.stringify(snapshotOfFlowTable(state))) as ReturnType<typeof snapshotOfFlowTable>);
    expect(fingerprint(again)).toBe(fingerprint(state));
    expect(handleFlowTable(again, configure('s1', 'mn-1', ff()), at(2)).answer).toMatchObject({ outcome: 'refused' });
  });
});
