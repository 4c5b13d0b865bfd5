import { at } from '../proof/flow-table.testing';
import { asked, given, register, replied, type NodeScenario } from './mobile-node.testing';
import type { Register } from '../commands/mobile-node-commands';

/** Not rising behind 100, so that each is denied with 133. */
const low = (terms: Partial<Register> = {}): Register => register({ identification: '5', flags: ['B', 'S'], ...terms });
const denied = (...requests: Register[]): NodeScenario =>
  requests.reduce((scenario, request, i) => scenario.when(i + 1, request).thenDenied(133), given().when(0, register({ identification: '100' })));
const again = { outcome: 'refused', rejection: { rejection: 'registration-denied', facts: { code: 133 } } } as const;

describe('the very request again, denied for the same reason (RFC 5944 §3.4)', () => {
  test('is answered and no fact, whatever the order of its flags', () => {
    denied(low()).when(2, low()).thenEvents().thenAnswer(again).when(3, low({ flags: ['S', 'B'] })).thenEvents().thenAnswer(again);
    denied(low({ flags: ['S', 'B'] })).when(2, low()).thenEvents().thenAnswer(again);
  });
  test.each<[string, Partial<Register>]>([
    ['a flag more', { flags: ['B', 'S', 'T'] }], ['a flag less', { flags: ['B'] }], ['other flags', { flags: ['B', 'T'] }], ['another lifetime', { lifetimeSeconds: 299 }],
    ['another identification', { identification: '6' }], ['another care-of address', { careOfAddress: '198.51.100.2' }], ['another agent', { foreignAgent: 'fa-2' }],
  ])('with %s it is another request, and its denial a fact', (_, terms) => {
    denied(low()).when(2, low(terms)).thenDenied(133);
  });
  test('a node that takes turns with up to eight of them tells each once, with nine each time', () => {
    const requests = (many: number) => Array.from({ length: many }, (_, i) => low({ lifetimeSeconds: i + 1 }));
    const eight = denied(...requests(8));
    for (const request of requests(8)) eight.when(20, request).thenEvents();
    denied(...requests(9)).when(20, low({ lifetimeSeconds: 2 })).thenEvents().when(21, low({ lifetimeSeconds: 1 })).thenDenied(133);
  });
});

test('of several that were seen and denied the reply is to the one that was asked again', () => {
  const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', identification: '200' } as const;
  given().when(0, asked(0)).when(1, replied(1, { code: 66 })).when(2, asked(2, there)).when(3, replied(3, { code: 66, identification: '200' })).thenDenied(66)
    .when(20, asked(20, there)).thenEvents().when(21, replied(21, { code: 66, identification: '200', requestedAt: at(20) })).thenEvents()
    .thenAnswer({ outcome: 'refused', rejection: { facts: { code: 66, foreignAgent: 'fa-2' } } });
});
