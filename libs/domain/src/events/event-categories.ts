/** Which events stand in which streams. A category is the part of a stream's name before its first hyphen. */
import type { FlowTableEvent, ForeignAgentsEvent, LedgerEventType, MobileNodeEvent } from './events';

interface EventsOf {
  readonly foreignAgents: ForeignAgentsEvent;
  readonly mobileNode: MobileNodeEvent;
  readonly flowTable: FlowTableEvent;
}

/** The compiler holds it equal to the types that each fold takes. */
const typesOf: { readonly [Category in keyof EventsOf]: Readonly<Record<EventsOf[Category]['type'], true>> } = {
  foreignAgents: {
    ForeignAgentProvisioned: true, ForeignAgentLearned: true, ForeignAgentRemoved: true, AgentRebootReported: true, CareOfAddressesClosed: true,
    CareOfAddressesReopened: true,
  },
  mobileNode: {
    RegistrationRequested: true, RegistrationAccepted: true, RegistrationDenied: true, RegistrationEnded: true, RegistrationReplyUnmatched: true,
    RevocationUnmatched: true, RevocationAcknowledged: true, HandoffStarted: true, HandoffCommitted: true, HandoffCompleted: true, HandoffSuperseded: true,
    HandoffRolledBack: true, ObservedLate: true,
  },
  flowTable: {
    ScopeProvisioned: true, ScopeWithdrawn: true, ScopeClosed: true, ScopeReopened: true, VisitorAdmitted: true, VisitorLeft: true,
    TemporaryFlowIdAllocated: true, QosSessionConfigured: true, QosSessionModified: true, LeasesExtended: true, QosSessionReleased: true,
    QuarantineEnded: true, ForeignAgentRebooted: true, SignallingObserved: true, LegsHeld: true, LegsUnheld: true, LegRefused: true,
    DegradedLegEnded: true, ObservedLate: true,
  },
};

const types = new Map<string, ReadonlySet<string>>(Object.entries(typesOf).map(([category, ofCategory]) => [category, new Set(Object.keys(ofCategory))]));

/** Whether streams of this category are the ledger's. */
export function isCategory(category: string): boolean {
  return types.has(category);
}

/** Whether the ledger ever writes such an event into such a stream; never into those of a category that is not its own. */
export function standsIn(category: string, type: LedgerEventType): boolean {
  return types.get(category)?.has(type) ?? false;
}
