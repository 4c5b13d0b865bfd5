import { endsOfAppend } from './append-bounds';
import type { FlowTableEvent, LeasesExtended } from './events';
import { fingerprint } from '../proof/fingerprint.testing';
import { handleFlowTable, type Decided } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, configure, dismiss, ff, path, reboot, se, tick, timeAt, withdraw } from '../proof/flow-table.testing';
import type { Gap } from '../leases/gaps';
import { nextDeadline } from '../leases/leases';

const mebibyte = 2 ** 20;
const leasesOf = ({ sessions, reservations = [] }: LeasesExtended): string[] => [...sessions, ...reservations.map((id) => `reservation of ${id}`)];
const sessionName = (n: number): string => `s${String(n).padStart(5, '0')}`;

/** One scope, each command of which is told until it is whole. */
class Scope {
  readonly state = new FlowTableState('fa-1', '198.51.100.1');
  /** Appends of the last command. */
  appends: Decided[] = [];
  private readonly replayed = new FlowTableState('fa-1', '198.51.100.1');

  tell(seconds: number, command: FlowTableCommand, ...gaps: Gap[]): this {
    this.appends = [];
    do {
      const decided = handleFlowTable(this.state, command, at(seconds), gaps);
      this.appends.push(decided);
      for (const event of decided.events) evolveFlowTable(this.replayed, event);
      if (decided.events.length > 0) expect(JSON.stringify(decided.events).length).toBeLessThan(mebibyte);
      if (this.appends.length > 20) throw new Error('It has no end.');
    } while (this.appends.at(-1)!.goesOn);
    return this;
  }

  /**
   * Sessions of one node that differ in their source ports, all configured at once; folded, since thousands are decided slowly.
   * @param areApart but for the first, their reservations have leases of their own
   */
  holds(sessions: number, mobileNode: string, { refreshPeriodMs, areApart = false }: { refreshPeriodMs?: number | undefined; areApart?: boolean } = {}): this {
    this.tell(0, admit(mobileNode, 1n)).tell(0, configure(sessionName(0), mobileNode, ff({ sourcePort: 0 }), { refreshPeriodMs }));
    const configured = this.events('QosSessionConfigured')[0]!;
    const reservation = { refreshPeriodMs: configured.refreshPeriodMs, expiresAt: configured.expiresAt! };
    for (let n = 1; n < sessions; n++) {
      const [flow, requested] = [{ ...configured.flow, sourcePort: n }, { ...configured.requested, sourcePort: n } as typeof configured.requested];
      const event = { ...configured, sessionId: sessionName(n), flow, requested, effective: requested, ...(areApart && { reservation }) };
      for (const state of [this.state, this.replayed]) evolveFlowTable(state, event);
    }
    return this;
  }

  refreshed(seconds: number, from: number, to: number): this {
    for (let n = from; n < to; n++) this.tell(seconds, configure('x', 'mn-1', ff({ sourcePort: n })));
    return this;
  }

  events<T extends FlowTableEvent['type']>(type: T): Extract<FlowTableEvent, { readonly type: T }>[] {
    return this.appends.flatMap(({ events }) => events).filter((event) => event.type === type) as Extract<FlowTableEvent, { readonly type: T }>[];
  }

  /** Types of the events of each append, with how many in a row. */
  get told(): string[] {
    return this.appends.map(({ events }) => {
      const runs: { type: string; count: number }[] = [];
      for (const { type } of events) if (runs.at(-1)?.type === type) runs.at(-1)!.count++; else runs.push({ type, count: 1 });
      return runs.map(({ type, count }) => `${count} ${type}`).join(', ');
    });
  }

  /** How many leases each extension names, an append after the other. */
  get extended(): number[][] {
    return this.appends.map(({ events }) => events.map((event) => leasesOf(event as LeasesExtended).length));
  }

  /** What they name, in the order of names. */
  get named(): string[] {
    return this.events('LeasesExtended').flatMap(leasesOf).sort();
  }

  thenReplays(): this {
    expect(fingerprint(this.replayed)).toBe(fingerprint(this.state));
    return this;
  }
}

