import type pg from 'pg';
import { LRUCache } from 'lru-cache';
import type { EventStore } from '#event-store';
import { findCommands, type RecordedCommand } from '#projections';
import { AnswersKept, type KeptAnswer } from './answers-kept';
import { IdempotencyKeyReused, type CommandContext, type Outcome } from './command';
import { CommandClaims, type Claim } from './command-claims';
import { commandIdOf, type CommandIdentity } from './command-identity';
import { GroupedCalls } from './grouped-calls';
import { CommandRepeated } from './remembered-commands';
import { readEvent } from '../mailbox/read-event';

/** What a handler came to, and whether events stand for it (they keep the answer then). */
export interface Executed<Body> {
  readonly outcome: Outcome<Body>;
  readonly appended: boolean;
  /** The answer tells what followed in other streams, too, which the events that keep it could not know: it is kept as other answers are. */
  readonly tellsMore?: true;
}

interface Known {
  /** With which the command came first, to whichever server. */
  readonly firstDigest: string;
  readonly kept: KeptAnswer | undefined;
  readonly recorded: RecordedCommand | undefined;
}

const lookUpsAtOnce = 1_000;

interface Done {
  readonly bodyDigest: string;
  readonly outcome: Promise<Outcome<unknown>>;
}

/**
 * The same command twice has one effect and one answer (interface.md §1, Idempotency-Key). Where the command appended events,
 * they keep its answer for ever; other decided answers are kept 24 h in a table of their own. What is under way, or not yet known to the read
 * tables, is known by its claim.
 */
export class CommandLog {
  /** In flight or done on this server lately. Bounded by size: a bound by number takes the room of all of them at once. */
  private readonly recent = new LRUCache<string, Done>({ maxSize: 20_000, sizeCalculation: () => 1 });
  private readonly answers: AnswersKept;
  private readonly known: GroupedCalls<Claim, Known>;

  constructor(
    pool: pg.Pool,
    private readonly store: EventStore,
  ) {
    this.answers = new AnswersKept(pool);
    const claims = new CommandClaims(pool);
    this.known = new GroupedCalls(async (asked) => {
      const commandIds = asked.map(({ commandId }) => commandId);
      const [firstDigests, kept, recorded] = await Promise.all([claims.claim(asked), this.answers.find(commandIds), findCommands(pool, commandIds)]);
      return commandIds.map((commandId, at) => ({ firstDigest: firstDigests[at]!, kept: kept.get(commandId), recorded: recorded.get(commandId) }));
    }, lookUpsAtOnce);
  }

  /** @throws IdempotencyKeyReused */
  async once<Body extends object>(context: CommandContext, execute: (identity: CommandIdentity) => Promise<Executed<Body>>): Promise<Outcome<Body>> {
    const { idempotencyKey } = context;
    const identity = identityOf(context);
    if (idempotencyKey === null) return (await execute(identity)).outcome;

    const { commandId, bodyDigest } = identity;
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
    const { firstDigest, kept, recorded } = await this.known.ask({ commandId, bodyDigest });
    const stored = kept ?? (recorded && (await this.answerOfEvents(recorded)));
    if (stored) return this.repeat<Body>(stored.bodyDigest, bodyDigest, stored.outcome);
    requireSame(firstDigest, bodyDigest);
    try {
      const { outcome, appended, tellsMore = false } = await execute(identity);
      if (!appended || tellsMore) await this.answers.keep({ commandId, bodyDigest, outcome, forEver: appended });
      return outcome;
    } catch (error) {
      if (!(error instanceof CommandRepeated)) throw error;
      const { command } = error;
      return this.repeat<Body>(command.bodyDigest, bodyDigest, withPosition(command.answer, command.position));
    }
  }

  private repeat<Body>(firstDigest: string, bodyDigest: string, outcome: Outcome<unknown>): Outcome<Body> {
    requireSame(firstDigest, bodyDigest);
    return { ...outcome, replayed: true } as Outcome<Body>;
  }

  private async answerOfEvents(command: RecordedCommand): Promise<KeptAnswer | null> {
    for await (const recorded of this.store.readStream(command.stream, { from: command.firstRevision, limit: 1 })) {
      const { answer, batchEnd } = readEvent(recorded).metadata;
      // Commands that were decided together share an append; the table knows where this one's own events end, its answer the append's end.
      const position = recorded.position + (BigInt(batchEnd) - recorded.revision);
      if (answer !== undefined) return { bodyDigest: command.bodyDigest, outcome: withPosition(answer, position) };
    }
    return null;
  }
}

/** @throws IdempotencyKeyReused */
function requireSame(firstDigest: string, bodyDigest: string): void {
  if (firstDigest !== bodyDigest) throw new IdempotencyKeyReused('This Idempotency-Key was used with another method, path or body.');
}

/** The digest is made where it is asked for: most refreshes have no key and append nothing. */
function identityOf(context: CommandContext): CommandIdentity {
  const { idempotencyKey, actor } = context;
  const commandId = commandIdOf(idempotencyKey);
  const correlationId = context.correlationId ?? commandId;
  return {
    commandId, idempotencyKey, actor, origin: 'commanded', correlationId, causationId: commandId,
    get bodyDigest() {
      return context.bodyDigest;
    },
  };
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
