/** A reservation takes over path-only sessions of its node: what of them passes on to it, and what is left of their ids and paths. */
import { classify, type FlowId, type FlowSender } from '../flow/flow';
import { idOfSender } from '../flow/flow-id';
import { overlaps } from '../flow/overlaps';
import type { FlowTableDecision, LeftOver } from '../scope/flow-table-decision';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { coversSender } from './covered-paths';
import { pathsThatGoOn } from './path-quarantines';
import type { SessionTerms } from './session-terms';

type Reserved = Pick<SessionTerms, 'style' | 'flow' | 'merges'>;

/** @param into the reservation's effective id */
export function takeOver(decision: FlowTableDecision, terms: Reserved, into: FlowId): void {
  for (const session of terms.merges) decision.merge(session, leftOf(decision, session, terms, into), terms);
}

/** Null: all of it passes on. Of a torn list or wildcard the paths that the reservation does not cover stand on, as where a sender leaves (ADR 23). */
function leftOf({ state, now }: FlowTableDecision, session: Session, terms: Reserved, into: FlowId): LeftOver | null {
  const left = idLeft(state, session, into);
  if (left === null) return null;
  const isLeft = (sender: FlowSender): boolean => !coversSender(terms.style, terms.flow, sender);
  const senders = state.parts.paths(session.sessionId).flatMap(({ sender }) => (sender !== null && isLeft(sender) ? [sender] : []));
  const paths = pathsThatGoOn(state, session, senders, now);
  return paths.length > 0 ? { ...left, paths } : left;
}

/** What the other's id covers passes on; a value that a pool gave does not, since it is out of use with its session. */
function idLeft({ policy: { mixedClassifiers } }: FlowTableState, { effective: { id }, temporary }: Session, into: FlowId): LeftOver | null {
  if (temporary !== null) return {};
  const { kind } = classify(id);
  if (kind === 'wildcard') return classify(into).kind === 'wildcard' && overlaps(into, id) ? null : {};
  if (!('senders' in id)) return overlaps(into, id, mixedClassifiers) ? null : {};
  const senders = id.senders.filter((sender) => !overlaps(into, idOfSender(id, sender).id, mixedClassifiers));
  if (senders.length === 0) return null;
  return senders.length < id.senders.length ? { senders } : {};
}