describe('extensions of leases that are more than one append takes (1 MiB) go on in the next', () => {
  const sessions = 5_101;
  const others = Array.from({ length: sessions - 1 }, (_, n) => [sessionName(n + 1), `reservation of ${sessionName(n + 1)}`]).flat().sort();
  const all = [...others, sessionName(0)].sort();
  const given = (refreshPeriodMs?: number): Scope => new Scope().holds(sessions, 'mn-1', { refreshPeriodMs, areApart: true });
  const waiting = (): Scope => given().refreshed(80, 0, 1).refreshed(81, 1, sessions);

  test('those that waited are written when they fall due, each once, and nothing waits any more', () => {
    const scope = waiting().tell(110.999, tick);
    expect(scope.told).toEqual(['']);
    scope.tell(111, tick);
    expect(scope.extended).toEqual([[5_000, 5_000], [200]]);
    expect(scope.named).toEqual(others);
    const told = scope.events('LeasesExtended').map(({ until, occurredAt }) => `${until} ${occurredAt}`);
    expect(new Set(told)).toEqual(new Set([`${timeAt(81 + 236.25)} ${timeAt(111)}`]));
    expect(nextDeadline(scope.state)).toBe(at(80 + 236.25));
    expect(scope.tell(112, tick).told).toEqual(['']);
  });
  test('so are those of a server that is about to forget them', () => {
    const scope = waiting().tell(90, { ...tick, writeWaitingExtensions: true });
    expect(scope.extended).toEqual([[5_000, 5_000], [200]]);
    expect(scope.named).toEqual(others);
    expect(scope.tell(91, { ...tick, writeWaitingExtensions: true }).told).toEqual(['']);
  });
  test('a refresh that asks for them is answered before all are written: the rest is due at once', () => {
    const scope = given(10_000).refreshed(20, 1, sessions).refreshed(27, 0, 1);
    expect(scope.extended).toEqual([[5_000, 5_000]]);
    expect(scope.appends).toMatchObject([{ answer: { outcome: 'refreshed' }, goesOn: false }]);
    expect(nextDeadline(scope.state)).toBe(at(27));
    const before = scope.named;
    expect([...before, ...scope.tell(27, tick).named].sort()).toEqual(all);
    expect(scope.tell(27, tick).told).toEqual(['']);
  });
  test('so are those that a gap gives one more L, before the command is decided', () => {
    const gap: Gap = { from: at(100), to: at(3_600), cause: 'outage' };
    const scope = given().tell(3_600, configure('x', 'mn-1', ff({ sourcePort: 7 })), gap);
    expect(scope.extended).toEqual([[5_000, 5_000], [201]]);
    expect(scope.named).toEqual(all);
    expect(scope.appends.map(({ answer: { outcome }, goesOn }) => [outcome, goesOn])).toEqual([['done', true], ['refreshed', false]]);
    expect(scope.tell(3_601, tick, gap).told).toEqual(['']);
  });
  test('a node that registers again says so of its 600 sessions without soft state, and is admitted behind the last of them', () => {
    const gap: Gap = { from: at(100), to: at(3_600), cause: 'outage' };
    const scope = new Scope().holds(600, 'mn-1', { refreshPeriodMs: 0 }).tell(3_600, tick, gap).tell(3_600, admit('mn-1', 2n));
    expect(scope.told).toEqual(['500 QosSessionModified', '100 QosSessionModified, 1 VisitorAdmitted']);
    scope.thenReplays();
  });
});

