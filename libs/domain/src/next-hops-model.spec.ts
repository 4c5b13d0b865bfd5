import fc from 'fast-check';
import type { Flow, Tspec } from './flow';
import { fingerprint } from './fingerprint.testing';
import { handleFlowTable } from './flow-table';
import type { ObservedMessage } from './flow-table-commands';
import { FlowTableState } from './flow-table-state';
import { at, careOf, cn, ff, path, resv, resvTear, se, wf } from './flow-table.testing';
import { NaiveNextHops } from './naive-next-hops.testing';
import { runs } from './property-runs.testing';
import { expectSame, replay } from './scope-life.testing';

const nextHop = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3');
const router = fc.constantFrom('198.51.100.1', '198.51.100.1', '203.0.113.1');
const tspec: fc.Arbitrary<Tspec> = fc.record({
  r: fc.constantFrom(1, 2, 3), b: fc.constantFrom(1, 2), p: fc.constantFrom<Tspec['p']>(4, 5, 'Infinity'), m: fc.constantFrom(64, 128), M: fc.constantFrom(1_000, 1_500),
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant('resv' as const), nextHop, router, tspec }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('tear' as const), nextHop, router, tspec }) },
);

describe('reservations of several next hops against a naive model (RFC 2205 §2.2)', () => {
  test.each<[string, Flow]>([['FF', ff()], ['SE', se([cn, 5000])], ['WF', wf()]])('who asks for what, what that comes to, and when nobody does: %s', (_, flow) => {
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), (steps) => {
      const state = new FlowTableState('fa-1', careOf);
      const model = new NaiveNextHops();
      const tell = (command: ObservedMessage) => handleFlowTable(state, { ...command, observedAt: at(1) }, at(1)).events;
      const events = [...tell(path('s', null, ff()))];
      for (const [index, { what, nextHop: hop, router: node, tspec: asked }] of steps.entries()) {
        const seen = { nextHop: hop, node };
        const asks = { ...seen, tspec: asked, service: 'controlled-load' } as const;
        events.push(...tell(what === 'resv' ? resv(`s${index}`, null, flow, asks) : { ...resvTear(null, flow), ...seen }));
        if (what === 'resv') model.reserve(hop, node, asked);
        else if (model.isLive) model.tear(hop, node);
        const session = [...state.sessions.values()][0]!;
        expectSame(`${state.sessions.size} ${session.state}`, `1 ${model.isLive ? 'live' : 'path-only'}`);
        if (model.isLive) expectSame(fingerprint(session.tspec), fingerprint(model.merged));
        const told = state.parts.requests(session.sessionId).map((request) => [request.nextHop, request.node, request.tspec]);
        expectSame(fingerprint(told), fingerprint(model.asked.map((one) => [one.nextHop, one.router, one.tspec]).sort(([a], [b]) => (a! < b! ? -1 : 1))));
      }
      expectSame(fingerprint(replay({ careOfAddress: careOf, steps: [] }, events)), fingerprint(state));
    }), runs);
  });
});
