/** Whether the care-of address of a scope is its agent's, as events tell it. */
import type { ScopeProvisioned, VisitorAdmitted } from '../events/events';
import type { FlowTableState } from './flow-table-state';

/** The address is the agent's by a word that is newer than the closing; or of a withdrawn one a node came there, as streams of old tell. */
export function openedBy(state: FlowTableState, event: ScopeProvisioned | VisitorAdmitted): void {
  const { standing, closing } = state;
  const opens = event.type === 'ScopeProvisioned' ? standing === 'withdrawn' || BigInt(event.revision) > closing : standing === 'withdrawn' && !event.withdrawn;
  if (opens && standing !== 'open') state.assign('standing', 'open');
}
