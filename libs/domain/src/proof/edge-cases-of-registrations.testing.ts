import { hasRebooted } from '../foreign-agents/agent-sequence';
import type { EdgeCase } from './edge-cases-of-flows.testing';
import { at, configure, ff, given as scope, reboot, timeAt } from './flow-table.testing';
import { asked, given, register, replied } from '../mobile-node/mobile-node.testing';

const elsewhere = { foreignAgent: 'fa-2', careOfAddress: '198.51.101.1' };
const here = '198.51.100.1';

export const edgeCasesOfRegistrations: readonly EdgeCase[] = [
  ['one MN via two HAs', () => void given().when(0, register({ identification: '500' })).thenBound(here)
    // Each home agent has its own record of what rose.
    .when(1, register({ ...elsewhere, homeAgent: '203.0.113.2', identification: '7', flags: ['S'] })).thenBound(here, elsewhere.careOfAddress)
    .when(2, register({ homeAgent: '203.0.113.2', identification: '7' })).thenDenied(133)
    // At one care-of address they are two bindings all the same, and one visitor.
    .when(3, register({ homeAgent: '203.0.113.2', identification: '8', flags: ['S'] })).thenEvents({ type: 'RegistrationAccepted', refresh: false }).thenBound(here, elsewhere.careOfAddress)
    .when(4, register({ identification: '501', lifetimeSeconds: 0 })).thenEvents({ grantedLifetimeSeconds: 0 }, { type: 'RegistrationEnded', homeAgent: '203.0.113.1', visitor: { homeAgent: '203.0.113.2' } })
    .thenBound(here, elsewhere.careOfAddress)],
  ['one MN, two bindings (S bit) at two FAs', () => void given().when(0, register()).when(1, register({ ...elsewhere, flags: ['S'] })).thenBound(here, elsewhere.careOfAddress)
    .when(2, register({ lifetimeSeconds: 0 })).thenBound(elsewhere.careOfAddress)],
  ['registration refresh denied', () => void given().when(0, register({ identification: '10' })).when(5, register({ identification: '9', lifetimeSeconds: 900 })).thenDenied(133).thenBound(here)
    .when(6, asked(6, { identification: '11' })).when(7, replied(7, { identification: '11', code: 131 })).thenDenied(131).thenBound(here)
    .when(301, { type: 'Tick' }).thenEvents({ type: 'RegistrationEnded', occurredAt: timeAt(300) })],
  ['lifetime 65535, reply longer than request', () => void given().when(0, register({ lifetimeSeconds: 65_535 })).thenEvents({ grantedLifetimeSeconds: 65_535, expiresAt: null })
    .when(1, asked(1)).when(2, replied(2, { lifetimeSeconds: 900 }))
    .thenEvents({ grantedLifetimeSeconds: 300, expiresAt: timeAt(302), violations: [{ name: 'granted-above-requested' }] })],
  ['deregistration relayed by another FA', () => void given().when(0, register()).when(1, register({ foreignAgent: 'fa-2', lifetimeSeconds: 0 }))
    .thenEvents({ type: 'RegistrationAccepted', grantedLifetimeSeconds: 0 }, { type: 'RegistrationEnded', foreignAgent: 'fa-1', careOfAddress: here, cause: 'deregistration' }).thenBound()],
  ['FA reboot against roll-over', () => {
    expect([[65_535, 0], [65_535, 255], [5, 3]].map(([before, now]) => hasRebooted(before!, now!))).toEqual([true, true, true]);
    expect([[65_535, 256], [300, 299], [3, 4], [255, 256], [7, 7]].some(([before, now]) => hasRebooted(before!, now!))).toBe(false);
    scope().visitors('mn-1').when(0, configure('a', 'mn-1', ff())).when(1, reboot(3n))
      .thenEvents('ForeignAgentRebooted', { type: 'VisitorLeft', cause: 'reboot' }, { type: 'QosSessionReleased', sessionId: 'a', cause: 'reboot' }).thenHeld();
  }],
  ['reply without a pending request', () => void given().when(0, register()).when(1, replied(1, { lifetimeSeconds: 10 })).thenEvents({ type: 'RegistrationReplyUnmatched' }).thenBound(here)
    .when(299, { type: 'Tick' }).thenBound(here)],
  ['two replies', () => void given().when(0, asked(0)).when(1, replied(1)).thenEvents({ type: 'RegistrationAccepted', expiresAt: timeAt(301) })
    .when(2, replied(2, { lifetimeSeconds: 10 })).thenEvents({ type: 'RegistrationReplyUnmatched' }).when(20, { type: 'ObserveRevocation', mobileNode: 'mn-1', foreignDomainAgent: 'fa-9', observedAt: at(20), violations: [] })
    .thenEvents({ type: 'RevocationUnmatched' }).thenBound(here)],
];
