import type { Flow, FlowId, Style, TemporaryField, Tspec } from '../flow/flow';

export interface NaiveSession {
  readonly sessionId: string;
  readonly node: string;
  readonly name: string;
  style: Style | null;
  /** By which it came. */
  readonly homeAgent: string;
  /** The handoff that brought it, or came back to it last. */
  handoff: string | null;
  /** In order of arrival. */
  readonly arrived: number;
  requested: FlowId;
  effective: FlowId;
  readonly temporary: { readonly field: TemporaryField; readonly value: number } | null;
  flow: Flow;
  tspec: Tspec;
  refreshPeriodMs: number;
  state: 'live' | 'path-only' | 'orphaned';
  isReserved: boolean;
  lease: number | null;
  orphanedUntil: number | null;
}

export interface NaiveQuarantine {
  readonly name: string;
  readonly sessionId: string;
  readonly flowName: string;
  readonly id: FlowId;
  readonly temporary: NaiveSession['temporary'];
  readonly until: number;
  /** Of senders that left a list: their paths, which stand. */
  readonly paths: readonly { readonly sender: string; readonly until: number }[];
}

/** What is asked for, by a command or by a handoff. */
export interface NaiveTerms {
  readonly sessionId: string;
  readonly node: string;
  readonly flow: Flow;
  readonly style: Style;
  /** By which it comes; absent: by whichever the node is known here. */
  readonly homeAgent?: string | undefined;
  readonly tspec: Tspec;
  readonly refreshPeriodMs: number | undefined;
  readonly state: 'live' | 'path-only';
  /** Null: no handoff brings it. */
  readonly handoff: string | null;
}

/** Whose leg ends, or loses its reservation. */
export type NaiveEnding = Pick<NaiveSession, 'sessionId' | 'node' | 'handoff'>;

export interface NaiveAnswer {
  readonly outcome: string;
  readonly sessionId?: string;
  readonly effective?: FlowId;
  readonly temporary?: NaiveSession['temporary'];
  readonly matched?: readonly string[];
}
