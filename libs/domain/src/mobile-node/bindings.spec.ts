import type { MobileNodeEvent, RegistrationAccepted, RegistrationEnded } from '../events/events';
import { at, timeAt } from '../proof/flow-table.testing';
import { allBindings } from './bindings';
import { evolveMobileNode, initialMobileNode } from './mobile-node-state';
import { asked, given, policy, register, replied, revoke } from './mobile-node.testing';

const here = '198.51.100.1';
const there = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' } as const;
const [first, second] = ['203.0.113.1', '203.0.113.2'];
const other = { homeAgent: second, homeAddress: '10.0.0.6' } as const;
const handsOff = { policy: { ...policy, handoff: 'make-before-break' } } as const;

/** Through the first home agent for 300 s, through the second for 100 s. */
const two = () => given().when(0, register()).when(10, register({ ...other, lifetimeSeconds: 100 }));

describe('one node through two home agents at one care-of address', () => {
  test('given a binding through one, a registration through the other is another binding, and no refresh', () => {
    two().thenEvents({ type: 'RegistrationAccepted', refresh: false, expiresAt: timeAt(110) }).thenBindings(`${first} ${here}`, `${second} ${here}`)
      .when(20, register({ ...other, lifetimeSeconds: 100 })).thenEvents({ refresh: true, expiresAt: timeAt(120) }).thenBindings(`${first} ${here}`, `${second} ${here}`);
  });
  test('its scope knows the visitor by the one that lasts longest', () => {
    two().thenEvents({ visitor: { homeAgent: first, homeAddress: '10.0.0.5', expiresAt: timeAt(300) } })
      .thenAnswer({ admitted: { homeAgent: second, expiresAt: at(110) }, visitor: { homeAgent: first, expiresAt: at(300) } })
      .when(20, register({ ...other, lifetimeSeconds: 400 })).thenWithout('visitor').thenAnswer({ visitor: { homeAgent: second, expiresAt: at(420) } });
  });
  test('two home addresses of one home agent are two bindings, too', () => {
    given().when(0, register()).when(1, register({ homeAddress: '10.0.0.6' })).thenEvents({ refresh: false }).thenBindings(`${first} ${here}`, `${first} ${here}`)
      .when(2, register({ lifetimeSeconds: 0 })).thenEvents({}, { type: 'RegistrationEnded', homeAddress: '10.0.0.5' }).thenBindings(`${first} ${here}`);
  });
  test('observed, the reply to each request makes its own', () => {
    given().when(0, asked(0)).when(1, asked(1, { ...other, identification: '100' })).when(2, replied(2)).when(3, replied(3, { ...other, identification: '100' }))
      .thenEvents({ type: 'RegistrationAccepted', refresh: false }).thenBindings(`${first} ${here}`, `${second} ${here}`);
  });

  test('a deregistration through one ends that one, and the node visits on by the other', () => {
    two().when(20, register({ lifetimeSeconds: 0 }))
      .thenEvents({ grantedLifetimeSeconds: 0 }, { type: 'RegistrationEnded', homeAgent: first, homeAddress: '10.0.0.5', cause: 'deregistration', visitor: { ...other, expiresAt: timeAt(110) } })
      .thenAnswer({ visitor: null, ended: [{ homeAgent: first, visitor: { homeAgent: second, expiresAt: at(110) } }], handoff: null }).thenBindings(`${second} ${here}`)
      .when(21, register({ ...other, lifetimeSeconds: 0 })).thenEvents({}, { type: 'RegistrationEnded', homeAgent: second }).thenWithout('visitor').thenBound();
  });
  test('each expires at its own deadline, and only the last one takes the visitor along', () => {
    two().when(110, { type: 'Tick' }).thenEvents({ type: 'RegistrationEnded', homeAgent: second, occurredAt: timeAt(110), visitor: { homeAgent: first, expiresAt: timeAt(300) } })
      .when(300, { type: 'Tick' }).thenEvents({ type: 'RegistrationEnded', homeAgent: first, occurredAt: timeAt(300) }).thenWithout('visitor').thenBound();
  });
  test.each([
    ['by command', revoke({ homeAgent: second })],
    ['by command, of a home address', revoke({ homeAddress: '10.0.0.6' })],
    ['observed', { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: 'fa-1', ...other, observedAt: at(20), violations: [] }],
  ] as const)('a revocation of one of them, %s, leaves the other', (_, command) => {
    two().when(20, command).thenEvents({ type: 'RegistrationEnded', homeAgent: second, cause: 'revocation', visitor: { homeAgent: first } }).thenBindings(`${first} ${here}`);
  });
  test('one that was seen, of another home address of the home agent, fits none; without a home address it is of all', () => {
    const seen = { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: null, homeAgent: second, violations: [] } as const;
    two().when(20, { ...seen, homeAddress: '10.0.0.7', observedAt: at(20) }).thenEvents({ type: 'RevocationUnmatched' }).thenBindings(`${first} ${here}`, `${second} ${here}`)
      .when(21, { ...seen, homeAddress: '0.0.0.0', observedAt: at(21) }).thenBindings(`${first} ${here}`);
  });
  test('with its agent both are lost, but for one that was accepted since', () => {
    const lose = (registrationRevision: bigint) => ({ type: 'LoseBinding', foreignAgent: 'fa-1', careOfAddress: here, registrationRevision, cause: 'reboot' }) as const;
    two().when(20, lose(1n)).thenEvents({ homeAgent: second, cause: 'reboot', visitor: { homeAgent: first } }, { homeAgent: first, cause: 'reboot' }).thenBound();
    two().when(20, lose(0n)).thenEvents({ homeAgent: first, cause: 'reboot', visitor: { homeAgent: second } }).thenBindings(`${second} ${here}`);
  });
  test('of two that last as long the scope knows the last one', () => {
    given().when(0, register()).when(10, register({ ...other, lifetimeSeconds: 290 })).thenWithout('visitor').when(20, register({ homeAgent: '203.0.113.3', lifetimeSeconds: 280 })).thenWithout('visitor')
      .when(30, register({ homeAgent: '203.0.113.4', lifetimeSeconds: 50 })).thenEvents({ visitor: { homeAgent: '203.0.113.3', expiresAt: timeAt(300) } });
  });
  test('one without end lasts longest', () => {
    given().when(0, register({ lifetimeSeconds: 65_535 })).when(1, register(other)).thenEvents({ visitor: { homeAgent: first, expiresAt: null } });
  });
  test('what was renewed for a shorter time lasts as long as that', () => {
    given().when(0, register()).when(10, register({ lifetimeSeconds: 100 })).thenEvents({ refresh: true, expiresAt: timeAt(110) }).thenWithout('visitor');
  });
  test('at an address that the node has for its own as well, each scope knows the node by its own bindings', () => {
    const direct = () => given().when(0, register({ foreignAgent: 'direct' })).when(10, register({ ...other, lifetimeSeconds: 100 })).thenWithout('visitor');
    direct().when(20, register({ ...other, lifetimeSeconds: 0 })).thenEvents({}, { type: 'RegistrationEnded', foreignAgent: 'fa-1' }).thenWithout('visitor').thenBindings(`${first} ${here}`);
  });
});

