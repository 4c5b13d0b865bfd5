import { evolveFlowTable } from '../scope/flow-table-evolve';
import { fingerprint } from '../proof/fingerprint.testing';
import type { FlowTableEvent } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { ConfirmSession, FlowTableAnswer, FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, configure, dismiss, ff, path, provision, release, resv, tick, timeAt } from '../proof/flow-table.testing';
import { hold } from '../legs/handoff.testing';
import type { Gap } from './gaps';

const hour = 3_600;
const outage: Gap = { from: at(100), to: at(hour), cause: 'outage' };
const stay = 1_000;
const confirm: ConfirmSession = { type: 'ConfirmSession', sessionId: 's1' };
const endless = { refreshPeriodMs: 0 };
const waiting = { type: 'LeasesExtended', sessions: ['s1'], until: timeAt(hour + stay), cause: 'outage', gap: { from: timeAt(100), to: timeAt(hour) }, occurredAt: timeAt(100) };
const confirmed = { type: 'QosSessionModified', sessionId: 's1', expiresAt: null };

/** A scope that is told of the gap with every command; a start folds it anew. */
class Scope {
  answer: FlowTableAnswer = { outcome: 'done' };
  private state = new FlowTableState('fa-1', careOf);
  private readonly events: FlowTableEvent[] = [];
  private gaps: readonly Gap[] = [];

  tell(seconds: number, command: FlowTableCommand): readonly FlowTableEvent[] {
    const observed = 'observedAt' in command ? { ...command, observedAt: at(seconds) } : command;
    const { answer, events } = handleFlowTable(this.state, observed, at(seconds), this.gaps);
    this.answer = answer;
    this.events.push(...events);
    return events;
  }

