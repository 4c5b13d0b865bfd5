import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import {
  defaultPolicy, reject, type HandoffKind, type HandoffOrigin, type HandoffRolledBack, type HandoffTarget, type MobileNodeAnswer, type MobileNodeCommand,
  type Rejection,
} from '#domain';
import { LedgerCommand, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import { etagOf } from './etag';
import { Handoffs } from '../handoff/handoffs';
import type { HandoffRecord } from '../handoff/handoff-events';
import { KnownAgents } from '../processes/known-agents';
import { Mailboxes } from '../mailbox/mailboxes';
import { requireUnchanged } from './register-mobile-node';
import type { MobileNodeFold } from '../mailbox/stream-fold';
import { mobileNodeStream } from '../mailbox/stream-names';
import { foreignAgentIdPattern, IsAddress, mobileNodeIdPattern } from './validation';

const defaultDeadlineSeconds = 30;

/** How a handoff stands; what it has not come to yet is null. */
export interface HandoffAnswer extends Answered {
  readonly handoffId: string;
  readonly mobileNode: string;
  readonly kind: HandoffKind;
  readonly state: 'started' | 'committed' | 'completed' | 'superseded' | 'rolled-back';
  readonly from: readonly HandoffOrigin[];
  readonly to: HandoffTarget | null;
  /** Session ids. */
  readonly configured: readonly string[] | null;
  readonly degraded: readonly string[] | null;
  readonly released: number | null;
  readonly orphaned: number | null;
  readonly gapMs: number | null;
  /** Why it was rolled back. */
  readonly reason: HandoffRolledBack['reason'] | null;
  readonly detail: string | null;
  readonly revision: string;
}

/** `POST /v1/handoffs`: moves the binding and every session of a node to another care-of address (domain.md §6). */
export class StartHandoff extends LedgerCommand<HandoffAnswer> {
  @Matches(mobileNodeIdPattern) mobileNode!: string;
  @Matches(foreignAgentIdPattern) foreignAgent!: string;
  @IsAddress() careOfAddress!: string;
  /** As the policy of the new agent says where it is left out. */
  @IsOptional() @IsIn(['make-before-break', 'break-before-make']) mode?: 'make-before-break' | 'break-before-make';
  /** What becomes of it where the new scope refuses a session. */
  @IsOptional() @IsIn(['degrade', 'roll-back']) ifRefused?: 'degrade' | 'roll-back';
  /** `unreachable`: the old agent is not told, its legs are orphaned until the binding would have ended. */
  @IsOptional() @IsIn(['reachable', 'unreachable']) oldAgent?: 'reachable' | 'unreachable';
  /** Rolled back unless it is committed by then; 30 where it is left out. */
  @IsOptional() @IsInt() @Min(1) @Max(3600) deadlineSeconds?: number;
}

@CommandHandler(StartHandoff)
export class StartHandoffHandler implements ICommandHandler<StartHandoff> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly agents: KnownAgents,
    private readonly handoffs: Handoffs,
  ) {}

  /** Answered when it is over. A repeat of one that a crash left finishes it first. */
  async execute(request: StartHandoff): Promise<Outcome<HandoffAnswer>> {
    const outcome = await this.commands.once<HandoffAnswer>(request.context, (identity) => this.start(request, identity));
    if (!outcome.replayed || outcome.outcome === 'refused') return outcome;
    const { mobileNode, handoffId } = outcome.body;
    await this.handoffs.resume(mobileNode);
    return { ...(await this.answered(mobileNode, handoffId, 0n)), replayed: true };
  }

  private async start(request: StartHandoff, identity: CommandIdentity): Promise<Executed<HandoffAnswer>> {
    const { mobileNode, foreignAgent, careOfAddress, mode, ifRefused = 'degrade', oldAgent = 'reachable', deadlineSeconds = defaultDeadlineSeconds } = request;
    const unknown = await this.refusalOfTarget(request);
    const { handoff: policy = 'none', maximumLifetimeSeconds } = this.agents.policyOf(foreignAgent) ?? { ...defaultPolicy, handoff: 'none' as const };
    const handoffId = stepId(identity.commandId, 'handoff');
    const { ifMatch } = request.context;
    const command: MobileNodeCommand = {
      type: 'StartHandoff', handoffId, mobileNode, foreignAgent, careOfAddress, kind: mode ?? (policy === 'none' ? 'make-before-break' : policy),
      oldLegs: oldAgent === 'reachable' ? 'release' : 'orphan', ifRefused, deadlineMs: deadlineSeconds * 1000,
      maximumLifetimeSeconds,
    };
    if (unknown) {
      this.mailboxes.noteRefused(mobileNodeStream(mobileNode), command, unknown);
      return { outcome: { outcome: 'refused', rejection: unknown, position: String(await this.mailboxes.head()), replayed: false }, appended: false };
    }
    const { answer, events, position } = await this.mailboxes.mobileNode(mobileNode).send({
      identity,
      command,
      ...(ifMatch !== null && { precondition: (fold: MobileNodeFold) => requireUnchanged(fold, ifMatch) }),
      storedAnswer: (given) => answerToStore(begun(given, mobileNode, handoffId)),
    });
    const appended = events.length > 0;
    if (answer.outcome === 'refused') return { outcome: { outcome: 'refused', rejection: answer.rejection, position: String(position), replayed: false }, appended };
    if (answer.outcome !== 'handoff' || !answer.handoff) throw new Error(`A handoff cannot be answered with ${answer.outcome}.`);
    await this.handoffs.run(answer.handoff, identity);
    return { outcome: await this.answered(mobileNode, handoffId, answer.handoff.revision), appended };
  }

  private async refusalOfTarget({ foreignAgent, careOfAddress }: StartHandoff): Promise<Rejection | null> {
    if (this.agents.agentOf(careOfAddress)?.foreignAgent === foreignAgent) return null;
    // Another server may have been told of it.
    await this.mailboxes.foreignAgents().refresh();
    const owner = this.agents.agentOf(careOfAddress)?.foreignAgent;
    if (owner === foreignAgent) return null;
    const belongs = owner === undefined ? 'to no known foreign agent' : `to ${owner}`;
    return reject('foreign-agent-unknown', `${careOfAddress} belongs ${belongs}, not to ${foreignAgent}.`, { foreignAgent, careOfAddress });
  }

  private async answered(mobileNode: string, handoffId: string, from: bigint): Promise<Outcome<HandoffAnswer>> {
    const record = await this.handoffs.events.read(mobileNode, handoffId, from);
    if (!record) throw new Error(`The handoff ${handoffId} of ${mobileNode} is not in its stream.`);
    return { outcome: 'accepted', body: answerOf(record, await this.handoffs.gapOf(record)), etag: etagOf(record.revision), replayed: false };
  }
}

