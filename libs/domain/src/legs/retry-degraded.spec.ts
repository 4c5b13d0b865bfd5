import { recoveriesOfAppend } from '../events/append-bounds';
import type { FlowTableEvent } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, cn, configure, dismiss, ff, given, path, provision, release, resv, se, tick, timeAt, wf } from '../proof/flow-table.testing';
import { admitLegs, leg } from './handoff.testing';
import { nextDeadline } from '../leases/leases';

const empty = { sourcePort: null, destinationPort: null };
const endless = { refreshPeriodMs: 0 };
const port = (sourcePort: number) => ff({ sourcePort });

/** A scope at rest between two decisions, with flows `o0`, `o1` … of mn-2 where legs `l0`, `l1` … of mn-1 were refused. */
class Waiting {
  readonly state = new FlowTableState('fa-1', careOf);

  constructor(legs: number, flow: (index: number) => ReturnType<typeof ff> = (index) => port(1_000 + index)) {
    this.tell(provision(1n, { quarantineSeconds: 0 }, empty));
    this.tell(admit('mn-2', 1n));
    for (let i = 0; i < legs; i++) this.tell(configure(`o${i}`, 'mn-2', flow(i), endless));
    for (let i = 0; i < legs; i += recoveriesOfAppend) {
      const some = Array.from({ length: Math.min(recoveriesOfAppend, legs - i) }, (_, index) => leg(`l${i + index}`, flow(i + index), endless));
      this.tell(admitLegs('h1', 2n, some, { part: i / recoveriesOfAppend, isLast: i + recoveriesOfAppend >= legs }));
    }
    expect(this.state.degraded.size).toBe(legs);
  }

  tell(command: FlowTableCommand, seconds = 1): readonly FlowTableEvent[] {
    return handleFlowTable(this.state, command, at(seconds)).events;
  }

  /** Session ids in the order in which they got an id. */
  recoveredBy(command: FlowTableCommand): string[] {
    return this.tell(command).flatMap((event) => (event.type === 'QosSessionConfigured' ? [event.sessionId] : []));
  }

  get hasMore(): boolean {
    return nextDeadline(this.state) === this.state.lastOccurredAt;
  }
}

