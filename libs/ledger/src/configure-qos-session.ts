import { Type } from 'class-transformer';
import {
  ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsNumber, IsOptional, IsUUID, Matches, Max, Min, ValidateNested,
} from 'class-validator';
import type { FlowId, Match, Service, Style, TemporaryFlowId } from '#domain';
import { LedgerCommand, type Answered } from './command';
import { foreignAgentIdPattern, IsAddress, IsRate, mobileNodeIdPattern } from './validation';

export class FlowSenderBody {
  @IsAddress() correspondentNode!: string;
  @IsInt() @Min(0) @Max(65535) sourcePort!: number;
}

/** Which fields go together is told by `flowFaults` of the domain. */
export class FlowBody {
  @IsOptional() @IsAddress() correspondentNode?: string;
  @IsInt() @Min(0) @Max(255) protocol!: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) destinationPort?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) sourcePort?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xfffff) flowLabel?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) spi?: number;
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(1000) @ValidateNested({ each: true }) @Type(() => FlowSenderBody)
  senders?: FlowSenderBody[];
}

export class TspecBody {
  @IsNumber() @Min(0) @Max(3.4028234663852886e38) r!: number;
  @IsNumber() @Min(0) @Max(3.4028234663852886e38) b!: number;
  @IsRate() p!: number | 'Infinity';
  @IsInt() @Min(0) @Max(0xffffffff) m!: number;
  @IsInt() @Min(0) @Max(0xffffffff) M!: number;
}

export interface ConfigureAnswer extends Answered {
  readonly sessionId: string;
  readonly outcome: 'configured' | 'refreshed' | 'modified';
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Omit<Match, 'effective'>[];
  readonly stream: string;
  readonly revision: string;
}

/** `POST /v1/qos-sessions`: configure, refresh or change a QoS session (domain.md §3). */
export class ConfigureQosSession extends LedgerCommand<ConfigureAnswer> {
  @Matches(foreignAgentIdPattern) foreignAgent!: string;
  @IsAddress() careOfAddress!: string;
  @Matches(mobileNodeIdPattern) mobileNode!: string;
  @ValidateNested() @Type(() => FlowBody) flow!: FlowBody;
  @IsOptional() @IsIn(['FF', 'SE', 'WF']) style?: Style;
  @IsOptional() @IsIn(['controlled-load', 'guaranteed']) service?: Service;
  @IsOptional() @ValidateNested() @Type(() => TspecBody) tspec?: TspecBody;
  /** 0: no soft state, the session ends with the registration. */
  @IsOptional() @IsInt() @Min(0) @Max(0xffffffff) refreshPeriodMs?: number;
  /** The session that this one takes over from (ESP rekey). */
  @IsOptional() @IsUUID() replaces?: string;
}
