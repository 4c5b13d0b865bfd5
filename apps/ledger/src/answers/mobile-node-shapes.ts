import type { VisitorLeaveCause } from '#domain';
import type { MobileNode, MobileNodeRow, RegistrationAnswer, RevocationAnswer, RevokedBinding } from '#ledger';
import { handoffCause, handoffKind } from './handoff-shapes';
import { address, decimal, fields, integer, list, oneOf, orNull, record, string, time, uuid, type Fields, type Shape } from './shape';

const leaveCause: Shape<VisitorLeaveCause> = oneOf('deregistration', 'registration-expiry', 'revocation', 'handoff', 'superseded', 'reboot', 'handoff-rolled-back', 'administrator');

const registration = record<MobileNode['registrations'][number]>('Registration', {
  foreignAgent: string,
  careOfAddress: address,
  homeAgent: address,
  homeAddress: address,
  state: oneOf('active', 'ended'),
  flags: list(string),
  identification: orNull(decimal),
  grantedLifetimeSeconds: integer,
  expiresAt: orNull(time),
  code: integer,
  codeName: string,
  acceptedAt: time,
  renewedAt: orNull(time),
  endedAt: orNull(time),
  cause: orNull(leaveCause),
});

const liveSession = fields<MobileNodeRow['liveSessions'][number]>({
  sessionId: uuid,
  foreignAgent: string,
  careOfAddress: address,
  state: oneOf('live', 'path-only', 'orphaned', 'degraded'),
});

const activeHandoff = record<NonNullable<MobileNodeRow['activeHandoff']>>('ActiveHandoff', {
  handoffId: uuid,
  kind: handoffKind,
  cause: handoffCause,
  state: oneOf('started', 'committed'),
  to: orNull(fields({ foreignAgent: string, careOfAddress: address })),
  startedAt: time,
  deadline: orNull(time),
});

const nodeFields: Fields<MobileNodeRow> = {
  mobileNode: string,
  homeAddress: address,
  homeAgent: address,
  bindings: list(registration),
  activeHandoff: orNull(activeHandoff),
  liveSessions: list(liveSession),
  firstSeenAt: time,
  changedAt: time,
  revision: decimal,
  position: decimal,
};

export const mobileNodeRow = record<MobileNodeRow>('MobileNodeRow', nodeFields);
export const mobileNode = record<MobileNode>('MobileNode', { ...nodeFields, registrations: list(registration) });

export const registrationAnswer = record<RegistrationAnswer>('RegistrationAnswer', {
  mobileNode: string,
  foreignAgent: string,
  careOfAddress: address,
  homeAgent: address,
  homeAddress: address,
  code: integer,
  codeName: string,
  grantedLifetimeSeconds: integer,
  expiresAt: orNull(time),
  handoffId: orNull(uuid),
  identification: orNull(decimal),
  revision: decimal,
  position: decimal,
});

const revokedBinding = fields<RevokedBinding>({
  foreignAgent: string, careOfAddress: address, homeAgent: address, homeAddress: address, expiresAt: orNull(time),
});

export const revocationAnswer = record<RevocationAnswer>('RevocationAnswer', {
  mobileNode: string, revoked: list(revokedBinding), released: list(uuid), revision: decimal, position: decimal,
});
