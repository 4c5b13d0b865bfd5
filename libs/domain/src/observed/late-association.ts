/**
 * SESSION_ASSOC that comes when the rule has judged the session already (RFC 2746 §6): the id that was recorded stays (I8), and the one that
 * the network uses in its place is told, and given to nobody else while the session stands.
 */
import type { EventViolation, TunnelAssociation } from '../events/events';
import { classify, type FlowId } from '../flow/flow';
import { withTemporary } from '../flow/flow-id';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { emitObserved } from './observed-decision';
import { othersThan } from '../rule/matches';
import { checkNetworkChoice } from '../rule/tunnel-sessions';

const name = 'network-id-late';

export interface LateAssociation {
  /** What routers see, as SESSION_ASSOC says. */
  readonly used: FlowId;
  readonly violations: readonly EventViolation[];
}

/** Null: the session has that id, or can have none of a tunnel, or was judged without it for another reason that was told. */
export function lateAssociation(state: FlowTableState, session: Session, association: TunnelAssociation): LateAssociation | null {
  const { requested, temporary, state: stands, logicalFlow, sessionId } = session;
  if (classify(requested.id).kind !== 'ports' || stands === 'orphaned') return null;
  const { source, sourcePort } = association.tunnel;
  if (temporary?.field === 'sourcePort' && temporary.value === sourcePort) return null;
  if (state.violationsTold.get(sessionId)?.includes('network-id-overlaps')) return null;
  const has = temporary === null ? 'its native id' : `${temporary.field} ${temporary.value}`;
  const detail = `SESSION_ASSOC names source port ${sourcePort} of the tunnel from ${source} when the session had ${has} already, and keeps it.`;
  const { violation } = checkNetworkChoice(state, requested.id, association, logicalFlow, othersThan(logicalFlow, []));
  return { used: withTemporary(requested.id, { field: 'sourcePort', value: sourcePort }), violations: [{ name, detail }, ...(violation ? [violation] : [])] };
}

export function tellLate(decision: FlowTableDecision, message: string, session: Session, association: TunnelAssociation): void {
  const late = lateAssociation(decision.state, session, association);
  if (late) emitObserved(decision, message, session.sessionId, { association, recorded: session.effective.id, used: late.used }, late.violations);
}

/** With a PATH of the session itself: once for each id, and not with every refresh. */
export function tellLateWithPath(decision: FlowTableDecision, session: Session, association: TunnelAssociation): void {
  const told = decision.state.lateIds.get(session.sessionId)?.id as { readonly sourcePort?: number } | undefined;
  if (told?.sourcePort !== association.tunnel.sourcePort) tellLate(decision, 'path', session, association);
}
