import { endsOfAppend, legsOfAppend, legsToldInFull, recoveriesOfAppend } from '../events/append-bounds';
import type { FlowTableEvent } from '../events/events';
import { fingerprint } from '../proof/fingerprint.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { thatComeInOneAppend } from '../events/decision-weight';
import type { Flow } from '../flow/flow';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, configure, dismiss, ff, provision } from '../proof/flow-table.testing';
import type { EndOldLegs } from '../commands/handoff-leg-commands';
import type { HeldLeg } from '../events/handoff-events';
import { admitLegs, endOld, hold, leg, undo, unhold } from './handoff.testing';

/** A node with so many sessions, in a scope and in one that folds what it appends. */
class LongLived {
  readonly state = new FlowTableState('fa-1', careOf);
  readonly replayed = new FlowTableState('fa-1', careOf);

  constructor(sessions: number, flow: (i: number) => Flow = (i) => ff({ sourcePort: i })) {
    this.tell(admit('mn-1', 1n));
    for (let i = 0; i < sessions; i++) this.tell(configure(`s${i}`, 'mn-1', flow(i), { style: flow(i).senders ? 'SE' : 'FF' }));
  }

  tell(command: FlowTableCommand): ReturnType<typeof handleFlowTable> {
    const settled = handleFlowTable(this.state, command, at(0));
    for (const event of settled.events) evolveFlowTable(this.replayed, JSON.parse(JSON.stringify(event)) as FlowTableEvent);
    return settled;
  }
}

