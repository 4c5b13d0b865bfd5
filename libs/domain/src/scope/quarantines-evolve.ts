/** What events do to ids in quarantine. */
import type { SenderPath } from '../events/events';
import { sends, type Flow, type FlowId, type TemporaryFlowId } from '../flow/flow';
import { flowIdText, idOfSender } from '../flow/flow-id';
import type { FlowTableState, Session } from './flow-table-state';
import { fromTimestamp } from '../flow/soft-state';

/** A session that a handoff brought back may leave a second id behind while the first is still quarantined. */
export function quarantineName(state: FlowTableState, sessionId: string): string {
  return state.quarantines.has(sessionId) ? `${sessionId}/${state.revision}` : sessionId;
}

export function quarantine(
  state: FlowTableState,
  session: Session,
  name: string,
  id: FlowId,
  temporary: TemporaryFlowId | null,
  until: string,
  paths?: readonly SenderPath[],
): void {
  const { sessionId, mobileNode, logicalFlow, ordinal } = session;
  state.addQuarantine({ name, id, temporary, sessionId, mobileNode, logicalFlow, ordinal, until: fromTimestamp(until), ...(paths && { paths }) });
}

export function quarantineEnded(state: FlowTableState, name: string): void {
  const entry = state.quarantines.get(name);
  if (!entry) return;
  state.removeQuarantine(entry);
  if (entry.temporary) state.pools[entry.temporary.field].endQuarantine(entry.temporary.value);
}

/** The same logical flow has exactly its own quarantined id again. */
export function takeBackQuarantine(state: FlowTableState, logicalFlow: string, effective: FlowId): void {
  const own = state.indexes.quarantinesByLogicalFlow.get(logicalFlow);
  if (own === undefined) return;
  const text = flowIdText(effective);
  for (const name of [...own]) {
    const quarantine = state.quarantines.get(name)!;
    if (flowIdText(quarantine.id) === text) state.removeQuarantine(quarantine);
  }
}

/** The sender holds its id again; what else left with it stays quarantined. */
export function senderTakenBack(state: FlowTableState, name: string, { flow, effective }: { readonly flow: Flow; readonly effective: FlowId }): void {
  const quarantine = state.quarantines.get(name);
  if (!quarantine || !('senders' in quarantine.id)) return;
  const { id } = quarantine;
  const taken = flowIdText(effective);
  const senders = id.senders.filter((sender) => flowIdText(idOfSender(id, sender).id) !== taken);
  const paths = quarantine.paths?.filter((path) => !sends(flow, path));
  if (senders.length === 0) state.removeQuarantine(quarantine);
  else state.replaceQuarantine(quarantine, { ...quarantine, id: { ...id, senders }, ...(paths && { paths }) });
}
