/** What cannot stand beside what the scope holds, whatever ids are free: styles and port zero. */
import { isIpv6 } from '../flow/address';
import type { SessionTerms } from './session-terms';
import { sessionPortOf, type Flow, type FlowId } from '../flow/flow';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import { reject, type Rejection } from '../refusals/rejection';
import { rsvpErrors } from '../refusals/rsvp-errors';
import { destinationPortOf } from '../scope/session';
import { commandedPort } from './change-session';

/**
 * Styles and port zero, judged on the requested ids of live sessions. A session that stands in the style that is asked for met no
 * conflict when it took it, and nothing that would be one was let in since: it is not judged again with every refresh, but where a list of labels
 * takes a sender by its port.
 */
export function conflictOf(state: FlowTableState, terms: SessionTerms, requested: FlowId, existing: Session | undefined): Rejection | null {
  const stands = existing && existing.style === terms.style && existing.state !== 'path-only';
  const moved = existing && commandedPort(existing, terms);
  if (stands && moved === undefined) {
    return destinationPortOf(existing.requested.id) === destinationPortOf(requested) ? null : portZeroConflict(state, terms, requested);
  }
  return familyDiffers(state, terms) ?? styleConflict(state, terms, existing, moved) ?? portZeroConflict(state, terms, requested);
}

/**
 * A flow has the family of its care-of address (domain.md §2); only a handoff can bring one of the other. The legs that it asks for here
 * have no id, native or temporary, that a router could see.
 */
function familyDiffers({ careOfAddress }: FlowTableState, { handoffId, flow: { correspondentNode, senders = [] } }: SessionTerms): Rejection | null {
  if (handoffId === undefined) return null;
  const other = [...(correspondentNode === undefined ? [] : [correspondentNode]), ...senders.map((sender) => sender.correspondentNode)]
    .find((address) => isIpv6(address) !== isIpv6(careOfAddress));
  return other === undefined ? null : reject('address-family-differs', `A flow from ${other} cannot come to ${careOfAddress}, which is of the other address family.`);
}

/**
 * Styles of one node's sessions on one (protocol, destination port) are incompatible (RSVP error 05), also where labels or SPIs tell their
 * senders: a router keeps one style in an RSVP session, whatever its filter specs say. An observed reservation may follow one
 * of another style that was torn: what is left of that is a path. So may a leg that a handoff brings, and that path itself is no reservation
 * when it is brought: both stood beside each other before (domain.md §6). A command is judged on all that hold an id (domain.md §3, step 1).
 */
function styleConflict(state: FlowTableState, terms: SessionTerms, existing: Session | undefined, moved: number | undefined): Rejection | null {
  // Of a label that is seen with another port now, the one that it stands with.
  const { flow } = existing ?? terms;
  const port = moved ?? sessionPortOf(flow);
  if (port === null || terms.style === null) return null;
  const ids = state.indexes.sessionsByPort.get(terms.mobileNode, flow.protocol, port);
  if (ids === undefined) return null;
  const isLeg = terms.handoffId !== undefined;
  const isCommand = terms.refreshes === 'both' && !isLeg;
  const isPath = isLeg && terms.state === 'path-only';
  for (const session of ofOtherStyles(state, terms, { protocol: flow.protocol, destinationPort: port }, ids)) {
    const { sessionId, style, state: held } = session;
    // A list and a wildcard are one logical flow: of these a leg finds one alone.
    const isOneFlow = isLeg && terms.style !== 'FF' && style !== 'FF';
    if (session === existing || (!isOneFlow && (isPath || (held === 'path-only' && !isCommand)))) continue;
    const detail = `Style ${terms.style} cannot stand beside ${style} of the same node on protocol ${terms.flow.protocol}, destination port ${port}.`;
    return reject('style-conflict', detail, { sessionId, style, code: rsvpErrors.conflictingStyle });
  }
  return null;
}

/** Of FF there may be many, of a list and a wildcard is one each: those are looked up, and not looked for. */
function* ofOtherStyles(
  state: FlowTableState, { mobileNode, style }: SessionTerms, to: Pick<Flow, 'protocol' | 'destinationPort'>, onPort: Iterable<string>,
): Generator<Session> {
  if (style === 'FF') {
    for (const shared of ['SE', 'WF'] as const) {
      const session = state.indexes.nodes.sessionOf(mobileNode, to, shared);
      if (session) yield session;
    }
    return;
  }
  for (const sessionId of onPort) {
    const session = state.sessions.get(sessionId)!;
    if (session.style !== null && session.style !== style) yield session;
  }
}

/** Destination port zero and non-zero cannot meet in one scope and protocol, whatever the source (RSVP error 07). */
function portZeroConflict(state: FlowTableState, terms: SessionTerms, requested: FlowId): Rejection | null {
  const port = destinationPortOf(requested);
  if (port === null) return null;
  const { sessionsByPort } = state.indexes;
  const sessionId = port === 0 ? sessionsByPort.oneOfOtherPort(terms.flow.protocol) : sessionsByPort.oneOfPortZero(terms.flow.protocol);
  if (sessionId === undefined) return null;
  const other = port === 0 ? 'non-zero' : 'zero';
  const detail = `Destination port ${port} cannot stand beside a ${other} destination port of protocol ${terms.flow.protocol} at ${state.careOfAddress}.`;
  return reject('port-zero-conflict', detail, { sessionId, code: rsvpErrors.conflictingDestinationPorts });
}
