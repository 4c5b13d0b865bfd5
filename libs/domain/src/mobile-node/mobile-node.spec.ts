import { asked, given, policy, register, replied } from './mobile-node.testing';
import { at, timeAt } from '../proof/flow-table.testing';
import { pendingMs } from './pending-requests';

const done = { outcome: 'done' };

describe('registrations of a mobile node (domain.md §4)', () => {
  test('I16 granted is the least of request, reply and the agent\'s maximum; 65535 is infinite', () => {
    given().when(0, register({ lifetimeSeconds: 900, policy: { ...policy, maximumLifetimeSeconds: 600 } }))
      .thenEvents({ grantedLifetimeSeconds: 600, expiresAt: timeAt(600) })
      .when(0, register({ lifetimeSeconds: 65_535 })).thenEvents({ grantedLifetimeSeconds: 65_535, expiresAt: null }).thenNoViolations();
    given().when(0, asked(0)).when(1, replied(1, { lifetimeSeconds: 900 }))
      .thenEvents({ grantedLifetimeSeconds: 300, expiresAt: timeAt(301), violations: [{ name: 'granted-above-requested' }] });
  });
  test('I16 F33 a commanded identification rises, else code 133, and the binding stays as it was', () => {
    given().when(0, register({ identification: '18446744073709551614' })).when(1, register({ identification: '18446744073709551614' })).thenDenied(133)
      .when(1, register({ identification: '7', careOfAddress: '198.51.100.2' })).thenDenied(133).thenBound('198.51.100.1')
      .when(2, register({ identification: '18446744073709551615' })).thenEvents({ type: 'RegistrationAccepted', refresh: true });
  });
  test('I16 timestamps must be within 7 s of the clock', () => {
    const ntp = (seconds: number): string => `${(BigInt(at(seconds) / 1000) + 2_208_988_800n) << 32n}`;
    const timestamps = { ...policy, replayProtection: 'timestamps' } as const;
    given().when(0, register({ policy: timestamps, identification: ntp(8) })).thenDenied(133).when(0, register({ policy: timestamps })).thenDenied(133)
      .when(0, register({ policy: timestamps, identification: ntp(7) })).thenBound('198.51.100.1');
  });
  test('I17 F33 50 repeats of a denied request are one event, and each is answered; what differs in anything is told', () => {
    const scenario = given().when(0, register({ identification: '5' })).when(1, register({ identification: '5' })).thenDenied(133);
    for (let n = 2; n < 52; n++) scenario.when(n, register({ identification: '5' })).thenEvents().thenAnswer({ outcome: 'refused', rejection: { facts: { code: 133, foreignAgent: 'fa-1' } } });
    scenario.when(60, register({ identification: '4' })).thenDenied(133).when(61, register({ identification: '5', lifetimeSeconds: 10 })).thenDenied(133)
      .when(62, register({ identification: '5', careOfAddressValid: false })).thenDenied(77).when(63, register({ identification: '5', careOfAddressValid: false })).thenEvents()
      .when(64, register({ identification: '6' })).thenBound('198.51.100.1').when(65, register({ identification: '5' })).thenDenied(133);
  });
  test('under nonces the repeat is given the nonce that it was given, as long as that is of use', () => {
    const nonces = { policy: { ...policy, replayProtection: 'nonces' }, identification: '7' } as const;
    const high = (nonce: number): string => String((BigInt(nonce) << 32n) | 7n);
    const denied = { outcome: 'refused', rejection: { facts: { code: 133, identification: high(2) } } };
    given().when(0, register({ ...nonces, nonce: 1 })).when(1, register({ ...nonces, nonce: 2 })).thenDenied(133)
      .when(2, register({ ...nonces, nonce: 3 })).thenEvents()
      .thenAnswer(denied)
      .when(3, register({ ...nonces, identification: '8', nonce: 4 })).thenDenied(133).when(4, register({ ...nonces, nonce: 5 })).thenDenied(133);
  });
  test('a care-of address that the agent does not have: code 77', () => void given().when(0, register({ careOfAddressValid: false })).thenDenied(77).thenBound());
  test('F33 lifetime 0 ends that binding, or all of them where the node is at home', () => {
    const simultaneous = { careOfAddress: '198.51.100.2', flags: ['S'] };
    given().when(0, register()).when(0, register(simultaneous)).thenBound('198.51.100.1', '198.51.100.2').when(1, register({ lifetimeSeconds: 0 }))
      .thenEvents({ grantedLifetimeSeconds: 0, expiresAt: null }, { type: 'RegistrationEnded' }).thenBound('198.51.100.2');
    given().when(0, register()).when(0, register(simultaneous)).when(1, register({ lifetimeSeconds: 0, careOfAddress: '10.0.0.5' })).thenBound();
  });
  test('without the S bit a registration elsewhere supersedes; expiry is silent and has its own time', () => {
    given().when(0, register()).when(1, register({ careOfAddress: '198.51.100.2' })).thenEvents({}, { type: 'RegistrationEnded', cause: 'superseded' }).thenBound('198.51.100.2')
      .when(900, { type: 'Tick' }).thenEvents({ type: 'RegistrationEnded', cause: 'registration-expiry', occurredAt: timeAt(301) }).thenAnswer(done).thenBound();
  });
  test('I17 a pending request, a denied reply, a reply without a request and a second reply change nothing', () => {
    given().when(0, register()).when(1, asked(1, { careOfAddress: '198.51.100.2' })).thenBound('198.51.100.1')
      .when(2, replied(2, { code: 131 })).thenDenied(131).thenBound('198.51.100.1')
      .when(3, replied(3)).thenEvents({ type: 'RegistrationReplyUnmatched' }).thenBound('198.51.100.1');
    given().when(0, asked(0)).when(1, replied(1)).thenBound('198.51.100.1').when(2, replied(2, { lifetimeSeconds: 10 })).thenEvents({ type: 'RegistrationReplyUnmatched' })
      .when(299, { type: 'Tick' }).thenBound('198.51.100.1');
  });
  test('a reply is awaited for 7 s', () => {
    const seconds = pendingMs / 1000;
    given().when(0, asked(0)).when(seconds, replied(seconds)).thenBound('198.51.100.1');
    given().when(0, asked(0)).when(seconds + 1, replied(seconds + 1))
      .thenEvents({ type: 'RegistrationDenied', code: 78, occurredAt: timeAt(seconds) }, { type: 'RegistrationReplyUnmatched' }).thenBound();
  });
  test('an observed repeat is a duplicate; one that does not rise is a violation, not an error', () => {
    given().when(0, asked(0)).thenAnswer(done).when(1, asked(1)).thenEvents().thenAnswer(done).when(2, replied(2)).thenWithout('replyIdentification').when(3, asked(3)).thenEvents()
      .when(4, asked(4, { identification: '99' })).thenEvents({ type: 'RegistrationRequested', violations: [{ name: 'identification-not-rising' }] });
  });
  test('what is older than the last event is kept as late; a revocation ends the agent\'s bindings', () => {
    given().when(5, register()).when(5, asked(1)).thenEvents({ type: 'ObservedLate', observedAt: timeAt(1), detail: { identification: '100', lifetimeSeconds: 300 } }).thenAnswer(done).thenBound('198.51.100.1')
      .when(6, { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: 'fa-1', observedAt: at(6), violations: [] })
      .thenEvents({ type: 'RegistrationEnded', cause: 'revocation' }).thenBound();
  });
});
