/** What an ingest came to. */
export interface CaptureReport {
  /** SHA-256 of the capture, hex. */
  readonly captureId: string;
  readonly state: 'ingested' | 'aborted';
  readonly bytes: number;
  readonly frames: number;
  /** Messages by kind. */
  readonly messages: Readonly<Record<string, number>>;
  readonly eventsAppended: number;
  /** Messages that were known: seen on another link, or in another capture. */
  readonly repeats: number;
  /** Deviations from RFCs by name: kept, not refused. */
  readonly violations: Readonly<Record<string, number>>;
  readonly errorCount: number;
  /** The first ones. */
  readonly errors: readonly { readonly frame: number; readonly error: string; readonly offset: number }[];
  readonly foreignAgents: readonly FlowCounts[];
  /** Decimal ledger position when it was done. */
  readonly position: string;
}

/** Flows that hold an id at one care-of address when the ingest was done. */
export interface FlowCounts {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly live: number;
  readonly native: number;
  readonly temporary: number;
}

export const errorsKept = 1_000;
