import { FaultyEventStore, PostgresEventStore, type EventStore, type Faults } from '#event-store';
import { listen } from '#postgres';
import { openTestDatabase, type TestDatabase } from '#postgres/testing';
import { ProjectionRunner } from '#projections';
import { sha256 } from './idempotency/command-identity';
import type { CommandContext, LedgerCommand, Outcome } from './idempotency/command';
import { ConfigureQosSession, ConfigureQosSessionHandler, type ConfigureAnswer } from './commands/configure-qos-session';
import { ledgerParts, type LedgerParts } from './ledger-parts';
import { ProvisionForeignAgent, ProvisionForeignAgentHandler } from './commands/provision-foreign-agent';
import { RebootForeignAgent, RebootForeignAgentHandler } from './commands/reboot-foreign-agent';
import { ReconcileForeignAgent, ReconcileForeignAgentHandler } from './commands/reconcile-foreign-agent';
import { RegisterMobileNode, RegisterMobileNodeHandler } from './commands/register-mobile-node';
import { StartHandoff, StartHandoffHandler } from './commands/start-handoff';
import { ReleaseQosSession, ReleaseQosSessionHandler } from './commands/release-qos-session';
import { RemoveForeignAgent, RemoveForeignAgentHandler } from './commands/remove-foreign-agent';
import { RevokeRegistrations, RevokeRegistrationsHandler } from './commands/revoke-registrations';

/** One server's worth of the ledger on a database of its own: real store, real projections, no HTTP. */
export interface TestLedger extends LedgerParts {
  readonly database: TestDatabase;
  readonly store: EventStore;
  readonly runner: ProjectionRunner;
  configure(body: Partial<ConfigureQosSession>, context?: Partial<CommandContext>): Promise<Outcome<ConfigureAnswer>>;
  release(body: Partial<ReleaseQosSession>, context?: Partial<CommandContext>): ReturnType<ReleaseQosSessionHandler['execute']>;
  register(body: Partial<RegisterMobileNode>, context?: Partial<CommandContext>): ReturnType<RegisterMobileNodeHandler['execute']>;
  startHandoff(body: Partial<StartHandoff>, context?: Partial<CommandContext>): ReturnType<StartHandoffHandler['execute']>;
  provision(body: Partial<ProvisionForeignAgent>, context?: Partial<CommandContext>): ReturnType<ProvisionForeignAgentHandler['execute']>;
  remove(body: Partial<RemoveForeignAgent>, context?: Partial<CommandContext>): ReturnType<RemoveForeignAgentHandler['execute']>;
  reboot(body: Partial<RebootForeignAgent>, context?: Partial<CommandContext>): ReturnType<RebootForeignAgentHandler['execute']>;
  revoke(body: Partial<RevokeRegistrations>, context?: Partial<CommandContext>): ReturnType<RevokeRegistrationsHandler['execute']>;
  reconcile(...asked: ConstructorParameters<typeof ReconcileForeignAgent>): ReturnType<ReconcileForeignAgentHandler['execute']>;
  /** `stream type` of every event, in order. */
  history(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * @param shared another server's database: two servers, one truth
 * @param runningClock a clock that is never set: the other one's jumps are looked for
 * @param faults of its store
 */
export async function openTestLedger(
  clock: () => number = Date.now,
  shared?: TestDatabase,
  runningClock?: () => number,
  faults?: Faults,
): Promise<TestLedger> {
  const database = shared ?? (await openTestDatabase());
  const { pool } = database;
  const log = new PostgresEventStore({ pool, listen: (options) => listen(database.connection, options) });
  const store = faults ? new FaultyEventStore(log, faults) : log;
  const runner = new ProjectionRunner({ store, connection: database.connection, pool });
  runner.start();
  const parts = ledgerParts({ store, pool, runner, clock, ...(runningClock && { runningClock }) });
  await parts.heartbeat.open();
  await parts.mailboxes.open();
  const { mailboxes, commandLog, sessions, agents, registrations, scopes } = parts;
  const configure = new ConfigureQosSessionHandler(mailboxes, commandLog, sessions, parts.leftLegs);
  const release = new ReleaseQosSessionHandler(mailboxes, commandLog, sessions, parts.leftLegs);
  const register = new RegisterMobileNodeHandler(mailboxes, commandLog, agents, registrations, parts.process, scopes, parts.handoffs);
  const startHandoff = new StartHandoffHandler(mailboxes, commandLog, agents, parts.handoffs);
  const provision = new ProvisionForeignAgentHandler(mailboxes, commandLog, scopes, parts.closings);
  const remove = new RemoveForeignAgentHandler(mailboxes, commandLog, scopes, parts.closings);
  const reboot = new RebootForeignAgentHandler(mailboxes, commandLog, scopes, parts.process);
  const revoke = new RevokeRegistrationsHandler(mailboxes, commandLog, registrations, scopes, parts.process);
  const reconcile = new ReconcileForeignAgentHandler(mailboxes, commandLog, parts.leftLegs);
  return {
    ...parts, database, store, runner,
    configure: (body, context) => configure.execute(made(new ConfigureQosSession(), body, context)),
    release: (body, context) => release.execute(made(new ReleaseQosSession(), body, context)),
    register: (body, context) => register.execute(made(new RegisterMobileNode(), body, context)),
    startHandoff: (body, context) => startHandoff.execute(made(new StartHandoff(), body, context)),
    provision: (body, context) => provision.execute(made(new ProvisionForeignAgent(), body, context)),
    remove: (body, context) => remove.execute(made(new RemoveForeignAgent(), body, context)),
    reboot: (body, context) => reboot.execute(made(new RebootForeignAgent(), body, context)),
    revoke: (body, context) => revoke.execute(made(new RevokeRegistrations(), body, context)),
    reconcile: (...asked) => reconcile.execute(made(new ReconcileForeignAgent(...asked), {})),
    async history() {
      const lines: string[] = [];
      for await (const { stream, type } of store.readAll()) lines.push(`${stream} ${type}`);
      return lines;
    },
    async close() {
      await parts.process.stop();
      await parts.handoffProcess.stop();
      await mailboxes.close();
      await parts.refusals.stop();
      await runner.stop();
      await store.close();
      if (!shared) await database.close();
    },
  };
}

function made<C extends LedgerCommand<unknown>>(command: C, body: Partial<C>, context: Partial<CommandContext> = {}): C {
  Object.assign(command, body);
  const bodyDigest = sha256(JSON.stringify(body));
  command.context = { idempotencyKey: null, bodyDigest, actor: 'test', ifMatch: null, ...context };
  return command;
}

/** The accepted body, or a failure that shows the refusal. */
export function accepted<Body>(outcome: Outcome<Body>): Body {
  if (outcome.outcome === 'refused') throw new Error(`refused: ${outcome.rejection.rejection}: ${outcome.rejection.detail}`);
  return outcome.body;
}
