import type pg from 'pg';
import type { FlowId, HeldLeg, LegRefused, Match, ReleaseCause, RejectionName, TemporaryFlowId } from '#domain';
import type { FlowTableRow } from './get-flow-table';
import type { HandoffStep } from './get-handoff';
import type { HandoffRow } from './get-handoffs';

/** A leg of a session in an old scope, or in the new one. */
export interface HandoffLegEnd {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  /** Null: the leg was refused. */
  readonly effective: FlowId | null;
  readonly temporary: TemporaryFlowId | null;
  /** What its requested id overlapped when it came. */
  readonly matched: readonly Omit<Match, 'effective'>[];
  readonly since: string;
  /** Null: it stands. */
  readonly until: string | null;
  readonly state: FlowTableRow['state'] | 'ended';
  /** As of SessionLeg. */
  readonly cause: ReleaseCause | 'configured' | null;
}

type FlowFields = Pick<FlowTableRow, 'correspondentNode' | 'protocol' | 'destinationPort' | 'sourcePort' | 'flowLabel' | 'spi' | 'senders' | 'style'>;

/** What a handoff made of one session. */
export interface HandoffLeg extends FlowFields {
  readonly sessionId: string;
  /**
   * `configured`, `degraded` (the new scope refused it), `released` or `orphaned` (the old leg, and no new one was made), `rolled-back`
   * (the old leg stands again), `not-moved` (no leg was made yet, or none before another handoff took over).
   */
  readonly outcome: 'configured' | 'degraded' | 'released' | 'orphaned' | 'rolled-back' | 'not-moved';
  readonly from: HandoffLegEnd | null;
  readonly to: HandoffLegEnd | null;
  /** Why the new scope refused it, and the same in a sentence. */
  readonly rejection: RejectionName | null;
  readonly detail: string | null;
  /** When a degraded session got an id there after all. */
  readonly recoveredAt: string | null;
  /** Between the end of the last leg that held an id and the one that carries the session after it; 0 where they overlapped; null: none does. */
  readonly gapMs: number | null;
}

interface StoredLeg extends Omit<HandoffLegEnd, 'matched'>, FlowFields {
  readonly sessionId: string;
  readonly matched: readonly Match[];
  readonly gapMs: number | null;
  readonly handoffId: string | null;
  readonly startedPosition: string;
}

/** Each session that a step names, in the order in which they were named first. */
export async function readHandoffLegs(client: pg.ClientBase, handoff: HandoffRow, steps: readonly HandoffStep[]): Promise<readonly HandoffLeg[]> {
  const stepsOf = new Map<string, HandoffStep[]>();
  for (const step of steps) for (const sessionId of sessionsOf(step)) addTo(stepsOf, sessionId, step);
  const legsOf = new Map<string, StoredLeg[]>();
  for (const leg of await readLegs(client, [...stepsOf.keys()])) addTo(legsOf, leg.sessionId, leg);
  return [...stepsOf].flatMap(([sessionId, own]) => {
    const legs = legsOf.get(sessionId);
    return legs ? [legOf(handoff, own, legs)] : [];
  });
}

function addTo<T>(groups: Map<string, T[]>, key: string, value: T): void {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}

function sessionsOf({ type, sessionId, detail }: HandoffStep): readonly string[] {
  if (type === 'LegsHeld') return [...(detail['legs'] as readonly HeldLeg[]).map((leg) => leg.sessionId), ...((detail['others'] as readonly string[] | undefined) ?? [])];
  return sessionId === null ? [] : [sessionId];
}

type InScope = Pick<HandoffLegEnd, 'foreignAgent' | 'careOfAddress'>;

