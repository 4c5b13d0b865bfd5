import { collisions } from './collisions';
import { commands } from './commands';
import { flowTable } from './flow-table';
import { foreignAgents, scopes } from './foreign-agents';
import { handoffSteps } from './handoff-steps';
import { handoffs } from './handoffs';
import type { Projection } from './projection';
import { quarantines } from './quarantines';
import { mobileNodes, registrations } from './registrations';
import { sessionEvents } from './session-events';
import { sessions } from './sessions';
import { streamEnds } from './stream-ends';
import { visitors } from './visitors';

/** All read tables of the ledger, kept by one runner and one checkpoint: a read that joins them sees one moment. */
export const allProjections: readonly Projection[] = [
  commands,
  streamEnds,
  foreignAgents,
  scopes,
  visitors,
  flowTable,
  sessions,
  sessionEvents,
  quarantines,
  collisions,
  registrations,
  mobileNodes,
  handoffs,
  handoffSteps,
];
