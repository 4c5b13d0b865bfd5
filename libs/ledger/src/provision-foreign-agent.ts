import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import {
  defaultPolicy, defaultPools, longestQuarantineSeconds, reject, type ForeignAgent, type ForeignAgentsAnswer, type ForeignAgentsCommand, type Policy,
  type Pools, type Provision, type Rejection,
} from '#domain';
import { LedgerCommand, NotFound, PreconditionFailed, type Answered, type Outcome } from './command';
import { answerToStore, CommandLog, type Executed } from './command-log';
import type { CommandIdentity } from './command-identity';
import { etagMatches, etagOf } from './etag';
import { Mailboxes } from './mailboxes';
import { Scopes } from './scopes';
import type { ForeignAgentsFold } from './stream-fold';
import { foreignAgentsStream } from './stream-names';
import { IsAddress } from './validation';

export class ValueRangeBody {
  @IsInt() @Min(1) @Max(0xffffffff) first!: number;
  @IsInt() @Min(1) @Max(0xffffffff) last!: number;
}

/** `reserved`: values inside that are never handed out. */
export class PoolRangeBody {
  @IsInt() @Min(1) @Max(0xffffffff) first!: number;
  @IsInt() @Min(1) @Max(0xffffffff) last!: number;
  @IsOptional() @IsArray() @ArrayMaxSize(64) @ValidateNested({ each: true }) @Type(() => ValueRangeBody) reserved?: ValueRangeBody[];
}

/** A pool that is left out has its default, `null` is an empty pool. */
export class PoolsBody {
  @IsOptional() @ValidateNested() @Type(() => PoolRangeBody) sourcePort?: PoolRangeBody | null;
  @IsOptional() @ValidateNested() @Type(() => PoolRangeBody) destinationPort?: PoolRangeBody | null;
  @IsOptional() @ValidateNested() @Type(() => PoolRangeBody) flowLabel?: PoolRangeBody | null;
  @IsOptional() @ValidateNested() @Type(() => PoolRangeBody) greKey?: PoolRangeBody | null;
}

export class PolicyBody {
  @IsOptional() @IsIn(['correspondent-node', 'home-agent']) outerSource?: Policy['outerSource'];
  @IsOptional() @IsIn(['make-before-break', 'break-before-make', 'none']) handoff?: Policy['handoff'];
  @IsOptional() @IsBoolean() mixedClassifiers?: boolean;
  @IsOptional() @IsIn(['foreign-agent', 'home-agent', 'ledger']) allocator?: Policy['allocator'];
  @IsOptional() @IsIn(['rising', 'timestamps', 'nonces']) replayProtection?: Policy['replayProtection'];
  /** Null: max(120 s, the session's own soft-state lifetime). */
  @IsOptional() @IsNumber() @Min(0) @Max(longestQuarantineSeconds) quarantineSeconds?: number | null;
  @IsOptional() @IsInt() @Min(1) @Max(65535) maximumLifetimeSeconds?: number;
}

export interface ForeignAgentAnswer extends Answered {
  readonly foreignAgent: string;
  readonly name: string | null;
  readonly careOfAddresses: readonly string[];
  readonly pools: Pools;
  readonly policy: Policy;
  readonly revision: string;
  /** The agent was not known before. */
  readonly created: boolean;
}

/** `PUT /v1/foreign-agents/{fa}`: the whole of what is provisioned; what is left out has its default. */
export class ProvisionForeignAgent extends LedgerCommand<ForeignAgentAnswer> {
  foreignAgent!: string;
  @IsOptional() @Length(1, 200) @Matches(/^[^\p{Cc}\p{Cs}]*$/u) name?: string;
  @IsOptional() @IsArray() @ArrayMaxSize(1000) @ArrayUnique() @IsAddress({ each: true }) careOfAddresses?: string[];
  @IsOptional() @ValidateNested() @Type(() => PoolsBody) pools?: PoolsBody;
  @IsOptional() @ValidateNested() @Type(() => PolicyBody) policy?: PolicyBody;
}

@CommandHandler(ProvisionForeignAgent)
export class ProvisionForeignAgentHandler implements ICommandHandler<ProvisionForeignAgent> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly scopes: Scopes,
  ) {}

  execute(request: ProvisionForeignAgent): Promise<Outcome<ForeignAgentAnswer>> {
    return this.commands.once<ForeignAgentAnswer>(request.context, (identity) => this.provision(request, identity));
  }

  private async provision(request: ProvisionForeignAgent, identity: CommandIdentity): Promise<Executed<ForeignAgentAnswer>> {
    const command = provisionOf(request);
    const { ifMatch } = request.context;
    const mailbox = this.mailboxes.foreignAgents();
    await mailbox.load();
    const known = mailbox.fold.state.agents.get(command.foreignAgent);
    const dropped = known?.careOfAddresses.filter((address) => !command.careOfAddresses.includes(address)) ?? [];
    const inUse = await this.scopes.refusalOfLive(command.foreignAgent, dropped);
    if (inUse) return refusedAs(this.mailboxes, command, inUse);
    const { answer, position, events } = await mailbox.send({
      identity,
      command,
      ...(ifMatch !== null && { precondition: (fold: ForeignAgentsFold) => requireSameAgent(fold, command.foreignAgent, ifMatch) }),
      storedAnswer: (given) => answerToStore(outcomeOf(given, 0n)),
    });
    if (answer.outcome === 'refused') return { outcome: outcomeOf(answer, position), appended: events.length > 0 };
    const { agent } = answer;
    await this.scopes.provision(agent, identity);
    await this.scopes.withdraw(agent.foreignAgent, dropped, agent.revision, identity);
    return { outcome: outcomeOf(answer, await this.mailboxes.head()), appended: events.length > 0, tellsMore: true };
  }
}