/** What its first event keeps: by the id a repeat finds how it went on. */
function begun(answer: MobileNodeAnswer, mobileNode: string, handoffId: string): Outcome<HandoffAnswer> {
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position: '0', replayed: false };
  return { outcome: 'accepted', body: { handoffId, mobileNode, position: '0' } as HandoffAnswer, etag: null, replayed: false };
}

function answerOf({ started, committed, end, revision, position }: HandoffRecord, gapMs: number | null): HandoffAnswer {
  const { handoffId, mobileNode, kind, from, to } = started;
  const completed = end?.type === 'HandoffCompleted' ? end : null;
  const rolledBack = end?.type === 'HandoffRolledBack' ? end : null;
  return {
    handoffId, mobileNode, kind, state: stateOf(committed !== null, end), from, to,
    configured: committed?.configured ?? null, degraded: committed?.degraded ?? null,
    released: completed?.released ?? null, orphaned: completed?.orphaned ?? null, gapMs,
    reason: rolledBack?.reason ?? null, detail: rolledBack?.detail ?? null,
    revision: String(revision), position: String(position),
  };
}

function stateOf(isCommitted: boolean, end: HandoffRecord['end']): HandoffAnswer['state'] {
  switch (end?.type) {
    case 'HandoffCompleted':
      return 'completed';
    case 'HandoffSuperseded':
      return 'superseded';
    case 'HandoffRolledBack':
      return 'rolled-back';
    case undefined:
      return isCommitted ? 'committed' : 'started';
  }
}
