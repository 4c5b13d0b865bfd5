import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { reject, type FlowTableAnswer, type LedgerEvent, type ReleaseSession } from '#domain';
import { LedgerCommand, NotFound, PreconditionFailed, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import { etagMatches, sessionEtagOf } from './etag';
import { Mailboxes } from '../mailbox/mailboxes';
import { LeftLegs } from '../processes/left-legs';
import { SessionDirectory, type KnownSession, type Scope } from '../processes/session-directory';
import type { FlowTableFold } from '../mailbox/stream-fold';
import { flowTableStream } from '../mailbox/stream-names';

export const releaseCauses = ['administrator', 'path-tear', 'resv-tear', 'preemption'] as const;

export interface ReleaseAnswer extends Answered {
  readonly sessionId: string;
  readonly outcome: 'released' | 'already-released';
  readonly revision: string;
}

/** `DELETE /v1/qos-sessions/{id}`: everything comes from the path and the query. */
export class ReleaseQosSession extends LedgerCommand<ReleaseAnswer> {
  sessionId!: string;
  cause: (typeof releaseCauses)[number] = 'administrator';
  /** The node that claims to own the session; null: not claimed. */
  mobileNode: string | null = null;
}

@CommandHandler(ReleaseQosSession)
export class ReleaseQosSessionHandler implements ICommandHandler<ReleaseQosSession> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly sessions: SessionDirectory,
    private readonly leftLegs: LeftLegs,
  ) {}

  execute(request: ReleaseQosSession): Promise<Outcome<ReleaseAnswer>> {
    return this.commands.once<ReleaseAnswer>(request.context, async (identity) => {
      const { sessionId } = request;
      const scope = await this.sessions.scopeOf(sessionId);
      if (!scope) throw new NotFound(`No session has the id ${sessionId}.`);
      const { executed, events, from } = await this.releaseFrom(request, scope, identity);
      // The session is over with the leg that lived: what a handoff left behind of it, at an agent that was not told, ends too.
      const endedElsewhere = await this.leftLegs.end(events, from, identity);
      return endedElsewhere === 0 ? executed : { ...executed, outcome: withoutTag(executed.outcome) };
    });
  }

  private async releaseFrom(request: ReleaseQosSession, scope: Scope, identity: CommandIdentity): Promise<Released> {
    const { sessionId } = request;
    const released = await this.release(request, scope, identity).catch((error: unknown) => {
      if (error instanceof LegLeftBehind) return null;
      throw error;
    });
    if (released) return released;
    // A handoff took the session elsewhere, perhaps on another server: this scope has an orphaned leg of it, or none.
    const present = await this.sessions.findUpToDate(sessionId);
    if (present && !present.released) this.sessions.learn(sessionId, present);
    return (await this.release(request, present && !present.released ? present : scope, identity, present))!;
  }

  /**
   * @param present what the tables know of it up to date; left out: not asked yet
   * @returns null where the scope does not hold the session, and it is to be looked for where it went
   */
  private async release(request: ReleaseQosSession, scope: Scope, identity: CommandIdentity, present?: KnownSession | null): Promise<Released | null> {
    const { sessionId, cause, mobileNode: claimedBy } = request;
    const command: ReleaseSession = { type: 'ReleaseSession', sessionId, cause, claimedBy };
    const follows = present === undefined;
    const { answer, position, events } = await this.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).send({
      identity,
      command,
      precondition: (fold: FlowTableFold) => requireUnchanged(fold, request, scope, present),
      storedAnswer: (given) => answerToStore(outcomeOf(given, sessionId, scope, 0n)),
    });
    const appended = events.length > 0;
    if (answer.outcome !== 'already-released' || answer.revision !== null) {
      return { events, from: scope, executed: { outcome: outcomeOf(answer, sessionId, scope, position), appended } };
    }
    const session = await this.sessions.findUpToDate(sessionId);
    const isElsewhere = session && !session.released && (session.foreignAgent !== scope.foreignAgent || session.careOfAddress !== scope.careOfAddress);
    return follows && isElsewhere ? null : { events, from: scope, executed: { outcome: this.releasedBefore(request, session), appended } };
  }

  /** The scope holds it no more: the tables know who owned it, and when it ended. */
  private releasedBefore({ sessionId, mobileNode: claimedBy }: ReleaseQosSession, session: KnownSession | null): Outcome<ReleaseAnswer> {
    if (!session) throw new NotFound(`No session has the id ${sessionId}.`);
    const position = String(session.position);
    if (claimedBy !== null && claimedBy !== session.mobileNode) {
      const detail = `The session belonged to ${session.mobileNode ?? 'no known node'}, not to ${claimedBy}.`;
      return { outcome: 'refused', rejection: reject('not-owner', detail, { owner: session.mobileNode }), position, replayed: false };
    }
    const body = { sessionId, outcome: 'already-released' as const, revision: String(session.revision), position };
    return { outcome: 'accepted', body, etag: tagOf(session, session.revision), replayed: false };
  }
}

interface Released {
  readonly executed: Executed<ReleaseAnswer>;
  /** What it came to, and where. */
  readonly events: readonly LedgerEvent[];
  readonly from: Scope;
}

/** Here stands an orphaned leg, or none that has a tag; the session itself may have gone on elsewhere. */
class LegLeftBehind extends PreconditionFailed {}

/** If-Match: one that is over has the tag of its end, which the tables know. */
function requireUnchanged(
  { state: { sessions, degraded } }: FlowTableFold,
  { sessionId, context: { ifMatch } }: ReleaseQosSession,
  scope: Scope,
  present: KnownSession | null | undefined,
): void {
  const session = sessions.get(sessionId) ?? degraded.get(sessionId);
  const isElsewhere = session ? session.state === 'orphaned' : ifMatch !== null;
  if (present === undefined && isElsewhere) throw new LegLeftBehind(null);
  if (ifMatch === null) return;
  const known = session ? tagOf(scope, session.revision) : null;
  const current = known ?? (present?.released ? tagOf(present, present.revision) : null);
  if (!etagMatches(ifMatch, current)) throw new PreconditionFailed(current);
}

function tagOf({ foreignAgent, careOfAddress }: Scope, revision: bigint): string {
  return sessionEtagOf(flowTableStream(foreignAgent, careOfAddress), revision);
}

/** A leg elsewhere ended after it: the session's last change is that. */
function withoutTag(outcome: Outcome<ReleaseAnswer>): Outcome<ReleaseAnswer> {
  return outcome.outcome === 'refused' ? outcome : { ...outcome, etag: null };
}

function outcomeOf(answer: FlowTableAnswer, sessionId: string, scope: Scope, at: bigint): Outcome<ReleaseAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  if (answer.outcome !== 'released' && answer.outcome !== 'already-released') {
    throw new Error(`A release cannot be answered with ${answer.outcome}.`);
  }
  const revision = answer.revision ?? -1n;
  const body = { sessionId, outcome: answer.outcome, revision: String(revision), position };
  return { outcome: 'accepted', body, etag: tagOf(scope, revision), replayed: false };
}
