/**
 * Metadata of an event: a flat string → string map, canonical JSON text in the store. `$correlationId` and `$causationId` are
 * EventStoreDB's own names.
 */
export interface EventMetadata {
  readonly $correlationId: string;
  /** Id of the event or command that caused this one. */
  readonly $causationId: string;
  readonly commandId: string;
  readonly bodyDigest: string;
  /** Decimal revision of the last event of the append: the position of that event is the command's answer. */
  readonly batchEnd: string;
  readonly actor: string;
  readonly origin: 'commanded' | 'observed' | 'process';
  /** Decimal; see eventSchemaVersions. */
  readonly schemaVersion: string;
  /** First event of a command only: the command itself (`{"type": …, …}` as JSON text), so that it can be decided again. */
  readonly command?: string;
  /** First event of a command that had a key only: the key, and the answer (JSON text) that its repeats get. */
  readonly idempotencyKey?: string;
  readonly answer?: string;
  /** Observed only: SHA-256 of the capture and the 1-based frame. */
  readonly capture?: string;
  readonly frame?: string;
  /** Steps of a handoff only: its id, also on events that are the same without a handoff. */
  readonly handoffId?: string;
  /** Observed only: digest by which the message is known again. */
  readonly messageDigest?: string;
}
