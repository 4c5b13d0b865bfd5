import { maximumPendingPerAgent } from './mobile-node';
import { asked, given, policy, register, replied, revoke } from './mobile-node.testing';
import { at, timeAt } from '../proof/flow-table.testing';

const elsewhere = { foreignAgent: 'fa-2', careOfAddress: '198.51.100.2' };
const nonces = { ...policy, replayProtection: 'nonces' } as const;
/** An identification of a nonce and the low half. */
const id = (nonce: number, low: number): string => String((BigInt(nonce) << 32n) | BigInt(low));

describe('requests that wait for their replies (RFC 5944 §3.7.1)', () => {
  test('F33 one that no reply comes to ends after 7 s with code 78, at its own deadline, and the binding stays', () => {
    given().when(0, register()).when(1, asked(1, elsewhere)).when(3, asked(3, { ...elsewhere, identification: '101' }))
      .when(60, { type: 'Tick' })
      .thenEvents(
        { type: 'RegistrationDenied', code: 78, codeName: 'registration timeout', identification: '100', foreignAgent: 'fa-2', occurredAt: timeAt(8) },
        { type: 'RegistrationDenied', code: 78, identification: '101', occurredAt: timeAt(10) },
      ).thenBound('198.51.100.1').when(70, { type: 'Tick' }).thenEvents();
  });
  test('a binding and a request that end meanwhile end in the order of their deadlines', () => {
    given().when(0, register({ lifetimeSeconds: 5 })).when(1, asked(1)).when(4, asked(4, { identification: '200' })).when(30, { type: 'Tick' })
      .thenEvents({ type: 'RegistrationEnded', occurredAt: timeAt(5) }, { code: 78, occurredAt: timeAt(8) }, { code: 78, occurredAt: timeAt(11) });
  });
  test('the sixth at one agent is a violation (code 66) that the event tells with its count; its reply counts all the same', () => {
    given().when(0, asked(0, { pendingAtAgent: maximumPendingPerAgent - 1 })).thenEvents({ type: 'RegistrationRequested', pendingAtAgent: 4 })
      .when(1, asked(1, { identification: '200', pendingAtAgent: maximumPendingPerAgent }))
      .thenEvents({ type: 'RegistrationRequested', pendingAtAgent: 5, violations: [{ name: 'too-many-pending-registrations', detail: expect.stringContaining('66, insufficient resources') }] })
      .when(2, replied(2, { identification: '200' })).thenBound('198.51.100.1');
    given().when(0, asked(0, { foreignAgent: 'direct', pendingAtAgent: 9 })).thenEvents({ type: 'RegistrationRequested' }).thenNoViolations();
  });
});

describe('authentication (RFC 5944 §3.5)', () => {
  test.each([
    [67, 'mobile node failed authentication'], [68, 'home agent failed authentication'], [131, 'mobile node failed authentication'], [132, 'foreign agent failed authentication'],
  ])('F33 a bad authentication extension is denied by who has the key (code %d), and the binding stays as it was', (code, codeName) => {
    const violations = [{ name: 'authentication-extension-malformed', detail: 'no authenticator' }];
    given().when(0, register()).when(1, asked(1, { identification: '900', violations })).thenEvents({ type: 'RegistrationRequested', violations })
      .when(2, replied(2, { identification: '900', code })).thenEvents({ type: 'RegistrationDenied', code, codeName }).thenBound('198.51.100.1');
  });
});

