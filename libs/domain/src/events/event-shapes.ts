/**
 * What the payload of each event must hold, field by field. The compiler holds this table equal to the types of the events: a field that is
 * forgotten, or of another kind, does not compile. `?` in front: old events may be without it; `|null` behind: it may be null.
 */
import type { LedgerEvent, LedgerEventType } from './events';

/** Of values: `time` is RFC 3339, `decimal` a whole number as text, `texts` a list of texts; `flow`, `id` and `tspec` are flow.ts's. */
export type ValueKind = 'text' | 'time' | 'decimal' | 'number' | 'boolean' | 'texts' | 'list' | 'flow' | 'id' | 'tspec' | 'object';
export type FieldKind = `${'' | '?'}${ValueKind}${'' | '|null'}`;

type KindOfValue<V> = V extends string ? 'text' | 'time' | 'decimal'
  : V extends number ? 'number'
  : V extends boolean ? 'boolean'
  : V extends readonly (infer Item)[] ? (Item extends string ? 'texts' : 'list')
  : V extends { readonly protocol: number } | { readonly destination: string } ? 'flow' | 'id'
  : V extends { readonly r: unknown; readonly M: number } ? 'tspec'
  : 'object';
type Optional<E, K extends keyof E> = object extends Pick<E, K> ? '?' : '';
type Nullable<V> = null extends V ? '|null' : '';
type Shape<E> = { readonly [K in Exclude<keyof E, 'type'>]-?: `${Optional<E, K>}${KindOfValue<NonNullable<E[K]>>}${Nullable<E[K]>}` };
type EventShapes = { readonly [T in LedgerEventType]: Shape<Extract<LedgerEvent, { readonly type: T }>> };

const registration = {
  mobileNode: 'text', foreignAgent: 'text', careOfAddress: 'text', homeAgent: 'text', homeAddress: 'text', identification: 'decimal|null', occurredAt: 'time',
  violations: '?list',
} as const;
const heldLeg = { sessionId: 'text', flow: 'flow', style: 'text|null', service: 'text|null', tspec: 'tspec|null', refreshPeriodMs: 'number', state: 'text' } as const;
const handoff = { handoffId: 'text', mobileNode: 'text', occurredAt: 'time' } as const;

