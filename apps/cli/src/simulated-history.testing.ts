/** The history that a ledger keeps of a simulated network, against what the network says it did. */
import type { HandoffTruth, SessionTruth, StayTruth, Truth } from '#simulator';
import { type FlowRow, isOf, slackMs } from './simulated-truth.testing';

/** Of the view `session_legs`, with what `sessions` says of the flow. */
export interface LegRow extends FlowRow {
  /** Milliseconds since 1970, as all times here. */
  readonly started_ms: number;
  readonly ended_ms: number | null;
  readonly cause: string | null;
}

/** Of the view `registrations`. */
export interface BindingRow {
  readonly mobile_node: string;
  readonly care_of_address: string;
  readonly accepted_ms: number;
  readonly ended_ms: number | null;
  readonly cause: string | null;
}

/**
 * Each leg of the network is covered by legs of the ledger, and each that was torn down ended then and for that reason. Of a group
 * what is reserved for is told: until then its senders are flows of their own.
 */
export function legFaults(truths: readonly Truth[], rows: readonly LegRow[]): string[] {
  const sessions = truths.filter((truth): truth is SessionTruth => truth.record === 'session');
  const unknown = rows.filter((row) => row.mobile_node !== null && !sessions.some((session) => isOf(session, row)));
  return [...unknown.map((row) => `no such session: ${JSON.stringify(row)}`), ...sessions.flatMap((session) => faultsOfLegs(session, rows, sessions))];
}

function faultsOfLegs(session: SessionTruth, rows: readonly LegRow[], sessions: readonly SessionTruth[]): string[] {
  const own = rows.filter((row) => isOf(session, row) && (session.style === 'FF' || row.style === session.style));
  return session.legs.flatMap((leg, index) => {
    const from = session.style === 'FF' ? leg.from : leg.reservedFrom;
    if (from === null || sessions.some((other) => sendsTheSame(other, session, index))) return [];
    const here = own.filter((row) => row.care_of_address === leg.careOfAddress && isAt(row.started_ms, from, 'or before'));
    const text = `${session.mobileNode ?? 'nobody'} ${session.style} ${JSON.stringify(session.senders)} ${JSON.stringify(leg)}`;
    // A list that would overlap another's is refused and stays as it was: when those of it have all left, another session follows.
    const until = session.style === 'SE' ? from : leg.refreshedAt;
    const covers = here.some(({ ended_ms: ended }) => ended === null || ended >= Date.parse(until) - slackMs);
    if (!covers) return [`no leg: ${text}`];
    if (session.style !== 'FF' || session.end !== 'path-tear' || leg.to === null || index < session.legs.length - 1) return [];
    const isTorn = here.some(({ ended_ms: ended, cause }) => ended !== null && cause === 'path-tear' && isAt(ended, leg.to!));
    return isTorn ? [] : [`not torn down then: ${text}`];
  });
}

/**
 * Two nodes with one home address at one agent may be sent the same bytes within a second: the second message is a repeat then
 * (domain.md §5), and the leg begins with the next, or ends by itself.
 */
function sendsTheSame(other: SessionTruth, session: SessionTruth, index: number): boolean {
  const isTwin = other.destination === session.destination && other.mobileNode !== session.mobileNode && other.protocol === session.protocol;
  if (!isTwin || other.destinationPort !== session.destinationPort || JSON.stringify(other.senders) !== JSON.stringify(session.senders)) return false;
  const leg = session.legs[index]!;
  const isNear = (a: string | null, b: string | null): boolean => a !== null && b !== null && Math.abs(Date.parse(a) - Date.parse(b)) <= repeatMs;
  return other.legs.some(({ careOfAddress, from, to }) => careOfAddress === leg.careOfAddress && (isNear(from, leg.from) || isNear(to, leg.to)));
}

const repeatMs = 1_000;

const causes: Readonly<Record<NonNullable<StayTruth['end']>, readonly string[]>> = {
  handoff: ['superseded', 'handoff'],
  deregistration: ['deregistration'],
  expiry: ['registration-expiry'],
  reboot: [],
};

/** Each binding of the network is one of the ledger, began and ended then, for that reason; and the other way round. */
export function bindingFaults(truths: readonly Truth[], rows: readonly BindingRow[], endMs: number): string[] {
  const stays = truths.filter((truth): truth is StayTruth => truth.record === 'stay');
  const left = new Set(rows);
  const missing = stays.filter(({ mobileNode, careOfAddress, from, to, end }) => {
    const row = [...left].find((one) => one.mobile_node === mobileNode && one.care_of_address === careOfAddress && isAt(one.accepted_ms, from));
    if (row) left.delete(row);
    const isOver = to !== null && Date.parse(to) < endMs - slackMs;
    return !row || (isOver && !(row.ended_ms !== null && isAt(row.ended_ms, to) && causes[end!].includes(row.cause ?? '')));
  });
  return [...missing.map((stay) => `binding: ${JSON.stringify(stay)}`), ...[...left].map((row) => `no such binding: ${JSON.stringify(row)}`)];
}

/** Those that were accepted, as text, in order of time. */
export function handoffsOf(truths: readonly Truth[]): string[] {
  return truths
    .filter((truth): truth is HandoffTruth => truth.record === 'handoff' && truth.acceptedAt !== null)
    .sort((a, b) => (a.acceptedAt! < b.acceptedAt! ? -1 : 1))
    .map(({ acceptedAt, mobileNode, from, to }) => `${acceptedAt} ${mobileNode} ${from} → ${to ?? 'home'}`);
}

function isAt(timeMs: number, expected: string, how: 'then' | 'or before' = 'then'): boolean {
  const late = timeMs - Date.parse(expected);
  return late <= slackMs && (how === 'or before' || late >= -slackMs);
}
