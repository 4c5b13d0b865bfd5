/** What events of observed signalling have in common. */

export interface EventViolation {
  readonly name: string;
  readonly detail: string;
  /** The RSVP error code, and value, that a router answers with where the standard has one (RFC 2205 App. B). */
  readonly code?: number;
  readonly value?: number;
}

/** Seen after the scope's last event though it happened before: kept, and changes no state. */
export interface ObservedLate {
  readonly type: 'ObservedLate';
  /** Kind of the message or command that came late. */
  readonly message: string;
  /** The frame's own time. */
  readonly observedAt: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly occurredAt: string;
}
