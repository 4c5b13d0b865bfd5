/** A scope whose care-of address is about to be taken from its agent, or was: closed, asked who lives there, and taken or opened again. */
import type { VisitorAdmitted } from '../events/events';
import { sessionOf } from './configure-session';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { AdmitVisitor, CloseScope, ConfigureSession, FlowTableAnswer, ReopenScope } from '../commands/flow-table-commands';
import type { FlowTableState } from '../scope/flow-table-state';
import { legsToMove } from '../scope/leg-hold';
import { reject, type Rejection } from '../refusals/rejection';

const done = { outcome: 'done' } as const;

/** The question and the closing are one append: whoever configures is before both, or behind both. */
export function closeScope(decision: FlowTableDecision, { revision }: CloseScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  if (state.standing === 'closed' && revision === state.closing) return done;
  if (revision <= state.closing || revision <= state.provisioned) return { outcome: 'closed', isWithdrawn: state.standing === 'withdrawn' };
  const sessions = sessionsAtStake(state);
  if (sessions > 0) return { outcome: 'in-use', sessions };
  decision.emit({ type: 'ScopeClosed', foreignAgent, careOfAddress, revision: `${revision}`, ...decision.untouched, occurredAt });
  return done;
}

/** Recorded also where the closing never came: it may still be on the way, from a server that lags behind, and must then be too late. */
export function reopenScope(decision: FlowTableDecision, { revision }: ReopenScope): FlowTableAnswer {
  const { state, occurredAt } = decision;
  const { foreignAgent, careOfAddress } = state;
  const stands = revision === state.closing && state.standing === 'closed';
  const isUnheard = revision > state.closing && revision > state.provisioned;
  if (stands || isUnheard) decision.emit({ type: 'ScopeReopened', foreignAgent, careOfAddress, revision: `${revision}`, ...decision.untouched, occurredAt });
  return done;
}

/** What would end with the scope: live and degraded sessions, and those that a handoff away from here has broken off and may bring back. */
export function sessionsAtStake({ sessions, degraded, holds }: FlowTableState): number {
  const stands = (sessionId: string): boolean => sessions.has(sessionId) || degraded.get(sessionId) !== undefined;
  let broken = 0;
  for (const hold of holds.values()) broken += legsToMove(hold).filter(({ sessionId }) => !stands(sessionId)).length;
  return sessions.size + degraded.size + broken;
}

/** What a registration or a handoff is answered that comes where the scope stands like that; null: it comes. */
export function closedTo(
  { standing }: FlowTableState,
  { isObserved, evenWithdrawn }: Pick<AdmitVisitor, 'isObserved' | 'evenWithdrawn'>,
  ...standings: readonly FlowTableState['standing'][]
): FlowTableAnswer | null {
  const isWithdrawn = standing === 'withdrawn';
  if (isObserved || !standings.includes(standing) || (isWithdrawn && evenWithdrawn)) return null;
  return { outcome: 'closed', isWithdrawn };
}

/** As VisitorAdmitted tells it. */
export function toldWithdrawn({ standing }: FlowTableState): Pick<VisitorAdmitted, 'withdrawn'> {
  return standing === 'withdrawn' ? { withdrawn: true } : {};
}

/** Where the address may be taken, also a refresh: what stands was observed since, and nobody shall be told that it stays. */
export function refusalOfClosed(state: FlowTableState, { mobileNode, flow, style }: ConfigureSession): Rejection | null {
  const { standing, careOfAddress, foreignAgent } = state;
  if (standing === 'open' || (standing === 'withdrawn' && sessionOf(state, mobileNode, flow, style))) return null;
  const detail = standing === 'closed'
    ? `${careOfAddress} is about to be taken from ${foreignAgent}; whether it is will be known shortly.`
    : `${careOfAddress} was taken from ${foreignAgent}.`;
  return reject('scope-closed', detail, { careOfAddress });
}
