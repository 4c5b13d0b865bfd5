import type { FlowTableEvent } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableAnswer, FlowTableCommand } from '../commands/flow-table-commands';
import { evolveFlowTable } from './flow-table-evolve';
import { at, configure, dismiss, ff, given, path, provision, release, timeAt } from '../proof/flow-table.testing';
import { admitLegs, hold, leg, undo, unhold } from '../legs/handoff.testing';

const [ff2, ff3] = [ff({ sourcePort: 5001 }), ff({ sourcePort: 5002 })];
const scarce = provision(1n, {}, { sourcePort: null });

describe('events of handoffs, as streams hold them for ever', () => {
  const held = { type: 'LegsHeld', handoffId: 'h1', mobileNode: 'mn-1', occurredAt: timeAt(1) } as const;
  const told = ({ state }: ReturnType<typeof given>, ...events: FlowTableEvent[]) => (command: FlowTableCommand): FlowTableAnswer => {
    for (const event of events) evolveFlowTable(state, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    return handleFlowTable(state, command, at(2)).answer;
  };

  test('legs that are told by their ids are frozen as they stand, live or degraded; what is orphaned or gone is none', () => {
    const stand = given().when(0, scarce).visitors('mn-1', 'mn-2').when(0, configure('s0', 'mn-1', ff3)).when(0, dismiss('mn-1', 2n, { cause: 'superseded' }))
      .when(0, configure('o', 'mn-2', ff()))
      .when(0, admitLegs('h0', 3n, [leg('s1'), leg('s2', ff2, { state: 'path-only' })])).thenHeld('s0 orphaned', 'o', 's2 path-only');
    const answer = told(stand, { ...held, legs: [leg('s3')], others: ['s0', 's1', 's2', 'gone'], registrationRevision: '4' })(hold('h1', 4n));
    expect(answer).toMatchObject({ outcome: 'held', legs: [leg('s3'), leg('s1'), leg('s2', ff2, { state: 'path-only' })] });
  });
  test('a hold that does not say when its handoff began is older than any that does', () => {
    expect(told(given().visitors('mn-1'), { ...held, legs: [leg('s1')] })(hold('h2', 0n, { staysBound: true }))).toMatchObject({ outcome: 'held', legs: [{ sessionId: 's1' }] });
  });
  test('so is the end of one', () => {
    const answer = told(given(), { type: 'LegsUnheld', handoffId: 'h1', mobileNode: 'mn-1', outcome: 'rolled-back', occurredAt: timeAt(1) })(admitLegs('h2', 0n, [leg('s1')]));
    expect(answer).toMatchObject({ outcome: 'admitted', configured: ['s1'] });
  });
  test('leases that are extended in the append behind the end of a degraded leg bring nothing back', () => {
    const { state } = given();
    evolveFlowTable(state, { type: 'LeasesExtended', sessions: ['s1'], until: timeAt(60), occurredAt: timeAt(1) });
    expect([state.sessions.size, state.degraded.size]).toEqual([0, 0]);
  });
});

describe('which handoff is over in a scope', () => {
  test('only the one that is told to be: what another holds there stays held', () => {
    given().visitors('mn-1').when(1, hold('h1', 2n, { staysBound: true })).when(2, undo('h2', 5n, { isBound: true }))
      .thenEvents({ type: 'LegsUnheld', handoffId: 'h2' })
      .when(3, configure('s1', 'mn-1', ff())).thenRefused('handoff-in-progress');
  });
  test('the newest is remembered, though an older one ends behind it', () => {
    given().visitors('mn-1').when(1, hold('h1', 2n, { staysBound: true })).when(2, undo('h2', 5n, { isBound: true })).when(3, admitLegs('h3', 6n, []))
      .thenEvents('VisitorAdmitted', { type: 'LegsUnheld', handoffId: 'h1' })
      .when(4, hold('h2', 4n)).thenAnswer({ outcome: 'over' });
  });
  test('an older one that is rolled back where it held nothing is remembered beside none', () => {
    given().visitors('mn-1').when(1, unhold('h1', 3n)).when(2, unhold('h2', 5n)).when(3, hold('h2', 4n)).thenAnswer({ outcome: 'over' })
      .when(3, hold('h1', 2n)).thenAnswer({ outcome: 'held' }).thenNothingAppended();
  });
});

describe('a degraded leg that gets an id', () => {
  test('is degraded no more: what ends then is a session, once', () => {
    given().when(0, scarce).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')])).thenHeld('o')
      .when(2, provision(2n)).thenHeld('o', 's1')
      .when(3, dismiss('mn-1', 5n)).thenEvents('VisitorLeft', { type: 'QosSessionReleased', sessionId: 's1' }).when(4, release('s1'))
      .thenAnswer({ outcome: 'already-released' });
  });
});

describe('what ended of the sessions of a handoff that may be rolled back', () => {
  const moved = () => given().when(1, admitLegs('h1', 2n, [leg('s1'), leg('s2', ff2)], { mayBeUndone: true }));

  test('is told by its undoing; a reservation that was made again did not end', () => {
    moved().when(2, release('s1', 'resv-tear')).when(3, configure('x', 'mn-1', ff())).thenAnswer({ outcome: 'modified' }).when(4, release('s2', 'preemption'))
      .when(5, undo('h1', 3n))
      .thenAnswer({ outcome: 'undone', ended: [{ sessionId: 's2', cause: 'preemption', at: at(4) }] });
  });
  test('and only of those that it brought', () => {
    given().visitors('mn-1').when(0, configure('own', 'mn-1', ff3)).when(1, admitLegs('h1', 2n, [leg('s1')], { mayBeUndone: true })).when(2, release('own'))
      .when(2, path('p', null, ff2))
      .when(3, undo('h1', 3n, { isBound: true })).thenAnswer({ outcome: 'undone', ended: [] });
  });
  test('degraded ones as well', () => {
    given().when(0, scarce).visitors('mn-2').when(0, configure('o', 'mn-2', ff())).when(1, admitLegs('h1', 2n, [leg('s1')], { mayBeUndone: true }))
      .when(2, release('s1')).when(3, undo('h1', 3n))
      .thenAnswer({ outcome: 'undone', ended: [{ sessionId: 's1', cause: 'administrator', at: at(2) }] });
  });
});
