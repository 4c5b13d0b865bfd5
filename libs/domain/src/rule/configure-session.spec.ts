import type { QosSessionConfigured, TemporaryFlowIdAllocated, TunnelAssociation } from '../events/events';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, cn, cn2, configure, esp, ff, given, path, provision, release, resv, se, timeAt, wf } from '../proof/flow-table.testing';
import { admitLegs, leg } from '../legs/handoff.testing';

const nodes = ['mn-1', 'mn-2', 'mn-3'];
const violation = { name: 'seen', detail: 'Something that an RFC forbids.' };
const association = (sourcePort: number): TunnelAssociation => ({
  session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort },
});

describe('what a configured session tells', () => {
  test('whose it is, with the binding that it stands on', () => {
    given().when(0, admit('mn-1', 1n, { homeAddress: '10.0.0.9', homeAgent: '203.0.113.9', expiresAt: timeAt(600) })).when(0, configure('s1', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionConfigured', mobileNode: 'mn-1', homeAddress: '10.0.0.9', homeAgent: '203.0.113.9', registrationExpiresAt: timeAt(600), reclaimed: false, temporary: null })
      .thenWithout('violations').thenWithout('matchedInAll').thenWithout('handoffId').thenWithout('reservation');
    given().when(0, configure('s1', 'mn-1', ff())).thenAnswer({ outcome: 'refused', rejection: { rejection: 'no-binding', facts: { code: 2 } } } as never);
  });
  test('of a node that is not bound here, as a capture may show it, the source is its own', () => {
    given().when(0, provision(1n, { outerSource: 'home-agent' })).when(0, path('s1', 'mn-1', ff())).thenEffective(`ports ${cn} 17 5000 5004`);
    given().when(0, path('s1', 'mn-1', ff(), { association: association(50_000) })).thenEvents({ choice: 'network' }, { type: 'QosSessionConfigured', mobileNode: 'mn-1' });
  });
  test('that a reservation without soft state has no end, though the path that it takes over has one', () => {
    given().when(0, path('s1', null, ff())).when(1, resv('s2', null, wf(), { refreshPeriodMs: 0 }))
      .thenEvents({ cause: 'merged' }, { type: 'QosSessionConfigured', refreshPeriodMs: 0, expiresAt: null }).thenWithout('reservation');
  });
  test('a binding without end has none to tell, and a flow of nobody has no binding', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).thenEvents({ homeAddress: '10.0.0.5', registrationExpiresAt: null })
      .when(1, path('s2', null, ff({ sourcePort: 1 }))).thenEvents({ mobileNode: null, homeAddress: null, homeAgent: null, registrationExpiresAt: null });
  });
  test('what it matched, in order of arrival: what is held, then what is quarantined', () => {
    const scenario = given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff({ correspondentNode: cn2 }))).when(0, configure('s2', 'mn-1', ff({ correspondentNode: cn })));
    scenario.when(0, configure('s3', 'mn-2', se([cn, 5000], [cn2, 5000]))).thenTemporary('destinationPort', 49152, 's1', 's2')
      .when(1, release('s1')).when(1, release('s2'))
      .when(2, configure('s4', 'mn-3', se([cn, 5000], [cn2, 5000]))).thenTemporary('destinationPort', 49153, 's1 q', 's2 q')
      .thenEvents({ matched: [{ sessionId: 's1', state: 'quarantined' }, { sessionId: 's2', state: 'quarantined' }] }, {});
  });
});

test('I13 several quarantined ids of one session are told in the order of their end, also behind a decision that was taken back', () => {
  const state = new FlowTableState('fa-1', careOf);
  const tell = (seconds: number, command: FlowTableCommand) => handleFlowTable(state, command, at(seconds)).events;
  for (const node of nodes) tell(0, admit(node, 1n));
  tell(0, configure('s1', 'mn-1', se([cn, 1], [cn, 5000])));
  tell(0, configure('x', 'mn-1', se([cn, 5000])));
  tell(1, release('s1'));
  state.journal.begin();
  tell(10_000, { type: 'Tick' });
  state.journal.unwind();
  const [, configured] = tell(2, configure('w', 'mn-2', wf())) as [TemporaryFlowIdAllocated, QosSessionConfigured];
  expect(configured.matched.map(({ effective }) => effective)).toMatchObject([{ senders: [{ sourcePort: 1 }] }, { senders: [{ sourcePort: 5000 }] }]);
});