describe('a handoff of more sessions than one append can tell (domain.md §6)', () => {
  const idsFrom = (first: number, count: number): string[] => Array.from({ length: count }, (_, i) => `s${first + i}`);

  test('the first are told in full, the others by their ids, and all are held in order of arrival', () => {
    const scope = new LongLived(legsToldInFull + 3);
    const { answer, events } = scope.tell(hold('h1', 2n));
    expect(events).toMatchObject([{ type: 'LegsHeld', others: idsFrom(legsToldInFull, 3) }]);
    expect((events[0] as Extract<FlowTableEvent, { type: 'LegsHeld' }>).legs.map(({ sessionId }) => sessionId)).toEqual(idsFrom(0, legsToldInFull));
    const { legs } = answer as { legs: readonly HeldLeg[] };
    expect(legs.map(({ sessionId }) => sessionId)).toEqual(idsFrom(0, legsToldInFull + 3));
    expect(legs.at(-1)).toMatchObject({ flow: ff({ sourcePort: legsToldInFull + 2 }), state: 'live' });
    expect(fingerprint(scope.replayed)).toBe(fingerprint(scope.state));
  });
  test('as many as are told in full are told without others', () => {
    const { events } = new LongLived(legsToldInFull).tell(hold('h1', 2n));
    expect(events[0]).not.toHaveProperty('others');
  });
  test('broken off and left orphaned, they are all held by the handoff that takes its place', () => {
    const scope = new LongLived(legsToldInFull + 3);
    const broken = hold('h1', 2n, { breaks: true, oldLegs: 'orphan' });
    for (let n = 0; n < 10 && scope.tell(broken).events.length > 0; n++);
    expect([...scope.state.sessions.values()].every(({ state }) => state === 'orphaned')).toBe(true);
    expect((scope.tell(hold('h2', 6n)).answer as { legs: readonly HeldLeg[] }).legs).toHaveLength(legsToldInFull + 3);
  });
  test('broken off in part, what is gone is told in full, and of what stands as much as fits beside it', () => {
    const scope = new LongLived(legsToldInFull + 1);
    scope.tell(provision(1n, {}, { sourcePort: null }));
    scope.tell(admit('mn-2', 1n));
    scope.tell(configure('o', 'mn-2', ff({ sourcePort: 60_000 })));
    scope.tell(admitLegs('h0', 2n, [leg('refused', ff({ sourcePort: 60_000 }))]));
    for (let n = 0; n < 2; n++) scope.tell(hold('h1', 3n, { breaks: true }));
    const { answer, events } = scope.tell(hold('h2', 6n));
    expect(events).toMatchObject([{ type: 'LegsUnheld' }, { type: 'LegsHeld', others: [`s${legsToldInFull}`, 'refused'] }]);
    expect(new Set((answer as { legs: readonly HeldLeg[] }).legs.map(({ sessionId }) => sessionId))).toEqual(new Set([...idsFrom(0, legsToldInFull + 1), 'refused']));
  });
  test('what the commit ends, it ends append by append: none is larger, and the last one lets go', () => {
    const scope = new LongLived(endsOfAppend + 3);
    scope.tell(hold('h1', 2n));
    const appends: ReturnType<typeof handleFlowTable>[] = [];
    do appends.push(scope.tell(endOld('h1', 2n))); while (appends.at(-1)!.answer.outcome === 'more' && appends.length < 10);
    const ended = appends.map(({ events }) => events.filter(({ type }) => type === 'QosSessionReleased').length);
    expect([appends.at(-1)!.answer.outcome, ended.reduce((sum, n) => sum + n, 0), scope.state.sessions.size]).toEqual(['done', endsOfAppend + 3, 0]);
    expect(appends.length).toBeGreaterThan(1);
    expect(Math.max(...ended)).toBeLessThanOrEqual(endsOfAppend);
    expect(appends.at(-1)!.events.at(-1)).toMatchObject({ type: 'LegsUnheld', outcome: 'committed' });
    expect(fingerprint(scope.replayed)).toBe(fingerprint(scope.state));
  });
  test('a long list that is broken off is held first and ends after it; rolled back, it comes to stand again append by append', () => {
    expect(new LongLived(endsOfAppend).tell(hold('h1', 2n, { breaks: true })).events.slice(0, 3)).toMatchObject([{ type: 'LegsHeld' }, { type: 'VisitorLeft' }, { type: 'QosSessionReleased' }]);
    const scope = new LongLived(endsOfAppend + 3);
    const broken = hold('h1', 2n, { breaks: true });
    const { answer, events } = scope.tell(broken);
    expect([events.map(({ type }) => type), answer]).toMatchObject([['LegsHeld'], { outcome: 'held', more: true }]);
    for (let n = 0; n < 10 && scope.state.sessions.size > 0; n++) scope.tell(broken);
    expect([scope.state.sessions.size, scope.tell(broken)]).toMatchObject([0, { answer: { more: false }, events: [] }]);
    const outcomes = [0, 1, 2, 3].map(() => {
      const settled = scope.tell(unhold('h1', 3n));
      expect(settled.events.filter(({ type }) => type === 'QosSessionConfigured').length).toBeLessThanOrEqual(legsOfAppend);
      return settled.answer.outcome;
    });
    expect([outcomes, scope.state.sessions.size]).toEqual([['more', 'more', 'done', 'done'], endsOfAppend + 3]);
    expect(fingerprint(scope.replayed)).toBe(fingerprint(scope.state));
  });
  test('lists of a thousand senders: every append of the handoff, of its end and of what undoes it takes less than 1 MiB', () => {
    const senders = Array.from({ length: 1_000 }, (_, i) => ({ correspondentNode: `192.0.2.${i % 250}`, sourcePort: 10_000 + i }));
    const long = (i: number): Flow => ({ protocol: 17, destinationPort: 5_000 + i, senders });
    const appends: (readonly FlowTableEvent[])[] = [];
    const told = (scope: LongLived, command: FlowTableCommand) => {
      const { answer, events } = scope.tell(command);
      appends.push(events);
      return answer as { outcome: string; legs: readonly HeldLeg[]; more: boolean; nextPart: number | null };
    };
    const all = (scope: LongLived, command: FlowTableCommand) => {
      for (let n = 0; n < 40 && told(scope, command).outcome === 'more'; n++);
    };
    const admitAll = (scope: LongLived, legs: readonly HeldLeg[]) => {
      for (let left = legs, part: number | null = 0; part !== null; ) {
        const some = thatComeInOneAppend(left);
        part = told(scope, admitLegs('h1', 2n, some, { part, isLast: some.length === left.length })).nextPart;
        left = left.slice(some.length);
      }
    };
    const [old, to] = [new LongLived(30, long), new LongLived(0)];
    const held = told(old, hold('h1', 2n)).legs;
    admitAll(to, held);
    expect([held.length, to.state.sessions.size]).toEqual([30, 30]);
    all(to, undo('h1', 3n));
    all(old, endOld('h1', 2n));
    const broken = new LongLived(30, long);
    for (let n = 0; n < 40 && told(broken, hold('h1', 2n, { breaks: true })).more; n++);
    expect([old, to, broken].map(({ state }) => state.sessions.size)).toEqual([0, 0, 0]);
    all(broken, unhold('h1', 3n));
    expect(broken.state.sessions.size).toBe(30);
    expect(Math.max(...appends.map((events) => events.reduce((bytes, event) => bytes + 400 + JSON.stringify(event).length, 0)))).toBeLessThan(1_048_576);
    expect([old, to, broken].map(({ replayed }) => replayed.sessions.size)).toEqual([0, 0, 30]);
  });
  const parts = (takesUpOwn: boolean) => [0, 1].map((part) => admitLegs('h2', 6n, [], { part, takesUpOwn }));
  const ends = (terms: Partial<EndOldLegs>) => [endOld('h1', 2n, terms), endOld('h1', 2n, terms)];
  const home = [endOld('h1', 3n, { cause: 'deregistration' }), endOld('h1', 3n, { cause: 'deregistration' })];
  const ended = [{ outcome: 'more' }, { outcome: 'done' }];
  const admitted = [{ outcome: 'admitted', nextPart: 1 }, { outcome: 'admitted', nextPart: null }];
  test.each<[string, number, FlowTableCommand[], FlowTableCommand[], Pick<FlowTableEvent, 'type'> & { readonly cause?: string }, object[]]>([
    ['what a node takes up again where it comes back', legsOfAppend, [hold('h1', 2n)], parts(true), { type: 'QosSessionModified', cause: 'handoff' }, admitted],
    ['what is left over where it comes back', endsOfAppend, [hold('h1', 2n)], parts(false), { type: 'QosSessionReleased', cause: 'handoff' }, admitted],
    ['what is rolled back', endsOfAppend, [], [undo('h1', 3n), undo('h1', 3n)], { type: 'QosSessionReleased', cause: 'handoff-rolled-back' }, [{ outcome: 'more' }, { outcome: 'undone' }]],
    ['what is made again where a break is rolled back', legsOfAppend, [hold('h1', 2n, { breaks: true })], [unhold('h1', 3n), unhold('h1', 3n)], { type: 'QosSessionConfigured' }, ended],
    ['what comes home', endsOfAppend, [hold('h0', 2n)], home, { type: 'QosSessionReleased', cause: 'deregistration' }, ended],
    ['what ends with the commit', endsOfAppend, [hold('h1', 2n)], ends({}), { type: 'QosSessionReleased', cause: 'handoff' }, ended],
    ['what the commit leaves orphaned', endsOfAppend, [hold('h1', 2n)], ends({ oldLegs: 'orphan' }), { type: 'QosSessionModified', cause: 'registration-elsewhere' }, ended],
  ])('%s: as many as one append takes go in one, of more the rest in the next, which ends it', (_, most, before, appends, { type, cause }, answers) => {
    for (const [more, counts] of [[0, [most, 0]], [3, [most, 3]]] as const) {
      const scope = new LongLived(most + more);
      for (const command of before) scope.tell(command);
      const told = appends.map((command) => scope.tell(command));
      expect(told.map(({ events }) => events.filter((event) => event.type === type && (!('cause' in event) || event.cause === cause)).length)).toEqual(counts);
      expect(told.map(({ events }) => events.some((event) => event.type === 'LegsUnheld'))).toEqual([more === 0, more > 0]);
      expect(told.map(({ answer }) => answer)).toMatchObject(more === 0 ? [answers[1], answers[1]] : answers);
    }
  });
  test('of sessions and degraded legs, those that came last end last', () => {
    const scope = new LongLived(endsOfAppend);
    scope.tell(provision(1n, {}, { sourcePort: null }));
    scope.tell(admit('mn-2', 1n));
    scope.tell(configure('o', 'mn-2', ff({ sourcePort: 60_000 })));
    scope.tell(admitLegs('h0', 2n, [leg('refused', ff({ sourcePort: 60_000 }))]));
    scope.tell(hold('h1', 3n));
    const [first, last] = [endOld('h1', 3n), endOld('h1', 3n)].map((command) => scope.tell(command).events.map(({ type }) => type));
    expect([new Set(first), last]).toEqual([new Set(['QosSessionReleased']), ['VisitorLeft', 'DegradedLegEnded', 'LegsUnheld']]);
  });
  test('orphans that an earlier leaving left, which are no legs, end in no larger append', () => {
    const scope = new LongLived(endsOfAppend + 3);
    for (let n = 0; n < 2; n++) scope.tell(dismiss('mn-1', 2n, { cause: 'superseded' }));
    const told = [hold('h1', 3n), endOld('h1', 3n)].map((command) => scope.tell(command).events.filter(({ type }) => type === 'QosSessionReleased').length);
    expect([told, scope.state.sessions.size]).toEqual([[endsOfAppend, 3], 0]);
  });
  test('I23 a node with more orphans than that leaves at once all the same: said again until it has left, the hold ends them append by append', () => {
    const orphaned = (): LongLived => {
      const scope = new LongLived(2 * endsOfAppend + 100);
      for (let n = 0; n < 3; n++) scope.tell(dismiss('mn-1', 2n, { cause: 'superseded' }));
      scope.tell(admit('mn-1', 3n));
      return scope;
    };
    const scope = orphaned();
    const told = [hold('h1', 4n), hold('h1', 4n), hold('h1', 4n), hold('h1', 4n)].map((command) => {
      const { answer, events } = scope.tell(command);
      return [events.filter(({ type }) => type === 'QosSessionReleased').length, events.some(({ type }) => type === 'VisitorLeft'), 'more' in answer && answer.more];
    });
    expect(told).toEqual([[endsOfAppend, false, true], [endsOfAppend, false, true], [100, true, false], [0, false, false]]);
    expect(fingerprint(scope.replayed)).toBe(fingerprint(scope.state));
    // What the node makes there between two of the appends is held, and moves.
    const busy = orphaned();
    busy.tell(hold('h1', 4n));
    busy.tell(configure('late', 'mn-1', ff({ destinationPort: 6000 })));
    expect(busy.tell(hold('h1', 4n))).toMatchObject({ answer: { legs: [{ sessionId: 'late' }], more: false } });
    const broken = orphaned();
    broken.tell(configure('late', 'mn-1', ff({ destinationPort: 6000 })));
    const breaks = [0, 1, 2, 3].map(() => broken.tell(hold('h1', 4n, { breaks: true })).answer);
    expect(breaks).toMatchObject([{ more: true }, { more: true }, { more: false }, { legs: [{ sessionId: 'late' }], more: false }]);
    expect([broken.state.sessions.size, broken.state.visitors.size]).toEqual([0, 0]);
  });
  test.each<[string, FlowTableCommand[]]>([
    ['taken up again', parts(true)],
    ['made again where a break is rolled back', [unhold('h1', 3n), unhold('h1', 3n)]],
  ])('where all that is %s is refused, it is degraded append by append, and recovers so', (_, appends) => {
    const scope = new LongLived(legsOfAppend + 3);
    scope.tell(provision(1n, { quarantineSeconds: 0 }, { sourcePort: null }));
    scope.tell(hold('h1', 2n, { breaks: true }));
    scope.tell(admit('mn-2', 1n));
    for (let i = 0; i < legsOfAppend + 3; i++) scope.tell(configure(`o${i}`, 'mn-2', ff({ sourcePort: i })));
    const refused = appends.map((command) => scope.tell(command).events.filter(({ type }) => type === 'LegRefused').length);
    expect([refused, scope.state.degraded.size]).toEqual([[legsOfAppend, 3], legsOfAppend + 3]);
    for (const [revision, left] of [[2n, legsOfAppend + 3 - recoveriesOfAppend], [3n, 0]] as const) {
      scope.tell(provision(revision));
      expect(scope.state.degraded.size).toBe(left);
    }
  });
});
