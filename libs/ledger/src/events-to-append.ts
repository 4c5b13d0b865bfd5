import canonicalize from 'canonicalize';
import { eventSchemaVersions, type LedgerEvent } from '#domain';
import type { NewEvent } from '#event-store';
import { eventIdOf, type CommandIdentity } from './command-identity';
import type { EventMetadata } from './metadata';

/** What only the first event of a command carries. */
export type CommandRecord = Pick<EventMetadata, 'command' | 'idempotencyKey' | 'answer'>;

/**
 * Events of one command as the store takes them: canonical JSON text, ids that follow from the command's.
 * @param batchEnd revision of the last event of the append that they are part of
 */
export function eventsToAppend(identity: CommandIdentity, events: readonly LedgerEvent[], batchEnd: bigint, record: CommandRecord): NewEvent[] {
  const { commandId, idempotencyKey: _key, correlationId, causationId, ...known } = identity;
  return events.map(({ type, ...payload }, index) => {
    const metadata: EventMetadata = {
      $correlationId: correlationId,
      $causationId: causationId,
      commandId,
      ...known,
      batchEnd: String(batchEnd),
      schemaVersion: String(eventSchemaVersions[type]),
      ...(index === 0 && record),
    };
    return { id: eventIdOf(commandId, index), type, data: canonicalize(payload)!, metadata: canonicalize(metadata)! };
  });
}
