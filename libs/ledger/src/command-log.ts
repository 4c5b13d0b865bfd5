import type pg from 'pg';
import { LRUCache } from 'lru-cache';
import type { EventStore } from '#event-store';
import { findCommand, type RecordedCommand } from '#projections';
import { IdempotencyKeyReused, type CommandContext, type Outcome } from './command';
import { commandIdOf, type CommandIdentity } from './command-identity';
import { CommandRepeated } from './remembered-commands';
import type { EventMetadata } from './metadata';

/** What a handler came to, and whether events stand for it (they keep the answer then). */
export interface Executed<Body> {
  readonly outcome: Outcome<Body>;
  readonly appended: boolean;
}

interface Done {
  readonly bodyDigest: string;
  readonly outcome: Promise<Outcome<unknown>>;
}

/**
 * The same command twice has one effect and one answer (interface.md §1, Idempotency-Key). Where the command appended events,
 * they keep its answer for ever; other decided answers are kept 24 h in a table of their own.
 */
export class CommandLog {
  /** In flight or done on this server lately. */
  private readonly recent = new LRUCache<string, Done>({ max: 20_000 });
  private sincePurge = 0;

  constructor(
    private readonly pool: pg.Pool,
    private readonly store: EventStore,
  ) {}

  /** @throws IdempotencyKeyReused */
  async once<Body extends object>(context: CommandContext, execute: (identity: CommandIdentity) => Promise<Executed<Body>>): Promise<Outcome<Body>> {
    const { idempotencyKey, bodyDigest, actor } = context;
    const commandId = commandIdOf(idempotencyKey);
    const correlationId = context.correlationId ?? commandId;
    const identity = { commandId, idempotencyKey, bodyDigest, actor, origin: 'commanded' as const, correlationId, causationId: commandId };
    if (idempotencyKey === null) return (await execute(identity)).outcome;

    const before = this.recent.get(commandId);
    if (before) return this.repeat<Body>(before.bodyDigest, bodyDigest, await before.outcome);
    const outcome = this.lookUpOrExecute(identity, execute);
    this.recent.set(commandId, { bodyDigest, outcome });
    try {
      return await outcome;
    } catch (error) {
      // Nothing was decided: the next try with this key is the first again.
      this.recent.delete(commandId);
      throw error;
    }
  }

  private async lookUpOrExecute<Body extends object>(
    identity: CommandIdentity,
    execute: (identity: CommandIdentity) => Promise<Executed<Body>>,
  ): Promise<Outcome<Body>> {
    const { commandId, bodyDigest } = identity;
    const [answer, events] = await Promise.all([this.storedAnswer(commandId), findCommand(this.pool, commandId)]);
    const stored = answer ?? (events && (await this.answerOfEvents(events)));
    if (stored) return this.repeat<Body>(stored.bodyDigest, bodyDigest, stored.outcome);
    try {
      const { outcome, appended } = await execute(identity);
      if (!appended) await this.keep(identity, outcome);
      return outcome;
    } catch (error) {
      if (!(error instanceof CommandRepeated)) throw error;
      const { command } = error;
      return this.repeat<Body>(command.bodyDigest, bodyDigest, withPosition(command.answer, command.position));
    }
  }

  private repeat<Body>(firstDigest: string, bodyDigest: string, outcome: Outcome<unknown>): Outcome<Body> {
    if (firstDigest !== bodyDigest) throw new IdempotencyKeyReused('This Idempotency-Key was used with another method, path or body.');
    return { ...outcome, replayed: true } as Outcome<Body>;
  }

  private async storedAnswer(commandId: string): Promise<{ bodyDigest: string; outcome: Outcome<unknown> } | null> {
    const { rows } = await this.pool.query<{ body_digest: string; answer: string }>({
      name: 'command-answer',
      text: `select body_digest, answer from ledger.command_answers where command_id = $1 and answered_at > now() - interval '24 hours'`,
      values: [commandId],
    });
    return rows[0] ? { bodyDigest: rows[0].body_digest, outcome: JSON.parse(rows[0].answer) as Outcome<unknown> } : null;
  }

  private async answerOfEvents(command: RecordedCommand): Promise<{ bodyDigest: string; outcome: Outcome<unknown> } | null> {
    for await (const recorded of this.store.readStream(command.stream, { from: command.firstRevision, limit: 1 })) {
      const { answer, batchEnd } = JSON.parse(recorded.metadata) as EventMetadata;
      // Commands that were decided together share an append; the table knows where this one's own events end, its answer the append's end.
      const position = recorded.position + (BigInt(batchEnd) - recorded.revision);
      if (answer !== undefined) return { bodyDigest: command.bodyDigest, outcome: withPosition(answer, position) };
    }
    return null;
  }

  private async keep(identity: CommandIdentity, outcome: Outcome<unknown>): Promise<void> {
    await this.pool.query({
      name: 'keep-command-answer',
      text: `insert into ledger.command_answers (command_id, body_digest, answer) values ($1, $2, $3)
        on conflict (command_id) do update set body_digest = excluded.body_digest, answer = excluded.answer, answered_at = now()
        where command_answers.answered_at <= now() - interval '24 hours'`,
      values: [identity.commandId, identity.bodyDigest, JSON.stringify(outcome)],
    });
    if (++this.sincePurge < 1_000) return;
    this.sincePurge = 0;
    await this.pool.query(`delete from ledger.command_answers where answered_at < now() - interval '24 hours'`);
  }
}

/** An answer is written before its position is known, unless it names an earlier one; the append tells it. The position stands last, as it did. */
function withPosition(answer: string, appendEnd: bigint): Outcome<unknown> {
  const outcome = JSON.parse(answer) as Outcome<{ position?: string }>;
  if (outcome.outcome === 'refused') return { ...outcome, position: String(appendEnd) };
  const { position = String(appendEnd), ...body } = outcome.body;
  return { ...outcome, body: { ...body, position } };
}

/** The answer as its events keep it: without the position. */
export function answerToStore(outcome: Outcome<{ readonly position: string }>): unknown {
  if (outcome.outcome === 'refused') return { ...outcome, position: undefined };
  const { position: _position, ...body } = outcome.body;
  return { ...outcome, body };
}
