import { cn, cn2, configure, dismiss, ff, given, provision, release, se, wf, type FlowTableScenario } from '../proof/flow-table.testing';
import { hold } from '../legs/handoff.testing';
import type { ConfigureSession } from '../commands/flow-table-commands';
import { rejectionCatalogue, type RejectionName } from './rejection';

/** What mn-1 then asks for is refused for every one of these reasons. */
interface Situation {
  readonly refusedFor: readonly RejectionName[];
  readonly scenario: () => FlowTableScenario;
  readonly asked: ConfigureSession;
}

const nobodyLeft = { sourcePort: null, destinationPort: null, greKey: null };
const network = (): FlowTableScenario =>
  given().visitors('mn-1', 'mn-2', 'mn-3').when(0, provision(1n, {}, nobodyLeft)).when(0, configure('other', 'mn-3', ff({ protocol: 6, sourcePort: 9 })));

/**
 * What of the rule can hold at once. Style and zero ports never do: the two sessions that they would need cannot stand side by side; nor
 * can a change of a list and either of them.
 */
const situations: readonly Situation[] = [
  { refusedFor: [], scenario: network, asked: configure('x', 'mn-1', ff()) },
  { refusedFor: ['style-conflict'], scenario: () => network().when(1, configure('s1', 'mn-1', ff())), asked: configure('x', 'mn-1', se([cn2, 1])) },
  { refusedFor: ['port-zero-conflict'], scenario: () => network().when(1, configure('s1', 'mn-2', ff())), asked: configure('x', 'mn-1', ff({ destinationPort: 0 })) },
  {
    refusedFor: ['change-overlaps'],
    scenario: () => network().when(1, configure('s1', 'mn-1', se([cn, 5000]))).when(1, configure('s2', 'mn-2', se([cn2, 5000]))),
    asked: configure('x', 'mn-1', se([cn, 5000], [cn2, 5000])),
  },
  { refusedFor: ['flow-id-pool-exhausted'], scenario: () => network().when(1, configure('s1', 'mn-2', ff())), asked: configure('x', 'mn-1', ff()) },
  {
    refusedFor: ['style-conflict', 'flow-id-pool-exhausted'],
    scenario: () => network().when(1, configure('s1', 'mn-1', ff({ sourcePort: 1 }))).when(1, configure('s2', 'mn-2', ff())),
    asked: configure('x', 'mn-1', wf()),
  },
  {
    refusedFor: ['port-zero-conflict', 'flow-id-pool-exhausted'],
    scenario: () => network().when(1, configure('s1', 'mn-2', ff({ destinationPort: 0 }))).when(2, release('s1')).when(2, configure('s2', 'mn-2', ff())),
    asked: configure('x', 'mn-1', ff({ destinationPort: 0 })),
  },
];

/** What else can stand in the way of any of them. */
const obstacles: Partial<Record<RejectionName, (situation: Situation) => Situation>> = {
  'not-owner': ({ asked, ...rest }) => ({ ...rest, asked: { ...asked, replaces: 'other' } }),
  'handoff-in-progress': ({ scenario, ...rest }) => ({ ...rest, scenario: () => scenario().when(2.5, hold('h1', 5n, { staysBound: true })) }),
  'no-binding': ({ scenario, ...rest }) => ({ ...rest, scenario: () => scenario().when(3, dismiss('mn-1', 9n, { cause: 'superseded' })) }),
};

const inTheWay: readonly (readonly RejectionName[])[] = Object.keys(obstacles).reduce<RejectionName[][]>(
  (subsets, name) => [...subsets, ...subsets.map((subset) => [...subset, name as RejectionName])],
  [[]],
);

const cases = situations.flatMap((situation) =>
  inTheWay.map((names): [string, Situation] => {
    const all = names.reduce((made, name) => obstacles[name]!(made), situation);
    const refusedFor = [...names, ...situation.refusedFor];
    return [refusedFor.join(' and ') || 'nothing', { ...all, refusedFor }];
  }),
);

describe('of the refusals that hold, the first of the catalogue is told', () => {
  test.each(cases)('%s', (_, { refusedFor, scenario, asked }) => {
    const first = (Object.keys(rejectionCatalogue) as RejectionName[]).find((name) => refusedFor.includes(name));
    const told = scenario().when(4, asked);
    if (first === undefined) told.thenAnswer({ outcome: 'configured' });
    else told.thenRefused(first).thenNothingAppended();
  });
});