export const eventShapes: EventShapes = {
  ForeignAgentProvisioned: { foreignAgent: 'text', name: 'text|null', careOfAddresses: 'texts', dropped: '?texts', pools: 'object', policy: 'object', occurredAt: 'time' },
  ForeignAgentLearned: { foreignAgent: 'text', careOfAddresses: 'texts', learnedFrom: 'text', ofOthers: '?list', occurredAt: 'time' },
  ForeignAgentRemoved: { foreignAgent: 'text', careOfAddresses: 'texts', occurredAt: 'time' },
  AgentRebootReported: { foreignAgent: 'text', careOfAddresses: 'texts', reportedBy: 'text', sequenceNumbers: 'object|null', occurredAt: 'time' },
  CareOfAddressesClosed: { foreignAgent: 'text', careOfAddresses: 'texts', occurredAt: 'time' },
  CareOfAddressesReopened: { foreignAgent: 'text', careOfAddresses: 'texts', closing: 'decimal', occurredAt: 'time' },
  RegistrationRequested: { ...registration, lifetimeSeconds: 'number', flags: 'texts', policy: 'object', pendingUntil: 'time', pendingAtAgent: '?number' },
  RegistrationAccepted: {
    ...registration, lifetimeSeconds: 'number|null', grantedLifetimeSeconds: 'number', flags: 'texts', code: 'number', codeName: 'text',
    expiresAt: 'time|null', refresh: 'boolean', replyIdentification: '?decimal', visitor: '?object',
  },
  RegistrationDenied: {
    ...registration, lifetimeSeconds: 'number|null', flags: 'texts', code: 'number', codeName: 'text', detail: 'text', replyIdentification: '?decimal',
  },
  RegistrationEnded: {
    mobileNode: 'text', foreignAgent: 'text', careOfAddress: 'text', homeAgent: '?text', homeAddress: '?text', cause: 'text', bindingExpiresAt: 'time|null',
    identification: 'decimal|null', visitor: '?object', occurredAt: 'time', violations: '?list',
  },
  RegistrationReplyUnmatched: {
    mobileNode: 'text', homeAgent: 'text', homeAddress: 'text', identification: 'decimal|null', occurredAt: 'time', violations: '?list',
    code: 'number', codeName: 'text', lifetimeSeconds: 'number',
  },
  RevocationUnmatched: {
    mobileNode: 'text', homeAgent: 'text|null', homeAddress: 'text|null', foreignDomainAgent: 'text|null', occurredAt: 'time', violations: '?list',
  },
  RevocationAcknowledged: {
    mobileNode: 'text', homeAddress: 'text', revocationIdentifier: '?number', flags: 'texts', occurredAt: 'time', violations: '?list',
  },
  HandoffStarted: {
    ...handoff, kind: 'text', cause: 'text', from: 'list', to: 'object|null', oldLegs: 'text', ifRefused: 'text', deadline: 'time|null', supersedes: 'text|null',
    maximumLifetimeSeconds: '?number',
  },
  HandoffCommitted: { ...handoff, configured: 'texts', degraded: 'texts' },
  HandoffCompleted: { ...handoff, released: 'number', orphaned: 'number', gapMs: 'number|null' },
  HandoffSuperseded: { ...handoff, by: 'text', committed: 'boolean' },
  HandoffRolledBack: { ...handoff, reason: 'text', detail: 'text' },
  ScopeProvisioned: { foreignAgent: 'text', careOfAddress: 'text', pools: 'object', policy: 'object', revision: 'decimal', untouched: '?boolean', occurredAt: 'time' },
  ScopeWithdrawn: { foreignAgent: 'text', careOfAddress: 'text', revision: 'decimal', untouched: '?boolean', occurredAt: 'time' },
  ScopeClosed: { foreignAgent: 'text', careOfAddress: 'text', revision: 'decimal', untouched: '?boolean', occurredAt: 'time' },
  ScopeReopened: { foreignAgent: 'text', careOfAddress: 'text', revision: 'decimal', untouched: '?boolean', occurredAt: 'time' },
  VisitorAdmitted: {
    mobileNode: 'text', homeAddress: 'text', homeAgent: 'text', expiresAt: 'time|null', bindingExpiresAt: '?time', registrationRevision: 'decimal', withdrawn: '?boolean',
    handoffId: '?text', mayBeUndone: '?boolean', part: '?number', more: '?boolean', occurredAt: 'time',
  },
  VisitorLeft: { mobileNode: 'text', cause: 'text', registrationRevision: 'decimal', occurredAt: 'time' },
  TemporaryFlowIdAllocated: {
    sessionId: 'text', mobileNode: 'text|null', field: 'text', value: 'number', matched: 'list', allocatedBy: 'text', choice: 'text', association: '?object',
    occurredAt: 'time',
  },
  QosSessionConfigured: {
    ...heldLeg, foreignAgent: 'text', careOfAddress: 'text', mobileNode: 'text|null', homeAddress: 'text|null', homeAgent: 'text|null',
    registrationExpiresAt: 'time|null', requested: 'id', effective: 'id', temporary: 'object|null', matched: 'list', matchedInAll: '?number', reclaimed: 'boolean',
    reclaimedFrom: '?texts',
    expiresAt: 'time|null', reservation: '?object', adspec: '?object', previousHops: '?list', paths: '?list', requests: '?list', replaces: 'text|null',
    handoffId: '?text',
    occurredAt: 'time', violations: '?list',
  },
  QosSessionModified: {
    sessionId: 'text', style: '?text', service: '?text|null', tspec: '?tspec|null', refreshPeriodMs: '?number', state: '?text', flow: '?flow', requested: '?id',
    effective: '?id', sendersLeft: '?object', expiresAt: '?time|null', reservation: '?object|null', adspec: '?object', previousHops: '?list', senderTspec: '?tspec', paths: '?list',
    pathsEnded: '?list', requests: '?list', orphanedUntil: '?time|null', cause: '?text', handoffId: '?text', occurredAt: 'time', violations: '?list',
  },
  LeasesExtended: {
    sessions: 'texts', reservations: '?texts', paths: '?list', requests: '?list', until: 'time', cause: '?text', gap: '?object', occurredAt: 'time',
  },
  QosSessionReleased: {
    sessionId: 'text', mobileNode: 'text|null', cause: 'text', code: '?number', effective: 'id', temporary: 'object|null', quarantinedUntil: 'time|null',
    senders: '?list', paths: '?list', broughtBy: '?text', mergedInto: '?object', occurredAt: 'time', violations: '?list',
  },
  QuarantineEnded: { quarantines: 'texts', occurredAt: 'time' },
  ForeignAgentRebooted: { foreignAgent: 'text', careOfAddress: 'text', revision: '?decimal', occurredAt: 'time' },
  LegsHeld: { ...handoff, legs: 'list', others: '?texts', ended: '?list', registrationRevision: '?decimal' },
  LegsUnheld: { ...handoff, outcome: 'text', registrationRevision: '?decimal' },
  LegRefused: {
    ...handoff, ...heldLeg, homeAddress: 'text', homeAgent: 'text', registrationExpiresAt: 'time|null', requested: 'id', rejection: 'text', detail: 'text',
    matched: 'list', facts: '?object', expiresAt: 'time|null',
  },
  DegradedLegEnded: { sessionId: 'text', mobileNode: 'text', cause: 'text', broughtBy: '?text', occurredAt: 'time' },
  SignallingObserved: { message: 'text', sessionId: 'text|null', detail: 'object', digest: '?text', occurredAt: 'time', violations: '?list' },
  ObservedLate: { message: 'text', observedAt: 'time', detail: 'object', occurredAt: 'time' },
};
