/** What the generator is to do: closed loops, each connection one request at a time. */
export interface LoadJob {
  /** Connections are spread over them in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly scopes: number;
  /** Every second request claims a flow id that is taken. */
  readonly collide: boolean;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Ends after so many requests, if that is earlier; null: only the time ends it. */
  readonly requests: number | null;
  /** Number of the first request of each connection: jobs on one ledger ask for different flows. */
  readonly from: number;
  /** Registers the nodes first; false where they are known, or where nobody asks. */
  readonly register: boolean;
}

export interface LoadReport {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers with a temporary flow id, as a part of all. */
  readonly collided: number;
  /** Processor time of the generator, as a part of one core. */
  readonly generatorCores: number;
  /** Number of the next request of each connection. */
  readonly next: number;
}

/** Agents that refresh all their sessions over and over, a batch at a time, each over one connection. */
export interface RefreshJob {
  readonly url: string;
  readonly agents: number;
  readonly sessionsAnAgent: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface RefreshReport {
  readonly perSecond: number;
  readonly generatorCores: number;
}
