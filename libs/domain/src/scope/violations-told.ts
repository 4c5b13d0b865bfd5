/** What is odd about a session's messages is told once, and not with every refresh. */
import type { EventViolation } from '../events/events';
import type { FlowTableDecision } from './flow-table-decision';
import type { FlowTableState } from './flow-table-state';

/** Of a refresh that changes nothing: what no event of the session told yet. */
export function tellViolations(decision: FlowTableDecision, message: 'path' | 'resv', sessionId: string, violations: readonly EventViolation[] = []): void {
  if (violations.length === 0) return;
  const told = decision.state.violationsTold.get(sessionId) ?? [];
  const untold = violations.filter(({ name }) => !told.includes(name));
  if (untold.length === 0) return;
  decision.emit({ type: 'SignallingObserved', message, sessionId, detail: {}, occurredAt: decision.occurredAt, violations: untold });
}

export function violationsTold(state: FlowTableState, sessionId: string | null, violations: readonly EventViolation[] | undefined): void {
  if (violations === undefined || sessionId === null) return;
  const told = state.violationsTold.get(sessionId) ?? [];
  const names = [...new Set(violations.map(({ name }) => name))].filter((name) => !told.includes(name));
  if (names.length > 0) state.violationsTold.set(sessionId, [...told, ...names]);
}
