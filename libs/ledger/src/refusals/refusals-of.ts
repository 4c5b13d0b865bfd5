import type { EventViolation, LedgerEvent } from '#domain';
import type { AnyAnswer, AnyCommand } from '../mailbox/mailboxes';
import { streamSubject } from '../mailbox/stream-names';

export interface Refusal {
  readonly foreignAgent: string;
  /** `violation`: it was seen all the same, and recorded. */
  readonly kind: 'refusal' | 'violation';
  /** Name of the rejection or of the violation. */
  readonly reason: string;
  /** Of a denied registration (RFC 5944 §3.4); null: none. */
  readonly code: number | null;
  readonly example: RefusalExample;
}

export interface RefusalExample {
  readonly command: string;
  readonly mobileNode: string | null;
  readonly detail: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What of a decision was a refusal, and what broke a rule though it was seen; most decisions are neither. */
export function refusalsOf(stream: string, command: AnyCommand, answer: AnyAnswer, events: readonly LedgerEvent[]): readonly Refusal[] {
  if (answer.outcome !== 'refused' && answer.outcome !== 'kept-before' && events.length === 0) return nothingRefused;
  const mobileNode = 'mobileNode' in command ? (command.mobileNode ?? null) : null;
  const subject = streamSubject(stream);
  const agent = subject !== null && 'foreignAgent' in subject ? subject.foreignAgent : agentNamedBy(command);
  const found: Refusal[] = [];
  // A denied registration is told by its event: whoever denied it, and of a timer's tick, too.
  if (answer.outcome === 'refused' && answer.rejection.rejection !== 'registration-denied') {
    const { rejection: reason, detail, facts } = answer.rejection;
    found.push({ foreignAgent: agent, kind: 'refusal', reason, code: null, example: { command: command.type, mobileNode, detail, facts } });
  }
  // One that is denied again as it was before is no event.
  const isRepeat = answer.outcome === 'refused' && answer.rejection.rejection === 'registration-denied' && events.every(({ type }) => type !== 'RegistrationDenied');
  if (isRepeat) {
    const { detail, facts } = answer.rejection;
    const { foreignAgent, code } = facts as { readonly foreignAgent: string; readonly code: number };
    found.push({ foreignAgent, kind: 'refusal', reason: 'registration-denied', code, example: { command: command.type, mobileNode, detail, facts } });
  }
  if (answer.outcome === 'kept-before' && 'violations' in command) found.push(...seenToBreak(command, command.violations, agent, mobileNode));
  for (const event of events) {
    if (event.type === 'RegistrationDenied') {
      const { foreignAgent, code, codeName, detail } = event;
      const example = { command: command.type, mobileNode: event.mobileNode, detail, facts: { code, codeName } };
      found.push({ foreignAgent, kind: 'refusal', reason: 'registration-denied', code, example });
    }
    // A leg of a handoff is refused one by one, in an answer that is none.
    if (event.type === 'LegRefused') {
      const { mobileNode: node, rejection: reason, detail, sessionId, handoffId, matched, facts } = event;
      const example = { command: command.type, mobileNode: node, detail, facts: { ...facts, sessionId, handoffId, matched } };
      found.push({ foreignAgent: agent, kind: 'refusal', reason, code: null, example });
    }
    const violations = violationsOf(event).filter(({ name }) => answer.outcome !== 'refused' || answer.rejection.rejection !== name);
    found.push(...seenToBreak(command, violations, 'foreignAgent' in event ? event.foreignAgent : agent, mobileNode));
  }
  return found;
}

function seenToBreak({ type }: AnyCommand, violations: readonly EventViolation[], foreignAgent: string, mobileNode: string | null): Refusal[] {
  return violations.map(({ name, detail }) => ({ foreignAgent, kind: 'violation', reason: name, code: null, example: { command: type, mobileNode, detail, facts: {} } }));
}

const nothingRefused: readonly Refusal[] = [];

function violationsOf(event: LedgerEvent): readonly EventViolation[] {
  return 'violations' in event ? (event.violations ?? []) : [];
}

/** Empty: none. */
function agentNamedBy(command: AnyCommand): string {
  if ('foreignAgent' in command) return command.foreignAgent ?? '';
  return '';
}
