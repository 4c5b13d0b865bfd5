import fc from 'fast-check';
import type { FlowTableEvent } from '../events/events';
import type { Flow, Tspec } from '../flow/flow';
import { fingerprint } from '../proof/fingerprint.testing';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState, type Session } from '../scope/flow-table-state';
import { at, careOf, cn, ff, path, resv, resvTear, se, tick, wf } from '../proof/flow-table.testing';
import { NaiveNextHops } from './naive-next-hops.testing';
import { runs } from '../proof/property-runs.testing';
import { expectSame, replay } from '../proof/scope-life.testing';

const tspec: fc.Arbitrary<Tspec> = fc.record({
  r: fc.constantFrom(1, 2, 3), b: fc.constantFrom(1, 2), p: fc.constantFrom<Tspec['p']>(4, 5, 'Infinity'), m: fc.constantFrom(64, 128), M: fc.constantFrom(1_000, 1_500),
});
/** Mostly the same, so that refreshes are among them. */
const one: Tspec = { r: 1, b: 1, p: 4, m: 64, M: 1_000 };
const mostlyOne = fc.oneof({ weight: 2, arbitrary: fc.constant(one) }, { weight: 1, arbitrary: tspec });
const asked = {
  nextHop: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
  router: fc.constantFrom('198.51.100.1', '198.51.100.1', '203.0.113.1'),
  /** Seconds since the step before. */
  after: fc.constantFrom(0, 1, 8, 14, 29, 47, 95, 200),
  refreshPeriod: fc.constantFrom(10, 30, 60),
};
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('resv' as const), ...asked, tspec: mostlyOne }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('nameless' as const), ...asked, tspec: mostlyOne }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('tear' as const), ...asked, tspec }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The session, and the model beside it. */
class Played {
  readonly state = new FlowTableState('fa-1', careOf);
  readonly model = new NaiveNextHops();
  readonly events: FlowTableEvent[] = [];
  private now = 1;

  constructor(private readonly flow: Flow, hasPath: boolean) {
    // It outlasts what is played under it.
    if (hasPath) this.tell(path('s', null, ff(), { refreshPeriodMs: 10_000_000 }));
  }

  play(steps: readonly Step[]): void {
    for (const [index, { what, after, ...asks }] of steps.entries()) {
      this.now += after;
      this.tell(tick);
      this.expectInTime();
      this.step(what, asks, index);
      this.expectSame();
    }
  }

  private step(what: Step['what'], { nextHop, router, tspec, refreshPeriod }: Omit<Step, 'what' | 'after'>, index: number): void {
    const { flow, model } = this;
    const seen = { nextHop, node: router };
    if (what === 'tear') {
      this.tell({ ...resvTear(null, flow), ...seen });
      if (model.isLive) model.tear(nextHop, router);
    } else if (what === 'nameless') {
      // Without RSVP_HOP; where nobody is known by name it is a reservation of its own, which the model has none of.
      if (model.asked.length === 0) return;
      this.tell(resv(`s${index}`, null, flow, { tspec, service: 'controlled-load', refreshPeriodMs: 1_000 * refreshPeriod }));
      model.reserveNameless({ tspec, refreshPeriod, refreshedAt: this.now });
    } else {
      this.tell(resv(`s${index}`, null, flow, { ...seen, tspec, service: 'controlled-load', refreshPeriodMs: 1_000 * refreshPeriod }));
      model.reserve({ nextHop, router, tspec, refreshPeriod, refreshedAt: this.now });
    }
  }

  private get session(): Session | undefined {
    return [...this.state.sessions.values()][0];
  }

  private get standing(): string[] {
    return this.session?.state === 'live' ? this.state.parts.requests(this.session.sessionId).map(({ nextHop }) => nextHop) : [];
  }

  private tell(command: FlowTableCommand): void {
    const told = 'observedAt' in command ? { ...command, observedAt: at(this.now) } : command;
    this.events.push(...handleFlowTable(this.state, told, at(this.now)).events);
  }

  private expectInTime(): void {
    const { standing, model, now } = this;
    const { stand, mayStand } = model.expectedAt(now);
    expect({ ended: stand.filter((hop) => !standing.includes(hop)), left: standing.filter((hop) => !mayStand.includes(hop)) }).toEqual({ ended: [], left: [] });
    model.left(standing);
  }

  private expectSame(): void {
    const { session, model, state } = this;
    expectSame(session?.state === 'live', model.isLive);
    if (!session) return;
    if (model.isLive) expectSame(fingerprint(session.tspec), fingerprint(model.merged));
    const told = state.parts.requests(session.sessionId).map((request) => [request.nextHop, request.node, request.tspec]);
    expectSame(fingerprint(told), fingerprint(model.asked.map((one) => [one.nextHop, one.router, one.tspec]).sort(([a], [b]) => (a! < b! ? -1 : 1))));
  }
}

describe('reservations of several next hops against a naive model (RFC 2205 §2.2, §3.7)', () => {
  test.each<[string, Flow]>([['FF', ff()], ['SE', se([cn, 5000])], ['WF', wf()]])('who asks for what, how long each stands, what that comes to, and when nobody does: %s', (_, flow) => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.boolean(), (steps, hasPath) => {
      const played = new Played(flow, hasPath);
      played.play(steps);
      expectSame(fingerprint(replay({ careOfAddress: careOf, steps: [] }, played.events)), fingerprint(played.state));
    }), runs);
  });
});
