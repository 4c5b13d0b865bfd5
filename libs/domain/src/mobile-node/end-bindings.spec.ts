import { nextMobileNodeDeadline } from './end-bindings';
import { at, timeAt } from '../proof/flow-table.testing';
import { handleMobileNode } from './mobile-node';
import type { MobileNodeCommand, ObserveRevocation } from '../commands/mobile-node-commands';
import { initialMobileNode } from './mobile-node-state';
import { asked, given, register, revoke } from './mobile-node.testing';

const elsewhere = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', flags: ['S'] };
const seen = (foreignDomainAgent: string | null): ObserveRevocation => ({ type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent, observedAt: at(1), violations: [] });

describe('bindings that are revoked (RFC 3543)', () => {
  const twice = () => given().when(0, register()).when(0, register(elsewhere));
  test.each<[string, MobileNodeCommand, string[]]>([
    ['observed, at an agent by its id', seen('fa-2'), ['198.51.100.1']],
    ['observed, at an agent by its care-of address', seen('198.51.100.1'), ['198.51.100.2']],
    ['observed, of no agent that was named: all', seen(null), []],
    ['observed, at an agent where the node is not', seen('fa-9'), ['198.51.100.1', '198.51.100.2']],
    ['by command, of a care-of address', revoke({ careOfAddress: '198.51.100.1' }), ['198.51.100.2']],
    ['by command, of a home address', revoke({ homeAddress: '10.0.0.5' }), []],
    ['by command, of another home address', revoke({ homeAddress: '10.0.0.6' }), ['198.51.100.1', '198.51.100.2']],
  ])('%s', (_, command, bound) => void twice().when(1, command).thenBound(...bound));

  test('the answer tells which bindings ended; where none did it is done', () => {
    twice().when(1, revoke({ careOfAddress: '198.51.100.1' })).thenAnswer({ outcome: 'ended', ended: [{ careOfAddress: '198.51.100.1', cause: 'revocation' }] })
      .when(2, revoke({ careOfAddress: '198.51.100.1' })).thenAnswer({ outcome: 'done' }).thenEvents();
  });
  test('one that was seen and fits no binding is kept as it was seen', () => {
    const violations = [{ name: 'reserved-bits-set', detail: 'x' }];
    twice().when(1, { ...seen('fa-9'), violations }).thenEvents({ type: 'RevocationUnmatched', mobileNode: 'mn-1', foreignDomainAgent: 'fa-9', violations }).thenAnswer({ outcome: 'done' });
    given().when(1, seen(null)).thenEvents({ type: 'RevocationUnmatched', foreignDomainAgent: null, homeAgent: null, homeAddress: null }).thenNoViolations();
  });
  test('I17 that it was acknowledged is kept, and ends nothing', () => {
    const ack = { type: 'ObserveRevocationAck', mobileNode: 'mn-1', homeAddress: '10.0.0.5', revocationIdentifier: 7, flags: ['I'], observedAt: at(1) } as const;
    const violations = [{ name: 'reserved-bits-set', detail: 'x' }];
    twice().when(1, { ...ack, violations }).thenEvents({ type: 'RevocationAcknowledged', homeAddress: '10.0.0.5', revocationIdentifier: 7, flags: ['I'], violations })
      .thenAnswer({ outcome: 'done' }).thenBound('198.51.100.1', '198.51.100.2')
      .when(2, { ...ack, observedAt: at(2), violations: [] }).thenEvents({ type: 'RevocationAcknowledged' }).thenNoViolations();
  });
  test('one of a home agent ends none of the bindings that another has, and is kept where that leaves none', () => {
    const others = { ...seen(null), homeAgent: '203.0.113.99', homeAddress: '10.0.0.5' };
    twice().when(0, register({ ...elsewhere, careOfAddress: '198.51.100.3', homeAgent: '203.0.113.99' })).when(1, others).thenBound('198.51.100.1', '198.51.100.2')
      .when(2, { ...others, observedAt: at(2) }).thenEvents({ type: 'RevocationUnmatched', homeAgent: '203.0.113.99', homeAddress: '10.0.0.5' })
      .thenBound('198.51.100.1', '198.51.100.2');
  });
  test('what is odd about one that ends a binding stands in that event', () => {
    const violations = [{ name: 'authentication-extension-missing', detail: 'x' }];
    twice().when(1, { ...seen('fa-2'), violations }).thenEvents({ type: 'RegistrationEnded', cause: 'revocation', violations });
    twice().when(1, seen('fa-2')).thenEvents({ type: 'RegistrationEnded', cause: 'revocation' }).thenNoViolations();
  });
  test('the end tells when the binding would have ended by itself; one without end would not have', () => {
    given().when(0, register()).when(1, revoke()).thenEvents({ type: 'RegistrationEnded', bindingExpiresAt: timeAt(300), identification: null });
    given().when(0, register({ lifetimeSeconds: 65_535 })).when(1, revoke()).thenEvents({ type: 'RegistrationEnded', bindingExpiresAt: null });
  });
});