describe('degraded legs are tried again (domain.md §6)', () => {
  test('in order of arrival, a bounded number in a decision; the scope has a deadline until all have been looked at', () => {
    const scope = new Waiting(2 * recoveriesOfAppend + 50);
    const names = Array.from({ length: 250 }, (_, index) => `l${index}`);
    expect(scope.hasMore).toBe(false);
    expect(scope.recoveredBy(provision(2n, { quarantineSeconds: 0 }))).toEqual(names.slice(0, 100));
    expect(scope.hasMore).toBe(true);
    expect(scope.recoveredBy(tick)).toEqual(names.slice(100, 200));
    expect(scope.recoveredBy(tick)).toEqual(names.slice(200));
    expect(scope.hasMore).toBe(false);
    expect([scope.state.degraded.size, scope.tell(tick)]).toEqual([0, []]);
  });

  test('those in front who cannot be served hold up nobody behind them, whatever is freed meanwhile', () => {
    const scope = new Waiting(recoveriesOfAppend + 2);
    // The last leg's own flow ends: it is the only one that may have its native id.
    const last = recoveriesOfAppend + 1;
    expect(scope.recoveredBy(release(`o${last}`))).toEqual([]);
    expect(scope.hasMore).toBe(true);
    expect(scope.recoveredBy(release('o0'))).toEqual([`l${last}`, 'l0']);
    for (let n = 0; n < 3 && scope.hasMore; n++) scope.tell(tick);
    expect([scope.hasMore, scope.state.degraded.size]).toEqual([false, recoveriesOfAppend]);
  });

  test('only where what was freed may serve them: to an id of another protocol nobody is tried', () => {
    const scope = new Waiting(recoveriesOfAppend + 2);
    // While its quarantine runs, a released id gives way to nothing but what conflicted with it.
    scope.tell(provision(2n, { quarantineSeconds: 60 }, empty));
    for (let n = 0; n < 3 && scope.hasMore; n++) scope.tell(tick);
    scope.tell(configure('u', 'mn-2', ff({ protocol: 6 }), endless));
    scope.tell(release('u'));
    expect(scope.hasMore).toBe(false);
    scope.tell(configure('v', 'mn-2', port(9_999), endless));
    scope.tell(release('v'));
    expect(scope.hasMore).toBe(true);
  });

  test('what lifts a conflict serves as well: a style that is given up', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', se([cn, 7_000]))).when(1, admitLegs('h1', 2n, [leg('l', wf(), { style: 'WF' })]))
      .thenEvents('VisitorAdmitted', { type: 'LegRefused', rejection: 'style-conflict' })
      // What its list gave back is its own (ADR 35).
      .when(2, release('s1')).thenEvents({ type: 'QosSessionReleased' }, { type: 'QosSessionConfigured', sessionId: 'l', temporary: null });
  });

  test('so does another home of the node, by which it asks for another id: with the outer source of its home agent', () => {
    const second = { homeAgent: '203.0.113.2' };
    const refused = (outerSource: 'home-agent' | 'correspondent-node') => given().when(0, provision(1n, { outerSource }, empty)).visitors('mn-2').when(0, configure('o', 'mn-2', ff(), endless))
      .when(1, admitLegs('h1', 2n, [leg('l', ff(), endless)])).thenEvents('VisitorAdmitted', { type: 'LegRefused' });
    refused('home-agent').when(2, admit('mn-1', 3n)).thenEvents('VisitorAdmitted').thenHeld('o')
      .when(3, admit('mn-1', 4n, second)).thenEvents('VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 'l', temporary: null, ...second });
    refused('home-agent').when(3, admitLegs('h2', 4n, [], second)).thenEvents('VisitorAdmitted', { type: 'QosSessionConfigured', sessionId: 'l', ...second });
    refused('correspondent-node').when(3, admit('mn-1', 4n, second)).thenEvents('VisitorAdmitted').thenHeld('o');
  });

  test('a decision that is taken back takes back how far the round had come', () => {
    const scope = new Waiting(recoveriesOfAppend + 2);
    scope.state.journal.begin();
    const first = scope.recoveredBy(provision(2n, { quarantineSeconds: 0 }));
    scope.state.journal.unwind();
    expect(scope.hasMore).toBe(false);
    expect(scope.recoveredBy(provision(2n, { quarantineSeconds: 0 }))).toEqual(first);
    expect(scope.hasMore).toBe(true);
  });

  test('a decision that is taken back leaves them in order of arrival', () => {
    const scope = new Waiting(3);
    scope.state.journal.begin();
    scope.tell(release('l0'));
    scope.state.journal.unwind();
    expect(scope.state.degraded.all().map(({ sessionId }) => sessionId)).toEqual(['l0', 'l1', 'l2']);
    expect(scope.tell(dismiss('mn-1', 3n))).toMatchObject([{ type: 'VisitorLeft' }, { sessionId: 'l0' }, { sessionId: 'l1' }, { type: 'DegradedLegEnded', sessionId: 'l2' }]);
  });

  /** Legs behind so many of a family that this address does not have, all refused; mn-1 itself keeps a list of TCP and one of UDP, mn-2 a flow of TCP. */
  const tcp = { protocol: 6 } as const;
  const foreign = ff({ correspondentNode: '2001:db8::7' });
  const list = { ...se([cn, 7_000]), destinationPort: 6_000 };
  const behind = (many: number, ...legs: ReturnType<typeof leg>[]): Waiting => {
    const scope = new Waiting(0);
    scope.tell(provision(2n, { quarantineSeconds: 60 }, { ...empty, destinationPort: { first: 50_000, last: 50_009 } }));
    for (const command of [admit('mn-1', 1n), configure('udp', 'mn-1', list, endless), configure('tcp', 'mn-1', { ...list, ...tcp }, endless), configure('o', 'mn-2', ff(tcp), endless)]) scope.tell(command);
    const hopeless = Array.from({ length: many }, (_, index) => leg(`x${index}`, { ...foreign, sourcePort: index }, endless));
    scope.tell(admitLegs('h1', 2n, [...hopeless, ...legs]));
    expect([scope.state.degraded.size, scope.hasMore]).toEqual([many + legs.length, false]);
    return scope;
  };
  const ofUdp = leg('w17', wf(6_000), { style: 'WF', ...endless });
  const ofTcp = leg('w6', { ...wf(6_000), ...tcp }, { style: 'WF', ...endless });
  const native = leg('f6', ff(tcp), endless);

  test.each<[string, readonly (readonly [number, FlowTableCommand])[], readonly ReturnType<typeof leg>[]]>([
    ['both protocols of which ids ended', [[1, release('udp')], [2, release('tcp')]], [ofUdp, ofTcp]],
    ['any protocol, once a quarantine ended', [[1, release('o')], [2, tick], [3, release('udp')], [61, tick]], [ofUdp, native]],
    ['any protocol, since the pools are others', [[1, provision(3n, { quarantineSeconds: 60 })], [2, release('udp')]], [ofUdp, native]],
  ])('what is freed while a round goes on serves those behind it: %s', (_, told, legs) => {
    const scope = behind(recoveriesOfAppend + 1, ...legs);
    const recovered = told.map(([seconds, command]) => scope.tell(command, seconds).flatMap((event) => (event.type === 'QosSessionConfigured' ? [event.sessionId] : [])));
    expect(recovered).toEqual([...told.slice(1).map(() => []), legs.map(({ sessionId }) => sessionId)]);
  });

  test('to pass over those of another protocol takes a decision so far and no farther: the next goes on', () => {
    const scope = behind(1_000, ofTcp);
    expect([scope.recoveredBy(release('tcp')), scope.hasMore]).toEqual([[], true]);
    expect([scope.recoveredBy(tick), scope.hasMore]).toEqual([['w6'], false]);
  });
});

