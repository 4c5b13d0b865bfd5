import type { EventMetadata, EventView, SessionEvent, UnreadableText } from '#ledger';
import { anything, decimal, either, map, oneOf, orNull, record, string, time, uuid, type Fields } from './shape';

const own = record<EventMetadata>(
  'EventMetadata',
  {
    $correlationId: string,
    $causationId: string,
    commandId: string,
    bodyDigest: string,
    batchEnd: decimal,
    actor: string,
    origin: oneOf('commanded', 'observed', 'process'),
    schemaVersion: decimal,
    command: string,
    idempotencyKey: string,
    answer: string,
    capture: string,
    frame: decimal,
    handoffId: uuid,
    messageDigest: string,
  },
  ['command', 'idempotencyKey', 'answer', 'handoffId', 'capture', 'frame', 'messageDigest'],
);

/** Text that is no JSON object, as another program may have written it. */
const unreadable = record<UnreadableText>('UnreadableText', { unreadable: string });
const metadata = either(own, unreadable, map(anything));

const eventFields: Fields<EventView> = {
  position: decimal,
  stream: string,
  revision: decimal,
  type: string,
  id: uuid,
  recordedAt: time,
  data: either(unreadable, map(anything)),
  metadata,
};

export const event = record<EventView>('Event', eventFields);
export const sessionEvent = record<SessionEvent>('SessionEvent', { ...eventFields, occurredAt: time, cause: orNull(string), actor: string });

/** A line of an export: payload and metadata as the texts that are stored. */
export const exportedEvent = record<Readonly<Record<keyof EventView, string>>>('ExportedEvent', { ...eventFields, data: string, metadata: string });