describe('a binding that is lost with its agent', () => {
  const lose = (registrationRevision: bigint): MobileNodeCommand => ({ type: 'LoseBinding', foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', registrationRevision, cause: 'reboot' });

  test('ends alone, by that cause; told again, or where it was accepted since, it is done', () => {
    const twice = () => given().when(0, register()).when(0, register(elsewhere));
    twice().when(1, lose(1n)).thenAnswer({ outcome: 'ended', ended: [{ careOfAddress: '198.51.100.2', cause: 'reboot' }] }).thenBound('198.51.100.1')
      .when(2, lose(1n)).thenAnswer({ outcome: 'done' }).thenEvents();
    twice().when(1, lose(1n)).thenNoViolations().when(2, register({ lifetimeSeconds: 0 })).thenNoViolations();
    twice().when(1, lose(0n)).thenAnswer({ outcome: 'done' }).thenBound('198.51.100.1', '198.51.100.2');
  });
});

test('what fell due while nobody told the time ends in the order of its deadlines', () => {
  given().when(0, register()).when(0, register({ ...elsewhere, lifetimeSeconds: 60 })).when(1, asked(1)).when(400, { type: 'Tick' })
    .thenEvents({ type: 'RegistrationDenied', code: 78, occurredAt: timeAt(8) }, { type: 'RegistrationEnded', careOfAddress: '198.51.100.2', occurredAt: timeAt(60) }, { type: 'RegistrationEnded', careOfAddress: '198.51.100.1', occurredAt: timeAt(300) });
});

describe('when something of a node falls due next', () => {
  const deadline = (...commands: MobileNodeCommand[]): number | null => {
    const state = commands.reduce((before, command) => handleMobileNode(before, command, at(0)).state, initialMobileNode);
    const next = nextMobileNodeDeadline(state);
    return next === null ? null : next - at(0);
  };
  const handoff = {
    type: 'StartHandoff', handoffId: 'h1', mobileNode: 'mn-1', foreignAgent: 'fa-2', careOfAddress: '198.51.100.2', kind: 'make-before-break', oldLegs: 'release', ifRefused: 'degrade', deadlineMs: 10_000,
    maximumLifetimeSeconds: 65_535,
  } as const;

  test.each<[string, MobileNodeCommand[], number | null]>([
    ['nothing does of a node that is nowhere', [], null],
    ['nothing does of a binding without end', [register({ lifetimeSeconds: 65_535 })], null],
    ['a binding, at its end', [register()], 300_000],
    ['the earlier of two bindings', [register(), register({ ...elsewhere, lifetimeSeconds: 60 })], 60_000],
    ['a request that no reply came to, just after the 7 s in which one would be in time', [register(), asked(0)], 7_001],
    ['a handoff that is not committed, at its deadline', [register(), handoff], 10_000],
    ['no more, once it is committed', [register(), handoff, { type: 'CommitHandoff', handoffId: 'h1', mobileNode: 'mn-1', configured: [], degraded: [] }], 300_000],
  ])('%s', (_, commands, expected) => expect(deadline(...commands)).toBe(expected));

  test('the answer of a step is that of its own handoff; another one is not told of it, and moves nothing', () => {
    given().when(0, register()).when(1, handoff).thenAnswer({ outcome: 'handoff', handoff: { started: { handoffId: 'h1' }, committed: null } })
      .when(2, { type: 'CommitHandoff', handoffId: 'h9', mobileNode: 'mn-1', configured: [], degraded: [] }).thenAnswer({ outcome: 'handoff', handoff: null }).thenEvents()
      .when(3, { type: 'CommitHandoff', handoffId: 'h1', mobileNode: 'mn-1', configured: ['s1'], degraded: [] }).thenAnswer({ handoff: { committed: { configured: ['s1'] } } });
  });
  test('a further binding (S bit) while a handoff runs neither begins another nor ends that one', () => {
    given().when(0, register()).when(1, handoff).when(2, register({ foreignAgent: 'fa-3', careOfAddress: '198.51.100.3', flags: ['S'], handoffId: 'h2' }))
      .thenEvents({ type: 'RegistrationAccepted' }).when(3, handoff).thenAnswer({ handoff: { started: { handoffId: 'h1' } } });
  });
});
