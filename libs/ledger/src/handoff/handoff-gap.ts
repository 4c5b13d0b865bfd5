import type { HandoffStarted, LedgerEvent, LegRefused, QosSessionConfigured } from '#domain';
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

/** What the steps of a handoff came to in one scope. */
type EventsOf = (scope: Scope, step: string) => Promise<readonly LedgerEvent[]>;

/** Of all appends that brought legs. */
export async function admissionsOf({ to }: HandoffStarted, eventsOf: EventsOf): Promise<readonly LedgerEvent[]> {
  const all: LedgerEvent[] = [];
  for (let part = 0; to; part += 1) {
    const some = await eventsOf(to, part === 0 ? 'admit' : `admit ${part}`);
    all.push(...some);
    if (!some.some((event) => event.type === 'VisitorAdmitted' && event.more)) break;
  }
  return all;
}

/**
 * Of one that was rolled back and is undone: its event stands before its old legs do. As the legs tell it in `qos.handoffs`.
 * @returns null: it had made no leg, or one waits for its id where it was
 */
export async function gapOfUndone(record: HandoffRecord, events: HandoffEvents): Promise<number | null> {
  const { started, startedPosition } = record;
  const { cause } = beginningOf(record);
  const eventsOf: EventsOf = ({ foreignAgent, careOfAddress }, step) => {
    const { commandId } = handoffStep(cause, started.handoffId, stepIn(careOfAddress, step));
    return events.ofStep(flowTableStream(foreignAgent, careOfAddress), commandId, startedPosition);
  };
  const atOrigins = async (step: string) => (await Promise.all(started.from.map((origin) => eventsOf(origin, step)))).flat();
  const undone = started.to ? await eventsOf(started.to, 'undo') : [];
  const standAgain = await atOrigins('unhold');
  const steps = [...(await atOrigins('hold')), ...(await admissionsOf(started, eventsOf)), ...undone, ...standAgain];
  const ofNode = (event: LedgerEvent): boolean => isLeg(event) && event.mobileNode === started.mobileNode;
  const waits = standAgain.some((event) => event.type === 'LegRefused' && ofNode(event));
  return waits || !steps.some(ofNode) ? null : longestGap(steps);
}

/** An append also has what fell due in its scope, of whatever node. */
function isLeg(event: LedgerEvent): event is QosSessionConfigured | LegRefused {
  return event.type === 'QosSessionConfigured' || event.type === 'LegRefused';
}