function legOf(handoff: HandoffRow, steps: readonly HandoffStep[], legs: readonly StoredLeg[]): HandoffLeg {
  const isNew = ({ foreignAgent, careOfAddress }: InScope): boolean => handoff.to?.foreignAgent === foreignAgent && handoff.to.careOfAddress === careOfAddress;
  const old = legs.findLast((leg) => !isNew(leg) && leg.handoffId !== handoff.handoffId && steps.some((step) => stoodAt(leg, step)));
  const servesAgain = (leg: StoredLeg): boolean => steps.some((step) => step.type === 'QosSessionModified' && stoodAt(leg, step));
  const made = legs.filter((leg) => isNew(leg) && (leg.handoffId === handoff.handoffId || servesAgain(leg)));
  const present = made.findLast((leg) => leg.effective !== null) ?? made.at(-1);
  const refusal = steps.find(({ type }) => type === 'LegRefused')?.detail as Pick<LegRefused, 'rejection' | 'detail' | 'matched'> | undefined;
  const { sessionId, correspondentNode, protocol, destinationPort, sourcePort, flowLabel, spi, senders, style } = legs.at(-1)!;
  return {
    sessionId,
    outcome: outcomeOf(handoff, old, present, refusal !== undefined),
    ...{ correspondentNode, protocol, destinationPort, sourcePort, flowLabel, spi, senders, style },
    from: old ? endOf(old) : null,
    to: present ? endOf(present) : null,
    rejection: refusal?.rejection ?? null,
    detail: refusal?.detail ?? null,
    recoveredAt: refusal && present?.effective ? present.since : null,
    gapMs: gapOf(handoff, carrierOf(handoff, legs, old, present)),
  };
}

/** The step is about this leg: it begins before it, in the same scope. */
function stoodAt(leg: StoredLeg, { foreignAgent, careOfAddress, position }: HandoffStep): boolean {
  return leg.foreignAgent === foreignAgent && leg.careOfAddress === careOfAddress && BigInt(leg.startedPosition) < BigInt(position);
}

function outcomeOf(handoff: HandoffRow, old: StoredLeg | undefined, present: StoredLeg | undefined, refused: boolean): HandoffLeg['outcome'] {
  if (handoff.state === 'rolled-back') return 'rolled-back';
  if (refused) return 'degraded';
  if (present) return 'configured';
  if (handoff.state === 'superseded') return 'not-moved';
  if (old?.state === 'orphaned') return 'orphaned';
  return old === undefined || old.until !== null ? 'released' : 'not-moved';
}

/** What carries the session after the handoff: the old leg where it was rolled back, which may have been broken and made again. */
function carrierOf(
  { state, handoffId }: HandoffRow,
  legs: readonly StoredLeg[],
  old: StoredLeg | undefined,
  present: StoredLeg | undefined,
): StoredLeg | undefined {
  if (state !== 'rolled-back') return present;
  return legs.find((leg) => leg.handoffId === handoffId && leg.foreignAgent === old?.foreignAgent && leg.careOfAddress === old.careOfAddress) ?? old;
}

/** A leg that stood all along has no gap before it that is of this handoff. */
function gapOf({ handoffId }: HandoffRow, carrier: StoredLeg | undefined): number | null {
  if (!carrier?.effective) return null;
  return carrier.handoffId === handoffId ? (carrier.gapMs ?? 0) : 0;
}

function endOf({ foreignAgent, careOfAddress, effective, temporary, matched, since, until, state, cause }: StoredLeg): HandoffLegEnd {
  const shown = matched.map(({ sessionId, mobileNode, state: was }) => ({ sessionId, mobileNode, state: was }));
  return { foreignAgent, careOfAddress, effective, temporary, matched: shown, since, until, state, cause };
}

async function readLegs(client: pg.ClientBase, sessions: readonly string[]): Promise<readonly StoredLeg[]> {
  const { rows } = await client.query<StoredLeg>(
    `select l.session_id as "sessionId", l.foreign_agent as "foreignAgent", l.care_of_address as "careOfAddress", l.effective, l.temporary, l.matched,
      l.started_at as since, l.ended_at as until, l.state, l.cause, l.gap_ms::float8 as "gapMs", l.handoff_id as "handoffId", l.started_position::text as "startedPosition",
      s.correspondent_node as "correspondentNode", s.protocol, s.destination_port as "destinationPort", s.source_port as "sourcePort",
      s.flow_label as "flowLabel", s.spi::float8 as spi, s.senders, s.style
     from qos.session_legs l join projection.sessions s using (session_id) where l.session_id = any($1) order by l.started_position`,
    [sessions],
  );
  return rows;
}