/** What is left out has its default; the addresses stand in one order, each once. */
function provisionOf({ foreignAgent, name, careOfAddresses, pools, policy }: ProvisionForeignAgent): Provision {
  const given = <T extends object>(body: T | undefined | null): Partial<T> =>
    Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
  return {
    type: 'Provision',
    foreignAgent,
    name: name ?? null,
    careOfAddresses: [...new Set(careOfAddresses ?? [])],
    pools: { ...defaultPools, ...given(pools) },
    policy: { ...defaultPolicy, ...given(policy) },
  };
}

/** If-Match: the resource is what is provisioned of the agent. */
export function requireSameAgent(fold: ForeignAgentsFold, foreignAgent: string, ifMatch: string): void {
  const agent = fold.state.agents.get(foreignAgent);
  const current = agent ? etagOf(agent.revision) : null;
  if (!etagMatches(ifMatch, current)) throw new PreconditionFailed(current);
}

function outcomeOf(answer: ForeignAgentsAnswer, at: bigint): Outcome<ForeignAgentAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  const { foreignAgent, name, careOfAddresses, pools, policy, revision } = answer.agent;
  const body = { foreignAgent, name, careOfAddresses, pools, policy, revision: String(revision), created: answer.before === undefined, position };
  return { outcome: 'accepted', body, etag: etagOf(revision), replayed: false };
}

/** Refused before the stream was asked: counted all the same, and the answer tells how far the ledger is. */
async function refusedAs(mailboxes: Mailboxes, command: ForeignAgentsCommand, rejection: Rejection): Promise<Executed<never>> {
  mailboxes.noteRefused(foreignAgentsStream, command, rejection);
  return { outcome: { outcome: 'refused', rejection, position: String(await mailboxes.head()), replayed: false }, appended: false };
}

export interface RemovalAnswer extends Answered {
  readonly foreignAgent: string;
  readonly released: number;
}

/** `DELETE /v1/foreign-agents/{fa}`. */
export class RemoveForeignAgent extends LedgerCommand<RemovalAnswer> {
  foreignAgent!: string;
  /** Release live sessions first instead of refusing with `foreign-agent-in-use`. */
  force = false;
}

@CommandHandler(RemoveForeignAgent)
export class RemoveForeignAgentHandler implements ICommandHandler<RemoveForeignAgent> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly scopes: Scopes,
  ) {}

  execute(request: RemoveForeignAgent): Promise<Outcome<RemovalAnswer>> {
    return this.commands.once<RemovalAnswer>(request.context, (identity) => this.remove(request, identity));
  }

  private async remove({ foreignAgent, force, context }: RemoveForeignAgent, identity: CommandIdentity): Promise<Executed<RemovalAnswer>> {
    const mailbox = this.mailboxes.foreignAgents();
    await mailbox.load();
    const known = mailbox.fold.state.agents.get(foreignAgent);
    const live = await this.scopes.liveSessions(foreignAgent, known?.careOfAddresses ?? []);
    if (live > 0 && !force) {
      const detail = `${foreignAgent} has ${live} sessions that hold flow ids; force=true releases them first.`;
      return refusedAs(this.mailboxes, { type: 'Remove', foreignAgent }, reject('foreign-agent-in-use', detail, { sessions: live }));
    }
    const { ifMatch } = context;
    const { answer, position, events, revision } = await mailbox.send({
      identity,
      command: { type: 'Remove', foreignAgent },
      ...(ifMatch !== null && { precondition: (fold: ForeignAgentsFold) => requireSameAgent(fold, foreignAgent, ifMatch) }),
      storedAnswer: (given) => answerToStore(removalOf(given, foreignAgent, live, 0n)),
    });
    if (answer.outcome === 'refused' && answer.rejection.rejection === 'foreign-agent-unknown') throw new NotFound(answer.rejection.detail);
    if (answer.outcome === 'refused') return { outcome: removalOf(answer, foreignAgent, live, position), appended: events.length > 0 };
    const released = await this.scopes.withdraw(foreignAgent, answer.agent.careOfAddresses, revision, identity);
    // Fewer than were there: the process that looks after what a crash leaves has told a scope of it first.
    return { outcome: removalOf(answer, foreignAgent, Math.max(live, released), await this.mailboxes.head()), appended: events.length > 0, tellsMore: true };
  }
}

function removalOf(answer: ForeignAgentsAnswer, foreignAgent: ForeignAgent['foreignAgent'], released: number, at: bigint): Outcome<RemovalAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  return { outcome: 'accepted', body: { foreignAgent, released, position }, etag: null, replayed: false };
}
