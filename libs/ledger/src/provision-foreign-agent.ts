import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsInt, IsOptional, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import type { Policy, Pools } from '#domain';
import { LedgerCommand, type Answered } from './command';
import { IsAddress } from './validation';

export class PoolRangeBody {
  @IsInt() @Min(1) @Max(0xffffffff) first!: number;
  @IsInt() @Min(1) @Max(0xffffffff) last!: number;
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
  @IsOptional() @IsInt() @Min(0) @Max(31_536_000) quarantineSeconds?: number | null;
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
