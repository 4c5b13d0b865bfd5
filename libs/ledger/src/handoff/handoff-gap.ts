import type { ActiveHandoff, HandoffStarted, LedgerEvent, LegRefused, QosSessionConfigured, RolledBackHandoff } from '#domain';
import { beginningOf } from './beginning-of';
import type { HandoffEvents, HandoffRecord } from './handoff-events';
import { handoffStep, stepIn } from './handoff-step';
import { flowTableStream } from '../mailbox/stream-names';
import type { Scope } from '../processes/session-directory';

/**
 * Milliseconds: the longest that a session had no leg, from the end of one to the next. An orphaned leg serves on.
 * @param events of the steps, in the order of the steps
 */
export function longestGap(events: readonly LedgerEvent[]): number {
  const ends = new Map<string, string>();
  let longest = 0;
  for (const event of events) {
    if (event.type === 'QosSessionReleased') ends.set(event.sessionId, event.occurredAt);
    const end = event.type === 'QosSessionConfigured' ? ends.get(event.sessionId) : undefined;
    if (end !== undefined) longest = Math.max(longest, Date.parse(event.occurredAt) - Date.parse(end));
  }
  return longest;
}

/** What the steps of a handoff came to in a scope, read once. */
type StepsOf = (scope: Scope) => Promise<(step: string) => readonly LedgerEvent[]>;

/** Of all appends that brought legs. */
export async function admissionsOf({ to }: HandoffStarted, stepsOf: StepsOf): Promise<readonly LedgerEvent[]> {
  if (!to) return [];
  const all: LedgerEvent[] = [];
  const eventsOf = await stepsOf(to);
  for (let part = 0; ; part += 1) {
    const some = eventsOf(part === 0 ? 'admit' : `admit ${part}`);
    all.push(...some);
    if (!some.some((event) => event.type === 'VisitorAdmitted' && event.more)) break;
  }
  return all;
}

interface OldLegs {
  /** What it broke off itself. */
  readonly breaks: readonly LedgerEvent[];
  /** All ends of old legs that are its own. */
  readonly old: readonly LedgerEvent[];
  readonly rolledBack: RolledBackHandoff | null;
}

/**
 * Milliseconds; of one that is about to be completed. What an older one had broken off, it makes again.
 * @returns null: a session waits for its id
 */
export async function gapOfMoved(active: ActiveHandoff, legs: OldLegs, stepsOf: StepsOf, events: HandoffEvents): Promise<number | null> {
  const { breaks, old, rolledBack } = legs;
  if (active.committed!.degraded.length > 0) return null;
  const before = [active.started.supersedes, rolledBack?.started.handoffId ?? null].filter((handoffId) => handoffId !== null);
  if (breaks.length === 0 && before.length === 0) return 0;
  const admissions = await admissionsOf(active.started, stepsOf);
  return Math.max(longestGap([...breaks, ...admissions]), await gapOfBroken(active, { admissions, old, before }, events));
}

interface AsItWent extends Pick<OldLegs, 'old'> {
  /** Of its own steps. */
  readonly admissions: readonly LedgerEvent[];
  /** Handoffs before it that were not completed: it has their legs. */
  readonly before: readonly string[];
}

/** Of sessions that one before it had broken off, from there to here. */
async function gapOfBroken(active: ActiveHandoff, { admissions, old, before }: AsItWent, events: HandoffEvents): Promise<number> {
  const { started: { mobileNode, from } } = active;
  const stood = new Set(old.flatMap((event) => ('sessionId' in event ? event.sessionId : [])));
  const made = new Map(admissions.flatMap((event) => (event.type === 'QosSessionConfigured' && event.mobileNode === mobileNode ? [[event.sessionId, event.occurredAt]] : [])));
  const broken = new Set([...made.keys()].filter((sessionId) => !stood.has(sessionId)));
  if (before.length === 0 || broken.size === 0) return 0;
  const after = await events.beginningOf(active, before);
  const changes = await Promise.all(from.map((origin) => events.legsSince(flowTableStream(origin.foreignAgent, origin.careOfAddress), broken, after)));
  return Math.max(0, ...[...broken].map((sessionId) => {
    const own = changes.flat().filter(({ event }) => event.sessionId === sessionId).sort((a, b) => (a.position < b.position ? -1 : 1));
    const last = own.at(-1)?.event;
    return last?.type === 'QosSessionReleased' ? Date.parse(made.get(sessionId)!) - Date.parse(last.occurredAt) : 0;
  }));
}

/**
 * Of one that was rolled back and is undone: its event stands before its old legs do. As the legs tell it in `qos.handoffs`.
 * @returns null: it had made no leg, or one waits for its id where it was
 */
export async function gapOfUndone(record: HandoffRecord, events: HandoffEvents): Promise<number | null> {
  const { started, startedPosition } = record;
  const { cause } = beginningOf(record);
  const stepsOf: StepsOf = async ({ foreignAgent, careOfAddress }) => {
    const steps = await events.ofSteps(flowTableStream(foreignAgent, careOfAddress), startedPosition);
    return (step) => steps.get(handoffStep(cause, started.handoffId, stepIn(careOfAddress, step)).commandId) ?? [];
  };
  const origins = await Promise.all(started.from.map(stepsOf));
  const undone = started.to ? (await stepsOf(started.to))('undo') : [];
  const standAgain = origins.flatMap((eventsOf) => eventsOf('unhold'));
  const steps = [...origins.flatMap((eventsOf) => eventsOf('hold')), ...(await admissionsOf(started, stepsOf)), ...undone, ...standAgain];
  const ofNode = (event: LedgerEvent): boolean => isLeg(event) && event.mobileNode === started.mobileNode;
  const waits = standAgain.some((event) => event.type === 'LegRefused' && ofNode(event));
  return waits || !steps.some(ofNode) ? null : longestGap(steps);
}

/** An append also has what fell due in its scope, of whatever node. */
function isLeg(event: LedgerEvent): event is QosSessionConfigured | LegRefused {
  return event.type === 'QosSessionConfigured' || event.type === 'LegRefused';
}
