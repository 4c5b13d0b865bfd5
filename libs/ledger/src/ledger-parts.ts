import type pg from 'pg';
import type { EventStore } from '#event-store';
import type { ProjectionRunner } from '#projections';
import { AddressClosings } from './processes/address-closings';
import { CommandLog } from './idempotency/command-log';
import { ConfigureQosSessionHandler } from './commands/configure-qos-session';
import { ConfigureQosSessionsHandler } from './commands/configure-qos-sessions';
import { HandoffProcess } from './handoff/handoff-process';
import { Handoffs } from './handoff/handoffs';
import { Heartbeat } from './processes/heartbeat';
import { LeftLegs } from './processes/left-legs';
import { KnownAgents } from './processes/known-agents';
import { Mailboxes } from './mailbox/mailboxes';
import { BindingDirectory } from './observed/binding-directory';
import { CaptureIngest } from './observed/capture-ingest';
import { ProvisionForeignAgentHandler } from './commands/provision-foreign-agent';
import { ReachedBefore } from './idempotency/reached-before';
import { RebootForeignAgentHandler } from './commands/reboot-foreign-agent';
import { ReconcileForeignAgentHandler } from './commands/reconcile-foreign-agent';
import { RefusalCounts } from './refusals/refusal-counts';
import { RegisterMobileNodeHandler } from './commands/register-mobile-node';
import { RegistrationProcess } from './processes/registration-process';
import { Registrations } from './processes/registrations';
import { ReleaseQosSessionHandler } from './commands/release-qos-session';
import { RemoveForeignAgentHandler } from './commands/remove-foreign-agent';
import { RevokeRegistrationsHandler } from './commands/revoke-registrations';
import { Scopes } from './processes/scopes';
import { Snapshots } from './mailbox/snapshots';
import { SessionDirectory } from './processes/session-directory';
import { StartHandoffHandler } from './commands/start-handoff';
import { Timers } from './processes/timers';
import { watchedClock } from './processes/watched-clock';
import { WithdrawnScopes } from './processes/withdrawn-scopes';

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
  readonly leftLegs: LeftLegs;
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
  const leftLegs = new LeftLegs(mailboxes);
  const bindings = new BindingDirectory(pool, clock);
  // What is observed the observers tell it themselves, when they come to it.
  mailboxes.listeners.push((_stream, { type }, answer, events) => void (type.startsWith('Observe') || bindings.learnCommanded(answer, events)));
  const tablesCaughtUp = async (): Promise<void> => runner.waitFor(await store.head(), catchUpMs);
  return {
    mailboxes,
    commandLog: new CommandLog(pool, store),
    sessions,
    agents,
    registrations,
    scopes,
    closings,
    leftLegs,
    handoffs,
    ingest: new CaptureIngest(pool, store, mailboxes, registrations, handoffs, agents, bindings, scopes, leftLegs, clock, tablesCaughtUp),
    process: new RegistrationProcess(pool, store, mailboxes, registrations, scopes, handoffs, closings, leftLegs),
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
