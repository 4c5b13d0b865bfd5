import type { TunnelAssociation } from './events';
import { admit, cn, cn2, configure, esp, ff, given, path, release, se, timeAt } from './flow-table.testing';

const nodes = ['mn-1', 'mn-2', 'mn-3'];
const violation = { name: 'seen', detail: 'Something that an RFC forbids.' };
const association = (sourcePort: number): TunnelAssociation => ({
  session: { destination: '10.0.0.5', protocol: 17, destinationPort: 5004 }, tunnel: { source: '203.0.113.1', sourcePort },
});

describe('what a configured session tells', () => {
  test('whose it is, with the binding that it stands on', () => {
    given().when(0, admit('mn-1', 1n, { homeAddress: '10.0.0.9', homeAgent: '203.0.113.9', expiresAt: timeAt(600) })).when(0, configure('s1', 'mn-1', ff()))
      .thenEvents({ type: 'QosSessionConfigured', mobileNode: 'mn-1', homeAddress: '10.0.0.9', homeAgent: '203.0.113.9', registrationExpiresAt: timeAt(600), reclaimed: false, temporary: null })
      .thenWithout('violations');
  });
  test('a binding without end has none to tell, and a flow of nobody has no binding', () => {
    given().visitors('mn-1').when(0, configure('s1', 'mn-1', ff())).thenEvents({ homeAddress: '10.0.0.5', registrationExpiresAt: null })
      .when(1, path('s2', null, ff({ sourcePort: 1 }))).thenEvents({ mobileNode: null, homeAddress: null, homeAgent: null, registrationExpiresAt: null });
  });
  test('what it matched, in order of arrival: what is held, then what is quarantined', () => {
    const scenario = given().visitors(...nodes).when(0, configure('s1', 'mn-1', ff({ correspondentNode: cn2 }))).when(0, configure('s2', 'mn-1', ff({ correspondentNode: cn })));
    scenario.when(0, configure('s3', 'mn-2', se([cn, 5000], [cn2, 5000]))).thenTemporary('destinationPort', 49152, 's1', 's2')
      .when(1, release('s1')).when(1, release('s2'))
      .when(2, configure('s4', 'mn-3', se([cn, 5000], [cn2, 5000]))).thenTemporary('destinationPort', 49153, 's1 q', 's2 q');
  });
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
