import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import {
  defaultPolicy, defaultPools, longestQuarantineSeconds, type Policy, type Pools, type Provision,
} from '#domain';
import { AddressClosings, refusedAs, type TakenAnswer } from '../processes/address-closings';
import { LedgerCommand, PreconditionFailed, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import { etagMatches, etagOf } from './etag';
import { Mailboxes } from '../mailbox/mailboxes';
import { Scopes } from '../processes/scopes';
import type { ForeignAgentsFold } from '../mailbox/stream-fold';
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
    private readonly closings: AddressClosings,
  ) {}

  execute(request: ProvisionForeignAgent): Promise<Outcome<ForeignAgentAnswer>> {
    return this.commands.once<ForeignAgentAnswer>(request.context, (identity) => this.provision(request, identity));
  }

  private async provision(request: ProvisionForeignAgent, identity: CommandIdentity): Promise<Executed<ForeignAgentAnswer>> {
    const command = provisionOf(request);
    const { ifMatch } = request.context;
    const taken = await this.closings.take({
      identity,
      command,
      ...(ifMatch !== null && { precondition: (fold: ForeignAgentsFold) => requireSameAgent(fold, command.foreignAgent, ifMatch) }),
      storedAnswer: (given) => answerToStore(outcomeOf(given, 0n)),
    });
    if ('refusal' in taken) return refusedAs(this.mailboxes, command, taken.refusal);
    const { answer, position, events } = taken;
    if (answer.outcome === 'refused') return { outcome: outcomeOf(answer, position), appended: events.length > 0 };
    const { agent } = answer;
    const dropped = events.flatMap((event) => (event.type === 'ForeignAgentProvisioned' ? (event.dropped ?? []) : []));
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

function outcomeOf(answer: TakenAnswer, at: bigint): Outcome<ForeignAgentAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  const { foreignAgent, name, careOfAddresses, pools, policy, revision } = answer.agent;
  const body = { foreignAgent, name, careOfAddresses, pools, policy, revision: String(revision), created: answer.before === undefined, position };
  return { outcome: 'accepted', body, etag: etagOf(revision), replayed: false };
}
