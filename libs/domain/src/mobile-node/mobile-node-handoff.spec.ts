import { at, timeAt } from '../proof/flow-table.testing';
import type { MobileNodeCommand, ObserveReply, ObserveRequest, Register, StartHandoff } from '../commands/mobile-node-commands';
import { NodeScenario } from './mobile-node.testing';
import type { RejectionName } from '../refusals/rejection';

const [a, b, c] = ['198.51.100.1', '198.51.100.2', '198.51.100.3'] as const;
const agentOf = { [a]: 'fa-a', [b]: 'fa-b', [c]: 'fa-c' } as const;
const fields = { mobileNode: 'mn-1', homeAgent: '203.0.113.1', homeAddress: '10.0.0.5', identification: null };
const policy = { replayProtection: 'rising', maximumLifetimeSeconds: 65_535, handoff: 'make-before-break' } as const;

type Place = keyof typeof agentOf;
const register = (handoffId: string, careOfAddress: Place, terms: Partial<Register> = {}): Register => ({
  type: 'Register', ...fields, foreignAgent: agentOf[careOfAddress], careOfAddress, lifetimeSeconds: 300, flags: [], policy, careOfAddressValid: true, nonce: 1, handoffId, ...terms,
});
const start = (handoffId: string, careOfAddress: Place, terms: Partial<StartHandoff> = {}): StartHandoff => ({
  type: 'StartHandoff', handoffId, mobileNode: 'mn-1', foreignAgent: agentOf[careOfAddress], careOfAddress, kind: 'make-before-break', oldLegs: 'release', ifRefused: 'degrade',
  deadlineMs: 30_000, maximumLifetimeSeconds: 65_535, ...terms,
});
const commit = (handoffId: string, configured: readonly string[] = []): MobileNodeCommand => ({ type: 'CommitHandoff', handoffId, mobileNode: 'mn-1', configured, degraded: [] });
const complete = (handoffId: string): MobileNodeCommand => ({ type: 'CompleteHandoff', handoffId, mobileNode: 'mn-1', released: 1, orphaned: 0, gapMs: 0 });
const rollBack = (handoffId: string): MobileNodeCommand => ({ type: 'RollBackHandoff', handoffId, reason: 'leg-refused', detail: 'The pool is empty.' });
const tick: MobileNodeCommand = { type: 'Tick' };
const revoked = (foreignDomainAgent: string, seconds: number): MobileNodeCommand => ({ type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent, observedAt: at(seconds), violations: [] });
const without = { policy: { replayProtection: 'rising', maximumLifetimeSeconds: 65_535 } } as const;
const simultaneous = { flags: ['S'] };

class HandoffScenario extends NodeScenario {
  /** Null: none is active. */
  thenActive(handoffId: string | null): this {
    expect(this.state.handoff?.started.handoffId ?? null).toBe(handoffId);
    return this;
  }

  thenRefused(rejection: RejectionName, facts: object = {}): this {
    expect(this.answer).toMatchObject({ outcome: 'refused', rejection: { rejection, facts } });
    expect(this.events).toEqual([]);
    return this;
  }
}

const given = (): HandoffScenario => new HandoffScenario();
const bound = (): HandoffScenario => given().when(0, register('h0', a));