describe('replay protection by nonces (RFC 5944 §5.7.2)', () => {
  test('F33 the first request begins with anything, every further one with the nonce of the last reply', () => {
    given().when(0, register({ policy: nonces, identification: id(77, 1), nonce: 1000 }))
      .thenEvents({ type: 'RegistrationAccepted', replyIdentification: id(1000, 1) })
      .when(1, register({ policy: nonces, identification: id(1000, 2), nonce: 2000 }))
      .thenEvents({ type: 'RegistrationAccepted', replyIdentification: id(2000, 2), refresh: true })
      .when(2, register({ policy: nonces, identification: id(3, 3), nonce: 3000 })).thenDenied(133);
  });
  test('F33 a used nonce is not taken again, and the denial gives the one to go on with', () => {
    given()
      .when(0, register({ policy: nonces, identification: id(0, 1), nonce: 1000 }))
      .when(1, register({ policy: nonces, identification: id(1000, 2), nonce: 2000 }))
      .when(2, register({ policy: nonces, identification: id(1000, 2), nonce: 3000 })).thenDenied(133).thenBound('198.51.100.1')
      .thenEvents({ type: 'RegistrationDenied', replyIdentification: id(3000, 2) })
      .when(3, register({ policy: nonces, identification: id(2000, 3), nonce: 4000 })).thenDenied(133)
      .when(4, register({ policy: nonces, identification: id(4000, 3), nonce: 5000 })).thenEvents({ type: 'RegistrationAccepted' });
  });
  test('a nonce that is drawn twice in a row is given as another, and one is needed', () => {
    given()
      .when(0, register({ policy: nonces, identification: id(0, 1), nonce: 1000 }))
      .when(1, register({ policy: nonces, identification: id(1000, 2), nonce: 1000 }))
      .thenEvents({ replyIdentification: id(1001, 2) });
    given().when(0, register({ policy: nonces })).thenDenied(133);
  });
  test('each home agent gives its own', () => {
    given().when(0, register({ policy: nonces, identification: id(0, 1), nonce: 1000 }))
      .when(1, register({ policy: nonces, identification: id(5, 1), homeAgent: '203.0.113.2', nonce: 2000 })).thenEvents({ type: 'RegistrationAccepted' })
      .when(2, register({ policy: nonces, identification: id(1000, 2), nonce: 3000 })).thenEvents({ type: 'RegistrationAccepted' });
  });
  test('observed, the nonce of a seen reply is what the next request is judged by; the repeat of an accepted one is a duplicate', () => {
    given().when(0, asked(0, { policy: nonces, identification: id(1, 10) })).when(1, replied(1, { identification: id(500, 10) }))
      .thenEvents({ type: 'RegistrationAccepted', identification: id(1, 10), replyIdentification: id(500, 10) })
      .when(2, asked(2, { policy: nonces, identification: id(1, 10) })).thenEvents()
      .when(3, asked(3, { policy: nonces, identification: id(500, 11) })).thenEvents({ type: 'RegistrationRequested' }).thenNoViolations()
      .when(4, replied(4, { identification: id(600, 11) })).when(5, asked(5, { policy: nonces, identification: id(500, 12) }))
      .thenEvents({ violations: [{ name: 'identification-nonce-mismatch' }] });
  });
});

describe('what a registration and its denial tell', () => {
  test('a registration is a refresh where the node was bound at that address, and only then', () => {
    given().when(0, register()).thenEvents({ refresh: false }).when(1, register()).thenEvents({ refresh: true })
      .when(2, register({ lifetimeSeconds: 0 })).thenEvents({ refresh: false }, {})
      .when(3, register({ lifetimeSeconds: 0 })).thenEvents({ grantedLifetimeSeconds: 0, refresh: false });
  });
  test('a reply that grants what was asked for is no violation, and what was wrong with it is kept, matched or not', () => {
    const seen = [{ name: 'seen', detail: 'Something that an RFC forbids.' }];
    given().when(0, asked(0)).when(1, replied(1)).thenEvents({ type: 'RegistrationAccepted' }).thenNoViolations();
    given().when(0, asked(0)).when(1, replied(1, { violations: seen })).thenEvents({ type: 'RegistrationAccepted', violations: seen });
    given().when(1, replied(1, { violations: seen })).thenEvents({ type: 'RegistrationReplyUnmatched', violations: seen }).thenAnswer({ outcome: 'done' });
    given().when(1, replied(1)).thenEvents({ type: 'RegistrationReplyUnmatched' }).thenNoViolations();
  });
  test('the denial gives the identification to go on with where the policy is nonces', () => {
    given().when(0, register({ policy: nonces, identification: id(0, 1), nonce: 1000 }))
      .when(1, register({ policy: nonces, identification: id(9, 2), nonce: 2000 }))
      .thenAnswer({ outcome: 'refused', rejection: { facts: { code: 133, codeName: 'registration identification mismatch', identification: id(2000, 2) } } });
  });
  test('an identification that was used under another policy is not taken as the first nonce', () => {
    given().when(0, register({ identification: id(5, 1) })).when(1, register({ policy: nonces, identification: id(5, 1), nonce: 7 })).thenDenied(133)
      .thenEvents({ detail: expect.stringContaining('was used before') });
  });
  test('what was seen of one that would have been denied says why, with the clause', () => {
    given().when(0, asked(0)).when(1, replied(1)).when(2, asked(2, { identification: '99' }))
      .thenEvents({ violations: [{ name: 'identification-not-rising', detail: 'The identification 99 does not rise above 100 (RFC 5944 §5.7).' }] });
  });
});

