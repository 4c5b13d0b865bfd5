import type pg from 'pg';
import type { EventStore } from '#event-store';
import type { ProjectionRunner } from '#projections';
import { AddressClosings } from './address-closings';
import { CommandLog } from './command-log';
import { ConfigureQosSessionHandler } from './configure-qos-session';
import { ConfigureQosSessionsHandler } from './configure-qos-sessions';
import { HandoffProcess } from './handoff-process';
import { Handoffs } from './handoffs';
import { Heartbeat } from './heartbeat';
import { KnownAgents } from './known-agents';
import { Mailboxes } from './mailboxes';
import { BindingDirectory } from './observed/binding-directory';
import { CaptureIngest } from './observed/capture-ingest';
import { ProvisionForeignAgentHandler } from './provision-foreign-agent';
import { ReachedBefore } from './reached-before';
import { RebootForeignAgentHandler } from './reboot-foreign-agent';
import { ReconcileForeignAgentHandler } from './reconcile-foreign-agent';
import { RefusalCounts } from './refusal-counts';
import { RegisterMobileNodeHandler } from './register-mobile-node';
import { RegistrationProcess } from './registration-process';
import { Registrations } from './registrations';
import { ReleaseQosSessionHandler } from './release-qos-session';
import { RemoveForeignAgentHandler } from './remove-foreign-agent';
import { RevokeRegistrationsHandler } from './revoke-registrations';
import { Scopes } from './scopes';
import { Snapshots } from './snapshots';
import { SessionDirectory } from './session-directory';
import { StartHandoffHandler } from './start-handoff';
import { Timers } from './timers';
import { watchedClock } from './watched-clock';
import { WithdrawnScopes } from './withdrawn-scopes';

export const commandHandlers = [
  ConfigureQosSessionHandler,
  ConfigureQosSessionsHandler,
  ReleaseQosSessionHandler,
  RegisterMobileNodeHandler,
  StartHandoffHandler,
  ProvisionForeignAgentHandler,
  RemoveForeignAgentHandler,
  RebootForeignAgentHandler,
  ReconcileForeignAgentHandler,
  RevokeRegistrationsHandler,
] as const;

/** After a long outage the read tables may have much to do. */
const catchUpMs = 3_600_000;

export interface LedgerOptions {
  readonly store: EventStore;
  readonly pool: pg.Pool;
  readonly runner: ProjectionRunner;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Milliseconds of a clock that is never set; where only `clock` is given, its jumps are not looked for. */
  readonly runningClock?: () => number;
  /** Bound on the folded states in memory (LEDGER_STATE_BYTES). */
  readonly stateBytes?: number;
}

/** What the handlers are made of: each value stands for its class. */
export interface LedgerParts {
  readonly mailboxes: Mailboxes;
  readonly commandLog: CommandLog;
  readonly sessions: SessionDirectory;
  readonly agents: KnownAgents;
  readonly registrations: Registrations;
  readonly scopes: Scopes;
  readonly closings: AddressClosings;
  readonly handoffs: Handoffs;
  readonly ingest: CaptureIngest;
  readonly process: RegistrationProcess;
  readonly handoffProcess: HandoffProcess;
  readonly timers: Timers;
  /** Opened before anything is decided. */
  readonly heartbeat: Heartbeat;
  readonly refusals: RefusalCounts;
}

export function ledgerParts(options: LedgerOptions): LedgerParts {
  const { store, pool, runner, stateBytes } = options;
  const clock = clockOf(options, (from, to) => heartbeat.noteJump(from, to));
  const heartbeat = new Heartbeat(pool, clock);
  const { gaps } = heartbeat;
  const snapshots = new Snapshots(pool, (position) => runner.waitFor(position, catchUpMs));
  const mailboxes = new Mailboxes(store, clock, stateBytes, snapshots, gaps, new ReachedBefore(() => runner.position, clock));
  const agents = new KnownAgents(mailboxes);
  const withdrawn = new WithdrawnScopes(mailboxes, agents);
  const registrations = new Registrations(mailboxes, withdrawn);
  const scopes = new Scopes(mailboxes, store);
  const closings = new AddressClosings(mailboxes, scopes);
  const sessions = new SessionDirectory(pool, store, runner);
  const handoffs = new Handoffs(mailboxes, store, agents, registrations, sessions, withdrawn);
  const bindings = new BindingDirectory(pool, clock);
  const tablesCaughtUp = async (): Promise<void> => runner.waitFor(await store.head(), catchUpMs);
  return {
    mailboxes,
    commandLog: new CommandLog(pool, store),
    sessions,
    agents,
    registrations,
    scopes,
    closings,
    handoffs,
    ingest: new CaptureIngest(pool, store, mailboxes, registrations, handoffs, agents, bindings, scopes, clock, tablesCaughtUp),
    process: new RegistrationProcess(pool, store, mailboxes, registrations, scopes, handoffs, closings),
    handoffProcess: new HandoffProcess(pool, handoffs),
    timers: new Timers(pool, mailboxes, clock, tablesCaughtUp, gaps),
    heartbeat,
    refusals: new RefusalCounts(pool, mailboxes, clock),
  };
}

function clockOf({ clock, runningClock }: LedgerOptions, onJump: (from: number, to: number) => void): () => number {
  if (clock && !runningClock) return clock;
  return watchedClock(clock ?? Date.now, runningClock ?? (() => performance.now()), onJump);
}