test.each([[100, undefined], [101, 101]])('of %d matches the first hundred are told, and how many there were if there were more', (count, matchedInAll) => {
  const state = new FlowTableState('fa-1', careOf);
  const tell = (command: FlowTableCommand) => handleFlowTable(state, command, at(0)).events;
  for (const node of nodes) tell(admit(node, 1n));
  for (let n = 0; n < count; n++) tell(configure(`s${n}`, 'mn-1', ff({ sourcePort: n + 1 })));
  const [allocated, configured] = tell(configure('w', 'mn-2', wf())) as [TemporaryFlowIdAllocated, QosSessionConfigured];
  const first = Array.from({ length: 100 }, (_, n) => `s${n}`);
  expect([allocated, configured].map(({ matched }) => matched.map(({ sessionId }) => sessionId))).toEqual([first, first]);
  expect(configured.matchedInAll).toBe(matchedInAll);
});

describe('violations of a session that the network chose an id for', () => {
  test('there are none where nothing is wrong with the choice', () => {
    given().visitors('mn-1').when(0, path('s1', 'mn-1', ff(), { association: association(50_000) })).thenEvents({ choice: 'network' }, {}).thenWithout('violations');
  });
  test('one of the choice stands behind what was seen before', () => {
    given().visitors(...nodes).when(0, path('s1', 'mn-1', ff({ sourcePort: 50_000 })))
      .when(1, path('s2', 'mn-2', ff(), { association: association(50_000), violations: [violation] }))
      .thenEvents({ type: 'QosSessionConfigured', violations: [violation, { name: 'network-id-overlaps' }] });
  });
});

describe('a session to be replaced that is another\'s (not-owner)', () => {
  test.each([['mn-1', 'mn-1'], [null, 'no known node']])('%s: the refusal tells the owner', (owner, named) => {
    given().visitors(...nodes).when(0, path('s1', owner, esp(7))).when(1, configure('s2', 'mn-2', esp(8), { replaces: 's1' }))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'not-owner', detail: expect.stringContaining(named), facts: { owner } } } as never);
    given().visitors(...nodes).when(0, path('s1', owner, esp(7))).when(1, release('s1', 'path-tear', 'mn-2'))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'not-owner', detail: expect.stringContaining(named), facts: { owner } } } as never);
  });
});

describe('a session that takes the place of another (domain.md §8: rekeying)', () => {
  test('the other ends behind it, a degraded one, too; where nothing new is made it stands', () => {
    given().visitors(...nodes).when(0, configure('s1', 'mn-1', esp(7))).when(1, configure('s2', 'mn-1', esp(8), { replaces: 's1' }))
      .thenEvents({ type: 'QosSessionConfigured', sessionId: 's2', replaces: 's1' }, { type: 'QosSessionReleased', sessionId: 's1', cause: 'replaced' })
      .when(2, configure('s3', 'mn-1', esp(9))).when(3, configure('x', 'mn-1', esp(9), { replaces: 's2' })).thenNothingAppended().thenHeld('s2', 's3');
    given().visitors('mn-2').when(0, provision(1n, {}, { greKey: null })).when(0, configure('s1', 'mn-2', esp(7))).when(1, admitLegs('h1', 2n, [leg('l', esp(7))]))
      .when(2, configure('s2', 'mn-1', esp(8), { replaces: 'l' }))
      .thenEvents({ type: 'QosSessionConfigured', sessionId: 's2' }, { type: 'DegradedLegEnded', sessionId: 'l', mobileNode: 'mn-1', cause: 'replaced' });
  });
  test('one that is nowhere cannot be replaced, and the refusal names it', () => {
    given().visitors('mn-1').when(0, configure('s2', 'mn-1', esp(8), { replaces: 's1', replacedElsewhere: null }))
      .thenAnswer({ outcome: 'refused', rejection: { rejection: 'session-unknown', facts: { sessionId: 's1' } } } as never);
  });
});