describe('a handoff that a registration starts (domain.md §6)', () => {
  test('elsewhere: the binding left ends by the handoff, in one append', () => {
    bound().thenActive(null).when(1, register('h1', b)).thenBound(b).thenActive('h1').thenEvents(
      { type: 'RegistrationAccepted', careOfAddress: b }, { type: 'RegistrationEnded', careOfAddress: a, cause: 'handoff' },
      { type: 'HandoffStarted', handoffId: 'h1', kind: 'make-before-break', cause: 'registration', oldLegs: 'release', ifRefused: 'degrade', deadline: null, supersedes: null,
        from: [{ foreignAgent: 'fa-a', careOfAddress: a, bindingExpiresAt: timeAt(300) }], to: { foreignAgent: 'fa-b', careOfAddress: b, expiresAt: timeAt(301) } });
  });
  test('the agent says how: break-before-make, or not at all', () => {
    bound().when(1, register('h1', b, without)).thenEvents({}, {}, { type: 'HandoffStarted', kind: 'make-before-break' });
    bound().when(1, register('h1', b, { policy: { ...policy, handoff: 'break-before-make' } })).thenEvents({}, {}, { type: 'HandoffStarted', kind: 'break-before-make' });
    bound().when(1, register('h1', b, { policy: { ...policy, handoff: 'none' } })).thenEvents({}, { type: 'RegistrationEnded', cause: 'superseded' }).thenActive(null);
  });
  test('an observed one leaves orphans: the old agent learns of it by expiry', () => {
    const asked: ObserveRequest = { type: 'ObserveRequest', ...fields, foreignAgent: 'fa-b', careOfAddress: b, lifetimeSeconds: 300, flags: [], policy, identification: '9', observedAt: at(1), violations: [], pendingAtAgent: 0 };
    const replied: ObserveReply = { type: 'ObserveReply', ...fields, identification: '9', code: 0, lifetimeSeconds: 300, handoffId: 'h1', observedAt: at(2), violations: [] };
    bound().when(1, asked).thenActive(null).when(2, replied).thenEvents({}, {}, { type: 'HandoffStarted', oldLegs: 'orphan' });
    const home = { foreignAgent: 'fa-a', careOfAddress: a, lifetimeSeconds: 0 };
    bound().when(1, { ...asked, ...home }).when(2, { ...replied, ...home })
      .thenEvents({}, {}, { type: 'HandoffStarted', kind: 'return-home', oldLegs: 'release' }, {});
  });
  test('simultaneous bindings (S) start none; without S they are all left', () => {
    bound().when(1, register('h1', b, { flags: ['S'] })).thenBound(a, b).thenActive(null).when(2, register('h2', c)).thenBound(c)
      .thenEvents({}, { careOfAddress: a, cause: 'handoff' }, { careOfAddress: b, cause: 'handoff' }, { type: 'HandoffStarted', from: [{ careOfAddress: a }, { careOfAddress: b }] });
  });
  test('a denied or repeated registration starts none', () => {
    bound().when(1, register('h1', b, { careOfAddressValid: false })).thenActive(null).when(2, register('h2', a)).thenEvents({ refresh: true }).thenActive(null);
  });
  test('committed and completed once each (I7)', () => {
    bound().when(1, register('h1', b)).when(2, commit('h1', ['s1'])).thenEvents({ type: 'HandoffCommitted', configured: ['s1'] }).when(2, commit('h1', ['s1'])).thenEvents()
      .when(3, complete('h1')).thenEvents({ type: 'HandoffCompleted', released: 1 }).thenActive(null).when(3, complete('h1')).thenEvents().when(3, commit('h1')).thenEvents();
  });
  test('is completed only behind its commit: else it is a bug', () => {
    expect(() => bound().when(1, register('h1', b)).when(2, complete('h1'))).toThrow('h1 cannot be completed before it is committed');
  });
  test('it only goes forward: it is not rolled back, and its new binding may end', () => {
    bound().when(1, register('h1', b)).when(2, rollBack('h1')).thenEvents().when(400, tick).thenEvents({ type: 'RegistrationEnded', cause: 'registration-expiry' }).thenActive('h1')
      .when(401, commit('h1')).thenEvents({ type: 'HandoffCommitted' });
  });
  test('lifetime 0 that ends the last binding is the return home: committed at once', () => {
    bound().when(1, register('h1', a, { lifetimeSeconds: 0 })).thenBound().thenActive('h1').thenEvents({ type: 'RegistrationAccepted' }, { type: 'RegistrationEnded', cause: 'deregistration' },
      { type: 'HandoffStarted', kind: 'return-home', to: null, from: [{ careOfAddress: a }], oldLegs: 'release' }, { type: 'HandoffCommitted', configured: [], degraded: [] });
    bound().when(1, register('h1', b, { flags: ['S'] })).when(2, register('h2', a, { lifetimeSeconds: 0 })).thenBound(b).thenActive(null);
    given().when(1, register('h1', a, { lifetimeSeconds: 0 })).thenActive(null);
  });
});

