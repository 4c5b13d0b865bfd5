import type { RegistrationRequested } from '../events/events';
import { at, timeAt } from '../proof/flow-table.testing';
import { evolveMobileNode, initialMobileNode } from './mobile-node-state';
import type { ObserveRequest } from '../commands/mobile-node-commands';
import { asked, given, policy, register, replied } from './mobile-node.testing';

const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' } as const;
/** An identification of two halves. */
const id = (high: number, low: number): string => String((BigInt(high) << 32n) | BigInt(low));
const unmatched = { type: 'RegistrationReplyUnmatched' } as const;

describe('which request a reply answers (RFC 5944 §3.7.3, §5.7)', () => {
  test('given two requests whose identifications share the low half, each reply settles its own', () => {
    const both = () => given().when(0, asked(0, { identification: id(100, 0) })).when(1, asked(1, { ...there, identification: id(101, 0) }))
      .thenEvents({ type: 'RegistrationRequested', foreignAgent: 'fa-2' });
    both().when(2, replied(2, { identification: id(101, 0) })).thenBound('198.51.101.1')
      .when(3, replied(3, { identification: id(100, 0), code: 133 })).thenEvents({ type: 'RegistrationDenied', foreignAgent: 'fa-1', identification: id(100, 0) });
    both().when(2, replied(2, { identification: id(100, 0) })).thenBound('198.51.100.1')
      .when(3, replied(3, { identification: id(101, 0) })).thenBound('198.51.101.1');
  });
  test('given a reply with a new nonce in the high half, then the last request of its low half is meant', () => {
    given().when(0, asked(0, { identification: id(1, 7) })).when(1, asked(1, { ...there, identification: id(2, 7) }))
      .when(2, replied(2, { identification: id(900, 7) })).thenEvents({ type: 'RegistrationAccepted', foreignAgent: 'fa-2', identification: id(2, 7), replyIdentification: id(900, 7) });
    given().when(0, asked(0, { identification: id(1, 7) })).when(1, replied(1, { identification: id(1, 8) })).thenEvents(unmatched).thenBound();
  });
  test('given one node through two home agents with one identification, then each home agent answers its own request', () => {
    const second = { ...there, homeAgent: '203.0.113.2', flags: ['S'] };
    given().when(0, asked(0, { flags: ['S'] }))
      .when(1, asked(1, second)).thenEvents({ type: 'RegistrationRequested', homeAgent: '203.0.113.2' }).when(2, replied(2, { homeAgent: '203.0.113.2' })).thenBound('198.51.101.1').when(3, replied(3))
      .thenBound('198.51.101.1', '198.51.100.1')
      .when(4, replied(4)).thenEvents(unmatched);
    const other = { homeAgent: '203.0.113.2' };
    given().when(0, asked(0)).when(1, asked(1, other)).thenEvents({ type: 'RegistrationRequested', ...other }).when(2, replied(2, other)).thenEvents({ type: 'RegistrationAccepted', ...other })
      .when(3, replied(3)).thenEvents({ type: 'RegistrationAccepted', homeAgent: '203.0.113.1' });
  });
  test('given one node with two home addresses of one home agent and one identification, then each reply binds its own', () => {
    const second = { homeAddress: '10.0.0.6' };
    const odd = { type: 'RegistrationRequested', ...second, violations: [{ name: 'identification-not-rising' }] };
    given().when(0, asked(0)).when(1, asked(1, second)).thenEvents({ type: 'RegistrationRequested', ...second })
      .when(2, replied(2)).thenEvents({ type: 'RegistrationAccepted', homeAddress: '10.0.0.5' })
      .when(3, replied(3, second)).thenEvents({ type: 'RegistrationAccepted', ...second, refresh: false }).thenBindings('203.0.113.1 198.51.100.1', '203.0.113.1 198.51.100.1')
      .when(60, { type: 'Tick' }).thenEvents();
    given().when(0, asked(0)).when(1, replied(1)).when(2, asked(2, second)).thenEvents(odd)
      .when(3, replied(3, second)).thenEvents({ type: 'RegistrationAccepted', ...second })
      // The repeat of the last accepted one.
      .when(4, asked(4, second)).thenEvents();
  });
  test('given the reply about one home address behind the higher one of another, then both are bound', () => {
    const second = { homeAddress: '10.0.0.6', identification: '101' };
    for (const first of [{}, { homeAddress: '0.0.0.0' }]) {
      given().when(0, asked(0, first)).when(1, asked(1, second)).when(2, replied(2, second)).when(3, replied(3))
        .thenEvents({ type: 'RegistrationAccepted', homeAddress: '10.0.0.5' }).thenBindings('203.0.113.1 198.51.100.1', '203.0.113.1 198.51.100.1');
    }
  });
  test('given who asked for a home address with zeros and was given one, then its repeat is a duplicate, and a lower one of that address late', () => {
    const zeros = { homeAddress: '0.0.0.0' };
    given().when(0, asked(0, zeros)).when(1, replied(1)).when(2, asked(2, zeros)).thenEvents()
      .when(60, { type: 'Tick' }).thenEvents();
    given().when(0, asked(0, zeros)).when(1, asked(1, { identification: '101' })).when(2, replied(2, { identification: '101' })).when(3, replied(3))
      .thenEvents({ ...unmatched, violations: [{ name: 'identification-not-rising' }] });
  });
  test('given one that asked with zeros beside one that names its home address, then the reply is of the one that names it', () => {
    const second = { homeAddress: '10.0.0.6', lifetimeSeconds: 60 };
    given().when(0, asked(0, { homeAddress: '0.0.0.0' })).when(1, asked(1, second)).when(2, replied(2, second)).thenEvents({ type: 'RegistrationAccepted', ...second })
      .when(3, replied(3)).thenEvents({ type: 'RegistrationAccepted', homeAddress: '10.0.0.5', lifetimeSeconds: 300 });
  });
  test('given a request that carries no identification, then no reply answers it', () => {
    given().when(0, asked(0, { identification: null })).when(1, replied(1)).thenEvents(unmatched).thenBound();
  });
  test('a reply about another home address, or from another home agent, is nobody\'s', () => {
    given().when(0, asked(0)).when(1, replied(1, { homeAddress: '10.9.9.9' })).thenEvents(unmatched)
      .when(1, replied(1, { homeAgent: '203.0.113.99' })).thenEvents(unmatched).thenBound().when(2, replied(2)).thenBound('198.51.100.1');
  });
  test.each(['0.0.0.0', '255.255.255.255'])('a node that asks %s for a home agent has the one that answers', (homeAgent) => {
    given().when(0, asked(0, { homeAgent })).when(1, replied(1)).thenEvents({ type: 'RegistrationAccepted', homeAgent: '203.0.113.1' }).thenBound('198.51.100.1')
      // It waits no longer.
      .when(60, { type: 'Tick' }).thenEvents();
  });
  test('given who asked had no name, when the reply names it, then its request here is over and the rest is told there', () => {
    given().when(0, asked(0, { homeAddress: '0.0.0.0' })).when(1, replied(1, { names: '10.0.0.5@203.0.113.1' }))
      .thenEvents({ ...unmatched, violations: [{ name: 'named-by-reply', detail: expect.stringContaining('10.0.0.5@203.0.113.1') }] }).thenBound()
      .when(60, { type: 'Tick' }).thenEvents();
  });
  test('a home agent that was asked by another address says so with 136, and its own address', () => {
    const asks = { homeAgent: '203.0.113.255' };
    given().when(0, asked(0, asks)).when(1, replied(1, { code: 136 })).thenEvents({ type: 'RegistrationDenied', code: 136, ...asks });
    given().when(0, asked(0, asks)).when(1, replied(1, { code: 133 })).thenEvents(unmatched);
  });
});

