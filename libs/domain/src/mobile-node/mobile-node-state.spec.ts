import type { HandoffEvent, HandoffStarted, RegistrationAccepted } from '../events/events';
import { timeAt } from '../proof/flow-table.testing';
import { evolveMobileNode, initialMobileNode, type MobileNodeState } from './mobile-node-state';

const occurredAt = timeAt(0);
const mobileNode = 'mn-1';
const [here, there] = ['198.51.100.1', '198.51.100.2'] as const;
const home = { homeAgent: '203.0.113.1', homeAddress: '10.0.0.5' };
const started = (handoffId: string, terms: Partial<HandoffStarted> = {}): HandoffStarted => ({
  type: 'HandoffStarted', handoffId, mobileNode, kind: 'make-before-break', cause: 'command', from: [], to: { foreignAgent: 'fa-2', careOfAddress: there, ...home, expiresAt: null },
  oldLegs: 'release', ifRefused: 'degrade', deadline: null, supersedes: null, occurredAt, ...terms,
});
const committed = (handoffId: string): HandoffEvent => ({ type: 'HandoffCommitted', handoffId, mobileNode, configured: ['s1'], degraded: ['s2'], occurredAt });
const completed = (handoffId: string): HandoffEvent => ({ type: 'HandoffCompleted', handoffId, mobileNode, released: 1, orphaned: 0, gapMs: 0, occurredAt });
const superseded = (handoffId: string): HandoffEvent => ({ type: 'HandoffSuperseded', handoffId, mobileNode, by: 'h9', committed: false, occurredAt });
const rolledBack = (handoffId: string): HandoffEvent => ({ type: 'HandoffRolledBack', handoffId, mobileNode, reason: 'deadline', detail: '', occurredAt });
const accepted = (terms: Partial<RegistrationAccepted> = {}): RegistrationAccepted => ({
  type: 'RegistrationAccepted', mobileNode, foreignAgent: 'fa-2', careOfAddress: there, ...home, identification: null,
  lifetimeSeconds: null, grantedLifetimeSeconds: 300, flags: [], code: 0, codeName: 'registration accepted', expiresAt: null, refresh: false, occurredAt, ...terms,
});
const folded = (...events: Parameters<typeof evolveMobileNode>[1][]): MobileNodeState => events.reduce(evolveMobileNode, initialMobileNode);
const handoffsOf = ({ handoff, rolledBack: last }: MobileNodeState) => ({ handoff, rolledBack: last });

describe('the handoff that is active, and the one that was rolled back last (domain.md §6)', () => {
  const first = { started: started('h1'), revision: 0n };
  const back = { started: started('h0'), revision: 1n };
  test.each<[string, HandoffEvent[], ReturnType<typeof handoffsOf>]>([
    ['started', [started('h1')], { handoff: { ...first, committed: null }, rolledBack: null }],
    ['committed', [started('h1'), committed('h1')], { handoff: { ...first, committed: { revision: 1n, configured: ['s1'], degraded: ['s2'] } }, rolledBack: null }],
    ['completed', [started('h1'), completed('h1')], { handoff: null, rolledBack: null }],
    ['superseded', [started('h1'), superseded('h1')], { handoff: null, rolledBack: null }],
    ['rolled back', [started('h0'), rolledBack('h0')], { handoff: null, rolledBack: back }],
    ['superseded behind one that was rolled back', [started('h0'), rolledBack('h0'), started('h1'), superseded('h1')], { handoff: null, rolledBack: back }],
    ['completed behind one that was rolled back', [started('h0'), rolledBack('h0'), started('h1'), completed('h1')], { handoff: null, rolledBack: null }],
  ])('%s', (_, events, expected) => expect(handoffsOf(folded(...events))).toEqual(expected));

  test.each([committed, completed, superseded, rolledBack])('what is told of another than the active one, or while none is, changes nothing but the revision', (event) => {
    const before = folded(started('h0'), rolledBack('h0'), started('h1'));
    expect(evolveMobileNode(before, event('h0'))).toEqual({ ...before, revision: 3n });
    const none = folded(started('h0'), rolledBack('h0'));
    expect(evolveMobileNode(none, event('h0'))).toEqual({ ...none, revision: 2n });
  });
});

describe('the revision by which its scope knows a binding', () => {
  const revisionOf = (careOfAddress: string, ...events: Parameters<typeof evolveMobileNode>[1][]) => folded(...events).bindings.get(careOfAddress)?.revision;
  test('is that of HandoffStarted where a command moves it there, and only there', () => {
    expect(revisionOf(there, started('h1'), accepted())).toBe(0n);
  });
  test.each<[string, HandoffEvent[], Partial<RegistrationAccepted>]>([
    ['the node asked for it', [started('h1')], { lifetimeSeconds: 300 }],
    ['it is at another address', [started('h1')], { careOfAddress: here }],
    ['the handoff was committed before', [started('h1'), committed('h1')], {}],
    ['a registration started the handoff', [started('h1', { cause: 'registration' })], {}],
    ['the node goes home', [started('h1', { to: null })], {}],
    ['no handoff is active', [], {}],
  ])('is its own where %s', (_, events, terms) => {
    expect(revisionOf(terms.careOfAddress ?? there, ...events, accepted(terms))).toBe(BigInt(events.length));
  });
});