describe('a registration during a handoff supersedes it', () => {
  const moving = (): HandoffScenario => bound().when(1, register('h1', b));

  test('before the commit: whatever may still hold legs is left, the last come first', () => {
    moving().when(2, register('h2', c)).thenBound(c).thenActive('h2').thenEvents({ type: 'RegistrationAccepted' }, { careOfAddress: b, cause: 'handoff' },
      { type: 'HandoffSuperseded', handoffId: 'h1', by: 'h2', committed: false },
      { type: 'HandoffStarted', supersedes: 'h1', from: [{ careOfAddress: b, handoffId: 'h1', bindingExpiresAt: timeAt(301) }, { careOfAddress: a }] })
      .when(3, commit('h1')).thenEvents().when(3, complete('h1')).thenEvents().thenActive('h2');
  });
  test('after the commit', () => {
    moving().when(2, commit('h1')).when(3, register('h2', c)).thenEvents({}, {}, { type: 'HandoffSuperseded', committed: true }, { from: [{ careOfAddress: b }, { careOfAddress: a }] });
  });
  test('ping-pong A→B→A: the scope it comes back to is not among those it leaves', () => {
    moving().when(2, register('h2', a)).thenBound(a).thenEvents({}, {}, {}, { type: 'HandoffStarted', from: [{ careOfAddress: b, handoffId: 'h1' }], to: { careOfAddress: a } });
  });
  test('a refresh where it leads to supersedes nothing', () => {
    moving().when(2, register('h2', b)).thenEvents({ type: 'RegistrationAccepted', refresh: true }).thenActive('h1');
  });
  test('deregistration relayed by another agent: everything is left', () => {
    const home = { lifetimeSeconds: 0, foreignAgent: 'fa-c', careOfAddress: fields.homeAddress };
    moving().when(2, { ...register('h2', c), ...home }).thenBound().thenEvents({}, { careOfAddress: b, cause: 'deregistration' }, { type: 'HandoffSuperseded' },
      { type: 'HandoffStarted', kind: 'return-home', from: [{ careOfAddress: b }, { careOfAddress: a }] }, { type: 'HandoffCommitted', handoffId: 'h2' });
  });
  test('policy none starts one all the same: legs that are on their way must come to stand somewhere', () => {
    moving().when(2, register('h2', c, { policy: { ...policy, handoff: 'none' } })).thenEvents({}, { cause: 'handoff' }, { type: 'HandoffSuperseded' }, { type: 'HandoffStarted', kind: 'make-before-break' });
  });
  test('what it leaves stands until the binding there ends, as it was renewed last; where it ended already, until it would have', () => {
    const ofB = (bindingExpiresAt: string) => ({ careOfAddress: b, handoffId: 'h1', bindingExpiresAt });
    moving().when(5, register('h2', b)).when(6, register('h3', c)).thenEvents({}, {}, {}, { from: [ofB(timeAt(305)), { careOfAddress: a }] });
    moving().when(2, revoked('fa-b', 2)).when(3, register('h3', c)).thenEvents({}, {}, { from: [ofB(timeAt(301)), { careOfAddress: a }] });
    moving().when(2, register('h2', c, { ...simultaneous, lifetimeSeconds: 60 })).when(3, revoked('fa-b', 3)).when(4, register('h3', b, simultaneous))
      .thenBound(c, b).when(5, register('h4', a))
      .thenEvents({}, {}, {}, {}, { from: [{ ...ofB(timeAt(304)), handoffId: 'h3' }, { careOfAddress: c, bindingExpiresAt: timeAt(62) }] });
  });
  test('a refresh elsewhere does, where the node is bound there alone by now', () => {
    const superseded = [{ refresh: true }, { type: 'HandoffSuperseded', handoffId: 'h1' }, { type: 'HandoffStarted', handoffId: 'h3' }];
    for (const place of [a, c] as const) moving().when(2, register('h2', place, simultaneous)).when(3, revoked('fa-b', 3)).thenBound(place)
      .when(4, register('h3', place)).thenEvents(...superseded);
    bound().when(1, start('h1', b)).when(2, commit('h1')).when(3, register('h2', a, simultaneous)).when(4, revoked('fa-b', 4)).when(5, register('h3', a))
      .thenEvents(...superseded);
    bound().when(1, register('h1', a, { lifetimeSeconds: 0 })).when(2, register('h2', a, simultaneous)).thenActive('h1').when(3, register('h3', a))
      .thenEvents(...superseded);
  });
  test('where its new binding ended meanwhile, a registration there begins another one', () => {
    const revocation: MobileNodeCommand = { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: 'fa-b', observedAt: at(2), violations: [] };
    const begun = [{}, { type: 'HandoffSuperseded' }, { from: [{ careOfAddress: a }], to: { careOfAddress: b } }];
    moving().when(2, revocation).thenBound().thenActive('h1').when(3, register('h2', b)).thenEvents(...begun);
    // I23: also a simultaneous one, by which nothing else is left.
    moving().when(2, revocation).when(3, register('h2', b, simultaneous)).thenEvents(...begun);
    moving().when(2, revocation).when(3, register('h2', c, simultaneous)).thenActive('h1');
    bound().when(1, start('h1', b)).when(2, register('h2', b, simultaneous)).thenActive('h1').thenBound(a, b);
    bound().when(1, start('h1', b)).when(2, commit('h1')).when(2, revocation).when(3, register('h2', b, simultaneous)).thenEvents(...begun);
  });
});