describe('a request waits for 7 s (RFC 5944 §3.7.1)', () => {
  test('to the end, whatever is asked meanwhile', () => {
    given().when(0, asked(0)).when(7, asked(7, { ...there, identification: '200' })).when(7, replied(7)).thenBound('198.51.100.1');
  });
  test('given a stream in which it lapsed without a word, then the next one waits alone', () => {
    const requested = (seconds: number, identification: string): RegistrationRequested => {
      const { type: _type, observedAt: _seen, ...request } = asked(seconds, { identification });
      return { type: 'RegistrationRequested', ...request, pendingUntil: timeAt(seconds + 7), occurredAt: timeAt(seconds) };
    };
    const { pending } = evolveMobileNode(evolveMobileNode(initialMobileNode, requested(0, '100')), requested(8, '200'));
    expect(pending.map(({ request }) => request.identification)).toEqual(['200']);
  });
});

describe('a reply that a later registration overtook on its way (I16)', () => {
  const overtaken = { ...unmatched, identification: '100', violations: [{ name: 'identification-not-rising', detail: expect.stringContaining('100 was accepted before 200') }] };
  const both = (terms: Partial<ObserveRequest>) => given().when(0, asked(0, terms)).when(1, asked(1, { ...terms, ...there, identification: '200' }));

  test('given a request there was accepted since, when the reply to the one here comes, then the node stays there', () => {
    both({}).when(2, replied(2, { identification: '200', handoffId: 'h1' })).thenBound('198.51.101.1')
      .when(2.2, replied(2.2, { handoffId: 'h2' })).thenEvents(overtaken).thenBound('198.51.101.1')
      // It waits no longer: a reply did come.
      .when(60, { type: 'Tick' }).thenEvents();
  });
  test('given it deregistered since, when the reply to an older request comes, then the node is not bound again', () => {
    given().when(0, register({ identification: '99' })).when(1, asked(1)).when(1.5, asked(1.5, { identification: '200', lifetimeSeconds: 0 }))
      .when(1.6, replied(1.6, { identification: '200', lifetimeSeconds: 0 })).thenBound().when(1.8, replied(1.8)).thenEvents(overtaken).thenBound();
  });
  test('given it registered by command since, then the reply is late as well', () => {
    given().when(0, asked(0)).when(1, register({ ...there, identification: '200' })).when(2, replied(2)).thenEvents(overtaken).thenBound('198.51.101.1');
  });
  test('given another home agent, a lower identification, or nonces, then nothing overtook it', () => {
    given().when(0, asked(0)).when(1, register({ ...there, identification: '200', homeAgent: '203.0.113.2', flags: ['S'] })).when(2, replied(2)).thenBound('198.51.100.1');
    given().when(0, asked(0)).when(1, register({ ...there, identification: '99' })).when(2, replied(2)).thenBound('198.51.100.1');
    both({ policy: { ...policy, replayProtection: 'nonces' } }).when(2, replied(2, { identification: '200' })).when(3, replied(3)).thenBound('198.51.100.1');
  });
  test('given it was too low already when it was asked for, then a home agent that accepts it all the same decides', () => {
    given().when(0, register({ ...there, identification: '200' })).when(1, asked(1)).thenEvents({ violations: [{ name: 'identification-not-rising' }] })
      .when(2, replied(2)).thenBound('198.51.100.1');
  });
  test('given a denial comes late, then it is told as any other', () => {
    both({}).when(2, replied(2, { identification: '200' })).when(3, replied(3, { code: 133 })).thenEvents({ type: 'RegistrationDenied', code: 133 }).thenBound('198.51.101.1');
  });
});

