/**
 * Messages that make no sense and were kept as they were seen. Whoever sends such a one refreshes it as any other: what comes again, the same
 * byte for byte, is counted beside the log and no event (docs/adr/0036).
 */
import type { EventViolation, SignallingObserved } from '../events/events';
import type { FlowTableState } from './flow-table-state';

export interface KeptMessage {
  /** Names of what is odd about it: the bytes alone do not tell a checksum, nor what stands around them. */
  readonly violations: string;
  /** Of its event: the least was told first. */
  readonly revision: number;
}

/** Of one scope, as many as have a broken router on their way. Where more take turns, each is told anew. */
export const messagesKept = 4_096;

export function isKeptAlready({ keptMessages }: FlowTableState, digest: string, violations: readonly EventViolation[]): boolean {
  return keptMessages.get(digest)?.violations === namesOf(violations);
}

export function messageKept(state: FlowTableState, { digest, violations = [] }: SignallingObserved): void {
  if (digest === undefined) return;
  const { keptMessages } = state;
  keptMessages.set(digest, { violations: namesOf(violations), revision: state.lastRevision });
  if (keptMessages.size > messagesKept) keptMessages.delete(firstTold(keptMessages.entries()));
}

function firstTold(messages: Iterable<readonly [string, KeptMessage]>): string {
  let [first, least] = ['', Infinity];
  for (const [digest, { revision }] of messages) if (revision < least) [first, least] = [digest, revision];
  return first;
}

function namesOf(violations: readonly EventViolation[]): string {
  return violations.map(({ name }) => name).join(' ');
}
