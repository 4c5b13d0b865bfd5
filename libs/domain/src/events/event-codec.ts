import { faultOfPayload } from './check-payload';
import { standsIn } from './event-categories';
import type { LedgerEvent, LedgerEventType } from './events';

/** Every type that the ledger ever wrote, with the schema version that is written today. */
export const eventSchemaVersions: Readonly<Record<LedgerEventType, number>> = {
  ForeignAgentProvisioned: 1,
  ForeignAgentLearned: 1,
  ForeignAgentRemoved: 1,
  AgentRebootReported: 1,
  CareOfAddressesClosed: 1,
  CareOfAddressesReopened: 1,
  RegistrationRequested: 1,
  RegistrationAccepted: 1,
  RegistrationDenied: 1,
  RegistrationEnded: 1,
  RegistrationReplyUnmatched: 1,
  RevocationUnmatched: 1,
  RevocationAcknowledged: 1,
  HandoffStarted: 1,
  HandoffCommitted: 1,
  HandoffCompleted: 1,
  HandoffSuperseded: 1,
  HandoffRolledBack: 1,
  ScopeProvisioned: 1,
  ScopeWithdrawn: 1,
  ScopeClosed: 1,
  ScopeReopened: 1,
  VisitorAdmitted: 1,
  VisitorLeft: 1,
  TemporaryFlowIdAllocated: 1,
  QosSessionConfigured: 1,
  QosSessionModified: 1,
  LeasesExtended: 1,
  QosSessionReleased: 1,
  QuarantineEnded: 1,
  ForeignAgentRebooted: 1,
  LegsHeld: 1,
  LegsUnheld: 1,
  LegRefused: 1,
  DegradedLegEnded: 1,
  SignallingObserved: 1,
  ObservedLate: 1,
};

/** Where an event stands; behind a hole the first revision that is missing, and the position of the event behind it. */
export interface EventPlace {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
}

/**
 * An event that this program cannot read: of an unknown type, of a type that its stream does not have, of a schema version newer than its own, not of
 * its type's shape, or not following from the events before it. Nobody guesses or skips.
 */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';

  /** @param place null where only the event's own text is known */
  constructor(
    message: string,
    readonly place: EventPlace | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Payload text back into an event, whose shape is checked: a field that is missing or of another kind must not evolve into undefined.
 * @param schemaVersion of the event's metadata
 * @param category of its stream, where that is known: an event of another one is known, and means nothing there
 * @throws UnreadableEvent
 */
export function decodeEvent(type: string, data: string, schemaVersion: number, category?: string): LedgerEvent {
  const known = eventSchemaVersions[type as LedgerEventType];
  if (known === undefined) throw new UnreadableEvent(`The event type ${JSON.stringify(type)} is unknown to this program.`);
  if (category !== undefined && !standsIn(category, type as LedgerEventType)) {
    throw new UnreadableEvent(`${type} is no event of a stream of the category ${JSON.stringify(category)}.`);
  }
  if (schemaVersion > known) {
    throw new UnreadableEvent(`${type} has schema version ${schemaVersion}, this program knows ${known}: use a newer program.`);
  }
  const payload = JSON.parse(data) as { type: string };
  const fault = faultOfPayload(type as LedgerEventType, payload);
  if (fault !== null) throw new UnreadableEvent(`The payload of ${type} is not that of one: ${fault}.`);
  // Into what was just read: a copy would cost as much as the check.
  payload.type = type;
  return payload as LedgerEvent;
}