  restart(...gaps: Gap[]): this {
    const live = this.state;
    this.state = new FlowTableState('fa-1', careOf);
    for (const event of this.events) evolveFlowTable(this.state, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    expect(fingerprint(this.state)).toBe(fingerprint(live));
    this.gaps = gaps;
    return this;
  }
}

function begun(terms: Parameters<typeof configure>[3] = endless, expiresAt: string | null = null): Scope {
  const scope = new Scope();
  scope.tell(0, provision(1n, { maximumLifetimeSeconds: stay }));
  scope.tell(0, admit('mn-1', 1n, { expiresAt }));
  scope.tell(0, configure('s1', 'mn-1', ff(), terms));
  return scope;
}

describe('a leg that nothing would ever end, after a time without a server', () => {
  test('has an end from then on, with the cause, and is released where nobody has it any more', () => {
    const scope = begun().restart(outage);
    expect(scope.tell(hour, tick)).toEqual([waiting]);
    expect(scope.tell(hour + stay - 1, tick)).toEqual([]);
    expect(scope.tell(hour + stay, tick)).toMatchObject([{ type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout', occurredAt: timeAt(hour + stay) }]);
  });

  test.each<[string, FlowTableCommand, object]>([
    ['asks for it again', configure('x', 'mn-1', ff()), confirmed],
    ['changes it', configure('x', 'mn-1', ff(), { service: 'controlled-load' }), { ...confirmed, service: 'controlled-load' }],
    ['shows its path', path('x', 'mn-1', ff()), confirmed],
    ['registers here again', admit('mn-1', 2n), { ...confirmed, cause: 'registration' }],
    ['is an agent whose table holds it', confirm, { ...confirmed, cause: 'reconciled' }],
  ])('stands as before once whoever has it %s', (_, command, event) => {
    const scope = begun().restart(outage);
    scope.tell(hour, tick);
    expect(scope.tell(hour + 10, command)).toContainEqual(expect.objectContaining(event));
    expect(scope.tell(hour + 20, confirm)).toEqual([]);
    expect(scope.answer).toEqual({ outcome: 'done' });
    expect(scope.restart(outage).tell(100 * hour, tick)).toEqual([]);
    expect(scope.tell(100 * hour, release('s1'))).toMatchObject([{ type: 'QosSessionReleased', cause: 'administrator' }]);
  });

  test('is soft state from then on where a reservation with a refresh period is seen for it', () => {
    const scope = begun().restart(outage);
    expect(scope.tell(hour, resv('x', 'mn-1', ff()))).toMatchObject([waiting, { type: 'QosSessionModified', refreshPeriodMs: 30_000, expiresAt: timeAt(hour + 236.25) }]);
  });

  test('waits but once: neither a second start nor another gap puts it off, but one in which the wait ran out', () => {
    const scope = begun().restart(outage);
    scope.tell(hour, tick);
    const second: Gap = { from: at(hour + 10), to: at(hour + 20), cause: 'outage' };
    expect(scope.restart(outage, second).tell(hour + 20, tick)).toEqual([]);
    const third: Gap = { from: at(hour + 100), to: at(5 * hour), cause: 'outage' };
    expect(scope.restart(outage, second, third).tell(5 * hour, tick)).toMatchObject([
      { ...waiting, until: timeAt(5 * hour + stay), gap: {}, occurredAt: timeAt(hour + 100) },
    ]);
  });

  test.each<[string, Gap['from'], Gap['to'], object]>([
    ['ran out as it began', hour + stay, hour + stay + 100, { type: 'QosSessionReleased', cause: 'soft-state-timeout', occurredAt: timeAt(hour + stay) }],
    ['ran out in it', hour + stay - 1, hour + stay + 100, { ...waiting, until: timeAt(hour + 2 * stay + 100), gap: {}, occurredAt: timeAt(hour + stay - 1) }],
    ['runs out as it ends', hour + 100, hour + stay, { type: 'QosSessionReleased', cause: 'soft-state-timeout', occurredAt: timeAt(hour + stay) }],
  ])('another gap puts it off where the wait ran out in it, and only then: it %s', (_, from, to, event) => {
    const scope = begun().restart(outage);
    scope.tell(hour, tick);
    expect(scope.restart(outage, { from: at(from), to: at(to), cause: 'outage' }).tell(to, tick)).toMatchObject([event]);
  });

  test('a registration says so of those that wait, and tells nothing of the others', () => {
    const scope = begun();
    scope.tell(0, configure('s2', 'mn-1', ff({ sourcePort: 7 })));
    scope.restart(outage).tell(hour, tick);
    expect(scope.tell(hour, admit('mn-1', 2n))).toMatchObject([{ ...confirmed, cause: 'registration' }, { type: 'VisitorAdmitted' }]);
  });

  test('of a flow that belongs to no known node it is the same', () => {
    const scope = new Scope();
    scope.tell(0, provision(1n, { maximumLifetimeSeconds: stay }));
    scope.tell(0, path('s1', null, ff(), endless));
    expect(scope.restart(outage).tell(hour, tick)).toEqual([waiting]);
  });

  test('an orphaned one ends in its own time, whatever is seen of it', () => {
    const scope = begun().restart(outage);
    scope.tell(hour, tick);
    const orphaned = scope.tell(hour + 1, dismiss('mn-1', 2n, { cause: 'superseded' }));
    expect(orphaned).toMatchObject([{ type: 'VisitorLeft' }, { state: 'orphaned', orphanedUntil: timeAt(hour + 1 + stay) }]);
    scope.tell(hour + 2, path('x', 'mn-1', ff()));
    const second: Gap = { from: at(hour + 100), to: at(5 * hour), cause: 'outage' };
    expect(scope.restart(outage, second).tell(5 * hour, tick)).toMatchObject([{ type: 'QosSessionReleased', cause: 'registration-expiry', occurredAt: timeAt(hour + 1 + stay) }, { type: 'QuarantineEnded' }]);
  });

  test('that moves on with its node is asked for nothing there', () => {
    const scope = begun().restart(outage);
    scope.tell(hour, tick);
    expect(scope.tell(hour + 1, hold('h1', 2n))).toMatchObject([{ type: 'LegsHeld', legs: [{ sessionId: 's1', refreshPeriodMs: 0 }] }]);
  });
});

describe('a leg that has an end is not in doubt', () => {
  test('one with soft state gets its L and no more', () => {
    expect(begun({}).restart(outage).tell(hour, tick)).toMatchObject([{ type: 'LeasesExtended', sessions: ['s1'], until: timeAt(hour + 157.5) }]);
  });
  test('one whose reservation has an end, though its path has none: that gets its L', () => {
    const scope = new Scope();
    scope.tell(0, path('s1', 'mn-1', ff()));
    scope.tell(1, resv('x', 'mn-1', ff()));
    scope.tell(2, path('x', 'mn-1', ff(), endless));
    expect(scope.restart(outage).tell(hour, tick)).toMatchObject([{ type: 'LeasesExtended', sessions: [], reservations: ['s1'], until: timeAt(hour + 157.5) }]);
  });
  test('one whose registration ends', () => {
    expect(begun(endless, timeAt(9 * hour)).restart(outage).tell(hour, tick)).toEqual([]);
  });
  test('a wall clock that jumped lost no message', () => {
    expect(begun().restart({ ...outage, cause: 'clock-jump' }).tell(hour, tick)).toEqual([]);
  });
});
