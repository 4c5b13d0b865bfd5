import { rejectionCatalogue, type HandoffOrigin, type HandoffRolledBack, type HandoffStarted, type HandoffTarget, type RejectionName } from '#domain';
import type { Handoff, HandoffAnswer, HandoffLeg, HandoffLegEnd, HandoffRow, HandoffStep } from '#ledger';
import { flowId, match, sender, style, temporaryFlowId } from './flow-shapes';
import { legCause } from './qos-session-shapes';
import { address, anything, decimal, integer, list, map, oneOf, orNull, record, string, time, uuid, type Fields, type Shape } from './shape';

export const handoffKind: Shape<HandoffStarted['kind']> = oneOf('make-before-break', 'break-before-make', 'return-home');
export const handoffCause: Shape<HandoffStarted['cause']> = oneOf('registration', 'command');

const origin = record<HandoffOrigin>('HandoffOrigin', { foreignAgent: string, careOfAddress: address, bindingExpiresAt: orNull(time), handoffId: uuid }, ['handoffId']);

const target = record<HandoffTarget>('HandoffTarget', {
  foreignAgent: string,
  careOfAddress: address,
  homeAgent: address,
  homeAddress: address,
  expiresAt: orNull(time),
});

const handoffState: Shape<HandoffAnswer['state']> = oneOf('started', 'committed', 'completed', 'superseded', 'rolled-back');
const reason: Shape<HandoffRolledBack['reason']> = oneOf('deadline', 'leg-refused', 'binding-ended', 'target-withdrawn');

/** What starting one is answered with: what it did not come to is null. */
export const handoffAnswer = record<HandoffAnswer>('HandoffAnswer', {
  handoffId: uuid,
  mobileNode: string,
  kind: handoffKind,
  state: handoffState,
  from: list(origin),
  to: orNull(target),
  configured: orNull(list(uuid)),
  degraded: orNull(list(uuid)),
  released: orNull(integer),
  orphaned: orNull(integer),
  gapMs: orNull(integer),
  reason: orNull(reason),
  detail: orNull(string),
  revision: decimal,
  position: decimal,
});

const handoffFields: Fields<HandoffRow> = {
  handoffId: uuid,
  mobileNode: string,
  kind: handoffKind,
  cause: handoffCause,
  state: handoffState,
  from: list(origin),
  to: orNull(target),
  toForeignAgent: orNull(string),
  toCareOfAddress: orNull(address),
  oldLegs: oneOf('release', 'orphan'),
  ifRefused: oneOf('degrade', 'roll-back'),
  deadline: orNull(time),
  supersedes: orNull(uuid),
  supersededBy: orNull(uuid),
  reason: orNull(reason),
  detail: orNull(string),
  startedAt: time,
  committedAt: orNull(time),
  endedAt: orNull(time),
  configured: orNull(integer),
  degraded: orNull(integer),
  released: orNull(integer),
  orphaned: orNull(integer),
  gapMs: orNull(integer),
  changedAt: time,
  revision: decimal,
  position: decimal,
};

export const handoffRow = record<HandoffRow>('HandoffRow', handoffFields);

const step = record<HandoffStep>('HandoffStep', {
  ordinal: integer,
  type: string,
  foreignAgent: orNull(string),
  careOfAddress: orNull(address),
  sessionId: orNull(uuid),
  occurredAt: time,
  recordedAt: time,
  stream: string,
  revision: decimal,
  position: decimal,
  detail: map(anything),
});

/** What a session held in an old scope, or holds in the new one. */
const legEnd = record<HandoffLegEnd>('HandoffLegEnd', {
  foreignAgent: string,
  careOfAddress: address,
  effective: orNull(flowId),
  temporary: orNull(temporaryFlowId),
  matched: list(match),
  since: time,
  until: orNull(time),
  state: oneOf('live', 'path-only', 'orphaned', 'degraded', 'ended'),
  cause: orNull(legCause),
});

const leg = record<HandoffLeg>('HandoffLeg', {
  sessionId: uuid,
  outcome: oneOf('configured', 'degraded', 'released', 'orphaned', 'rolled-back', 'not-moved'),
  correspondentNode: orNull(address),
  protocol: integer,
  destinationPort: orNull(integer),
  sourcePort: orNull(integer),
  flowLabel: orNull(integer),
  spi: orNull(integer),
  senders: orNull(list(sender)),
  style: orNull(style),
  from: orNull(legEnd),
  to: orNull(legEnd),
  rejection: orNull(oneOf(...(Object.keys(rejectionCatalogue) as RejectionName[]))),
  detail: orNull(string),
  recoveredAt: orNull(time),
  gapMs: orNull(integer),
});

export const handoff = record<Handoff>('Handoff', { ...handoffFields, steps: list(step), legs: list(leg) });