describe('handoffs while two bindings stand at one care-of address', () => {
  test('a registration elsewhere ends both: one handoff, from one place, until the last of them would have expired', () => {
    two().when(20, register({ ...there, ...handsOff, handoffId: 'h1' })).thenEvents(
      { type: 'RegistrationAccepted' }, { type: 'RegistrationEnded', homeAgent: second, cause: 'handoff', visitor: { homeAgent: first } },
      { type: 'RegistrationEnded', homeAgent: first, cause: 'handoff' }, { type: 'HandoffStarted', from: [{ careOfAddress: here, bindingExpiresAt: timeAt(300) }] },
    ).thenBindings(`${first} ${there.careOfAddress}`)
      // The other one follows, and begins no other.
      .when(21, register({ ...there, ...other, ...handsOff, handoffId: 'h2' })).thenEvents({ type: 'RegistrationAccepted', refresh: false }).thenBindings(`${first} ${there.careOfAddress}`, `${second} ${there.careOfAddress}`);
  });
  test('the node is at home when the last of them is deregistered, and not before', () => {
    two().when(20, register({ ...handsOff, lifetimeSeconds: 0, handoffId: 'h1' })).thenAnswer({ handoff: null })
      .when(21, register({ ...other, ...handsOff, lifetimeSeconds: 0, handoffId: 'h2' })).thenAnswer({ handoff: { started: { kind: 'return-home' } } }).thenBound();
  });
  test('by command both move, each with what is left of its own lifetime', () => {
    const start = {
      type: 'StartHandoff', handoffId: 'h1', mobileNode: 'mn-1', ...there, kind: 'make-before-break', oldLegs: 'release', ifRefused: 'degrade', deadlineMs: 30_000, maximumLifetimeSeconds: 65_535,
    } as const;
    two().when(20, start).thenEvents({ type: 'HandoffStarted', from: [{ careOfAddress: here }], to: { homeAgent: first, expiresAt: timeAt(300) } })
      .when(21, { type: 'CommitHandoff', handoffId: 'h1', mobileNode: 'mn-1', configured: [], degraded: [] }).thenEvents(
        { type: 'RegistrationEnded', homeAgent: second, cause: 'handoff' }, { type: 'RegistrationEnded', homeAgent: first, cause: 'handoff' },
        { type: 'RegistrationAccepted', ...other, careOfAddress: there.careOfAddress, expiresAt: timeAt(110) },
        { type: 'RegistrationAccepted', homeAgent: first, careOfAddress: there.careOfAddress, expiresAt: timeAt(300) }, { type: 'HandoffCommitted' },
      ).thenBindings(`${first} ${there.careOfAddress}`, `${second} ${there.careOfAddress}`);
    // It is not rolled back because one of two bindings ends where it leads.
    given().when(0, register()).when(0, register({ ...there, flags: ['S'] })).when(0, register({ ...there, ...other, flags: ['S'] })).when(1, start)
      .when(2, register({ ...there, ...other, lifetimeSeconds: 0 })).thenEvents({}, { type: 'RegistrationEnded', homeAgent: second }).thenBindings(`${first} ${here}`, `${first} ${there.careOfAddress}`)
      .when(3, register({ ...there, lifetimeSeconds: 0 })).thenEvents({}, { type: 'RegistrationEnded', homeAgent: first }, { type: 'HandoffRolledBack', reason: 'binding-ended' });
  });
  test('S at two care-of addresses and through two home agents: four bindings, of which each ends alone', () => {
    const both = { ...there, flags: ['S'] };
    two().when(11, register(both)).when(12, register({ ...both, ...other })).thenBindings(`${first} ${here}`, `${first} ${there.careOfAddress}`, `${second} ${here}`, `${second} ${there.careOfAddress}`)
      .when(13, register({ ...there, lifetimeSeconds: 0 })).thenBindings(`${first} ${here}`, `${second} ${here}`, `${second} ${there.careOfAddress}`)
      // At home through the second: wherever those were.
      .when(14, register({ ...other, careOfAddress: '10.0.0.6', lifetimeSeconds: 0 })).thenBindings(`${first} ${here}`)
      // Without S it is in one place, through whichever home agent.
      .when(15, register({ ...there, ...other })).thenBindings(`${second} ${there.careOfAddress}`);
  });
});

