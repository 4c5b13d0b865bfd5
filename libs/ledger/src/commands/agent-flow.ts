import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsInt, IsOptional, IsUUID, Matches, Max, Min, ValidateNested } from 'class-validator';
import type { FlowId } from '#domain';
import type { BodyFault } from '../idempotency/command';
import { FlowBody } from './configure-qos-session';
import { IsAddress, mobileNodeIdPattern } from './validation';

export class FlowIdSenderBody {
  @IsAddress() source!: string;
  @IsOptional() @IsInt() @Min(0) @Max(65535) sourcePort?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xfffff) flowLabel?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) spi?: number;
}

/** Which fields go together is told by `agentFlowFaults`. */
export class FlowIdBody {
  @IsOptional() @IsAddress() source?: string;
  @IsAddress() destination!: string;
  @IsOptional() @IsInt() @Min(0) @Max(255) protocol?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) sourcePort?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) destinationPort?: number;
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(1000) @ValidateNested({ each: true }) @Type(() => FlowIdSenderBody)
  senders?: FlowIdSenderBody[];
  @IsOptional() @IsInt() @Min(1) @Max(0xfffff) flowLabel?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) spi?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) greKey?: number;
}

/** A line of "this is my table": a row of the flow table, in what of it the agent knows. */
export class AgentFlow {
  @IsAddress() careOfAddress!: string;
  @ValidateNested() @Type(() => FlowIdBody) effective!: FlowIdBody;
  @IsOptional() @IsUUID() sessionId?: string;
  @IsOptional() @Matches(mobileNodeIdPattern) mobileNode?: string;
  @IsOptional() @ValidateNested() @Type(() => FlowBody) flow?: FlowBody;
}

/** The fields of each kind of flow id (domain.md §3), in alphabetical order. */
const kinds: ReadonlySet<string> = new Set(
  [
    ['source', 'destination', 'protocol', 'sourcePort', 'destinationPort'],
    ['senders', 'destination', 'protocol', 'destinationPort'],
    ['senders', 'destination', 'protocol'],
    ['destination', 'protocol', 'destinationPort'],
    ['source', 'destination', 'flowLabel'],
    ['destination', 'flowLabel'],
    ['source', 'destination', 'protocol', 'spi'],
    ['source', 'destination', 'protocol', 'greKey'],
    ['destination', 'protocol', 'greKey'],
    ['source', 'destination', 'protocol'],
  ].map((fields) => fields.sort().join()),
);

/** What the fields show only together, on canonical values. */
export function agentFlowFaults({ careOfAddress, effective }: AgentFlow): BodyFault[] {
  const present = Object.entries(effective).filter(([, value]) => value !== undefined);
  const isKind = kinds.has(present.map(([name]) => name).sort().join());
  const kind = isKind ? [] : [{ pointer: '/effective', detail: 'The fields are those of no kind of flow id.' }];
  const gre = effective.greKey !== undefined && effective.protocol !== 47 ? [{ pointer: '/effective/protocol', detail: 'A GRE key goes with protocol 47.' }] : [];
  const elsewhere = effective.destination === careOfAddress ? [] : [{ pointer: '/effective/destination', detail: 'The destination of an effective id is the care-of address.' }];
  return [...kind, ...gre, ...elsewhere];
}

/** Of a line without faults. */
export function flowIdOf(effective: FlowIdBody): FlowId {
  return effective as unknown as FlowId;
}