describe('timestamps', () => {
  test('the low half of a timestamp is the fraction of its second', () => {
    const half = (seconds: number): string => String(((BigInt(at(seconds) / 1000) + 2_208_988_800n) << 32n) + 0x80000000n);
    const timestamps = { ...policy, replayProtection: 'timestamps' } as const;
    given().when(7.5, register({ policy: timestamps, identification: half(0) })).thenBound('198.51.100.1');
    given().when(7.501, register({ policy: timestamps, identification: half(0) })).thenDenied(133);
  });
  test('I16 F33 an observed one that is off the clock is a violation; a commanded one that does not rise is denied within the 7 s, too', () => {
    const ntp = (seconds: number): string => `${(BigInt(at(seconds) / 1000) + 2_208_988_800n) << 32n}`;
    const timestamps = { ...policy, replayProtection: 'timestamps' } as const;
    given().when(0, asked(0, { policy: timestamps, identification: ntp(8) })).thenEvents({ violations: [{ name: 'identification-off-the-clock' }] })
      .when(20, asked(20, { policy: timestamps, identification: ntp(20) })).thenEvents({ code: 78 }, { type: 'RegistrationRequested' }).thenNoViolations();
    given().when(0, register({ policy: timestamps, identification: ntp(2) })).when(1, register({ policy: timestamps, identification: ntp(1) })).thenDenied(133);
  });
});

describe('the clock of the home agent (RFC 5944 §5.7.1)', () => {
  const timestamps = { policy: { ...policy, replayProtection: 'timestamps' as const } };
  const ntp = (seconds: number, low: number): string => String(((BigInt(at(seconds) / 1000) + 2_208_988_800n) << 32n) | BigInt(low));

  test('F14 a denial 133 gives its time in the high half, and the low half of the request', () => {
    given().when(30.9, register({ ...timestamps, identification: ntp(900, 7) })).thenDenied(133).thenEvents({ replyIdentification: ntp(30, 7) })
      .thenAnswer({ rejection: { facts: { code: 133, identification: ntp(30, 7) } } });
    given().when(30, register(timestamps)).thenDenied(133).thenEvents({ replyIdentification: ntp(30, 0) });
    given().when(30, register({ ...timestamps, identification: ntp(900, 7), careOfAddressValid: false })).thenDenied(77)
      .thenAnswer({ rejection: { facts: { code: 77 } } });
  });
  test('F14 given a capture showed the node an hour ahead, then what comes now is judged by the clock', () => {
    const ahead = () => given().when(3600, asked(3600)).when(3601, replied(3601, { code: 131 }));
    ahead().when(0, register({ ...timestamps, identification: ntp(7, 0) })).thenEvents({ type: 'RegistrationAccepted', occurredAt: timeAt(3601) });
    ahead().when(0, register({ ...timestamps, identification: ntp(3601, 0) })).thenDenied(133).thenEvents({ replyIdentification: ntp(0, 0) });
  });
});

