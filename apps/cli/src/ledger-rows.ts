import type { EventViolation, FlowId, FlowSender, Match, Service, Style, TemporaryFlowId, Tspec } from '#domain';

/** A row of the live flow table, as /v1 answers it (interface.md §1). */
export interface FlowRow {
  readonly sessionId: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly state: 'live' | 'path-only' | 'orphaned' | 'degraded';
  readonly mobileNode: string | null;
  readonly homeAddress: string | null;
  readonly homeAgent: string | null;
  readonly correspondentNode: string | null;
  readonly protocol: number;
  readonly destinationPort: number | null;
  readonly sourcePort: number | null;
  readonly flowLabel: number | null;
  readonly spi: number | null;
  readonly senders: readonly FlowSender[] | null;
  readonly effective: FlowId | null;
  readonly temporary: TemporaryFlowId | null;
  readonly collidesWith: readonly string[] | null;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number | null;
  readonly expiresAt: string | null;
  readonly registrationExpiresAt: string | null;
  readonly establishedAt: string;
  readonly changedAt: string;
  readonly revision: string;
  readonly position: string;
}

/** A session of `GET /v1/qos-sessions`, released ones too; the ids are those of its present leg. */
export interface SessionRow extends Omit<FlowRow, 'state' | 'collidesWith'> {
  readonly state: FlowRow['state'] | 'released';
  readonly requested: FlowId;
  /** Why it was released. */
  readonly cause: string | null;
}

/** A session with all its legs. */
export interface Session extends SessionRow {
  readonly legs: readonly SessionLeg[];
}

export interface SessionLeg {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly effective: FlowId | null;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Omit<Match, 'effective'>[];
  readonly from: string;
  /** Null: the leg is there. */
  readonly to: string | null;
  readonly state: FlowRow['state'] | 'ended';
  /** Since the last leg with an id ended; null for the first. */
  readonly gapMs: number | null;
  /** The handoff that made it. */
  readonly handoffId: string | null;
  readonly cause: string | null;
}

/** An event of `GET /v1/events`; the payload is what `#domain` calls a LedgerEvent, without its type. */
export interface EventRow {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly recordedAt: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the ledger answers when a capture is in: whole, or what there is of it so far. */
export interface CaptureReport {
  readonly captureId: string;
  readonly state: string;
  readonly bytes: number;
  readonly frames: number;
  readonly messages: Readonly<Record<string, number>>;
  readonly eventsAppended: number;
  readonly repeats: number;
  readonly violations: Readonly<Record<string, number>>;
  readonly errorCount: number;
  /** The first of them. */
  readonly errors: readonly { readonly frame: number; readonly error: string; readonly offset: number }[];
  /** The ledger's end when the capture was in. */
  readonly position: string;
  /** A scope each; an agent with several care-of addresses has several. */
  readonly foreignAgents: readonly {
    readonly foreignAgent: string;
    readonly careOfAddress: string;
    readonly live: number;
    readonly native: number;
    readonly temporary: number;
  }[];
}

export type { EventViolation, Match };
