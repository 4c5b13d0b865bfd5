import type { ReleaseCause } from '#domain';
import type { ConfigureAnswer, QosSession, QosSessionRow, ReleaseAnswer, SessionLeg } from '#ledger';
import { flowId, match, temporaryFlowId } from './flow-shapes';
import { flowFields } from './flow-table-shapes';
import { address, decimal, integer, list, oneOf, orNull, record, string, time, uuid, type Fields, type Shape } from './shape';

const releaseCauses = [
  'path-tear', 'resv-tear', 'soft-state-timeout', 'deregistration', 'registration-expiry', 'revocation', 'handoff', 'superseded', 'reboot',
  'administrator', 'preemption', 'replaced', 'merged', 'handoff-rolled-back', 'reconciled',
] as const;

export const releaseCause: Shape<ReleaseCause> = oneOf(...releaseCauses);

/** Of a degraded leg that got its id it is no release. */
export const legCause: Shape<SessionLeg['cause'] & string> = oneOf(...releaseCauses, 'configured');

const sessionFields: Fields<QosSessionRow> = {
  ...flowFields,
  state: oneOf('live', 'path-only', 'orphaned', 'degraded', 'released'),
  requested: flowId,
  closedAt: orNull(time),
  cause: orNull(releaseCause),
  replaces: orNull(uuid),
  stream: string,
  firstPosition: decimal,
  lastPosition: decimal,
};

export const qosSessionRow = record<QosSessionRow>('QosSessionRow', sessionFields);

/** What a session held at one care-of address, and when. */
const sessionLeg = record<SessionLeg>('SessionLeg', {
  foreignAgent: string,
  careOfAddress: address,
  state: oneOf('live', 'path-only', 'orphaned', 'degraded', 'ended'),
  effective: orNull(flowId),
  temporary: orNull(temporaryFlowId),
  matched: list(match),
  from: time,
  to: orNull(time),
  gapMs: orNull(integer),
  handoffId: orNull(uuid),
  cause: orNull(legCause),
  quarantinedUntil: orNull(time),
});

export const qosSession = record<QosSession>('QosSession', { ...sessionFields, legs: list(sessionLeg) });

export const configureAnswer = record<ConfigureAnswer>('ConfigureAnswer', {
  sessionId: uuid,
  outcome: oneOf('configured', 'refreshed', 'modified'),
  effective: flowId,
  temporary: orNull(temporaryFlowId),
  matched: list(match),
  stream: string,
  revision: decimal,
  position: decimal,
});

export const releaseAnswer = record<ReleaseAnswer>('ReleaseAnswer', {
  sessionId: uuid,
  outcome: oneOf('released', 'already-released'),
  revision: decimal,
  position: decimal,
});