describe('a handoff that a command starts', () => {
  const started = (terms: Partial<StartHandoff> = {}): HandoffScenario => bound().when(1, start('h1', b, terms));

  test('the binding moves with the commit, with what is left of its lifetime', () => {
    started().thenBound(a).thenEvents({ type: 'HandoffStarted', cause: 'command', deadline: timeAt(31), from: [{ careOfAddress: a }], to: { careOfAddress: b, homeAgent: '203.0.113.1' } })
      .when(10, commit('h1', ['s1'])).thenBound(b).thenEvents({ type: 'RegistrationEnded', careOfAddress: a, cause: 'handoff' },
        { type: 'RegistrationAccepted', foreignAgent: 'fa-b', careOfAddress: b, homeAgent: '203.0.113.1', homeAddress: '10.0.0.5', identification: null, flags: [], code: 0,
          grantedLifetimeSeconds: 290, expiresAt: timeAt(300), lifetimeSeconds: null, refresh: false },
        { type: 'HandoffCommitted', configured: ['s1'] })
      .when(10, commit('h1')).thenEvents();
    started().when(10.5, commit('h1')).thenEvents({}, { grantedLifetimeSeconds: 290, expiresAt: timeAt(300) }, {});
  });
  test('without end, where it has none', () => {
    given().when(0, register('h0', a, { lifetimeSeconds: 65_535 })).when(1, start('h1', b))
      .thenEvents({ from: [{ careOfAddress: a, bindingExpiresAt: null }], to: { expiresAt: null } })
      .thenWithout('maximumLifetimeSeconds').when(100_000, tick).thenActive(null).when(100_001, start('h2', b)).when(100_002, commit('h2'))
      .thenEvents({ type: 'RegistrationEnded', bindingExpiresAt: null }, { type: 'RegistrationAccepted', grantedLifetimeSeconds: 65_535, expiresAt: null }, {});
  });
  test('of several that are left, what is left of the longest, and of those that stand then', () => {
    const two = (terms: Partial<Register> = {}): HandoffScenario => bound().when(0, register('h0', b, { ...simultaneous, lifetimeSeconds: 60, ...terms }))
      .when(1, start('h1', c));
    two().thenEvents({ from: [{ careOfAddress: a }, { careOfAddress: b }], to: { expiresAt: timeAt(300) } }).when(2, commit('h1')).thenBound(c)
      .thenEvents({ careOfAddress: a }, { careOfAddress: b }, { type: 'RegistrationAccepted', expiresAt: timeAt(300) }, {});
    two({ lifetimeSeconds: 65_535 }).thenEvents({ to: { expiresAt: null } });
    two().when(2, revoked('fa-a', 2)).thenEvents({ type: 'RegistrationEnded', careOfAddress: a }).thenActive('h1').when(3, register('h2', b)).thenActive('h1')
      .when(4, commit('h1'))
      .thenEvents({ careOfAddress: b, cause: 'handoff' }, { type: 'RegistrationAccepted', careOfAddress: c, expiresAt: timeAt(303) }, {});
  });
  test('its new scope knows the visitor by the start of the handoff: a reboot that ends that visit ends the binding', () => {
    const lose = (registrationRevision: bigint): MobileNodeCommand => ({ type: 'LoseBinding', foreignAgent: 'fa-b', careOfAddress: b, registrationRevision, cause: 'reboot' });
    started().when(2, commit('h1')).when(3, lose(0n)).thenEvents().thenBound(b).when(3, lose(1n)).thenEvents({ type: 'RegistrationEnded', cause: 'reboot' }).thenBound();
    started().when(2, commit('h1')).when(3, register('h2', b)).when(4, lose(1n)).thenEvents().thenBound(b);
  });
  test('no agent grants more than its maximum, from the start on', () => {
    started({ maximumLifetimeSeconds: 60 }).thenEvents({ to: { expiresAt: timeAt(61) }, maximumLifetimeSeconds: 60 })
      .when(11, commit('h1')).thenEvents({}, { type: 'RegistrationAccepted', expiresAt: timeAt(61), grantedLifetimeSeconds: 50 }, {});
    started({ maximumLifetimeSeconds: 600 }).thenEvents({ to: { expiresAt: timeAt(300) } }).when(5, register('h2', a, { lifetimeSeconds: 65_535 }))
      .when(11, commit('h1')).thenEvents({}, { expiresAt: timeAt(601) }, {});
    // The node has a binding there through another home agent, which lasts longer than the new agent lets the one that moves last.
    bound().when(0, register('h', b, { homeAgent: '203.0.113.2', ...simultaneous })).when(1, start('h1', b, { deadlineMs: 900_000, maximumLifetimeSeconds: 50 }))
      .when(100, commit('h1')).thenEvents({ type: 'RegistrationEnded', homeAgent: '203.0.113.1', cause: 'handoff' }, { type: 'HandoffCommitted' }).thenBound(b);
  });
  test('a refresh meanwhile supersedes nothing, and its lifetime moves with the binding', () => {
    started().when(5, register('h2', a)).thenActive('h1').when(6, commit('h1')).thenEvents({}, { type: 'RegistrationAccepted', expiresAt: timeAt(305) }, {});
  });
  test('needs a binding, elsewhere, and no handoff that is not over', () => {
    given().when(0, start('h1', b)).thenRefused('no-binding');
    bound().when(0, start('h1', a)).thenRefused('already-bound-there');
    bound().when(300, start('h1', b)).thenBound();
    started().when(2, start('h2', c)).thenRefused('handoff-in-progress', { handoffId: 'h1' }).when(2, start('h1', b)).thenEvents().thenActive('h1');
  });
  test('of two bindings the other one is left', () => {
    bound().when(0, register('h0', b, { flags: ['S'], lifetimeSeconds: 60 })).when(1, start('h1', b)).thenEvents({ from: [{ careOfAddress: a }], to: { expiresAt: timeAt(60) } }).when(2, commit('h1')).thenBound(b)
      .thenEvents({ type: 'RegistrationEnded', careOfAddress: a }, { type: 'HandoffCommitted' });
  });
  test('it is rolled back at its deadline, and not committed after it', () => {
    started().when(31, tick).thenEvents({ type: 'HandoffRolledBack', reason: 'deadline' }).thenActive(null).thenBound(a);
    started({ deadlineMs: 5_000 }).when(6, commit('h1')).thenEvents({ type: 'HandoffRolledBack', reason: 'deadline' }).thenBound(a);
    started().when(2, commit('h1')).when(32, tick).thenEvents().thenActive('h1');
  });
  test('where the new scope refuses a leg, if the command says so', () => {
    started().when(2, rollBack('h1')).thenEvents({ type: 'HandoffRolledBack', reason: 'leg-refused' }).thenBound(a).when(2, rollBack('h1')).thenEvents().when(3, commit('h1')).thenEvents();
    started().when(2, commit('h1')).when(3, rollBack('h1')).thenEvents().thenActive('h1');
    started().when(2, rollBack('h9')).thenEvents().thenActive('h1');
  });
  test('I23 it is not committed behind the end of the binding that its new scope knows, whatever the old one was renewed to', () => {
    started({ deadlineMs: 900_000 }).thenEvents({ to: { expiresAt: timeAt(300) }, deadline: timeAt(300) }).when(10, register('h0', a)).when(300, commit('h1', ['s1']))
      .thenEvents({ type: 'HandoffRolledBack', reason: 'deadline' }).thenBound(a);
    started({ deadlineMs: 900_000, maximumLifetimeSeconds: 50 }).thenEvents({ deadline: timeAt(51) }).when(51, commit('h1')).thenEvents({ type: 'HandoffRolledBack' }).thenBound(a);
    bound().when(0, register('h0', b, { flags: ['S'], lifetimeSeconds: 20 })).when(1, start('h1', b)).thenEvents({ deadline: timeAt(20) });
  });
  test('I23 where the node was bound at the new address, too, and that ends meanwhile: what came there went with it', () => {
    const short = { flags: ['S'], lifetimeSeconds: 20 };
    started().when(2, register('h2', b, short)).thenActive('h1').when(23, commit('h1', ['s1']))
      .thenEvents({ careOfAddress: b, cause: 'registration-expiry' }, { type: 'HandoffRolledBack', reason: 'binding-ended' }).thenBound(a);
    started().when(2, register('h2', b, short)).when(3, register('h3', b, { lifetimeSeconds: 0 }))
      .thenEvents({}, { careOfAddress: b, cause: 'deregistration' }, { type: 'HandoffRolledBack', reason: 'binding-ended' }).thenBound(a);
  });
  test('where the binding ends meanwhile', () => {
    started({ deadlineMs: 900_000 }).when(300, tick).thenEvents({ type: 'RegistrationEnded', cause: 'registration-expiry' }, { type: 'HandoffRolledBack', reason: 'binding-ended' }).thenActive(null);
    started().when(2, { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: null, observedAt: at(2), violations: [] })
      .thenEvents({ cause: 'revocation' }, { type: 'HandoffRolledBack', reason: 'binding-ended' });
  });
  test('a registration elsewhere, there, or home supersedes it', () => {
    started().when(2, register('h2', c)).thenEvents({}, { careOfAddress: a, cause: 'handoff' }, { type: 'HandoffSuperseded' }, { from: [{ careOfAddress: b, handoffId: 'h1' }, { careOfAddress: a }] });
    started().when(2, register('h2', b)).thenBound(b).thenEvents({}, { careOfAddress: a }, { type: 'HandoffSuperseded' }, { from: [{ careOfAddress: a }], to: { careOfAddress: b } });
    started().when(2, register('h2', a, { lifetimeSeconds: 0 })).thenEvents({}, {}, { type: 'HandoffSuperseded' }, { kind: 'return-home', from: [{ careOfAddress: b }, { careOfAddress: a }] }, {});
  });
});