describe('one node, several bindings and names (RFC 5944 §3.6, RFC 2794)', () => {
  test('the S bit keeps the other binding; each expires, is renewed and ends on its own', () => {
    given().when(0, register()).when(1, register({ ...elsewhere, flags: ['S'], lifetimeSeconds: 60 })).thenBound('198.51.100.1', '198.51.100.2')
      .when(61, { type: 'Tick' }).thenEvents({ careOfAddress: '198.51.100.2', cause: 'registration-expiry' }).thenBound('198.51.100.1')
      .when(62, register({ ...elsewhere, flags: ['S'] })).when(63, register({ lifetimeSeconds: 0 })).thenBound('198.51.100.2');
  });
  test('a home agent that has no simultaneous bindings answers 1: the other binding ends for all the S bit, and the node moves', () => {
    const moves = { ...elsewhere, flags: ['S'] };
    given().when(0, register()).when(1, asked(1, moves)).when(2, replied(2, { code: 1 }))
      .thenEvents({ type: 'RegistrationAccepted', code: 1 }, { type: 'RegistrationEnded', careOfAddress: '198.51.100.1', cause: 'superseded' }).thenBound('198.51.100.2');
    given().when(0, register()).when(1, asked(1, moves)).when(2, replied(2, { code: 1, handoffId: 'h1' }))
      .thenEvents({ code: 1 }, { type: 'RegistrationEnded', cause: 'handoff' }, { type: 'HandoffStarted', handoffId: 'h1' }).thenBound('198.51.100.2')
      .thenAnswer({ outcome: 'registered', handoff: { started: { handoffId: 'h1' }, committed: null } })
      .when(3, register({ ...elsewhere, handoffId: 'h2' })).thenEvents({ refresh: true }).thenAnswer({ outcome: 'registered', handoff: null });
    given().when(0, register()).when(1, asked(1, moves)).when(2, replied(2)).thenBound('198.51.100.1', '198.51.100.2');
  });
  test('equal home addresses under two home agents: identifications rise apart', () => {
    given().when(0, register({ identification: '900' })).when(1, register({ homeAgent: '203.0.113.2', identification: '5', flags: ['S'] })).thenEvents({ type: 'RegistrationAccepted' });
  });
  test('a deregistration through another home agent, or of another home address, ends no binding of the first', () => {
    for (const other of [{ homeAgent: '203.0.113.77' }, { homeAddress: '10.0.0.99' }]) {
      given().when(0, register()).when(1, register({ ...other, lifetimeSeconds: 0, handoffId: 'h1' })).thenEvents({ type: 'RegistrationAccepted', grantedLifetimeSeconds: 0 })
        .thenAnswer({ outcome: 'registered', admitted: null, ended: [], handoff: null }).thenBound('198.51.100.1');
    }
  });
  test('a node that asks for its home address (RFC 2794) has the one of the reply', () => {
    const zeros = { homeAddress: '0.0.0.0' };
    given().when(0, asked(0, zeros)).when(1, replied(1, { homeAddress: '10.6.3.3' }))
      .thenEvents({ type: 'RegistrationAccepted', homeAddress: '10.6.3.3' }).thenAnswer({ admitted: { homeAddress: '10.6.3.3' } })
      .when(2, asked(2, { ...zeros, identification: '200', lifetimeSeconds: 0 })).when(3, replied(3, { identification: '200', homeAddress: '10.6.3.3', lifetimeSeconds: 0 })).thenBound();
  });
  test.each(['alice', 'alice@example.org'])('the NAI %s is a name, with and without realm', (mobileNode) => {
    given().when(0, register({ mobileNode })).thenEvents({ type: 'RegistrationAccepted', mobileNode });
  });
  test('deregistration relayed by another agent ends the binding at the address that it names, where the node was', () => {
    given().when(0, register()).when(1, register({ foreignAgent: 'fa-2', lifetimeSeconds: 0 }))
      .thenEvents({ type: 'RegistrationAccepted', foreignAgent: 'fa-2', grantedLifetimeSeconds: 0 }, { type: 'RegistrationEnded', foreignAgent: 'fa-1', cause: 'deregistration' }).thenBound();
    given().when(0, register()).when(1, asked(1, { foreignAgent: 'fa-2', lifetimeSeconds: 0 })).when(2, replied(2, { lifetimeSeconds: 0 }))
      .thenEvents({ type: 'RegistrationAccepted' }, { type: 'RegistrationEnded', foreignAgent: 'fa-1', cause: 'deregistration' }).thenBound();
  });
  test('F33 lifetime 65535 does not expire; the agent\'s maximum bounds it', () => {
    given().when(0, register({ lifetimeSeconds: 65_535 })).when(10_000_000, { type: 'Tick' }).thenEvents().thenBound('198.51.100.1');
    given().when(0, asked(0, { lifetimeSeconds: 65_535, policy: { ...policy, maximumLifetimeSeconds: 600 } })).when(1, replied(1, { lifetimeSeconds: 65_535 }))
      .thenEvents({ grantedLifetimeSeconds: 600, expiresAt: timeAt(601) });
  });
});

describe('bindings that end otherwise (RFC 3543, RFC 5944 §2.3.2)', () => {
  const twice = () => given().when(0, register()).when(0, register({ ...elsewhere, flags: ['S'], homeAgent: '203.0.113.2' }));
  test('a revocation ends those that agree with all that it names, or all; what does not stand is no error', () => {
    twice().when(1, revoke()).thenEvents({ type: 'RegistrationEnded', cause: 'revocation' }, { type: 'RegistrationEnded', cause: 'revocation' }).thenBound().when(2, revoke()).thenEvents();
    twice().when(1, revoke({ homeAgent: '203.0.113.2' })).thenBound('198.51.100.1');
    twice().when(1, revoke({ foreignAgent: 'fa-1' })).thenBound('198.51.100.2');
    twice().when(1, revoke({ foreignAgent: 'fa-1', careOfAddress: '198.51.100.2' })).thenEvents().thenBound('198.51.100.1', '198.51.100.2');
  });
  test('what an agent lost ends, unless the node registered there again', () => {
    const lost = { type: 'LoseBinding', foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', registrationRevision: 0n, cause: 'reboot' } as const;
    given().when(0, register()).when(1, lost).thenEvents({ type: 'RegistrationEnded', cause: 'reboot' }).thenBound().when(2, lost).thenEvents();
    given().when(0, register()).when(1, register()).when(2, lost).thenEvents().thenBound('198.51.100.1');
    given().when(0, register()).when(1, { ...lost, foreignAgent: 'fa-9' }).thenEvents().thenBound('198.51.100.1');
  });
});
