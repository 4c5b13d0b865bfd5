import { hash, randomUUID } from 'node:crypto';
import type { EventMetadata } from '../mailbox/metadata';
import { uuidV5 } from './uuid-v5';

/** Namespaces of derived ids: fixed, for ever. */
const commandNamespace = 'b0f5c3a6-2f6c-5e0b-9d0c-6d2c3f0e4a11';
const sessionNamespace = '5d7e4a52-8c38-5a7e-8f6e-0f7b1c9d2e33';

/** What the events of one command carry of it. */
export interface CommandIdentity {
  readonly commandId: string;
  readonly idempotencyKey: string | null;
  readonly bodyDigest: string;
  readonly actor: string;
  readonly origin: EventMetadata['origin'];
  readonly correlationId: string;
  readonly causationId: string;
  /** A step of a process, which is repeated under the same id until it holds. */
  readonly isStep?: true;
  /** Steps of a handoff only. */
  readonly handoffId?: string;
  /** Observed only. */
  readonly capture?: string;
  readonly frame?: string;
  readonly messageDigest?: string;
}

/** The same key is the same command; without a key every call is another one. */
export function commandIdOf(idempotencyKey: string | null): string {
  return idempotencyKey === null ? randomUUID() : uuidV5(idempotencyKey, commandNamespace);
}

/** Of what the ledger does by itself, each time anew. */
export function processIdentity(actor: string, commandId: string = randomUUID()): CommandIdentity {
  return { commandId, idempotencyKey: null, bodyDigest: '', actor, origin: 'process', correlationId: commandId, causationId: commandId };
}

/**
 * Of what fell due before a command and is written with it. It follows from the command, which may be repeated.
 * @param behind revision of the stream's last event before it
 */
export function dueIdentity({ commandId }: CommandIdentity, behind: bigint): CommandIdentity {
  return processIdentity('timer', stepId(commandId, `due behind ${behind}`));
}

/** Id of a step that follows from an event or command: the same step again has the same id. */
export function stepId(causeId: string, step: string): string {
  return uuidV5(step, causeId);
}

export function eventIdOf(commandId: string, index: number): string {
  return uuidV5(String(index), commandId);
}

/** A step that is repeated may find that other things are due than the first time: its events are known by their place. */
export function stepEventIdOf(commandId: string, revision: bigint): string {
  return uuidV5(`revision ${revision}`, commandId);
}

export function sessionIdOf(commandId: string): string {
  return uuidV5(commandId, sessionNamespace);
}

export function sha256(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
