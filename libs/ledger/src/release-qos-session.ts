import { LedgerCommand, type Answered } from './command';

export const releaseCauses = ['administrator', 'path-tear', 'resv-tear', 'preemption'] as const;

export interface ReleaseAnswer extends Answered {
  readonly sessionId: string;
  readonly outcome: 'released' | 'already-released';
  readonly revision: string;
}

/** `DELETE /v1/qos-sessions/{id}`: everything comes from the path and the query. */
export class ReleaseQosSession extends LedgerCommand<ReleaseAnswer> {
  sessionId!: string;
  cause: (typeof releaseCauses)[number] = 'administrator';
  /** The node that claims to own the session; null: not claimed. */
  mobileNode: string | null = null;
}
