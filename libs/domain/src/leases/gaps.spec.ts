import type { FlowTableEvent } from '../events/events';
import { fingerprint } from '../proof/fingerprint.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, cn, cn2, configure, ff, path, provision, resv, se, tick, timeAt } from '../proof/flow-table.testing';
import { admitLegs, leg } from '../legs/handoff.testing';
import type { Gap } from './gaps';

const outage = (from: number, to: number): Gap => ({ from: at(from), to: at(to), cause: 'outage' });

/** Servers of one scope, one after the other or side by side: each folds what stands before it decides. */
class Scope {
  readonly events: FlowTableEvent[] = [];

  server(): FlowTableState {
    const state = new FlowTableState('fa-1', careOf);
    for (const event of this.events) evolveFlowTable(state, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    return state;
  }

  tell(state: FlowTableState, seconds: number, command: FlowTableCommand, ...gaps: Gap[]): readonly FlowTableEvent[] {
    const { events } = handleFlowTable(state, command, at(seconds), gaps);
    this.events.push(...events);
    return events;
  }
}

describe('a gap without any server', () => {
  const begun = (expiresAt: string | null = null): Scope => {
    const scope = new Scope();
    const first = scope.server();
    scope.tell(first, 0, admit('mn-1', 1n, { expiresAt }));
    scope.tell(first, 0, configure('s1', 'mn-1', ff()));
    scope.tell(first, 0, configure('s2', 'mn-1', ff({ sourcePort: 6000 }), { refreshPeriodMs: 60_000 }));
    if (expiresAt !== null) scope.tell(first, 0, configure('s3', 'mn-1', ff({ sourcePort: 7000 }), { refreshPeriodMs: 0 }));
    return scope;
  };

  test('and so does a degraded leg', () => {
    const scope = new Scope();
    const first = scope.server();
    scope.tell(first, 0, provision(1n, {}, { sourcePort: null }));
    scope.tell(first, 0, admit('mn-2', 1n, { expiresAt: timeAt(9_000) }));
    scope.tell(first, 0, configure('o', 'mn-2', ff(), { refreshPeriodMs: 0 }));
    scope.tell(first, 0, admitLegs('h1', 2n, [leg('s1')]));
    const restarted = scope.server();
    expect(scope.tell(restarted, 3_600, tick, outage(100, 3_600))).toMatchObject([{ type: 'LeasesExtended', sessions: ['s1'], until: timeAt(3_600 + 157.5), cause: 'outage' }]);
    expect(scope.tell(restarted, 3_757.5, tick)).toMatchObject([{ type: 'DegradedLegEnded', sessionId: 's1', cause: 'soft-state-timeout' }]);
  });

  test('sessions whose leases ran out in it live one more L, recorded with its cause, and can be refreshed', () => {
    const scope = begun();
    const restarted = scope.server();
    expect(scope.tell(restarted, 3_600, tick, outage(100, 3_600))).toMatchObject([
      { type: 'LeasesExtended', sessions: ['s1'], until: timeAt(3_600 + 157.5), cause: 'outage', gap: { from: timeAt(100), to: timeAt(3_600) }, occurredAt: timeAt(100) },
      { type: 'LeasesExtended', sessions: ['s2'], until: timeAt(3_600 + 315), cause: 'outage' },
    ]);
    expect(handleFlowTable(restarted, configure('x', 'mn-1', ff()), at(3_650)).answer).toMatchObject({ outcome: 'refreshed', sessionId: 's1' });
    expect(scope.tell(restarted, 4_000, tick)).toMatchObject([
      { type: 'QosSessionReleased', sessionId: 's1', occurredAt: timeAt(3_650 + 236.25) }, { type: 'QosSessionReleased', sessionId: 's2', occurredAt: timeAt(3_915) },
    ]);
  });

  test('a command that comes first finds it told as well', () => {
    const scope = begun();
    const [extended, ...others] = scope.tell(scope.server(), 3_600, configure('x', 'mn-1', ff()), outage(100, 3_600));
    expect(extended).toMatchObject({ type: 'LeasesExtended', sessions: ['s1'] });
    expect(others).toMatchObject([{ type: 'LeasesExtended', sessions: ['s2'] }]);
  });

  test('registrations get nothing: they expired with their own deadline, and took their sessions with them', () => {
    const scope = begun(timeAt(600));
    const events = scope.tell(scope.server(), 3_600, tick, outage(100, 3_600));
    expect(events.filter(({ type }) => type === 'VisitorLeft')).toMatchObject([{ cause: 'registration-expiry', occurredAt: timeAt(600) }]);
    expect(events.filter(({ type }) => type === 'QosSessionReleased')).toMatchObject(['s1', 's2', 's3'].map((sessionId) => ({
      sessionId, cause: 'registration-expiry', occurredAt: timeAt(600),
    })));
  });

  test('what had run out before it has ended before it', () => {
    const scope = begun();
    const events = scope.tell(scope.server(), 3_600, tick, outage(300, 3_600));
    expect(events).toMatchObject([
      { type: 'QosSessionReleased', sessionId: 's1', cause: 'soft-state-timeout', occurredAt: timeAt(236.25) },
      { type: 'LeasesExtended', sessions: ['s2'], occurredAt: timeAt(300) },
      { type: 'QuarantineEnded', occurredAt: timeAt(393.75) },
    ]);
  });

  test('is told once: by two servers that start together, and again after a crash midway', () => {
    const scope = begun();
    const [a, b] = [scope.server(), scope.server()];
    const gap = outage(100, 3_600);
    const told = scope.tell(a, 3_600, tick, gap);
    expect(told).toHaveLength(2);
    expect(scope.tell(a, 3_601, tick, gap)).toEqual([]);
    // The other one lost the race: it takes its own decision back, folds the first one's and decides again.
    b.journal.begin();
    handleFlowTable(b, tick, at(3_600), [gap]);
    b.journal.unwind();
    for (const event of told) evolveFlowTable(b, event);
    expect(scope.tell(b, 3_600, tick, gap)).toEqual([]);
    expect(fingerprint(b)).toBe(fingerprint(a));
    expect(scope.tell(scope.server(), 3_601, tick, gap)).toEqual([]);
    expect(scope.tell(scope.server(), 3_700, tick, gap, outage(3_605, 3_700))).toMatchObject([
      { sessions: ['s1'], until: timeAt(3_700 + 157.5) }, { sessions: ['s2'], until: timeAt(3_700 + 315) },
    ]);
  });

  test('two gaps that nobody could tell of yet are told in their order', () => {
    const scope = begun();
    const events = scope.tell(scope.server(), 10_000, tick, outage(100, 3_600), outage(3_610, 10_000));
    expect(events.map((event) => ('until' in event ? event.until : event.type))).toEqual([3_757.5, 3_915, 10_157.5, 10_315].map(timeAt));
  });

  test('the reservation that was seen apart from its path gets one more L as well', () => {
    const scope = new Scope();
    const first = scope.server();
    for (const command of [path('s1', 'mn-1', ff()), resv('x', 'mn-1', ff())]) scope.tell(first, 0, { ...command, observedAt: at(0) });
    expect(scope.tell(scope.server(), 3_600, tick, outage(100, 3_600))).toMatchObject([{ sessions: ['s1'], reservations: ['s1'], until: timeAt(3_757.5) }]);
  });

  test('so do the path of each sender and the reservation of each next hop, apart from their session', () => {
    const scope = new Scope();
    const first = scope.server();
    const asks = (nextHop: string) => ({ nextHop, node: careOf, service: 'controlled-load' }) as const;
    const [one, other, list] = [ff(), ff({ correspondentNode: cn2 }), se([cn, 5000], [cn2, 5000])];
    for (const command of [path('s1', 'mn-1', one), path('s2', 'mn-1', other), resv('s3', 'mn-1', list, asks('10.0.0.1')), resv('x', 'mn-1', list, asks('10.0.0.2'))]) {
      scope.tell(first, 0, { ...command, observedAt: at(0) });
    }
    expect(scope.tell(scope.server(), 3_600, tick, outage(100, 3_600))).toEqual([{
      type: 'LeasesExtended', sessions: ['s3'], reservations: ['s3'],
      paths: [{ sessionId: 's3', correspondentNode: cn, sourcePort: 5000 }, { sessionId: 's3', correspondentNode: cn2, sourcePort: 5000 }],
      requests: [{ sessionId: 's3', nextHop: '10.0.0.1' }, { sessionId: 's3', nextHop: '10.0.0.2' }],
      until: timeAt(3_757.5), cause: 'outage', gap: { from: timeAt(100), to: timeAt(3_600) }, occurredAt: timeAt(100),
    }]);
  });

  test('a degraded leg without soft state is asked for again as long as its node stays: a gap gives it no end', () => {
    const scope = new Scope();
    const first = scope.server();
    scope.tell(first, 0, provision(1n, {}, { sourcePort: null }));
    scope.tell(first, 0, admit('mn-2', 1n, { expiresAt: timeAt(9_000) }));
    scope.tell(first, 0, configure('o', 'mn-2', ff(), { refreshPeriodMs: 0 }));
    scope.tell(first, 0, admitLegs('h1', 2n, [leg('s1', ff(), { refreshPeriodMs: 0 })]));
    expect(scope.tell(scope.server(), 3_600, tick, outage(100, 3_600))).toEqual([]);
  });

  test.each([[149.999, ['LeasesExtended']], [150, []], [160, []]])('a gap until 150 s is news to a scope only where no other server decided at its end or later (here at %d s)', (seconds, told) => {
    const scope = begun();
    scope.tell(scope.server(), seconds, admit('mn-2', 1n));
    expect(scope.tell(scope.server(), 170, tick, outage(100, 150)).map(({ type }) => type)).toEqual(told);
  });
});
