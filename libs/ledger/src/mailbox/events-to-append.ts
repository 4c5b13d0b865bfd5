import { eventSchemaVersions, type LedgerEvent } from '#domain';
import type { NewEvent } from '#event-store';
import { canonicalJson } from './canonical-json';
import { dueIdentity, eventIdOf, stepEventIdOf, type CommandIdentity } from '../idempotency/command-identity';
import type { Decided } from './mail';
import type { EventMetadata } from './metadata';

/** What only the first event of a command carries. */
export type CommandRecord = Pick<EventMetadata, 'command' | 'idempotencyKey' | 'answer'>;

const tick: CommandRecord = { command: JSON.stringify({ type: 'Tick' }) };

/**
 * What was due stands before what the command came to, and is the time's: no deed of whoever came by.
 * @param batchEnd revision of the last event of the append
 */
export function eventsOfDecision<Command, Answer, Fold>(decided: Decided<Command, Answer, Fold>, batchEnd: bigint): NewEvent[] {
  const { waiting: { mail: { identity } }, due, events, revision, record } = decided;
  if (due.length === 0) return record === null ? [] : eventsToAppend(identity, events, revision, batchEnd, record);
  const before = revision - BigInt(events.length);
  const timed = eventsToAppend(dueIdentity(identity, before - BigInt(due.length)), due, before, batchEnd, tick);
  return record === null ? timed : [...timed, ...eventsToAppend(identity, events, revision, batchEnd, record)];
}

/**
 * Events of one command as the store takes them: canonical JSON text, ids that follow from the command's.
 * @param last revision of the last of them
 * @param batchEnd revision of the last event of the append that they are part of
 */
export function eventsToAppend(identity: CommandIdentity, events: readonly LedgerEvent[], last: bigint, batchEnd: bigint, record: CommandRecord): NewEvent[] {
  const { commandId, isStep } = identity;
  const first = last - BigInt(events.length - 1);
  return events.map(({ type, ...payload }, index) => ({
    id: isStep ? stepEventIdOf(commandId, first + BigInt(index)) : eventIdOf(commandId, index),
    type,
    data: canonicalJson(payload),
    metadata: metadataText(identity, String(batchEnd), String(eventSchemaVersions[type]), index === 0 ? record : {}),
  }));
}

/** Canonical without sorting: the members stand in the order of their names, and none is an object. */
function metadataText(identity: CommandIdentity, batchEnd: string, schemaVersion: string, record: Partial<CommandRecord>): string {
  return JSON.stringify({
    $causationId: identity.causationId,
    $correlationId: identity.correlationId,
    actor: identity.actor,
    answer: record.answer,
    batchEnd,
    bodyDigest: identity.bodyDigest,
    capture: identity.capture,
    command: record.command,
    commandId: identity.commandId,
    frame: identity.frame,
    handoffId: identity.handoffId,
    idempotencyKey: record.idempotencyKey,
    messageDigest: identity.messageDigest,
    origin: identity.origin,
    schemaVersion,
  } satisfies { readonly [Name in keyof Required<EventMetadata>]: EventMetadata[Name] | undefined });
}

/** 64-bit numbers, which few commands have, as decimal text. */
export function jsonText(command: unknown): string {
  try {
    return JSON.stringify(command);
  } catch {
    return JSON.stringify(command, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  }
}
