import { ArrayUnique, IsArray, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { LedgerCommand, type Answered } from './command';
import { foreignAgentIdPattern, IsAddress, IsUnsigned64 } from './validation';

export const registrationFlags = ['S', 'B', 'D', 'M', 'G', 'r', 'T', 'x'] as const;

export interface RegistrationAnswer extends Answered {
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  readonly code: number;
  readonly codeName: string;
  readonly grantedLifetimeSeconds: number;
  /** Null: infinite, or deregistered. */
  readonly expiresAt: string | null;
  readonly revision: string;
}

/** `POST /v1/mobile-nodes/{mn}/registrations`; a denial is the rejection `registration-denied` with the RFC's `code`. */
export class RegisterMobileNode extends LedgerCommand<RegistrationAnswer> {
  mobileNode!: string;
  @Matches(foreignAgentIdPattern) foreignAgent!: string;
  @IsAddress() homeAgent!: string;
  @IsAddress() homeAddress!: string;
  @IsAddress() careOfAddress!: string;
  /** 0 deregisters, 65535 is infinite. */
  @IsInt() @Min(0) @Max(65535) lifetimeSeconds!: number;
  @IsOptional() @IsUnsigned64() identification?: string;
  @IsOptional() @IsArray() @ArrayUnique() @IsIn(registrationFlags, { each: true }) flags?: (typeof registrationFlags)[number][];
}