describe('what a release frees, though its own id is in quarantine (domain.md §3, step 5)', () => {
  test('the id that a session asked for and did not get, of labels, too', () => {
    const label = (flowLabel: number, correspondentNode = '2001:db8::7') => ff({ correspondentNode, flowLabel });
    const pool = (revision: bigint, value: number) => provision(revision, { quarantineSeconds: 60 }, { ...empty, flowLabel: { first: value, last: value } });
    given('2001:db8::1').visitors('mn-1', 'mn-2', 'mn-4').when(0, pool(1n, 2)).when(0, configure('s1', 'mn-1', label(1), endless))
      .when(0, configure('s2', 'mn-2', label(1), endless)).thenTemporary('flowLabel', 2, 's1')
      .when(0, configure('s4', 'mn-4', label(9), endless)).when(1, release('s1')).when(2, pool(2n, 1)).when(61, tick)
      .when(62, admitLegs('h1', 2n, [leg('l', label(9), endless)], { mobileNode: 'mn-3' })).thenEvents('VisitorAdmitted', { type: 'LegRefused', rejection: 'flow-id-pool-exhausted' })
      .when(63, release('s2')).thenEvents({ type: 'QosSessionReleased' }, { type: 'TemporaryFlowIdAllocated', sessionId: 'l', value: 1 }, 'QosSessionConfigured');
  });
  test('I12 the value of a path that a reservation takes over, for any protocol, and not before its quarantine has ended', () => {
    const tcp = ff({ protocol: 6 });
    given().visitors('mn-2', 'mn-4').when(0, provision(1n, { quarantineSeconds: 60 }, { sourcePort: { first: 50_000, last: 50_000 }, destinationPort: null }))
      .when(0, configure('s2', 'mn-2', ff(), endless)).when(0, path('s1', null, ff(), endless)).thenTemporary('sourcePort', 50_000, 's2')
      .when(0, configure('s4', 'mn-4', tcp, endless)).when(1, release('s2')).when(61, tick)
      .when(62, admitLegs('h1', 2n, [leg('l', tcp, endless)], { mobileNode: 'mn-3' })).thenEvents('VisitorAdmitted', { type: 'LegRefused', rejection: 'flow-id-pool-exhausted' })
      .when(63, resv('s5', null, wf(), endless))
      .thenEvents({ cause: 'merged', quarantinedUntil: timeAt(123) }, { sessionId: 's5' })
      .when(123, tick).thenEvents('QuarantineEnded', { type: 'TemporaryFlowIdAllocated', sessionId: 'l' }, { effective: { protocol: 6, sourcePort: 50_000 } });
  });
});
