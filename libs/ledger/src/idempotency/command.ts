import { Command } from '@nestjs/cqrs';
import type { Rejection } from '#domain';

/** What a command is known by, beside its body. */
export interface CommandContext {
  /** The caller's Idempotency-Key; null where it gave none (the command then has a random id and is never a repeat). */
  readonly idempotencyKey: string | null;
  /** SHA-256 in hex of method, path and canonical JSON body: the same key with another digest is `idempotency-key-reused`. */
  readonly bodyDigest: string;
  /** Who asks: a token's name, `anonymous` on a loopback host without tokens, `cli`. */
  readonly actor: string;
  /** ETag that the resource must still have (If-Match); null: not asked. */
  readonly ifMatch: string | null;
  readonly correlationId?: string;
}

/** A decorated field is part of the request's body; a field without decorator comes from the path or the query. */
export abstract class LedgerCommand<Body> extends Command<Outcome<Body>> {
  context!: CommandContext;
}

/** Every answer of a command says how far the ledger was. */
export interface Answered {
  /** Decimal text of the ledger position of the append's last event. */
  readonly position: string;
}

export type Outcome<Body> =
  | { readonly outcome: 'accepted'; readonly body: Body; readonly etag: string | null; readonly replayed: boolean }
  | { readonly outcome: 'refused'; readonly rejection: Rejection; readonly position: string; readonly replayed: boolean };

/** A fault of the request's body that the schema cannot tell. */
export interface BodyFault {
  /** JSON pointer into the body. */
  readonly pointer: string;
  readonly detail: string;
}

/** The resource changed since the caller read it: 412 with the current ETag (null: there is no such resource). */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed';
  constructor(readonly currentEtag: string | null) {
    super('The resource changed since it was read.');
  }
}

/** The same Idempotency-Key with another method, path or body: 422. */
export class IdempotencyKeyReused extends Error {
  override readonly name = 'IdempotencyKeyReused';
}

/**
 * A race on one stream was lost for two seconds: 503 with Retry-After. Of what takes several appends, in one stream or in several, those
 * before it stand: the same command again goes on from there.
 */
export class ScopeContended extends Error {
  override readonly name = 'ScopeContended';
  constructor(
    readonly race: string,
    /** `perhaps-a-part`: it was a step behind others, which may have stood before. */
    readonly written: 'nothing' | 'a-part' | 'perhaps-a-part' = 'nothing',
  ) {
    super(`${race} ${whatStands[written]}`);
  }
}

const whatStands = {
  nothing: 'Nothing was changed.',
  'a-part': 'What was asked for takes several appends: a part of it stands, and the same Idempotency-Key goes on from there.',
  'perhaps-a-part': 'What was asked for takes several appends: a part of it may stand, and the same Idempotency-Key goes on from there.',
} as const;

/** The resource of the path does not exist: 404. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}
