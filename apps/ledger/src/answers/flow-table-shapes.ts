import type { FlowTableRow } from '#ledger';
import { flowId, sender, service, style, temporaryFlowId, tspec } from './flow-shapes';
import { address, decimal, integer, list, oneOf, orNull, record, string, time, uuid, type Fields } from './shape';

/** What a row of the flow table and a session have in common. */
export const flowFields: Omit<Fields<FlowTableRow>, 'state' | 'collidesWith' | 'reservationExpiresAt'> = {
  sessionId: uuid,
  foreignAgent: string,
  careOfAddress: address,
  mobileNode: orNull(string),
  homeAddress: orNull(address),
  homeAgent: orNull(address),
  correspondentNode: orNull(address),
  protocol: integer,
  destinationPort: orNull(integer),
  sourcePort: orNull(integer),
  flowLabel: orNull(integer),
  spi: orNull(integer),
  senders: orNull(list(sender)),
  effective: orNull(flowId),
  temporary: orNull(temporaryFlowId),
  style: orNull(style),
  service: orNull(service),
  tspec: orNull(tspec),
  refreshPeriodMs: integer,
  expiresAt: orNull(time),
  registrationExpiresAt: orNull(time),
  establishedAt: time,
  changedAt: time,
  revision: decimal,
  position: decimal,
};

/** A live leg. */
export const flowTableRow = record<FlowTableRow>('FlowTableRow', {
  ...flowFields,
  state: oneOf('live', 'path-only', 'orphaned', 'degraded'),
  collidesWith: list(uuid),
  reservationExpiresAt: orNull(time),
});