describe('a repeat of a request', () => {
  test('while it waits, or once it was accepted, tells nothing', () => {
    given().when(0, asked(0)).when(1, asked(1)).thenEvents().when(2, replied(2)).when(3, asked(3)).thenEvents();
  });
  test('with another care-of address it is another request, with what is wrong of it', () => {
    given().when(0, asked(0)).when(1, asked(1, there)).thenEvents({ type: 'RegistrationRequested', foreignAgent: 'fa-2' });
    given().when(0, asked(0)).when(1, replied(1)).when(2, asked(2, there)).thenEvents({ foreignAgent: 'fa-2', violations: [{ name: 'identification-not-rising' }] });
  });
  test('it may come again once it was denied, which is no fact; its reply is one where it is another', () => {
    const denied = () => given().when(0, asked(0)).when(1, replied(1, { code: 66 })).thenDenied(66).when(20, asked(20)).thenEvents();
    denied().when(21, replied(21, { code: 66, requestedAt: at(20) })).thenEvents().thenAnswer({ outcome: 'refused', rejection: { facts: { code: 66, foreignAgent: 'fa-1' } } });
    denied().when(21, replied(21, { code: 133, requestedAt: at(20) })).thenDenied(133).when(22, asked(22)).thenEvents()
      .when(22, replied(22, { code: 66, requestedAt: at(22) })).thenDenied(66);
    denied().when(27, replied(27, { requestedAt: at(20) })).thenEvents({ type: 'RegistrationAccepted', grantedLifetimeSeconds: 300 }).thenBound('198.51.100.1');
    // I17: nobody saw it asked again, or it waited for too long.
    denied().when(21, replied(21)).thenEvents(unmatched).thenBound().when(28, replied(28, { requestedAt: at(20) })).thenEvents(unmatched).thenBound();
    given().when(0, asked(0)).when(8, { type: 'Tick' }).thenEvents({ code: 78 }).when(20, asked(20)).thenEvents().when(30, { type: 'Tick' }).thenEvents();
    // What was accepted meanwhile, it would lead back from.
    denied().when(21, register({ careOfAddress: '198.51.100.2' })).when(22, replied(22, { requestedAt: at(20) })).thenEvents(unmatched).when(23, asked(23)).thenEvents({ type: 'RegistrationRequested' });
  });
  test('given a command of the same identification elsewhere, then what waits goes on waiting', () => {
    given().when(0, asked(0)).when(1, register({ ...there, identification: '100' })).when(2, replied(2)).thenBound('198.51.100.1');
    given().when(0, asked(0)).when(1, register({ identification: '100' })).when(2, replied(2)).thenEvents(unmatched);
  });
});

test('F33 the denial of an agent gives no nonce: the one of the last reply is still good', () => {
  const nonces = { policy: { ...policy, replayProtection: 'nonces' as const } };
  given().when(0, register({ ...nonces, identification: id(0, 1), nonce: 1000 }))
    .when(1, register({ ...nonces, identification: id(1000, 2), nonce: 2000, careOfAddressValid: false })).thenDenied(77)
    .when(2, register({ ...nonces, identification: id(1000, 2), nonce: 3000 })).thenBound('198.51.100.1').thenEvents({ type: 'RegistrationAccepted' });
});
