import type { FlowTableEvent, LeasesExtended } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, cn, cn2, configure, ff, given, path, pathTear, resv, se, tick, timeAt } from '../proof/flow-table.testing';
import { nextDeadline } from './leases';

const lease = 236.25;
const one = (sourcePort: number) => ff({ sourcePort });

/** A server, and what another one writes to the same stream meanwhile. */
class Server {
  readonly state = new FlowTableState('fa-1', '198.51.100.1');

  constructor() {
    this.tell(0, admit('mn-1', 1n));
  }

  tell(seconds: number, command: FlowTableCommand): readonly FlowTableEvent[] {
    return handleFlowTable(this.state, command, at(seconds)).events;
  }

  configures(seconds: number, sourcePort: number): this {
    this.tell(seconds, configure(`s${sourcePort}`, 'mn-1', one(sourcePort)));
    return this;
  }

  refreshes(seconds: number, sourcePort: number): this {
    expect(this.tell(seconds, configure('x', 'mn-1', one(sourcePort)))).toEqual([]);
    return this;
  }

  otherExtends(seconds: number, ...sessions: string[]): this {
    const event: LeasesExtended = { type: 'LeasesExtended', sessions, until: timeAt(seconds + lease), occurredAt: timeAt(seconds) };
    evolveFlowTable(this.state, event);
    return this;
  }
}

describe('who is extended with the others (design.md, "Time")', () => {
  test('who was refreshed within the window and would soon ask for more; not who was refreshed before it, nor whose lease outlasts what the others get', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', one(1))).when(10, configure('s2', 'mn-1', one(2))).when(10, configure('s3', 'mn-1', one(3)))
      .when(62.249, configure('x', 'mn-1', one(2))).when(62.25, configure('x', 'mn-1', one(3))).when(62.25, configure('s4', 'mn-1', one(4)))
      .when(100, configure('x', 'mn-1', one(4))).thenNothingAppended()
      // 48.75 s after the window began; what was refreshed then gets 62.25 + 236.25 s, until which s4 stands already.
      .when(111, configure('x', 'mn-1', one(1))).thenEvents({ type: 'LeasesExtended', sessions: ['s3', 's1'], until: timeAt(62.25 + lease) })
      .thenWithout('reservations').thenWithout('paths').thenWithout('requests');
  });
  test('a refresh of a session that is refreshed at another period since, or is no more, asks for nothing', () => {
    const begun = () => given().visitors('mn-1').when(0, configure('s1', 'mn-1', one(1))).when(0, configure('s2', 'mn-1', one(2)))
      .when(60, configure('s3', 'mn-1', one(3))).when(70, configure('x', 'mn-1', one(2))).when(71, configure('x', 'mn-1', one(2), { refreshPeriodMs: 60_000 }));
    begun().when(100, configure('x', 'mn-1', one(1))).thenEvents({ type: 'LeasesExtended', sessions: ['s1'] });
    begun().when(72, { type: 'ReleaseSession', sessionId: 's2', cause: 'administrator', claimedBy: null })
      .when(100, configure('x', 'mn-1', one(1))).thenEvents({ type: 'LeasesExtended', sessions: ['s1'] });
  });
  test('nor does that of a sender whose path has left since', () => {
    const other = ff({ correspondentNode: cn2 });
    given().visitors('mn-2').when(0, path('p1', 'mn-1', ff())).when(0, path('p2', 'mn-1', other)).when(1, resv('s1', 'mn-1', se([cn, 5000], [cn2, 5000])))
      .when(30, path('x', 'mn-1', other)).when(31, path('x', 'mn-1', other, { refreshPeriodMs: 60_000 })).when(32, pathTear('mn-1', other))
      .when(33, configure('o', 'mn-2', ff({ destinationPort: 7 }))).when(70, path('x', 'mn-1', ff())).thenNothingAppended()
      .when(90, resv('x', 'mn-1', se([cn, 5000]))).thenEvents({ type: 'LeasesExtended', reservations: ['s1'], paths: [{ sessionId: 's1', correspondentNode: cn, sourcePort: 5000 }] });
  });
});

describe('an extension that waits while other servers write theirs', () => {
  test('refreshes that lie further apart than L / 2 are told apart: until is at least L after each, and at most 1.5 · L', () => {
    const server = new Server().configures(0, 1).configures(0, 2).configures(0, 3).configures(0, 9);
    server.otherExtends(80, 's9').refreshes(85, 1);
    for (const seconds of [105, 127]) server.otherExtends(seconds, 's9');
    server.refreshes(127.5, 2).otherExtends(150, 's9').otherExtends(178, 's9').refreshes(200, 3);
    expect(nextDeadline(server.state)).toBe(at(206.25));
    expect(server.tell(206.25, tick)).toEqual([
      { type: 'LeasesExtended', sessions: ['s1'], until: timeAt(85 + lease), occurredAt: timeAt(206.25) },
      { type: 'LeasesExtended', sessions: ['s2', 's3'], until: timeAt(127.5 + lease), occurredAt: timeAt(206.25) },
    ]);
  });
  test('what they extended meanwhile need not be written; what is left waits for its turn, 30 s after theirs', () => {
    const server = new Server().configures(0, 1).configures(60, 2).configures(0, 9);
    server.otherExtends(80, 's9').refreshes(85, 1).otherExtends(105, 's9').otherExtends(130, 's9').refreshes(145, 2).otherExtends(155, 's9').otherExtends(180, 's9');
    server.otherExtends(205, 's1', 's9');
    expect(server.tell(206.25, tick)).toEqual([]);
    expect(server.tell(234.999, tick)).toEqual([]);
    expect(server.tell(235, tick)).toEqual([{ type: 'LeasesExtended', sessions: ['s2'], until: timeAt(145 + lease), occurredAt: timeAt(235) }]);
  });
  test('nobody who does not ask for more yet is written where the one that did was extended by another', () => {
    const server = new Server().configures(0, 1).configures(60, 2).configures(0, 9);
    server.otherExtends(80, 's9').refreshes(85, 1).refreshes(100, 2).otherExtends(101, 's1', 's9');
    expect(server.tell(131, tick)).toEqual([]);
    expect(server.tell(206.25, tick)).toEqual([]);
  });
});

describe('a server that is about to forget what it saw', () => {
  test('writes the extensions of every refresh period, each for itself', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', one(1))).when(0, configure('s2', 'mn-1', one(2)))
      .when(0, configure('t1', 'mn-1', one(3), { refreshPeriodMs: 60_000 })).when(0, configure('t2', 'mn-1', one(4), { refreshPeriodMs: 60_000 }))
      .when(160, configure('x', 'mn-1', one(1))).thenEvents({ sessions: ['s1'] }).when(160, configure('x', 'mn-1', one(3), { refreshPeriodMs: 60_000 })).thenEvents({ sessions: ['t1'] })
      .when(165, configure('x', 'mn-1', one(2))).thenNothingAppended().when(165, configure('x', 'mn-1', one(4), { refreshPeriodMs: 60_000 })).thenNothingAppended()
      .when(170, { ...tick, writeWaitingExtensions: true })
      .thenEvents({ type: 'LeasesExtended', sessions: ['s2'], until: timeAt(165 + lease) }, { type: 'LeasesExtended', sessions: ['t2'], until: timeAt(165 + 2 * lease) })
      .when(171, { ...tick, writeWaitingExtensions: true }).thenNothingAppended();
  });
});