describe('what ends a scope, or much of it, goes on in the next append where one is full', () => {
  const nodes = (count: number, expiresAt: string | null = null): Scope => {
    const scope = new Scope();
    for (let n = count; n > 0; n--) scope.tell(0, admit(sessionName(n), 1n, { expiresAt })).tell(0, configure(`of-${n}`, sessionName(n), ff({ sourcePort: n })));
    return scope;
  };
  const thenEmpty = (scope: Scope, sessions: number, cause: string): void => {
    const released = scope.events('QosSessionReleased');
    expect([released.length, new Set(released.map(({ sessionId }) => sessionId)).size]).toEqual([sessions, sessions]);
    expect(new Set(released.map((event) => event.cause))).toEqual(new Set([cause]));
    expect([scope.state.sessions.size, scope.state.visitors.size]).toEqual([0, 0]);
    scope.thenReplays();
  };

  test('soft state of 600 sessions runs out at once, and so do their quarantines', () => {
    const scope = new Scope().holds(600, 'mn-1').tell(236.25, tick);
    expect(scope.told).toEqual(['500 QosSessionReleased', '100 QosSessionReleased']);
    expect(scope.events('QosSessionReleased').map(({ sessionId }) => sessionId)).toEqual(Array.from({ length: 600 }, (_, n) => sessionName(n)));
    expect(scope.tell(236.25 + 157.5, tick).told).toEqual(['500 QuarantineEnded', '100 QuarantineEnded']);
    expect([scope.state.quarantines.size, nextDeadline(scope.state)]).toEqual([0, null]);
    scope.thenReplays();
  });
  test('the agent lost 600 sessions: so much leaves first, and the reboot is told with the rest', () => {
    const scope = nodes(600).tell(1, reboot(2n));
    thenEmpty(scope, 600, 'reboot');
    expect(scope.appends).toHaveLength(3);
    expect(scope.appends.map(({ events }) => events.filter(({ type }) => type === 'ForeignAgentRebooted').length)).toEqual([0, 0, 1]);
    expect(scope.tell(2, reboot(2n)).told).toEqual(['']);
  });
  test.each([
    [125, '1 ForeignAgentRebooted, 1 VisitorLeft, 1 QosSessionReleased'],
    [126, '1 VisitorLeft, 1 QosSessionReleased, 1 VisitorLeft'],
  ])('of %d visitors with a session each the reboot is told first where they are no more than 250 together', (count, told) => {
    const scope = nodes(count).tell(1, reboot(2n));
    expect(scope.told).toEqual([expect.stringMatching(new RegExp(`^${told}`))]);
    thenEmpty(scope, count, 'reboot');
  });
  test('the administrator takes an address away that 600 sessions use: it is withdrawn when the last of them ended', () => {
    const scope = nodes(600).tell(1, withdraw(2n, true));
    thenEmpty(scope, 600, 'administrator');
    expect(scope.appends).toHaveLength(3);
    expect(scope.appends.at(-1)!.events.at(-1)).toMatchObject({ type: 'ScopeWithdrawn', revision: '2' });
    expect(scope.events('ScopeWithdrawn')).toHaveLength(1);
  });
  test('sessions of no known node are lost like the others', () => {
    const scope = new Scope();
    for (let n = 0; n < 600; n++) scope.tell(0, path(sessionName(n), null, ff({ sourcePort: n }), { observedAt: at(0) }));
    expect(scope.tell(1, reboot(2n)).told).toEqual(['500 QosSessionReleased', '1 ForeignAgentRebooted, 100 QosSessionReleased']);
  });
  test('600 registrations expire at once, each with its session', () => {
    const scope = nodes(600, timeAt(60)).tell(60, tick);
    thenEmpty(scope, 600, 'registration-expiry');
    expect(scope.told.length).toBe(3);
    expect(scope.events('VisitorLeft').map(({ mobileNode }) => mobileNode)).toEqual(Array.from({ length: 600 }, (_, n) => sessionName(n + 1)));
  });

  test.each([
    [endsOfAppend, [`1 VisitorLeft, ${endsOfAppend} QosSessionReleased`]],
    [endsOfAppend + 1, [`${endsOfAppend} QosSessionReleased`, '1 VisitorLeft, 1 QosSessionReleased']],
    [600, ['250 QosSessionReleased', '250 QosSessionReleased', '1 VisitorLeft, 100 QosSessionReleased']],
  ])('a node that leaves %d sessions: of more than 250 the first end before it leaves', (sessions, told) => {
    const scope = new Scope().holds(sessions, 'mn-1').tell(1, dismiss('mn-1', 2n));
    expect(scope.told).toEqual(told);
    thenEmpty(scope, sessions, 'deregistration');
    expect(scope.events('VisitorLeft')).toMatchObject([{ registrationRevision: '2' }]);
  });
  test('a node that leaves lists of a thousand senders: as many as an append takes', () => {
    const scope = new Scope().tell(0, admit('mn-1', 1n));
    const list = Array.from({ length: 1_000 }, (_, n) => ['192.0.2.7', 10_000 + n] as const);
    for (let n = 0; n < 25; n++) scope.tell(0, configure(sessionName(n), 'mn-1', { ...se(...list), destinationPort: n + 1 }));
    scope.tell(1, dismiss('mn-1', 2n));
    expect([scope.appends.length > 1, scope.events('QosSessionReleased').length, scope.state.sessions.size, scope.state.visitors.size]).toEqual([true, 25, 0, 0]);
    expect(scope.appends.at(-1)!.events).toContainEqual(expect.objectContaining({ type: 'VisitorLeft' }));
  });
  test('a registration that expires with 600 sessions is due until the last of them ended', () => {
    const scope = new Scope().holds(600, 'mn-1').tell(1, admit('mn-1', 2n, { expiresAt: timeAt(60) })).tell(60, tick);
    expect(scope.told).toEqual(['500 QosSessionReleased', '1 VisitorLeft, 100 QosSessionReleased']);
    thenEmpty(scope, 600, 'registration-expiry');
  });
});
