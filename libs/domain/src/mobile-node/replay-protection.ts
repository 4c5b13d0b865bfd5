/** Replay protection of registrations (RFC 5944 §5.7), by the policy of the agent; each home agent has its own record of a node. */
import type { EventViolation, RegistrationAccepted } from '../events/events';
import type { Policy } from '../flow/policy';

/** `timestamps`: how far the Identification may be from the clock, RFC 5944 §5.7.1. */
const timestampToleranceMs = 7_000;
/** From 1900 to 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** What a home agent knows of a node's Identifications. */
export interface ReplayRecord {
  /** The highest that was accepted: one that a home agent accepted below it does not lower the bar (I16). */
  readonly highest: bigint | null;
  /** That of the last accepted request. */
  readonly last: bigint | null;
  /** Where that one led to: with another care-of address it is another request. */
  readonly lastCareOfAddress: string | null;
  /** Which home address it bound, or was given: of another one it is another request, too. */
  readonly lastHomeAddress: string | null;
  /** `nonces`: high 32 bits that the last reply gave and the next request must have; null: none was given yet. */
  readonly nonce: bigint | null;
}

export const noReplayRecord: ReplayRecord = { highest: null, last: null, lastCareOfAddress: null, lastHomeAddress: null, nonce: null };

/** What protects, or protected: the policy, and what the home agent knows. */
interface Judged {
  readonly replayProtection: Policy['replayProtection'];
  readonly record: ReplayRecord;
  /** Milliseconds. */
  readonly now: number;
}

/** Why a home agent answers 133, in one sentence; null: it does not. */
export function replayFault(identification: string | null, judged: Judged): string | null {
  const { replayProtection } = judged;
  if (identification === null) {
    return replayProtection === 'rising' ? null : `Replay protection by ${replayProtection} needs an identification.`;
  }
  const violation = replayViolation(BigInt(identification), judged);
  return violation && violation.detail;
}

/** What was seen of one that the policy would have had denied. The repeat of the last accepted one is a duplicate, and none. */
export function replayViolations(identification: string | null, judged: Judged): EventViolation[] {
  if (identification === null) return [];
  const violation = replayViolation(BigInt(identification), judged);
  return violation === null ? [] : [{ ...violation, detail: `${violation.detail.slice(0, -1)} (RFC 5944 §5.7).` }];
}

function replayViolation(identification: bigint, { replayProtection, record, now }: Judged): EventViolation | null {
  const { highest, last, nonce } = record;
  if (replayProtection === 'nonces') {
    if (nonce !== null && highHalf(identification) !== nonce) {
      return { name: 'identification-nonce-mismatch', detail: `The identification ${identification} does not begin with the nonce ${nonce} that the last reply gave.` };
    }
    return identification === last ? { name: 'identification-nonce-mismatch', detail: `The identification ${identification} was used before.` } : null;
  }
  if (highest !== null && identification <= highest) {
    return { name: 'identification-not-rising', detail: `The identification ${identification} does not rise above ${highest}.` };
  }
  if (replayProtection === 'timestamps' && Math.abs(ntpToMs(identification) - now) > timestampToleranceMs) {
    return { name: 'identification-off-the-clock', detail: `The identification is more than ${timestampToleranceMs / 1000} s away from the clock.` };
  }
  return null;
}

type Accepted = Pick<RegistrationAccepted, 'careOfAddress' | 'homeAddress'>;

/** After an accepted request. */
export function acceptedRecord(record: ReplayRecord, identification: string, { careOfAddress, homeAddress }: Accepted): ReplayRecord {
  const last = BigInt(identification);
  const highest = record.highest !== null && record.highest > last ? record.highest : last;
  return { ...record, last, lastCareOfAddress: careOfAddress, lastHomeAddress: homeAddress, highest };
}

/** After a reply whose Identification is not simply that of its request. */
export function repliedRecord(record: ReplayRecord, replyIdentification: string): ReplayRecord {
  return { ...record, nonce: highHalf(BigInt(replyIdentification)) };
}

/** Whether the next request may still begin with what this reply gave; a reply that gave nothing stays as it is. */
export function isOfNonce(reply: string | undefined, { nonce }: ReplayRecord): boolean {
  return reply === undefined || highHalf(BigInt(reply)) === nonce;
}

/**
 * The Identification of a reply under `nonces`: a new nonce in the high half, the low half of the request (RFC 5944 §5.7.2).
 * @param drawn 32 bits that nobody can foresee
 */
export function replyIdentification(request: string | null, drawn: number, { nonce }: ReplayRecord): string {
  const fresh = BigInt(drawn) === nonce ? (BigInt(drawn) + 1n) & 0xffffffffn : BigInt(drawn);
  return String((fresh << 32n) | (BigInt(request ?? 0) & 0xffffffffn));
}

/**
 * The Identification of the denial 133 under `timestamps`: the home agent's time in the high half, for a clock that is off to be set by,
 * and the low half of the request (RFC 5944 §5.7.1).
 * @param now milliseconds
 */
export function clockedIdentification(request: string | null, now: number): string {
  return String((BigInt(Math.floor(now / 1000) + ntpEpochSeconds) << 32n) | (BigInt(request ?? 0) & 0xffffffffn));
}

function highHalf(identification: bigint): bigint {
  return identification >> 32n;
}

/** RFC 5944 §5.7.1: the 64 bits are an NTP timestamp, seconds since 1900 and their fraction. */
function ntpToMs(identification: bigint): number {
  const seconds = Number(identification >> 32n) - ntpEpochSeconds;
  return seconds * 1000 + Number(((identification & 0xffffffffn) * 1000n) >> 32n);
}