describe('old events, which knew one binding at a care-of address', () => {
  const terms = { mobileNode: 'mn-1', foreignAgent: 'fa-1', careOfAddress: here, identification: null, occurredAt: timeAt(0) } as const;
  const accepted = (homeAgent: string, refresh: boolean): RegistrationAccepted => ({
    type: 'RegistrationAccepted', ...terms, homeAgent, homeAddress: '10.0.0.5', lifetimeSeconds: 300, grantedLifetimeSeconds: 300, flags: [], code: 0, codeName: 'accepted', expiresAt: timeAt(300), refresh,
  });
  const ended: RegistrationEnded = { type: 'RegistrationEnded', ...terms, cause: 'deregistration', bindingExpiresAt: timeAt(300) };
  const bound = (...events: MobileNodeEvent[]): string[] =>
    allBindings(events.reduce(evolveMobileNode, initialMobileNode).bindings).map(({ homeAgent }) => homeAgent);

  test('a refresh through another home agent took the place of the one that stood', () => expect(bound(accepted(first, false), accepted(second, true))).toStrictEqual([second]));
  test('an end that names no home ends whatever stands there', () => {
    expect(bound(accepted(first, false), accepted(second, true), ended)).toEqual([]);
    expect(bound(accepted(first, false), accepted(second, false), ended)).toEqual([]);
    expect(bound(accepted(first, false), accepted(second, false), { ...ended, homeAgent: first, homeAddress: '10.0.0.5' })).toEqual([second]);
  });
});
