import { recoveriesOfAppend } from './append-bounds';
import type { FlowTableEvent } from './events';
import { handleFlowTable } from './flow-table';
import type { FlowTableCommand } from './flow-table-commands';
import { FlowTableState } from './flow-table-state';
import { admit, at, careOf, cn, configure, ff, given, provision, release, se, tick, wf } from './flow-table.testing';
import { admitLegs, leg } from './handoff.testing';
import { nextDeadline } from './leases';

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
      .when(2, release('s1')).thenEvents({ type: 'QosSessionReleased' }, 'TemporaryFlowIdAllocated', { type: 'QosSessionConfigured', sessionId: 'l' });
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
});
