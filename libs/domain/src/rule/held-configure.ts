import { isPureRefresh } from './change-session';
import { sessionOf } from './configure-session';
import type { ConfigureSession } from '../commands/flow-table-commands';
import type { FlowTableState } from '../scope/flow-table-state';
import { reject, type Rejection } from '../refusals/rejection';

/** A node that is handed off from here configures nothing; what it has is refreshed. */
export function refusalOfHeld(state: FlowTableState, command: ConfigureSession): Rejection | null {
  const { mobileNode } = command;
  const hold = state.holds.get(mobileNode);
  if (!hold) return null;
  const existing = sessionOf(state, mobileNode, command.flow, command.style);
  if (existing && isPureRefresh(existing, command)) return null;
  const detail = `${mobileNode} is being handed off from ${state.careOfAddress}; until that is over only refreshes are taken here.`;
  return reject('handoff-in-progress', detail, { handoffId: hold.handoffId });
}
