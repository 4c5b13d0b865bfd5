import type pg from 'pg';
import type { EventStore, MemoryLedger } from '#event-store';
import {
  ConfigureQosSessionHandler, ledgerParts, ProvisionForeignAgentHandler, RebootForeignAgentHandler, RegisterMobileNodeHandler, RemoveForeignAgentHandler,
  RevokeRegistrationsHandler, StartHandoffHandler, type EventMetadata, type LedgerParts,
} from '#ledger';
import type { ProjectionRunner } from '#projections';

/** What outlives a server beside the ledger: how far the processes have come. */
export type ProcessCheckpoints = Map<string, string>;

/** One server: the real use cases, on a ledger in memory. */
export interface MemoryServer extends LedgerParts {
  readonly configure: ConfigureQosSessionHandler;
  readonly register: RegisterMobileNodeHandler;
  readonly provision: ProvisionForeignAgentHandler;
  readonly remove: RemoveForeignAgentHandler;
  readonly reboot: RebootForeignAgentHandler;
  readonly revoke: RevokeRegistrationsHandler;
  readonly startHandoff: StartHandoffHandler;
}

export function memoryServer(ledger: MemoryLedger, store: EventStore, clock: () => number, checkpoints: ProcessCheckpoints): MemoryServer {
  const runner = { waitFor: () => Promise.resolve(), position: 0n } as unknown as ProjectionRunner;
  const parts = ledgerParts({ store, pool: smallTables(ledger, checkpoints), runner, clock });
  const { mailboxes, commandLog, sessions, scopes } = parts;
  return {
    ...parts,
    configure: new ConfigureQosSessionHandler(mailboxes, commandLog, sessions, parts.leftLegs),
    register: new RegisterMobileNodeHandler(mailboxes, commandLog, parts.agents, parts.registrations, parts.process, scopes, parts.handoffs),
    provision: new ProvisionForeignAgentHandler(mailboxes, commandLog, scopes, parts.closings),
    remove: new RemoveForeignAgentHandler(mailboxes, commandLog, scopes, parts.closings),
    reboot: new RebootForeignAgentHandler(mailboxes, commandLog, scopes, parts.process),
    revoke: new RevokeRegistrationsHandler(mailboxes, commandLog, parts.registrations, scopes, parts.process),
    startHandoff: new StartHandoffHandler(mailboxes, commandLog, parts.agents, parts.handoffs),
  };
}

interface Asked {
  readonly text: string;
  readonly values?: readonly (string | readonly string[])[];
}

/**
 * The tables that deciding asks: which commands were done, and which handoffs are not over. What the processes hold and how far they came
 * stands beside them.
 */
function smallTables(ledger: MemoryLedger, checkpoints: ProcessCheckpoints): pg.Pool {
  const query = (asked: string | Asked, given: Asked['values'] = []): Promise<{ rows: unknown[] }> => {
    const { text, values = given } = typeof asked === 'string' ? { text: asked } : asked;
    return Promise.resolve({ rows: rowsOf(text, values) });
  };
  const rowsOf = (text: string, [first, second]: NonNullable<Asked['values']>): unknown[] => {
    if (text.includes('pg_try_advisory_lock')) return [{ locked: true }];
    // No key is given to two commands.
    if (text.includes('command_claims')) return (first as readonly string[]).map((commandId, at) => ({ command_id: commandId, body_digest: second![at] }));
    if (text.includes('projection.commands')) return (first as readonly string[]).flatMap((commandId) => commandRows(ledger, commandId));
    if (text.includes('projection.handoffs')) return handoffRows(ledger);
    // No stream of this ledger is ever set aside.
    if (!text.includes('process_checkpoints') || text.includes('starts_with')) return [];
    const process = first as string;
    if (second !== undefined) checkpoints.set(process, second as string);
    return checkpoints.has(process) ? [{ position: checkpoints.get(process) }] : [];
  };
  return { query, connect: () => Promise.resolve({ query, release: () => undefined }) } as unknown as pg.Pool;
}

function commandRows({ log }: MemoryLedger, commandId: string): unknown[] {
  const own = log.filter(({ metadata }) => metadata.includes(`"commandId":"${commandId}"`));
  const [first, last] = [own[0], own.at(-1)];
  if (!first || !last) return [];
  const { bodyDigest, batchEnd } = JSON.parse(first.metadata) as EventMetadata;
  const revisions = { first_revision: String(first.revision), last_revision: String(last.revision), batch_end: batchEnd };
  return [{ command_id: commandId, stream: first.stream, body_digest: bodyDigest, ...revisions, position: String(first.position) }];
}

function handoffRows({ log }: MemoryLedger): unknown[] {
  const active = new Map<string, { readonly handoff_id: string; readonly mobile_node: string; readonly position: string }>();
  for (const { type, data, position } of log) {
    if (!type.startsWith('Handoff')) continue;
    const { handoffId, mobileNode } = JSON.parse(data) as { handoffId: string; mobileNode: string };
    const row = { handoff_id: handoffId, mobile_node: mobileNode, position: String(position) };
    if (type === 'HandoffStarted' || type === 'HandoffCommitted') active.set(handoffId, row);
    else active.delete(handoffId);
  }
  return [...active.values()];
}
