/** The rule (domain.md §3): what configuring a QoS session comes to, for commanded and observed sessions alike. */
import type { Match, QosSessionConfigured, QosSessionModified, TemporaryFlowIdAllocated, TunnelAssociation } from './events';
import { allocatorOf, checkNetworkChoice } from './tunnel-sessions';
import { classify, type Flow, type FlowId, type Service, type Style, type TemporaryFlowId, type Tspec } from './flow';
import type { ConfigureSession, FlowTableAnswer, SessionAnswer } from './flow-table-commands';
import { destinationPortOf, portKey, zeroPortKey, type FlowTableState, type Session, type SessionHolding } from './flow-table-state';
import type { FlowTableDecision } from './flow-table';
import { distinctSenders, flowIdText, logicalFlowKey, requestedFlowId, temporaryFieldsOf, withTemporary } from './flow-id';
import { changeSession } from './change-session';
import { refusalOfHeld } from './held-configure';
import { mergedPath } from './lease-changes';
import type { Refreshed } from './leases';
import type { Allocator } from './policy';
import { searchKindOf } from './pool-searches';
import { reject, type Rejection } from './rejection';
import { settleDegraded } from './settle-leg';
import { admissionValues, rsvpErrors } from './rsvp-errors';
import { leaseUntil, toTimestamp } from './soft-state';

/** A session as it is asked for, by whoever asks. */
export interface SessionTerms {
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly flow: Flow;
  readonly style: Style | null;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number | undefined;
  readonly state: 'live' | 'path-only';
  readonly replaces: string | null;
  readonly allocator: Allocator;
  readonly violations: QosSessionModified['violations'];
  /** The handoff that makes this leg, or comes back to it. */
  readonly handoffId?: string;
  /** Path-only sessions of the node that this reservation merges (SE, WF): they pass their ids on to it. */
  readonly merges: readonly Session[];
  readonly refreshes: Refreshed;
  /** What SESSION_ASSOC said of it; undefined: nothing. */
  readonly association?: TunnelAssociation | undefined;
}

const defaultRefreshPeriodMs = 30_000;
const impossibleValue = -1;
const nothingMerged: readonly Session[] = [];

export function configureSession(decision: FlowTableDecision, command: ConfigureSession): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode } = command;
  const held = refusalOfHeld(state, command);
  if (held) return { outcome: 'refused', rejection: held };
  if (!state.visitors.has(mobileNode)) {
    const detail = `${mobileNode} has no accepted, unexpired registration at ${state.careOfAddress} of ${state.foreignAgent}.`;
    return { outcome: 'refused', rejection: reject('no-binding', detail, { code: rsvpErrors.policyFailure }) };
  }
  const replaced = command.replaces === null ? undefined : state.sessions.get(command.replaces);
  if (replaced && replaced.mobileNode !== mobileNode) {
    const detail = `The session to be replaced belongs to ${replaced.mobileNode ?? 'no known node'}.`;
    return { outcome: 'refused', rejection: reject('not-owner', detail, { owner: replaced.mobileNode }) };
  }
  const { sessionId, flow, style, service, tspec, refreshPeriodMs, replaces } = command;
  const answer = settleSession(decision, {
    sessionId, mobileNode, flow, style, service, tspec, refreshPeriodMs, replaces,
    state: 'live', allocator: state.policy.allocator, violations: undefined, merges: nothingMerged, refreshes: 'both',
  });
  if ('rejection' in answer) return { outcome: 'refused', rejection: answer };
  if (answer.outcome === 'configured' && replaced && replaced.sessionId !== answer.sessionId) decision.release(replaced, 'replaced');
  return answer;
}

/** Steps 2 to 6, for a session that may be configured here. */
export function settleSession(decision: FlowTableDecision, terms: SessionTerms): SessionAnswer | Rejection {
  const { state } = decision;
  const requested = requestedOf(state, terms);
  const logicalFlow = logicalFlowKey(terms.mobileNode, terms.flow, terms.style);
  const existing = sessionOf(state, logicalFlow);
  const degraded = terms.handoffId === undefined ? state.degraded.ofLogicalFlow(logicalFlow) : undefined;
  if (degraded && !existing) return settleDegraded(decision, degraded, terms);
  const conflict = conflictOf(state, terms, requested, existing);
  if (conflict) return conflict;
  if (existing) return changeSession(decision, existing, terms, requested);

  const isOthers = othersThan(logicalFlow, terms.merges);
  const matched = matchesOf(state, requested, isOthers);
  if (terms.association) {
    const { temporary, violation } = checkNetworkChoice(state, requested, terms.association, logicalFlow, isOthers);
    if (violation) terms = { ...terms, violations: [...(terms.violations ?? []), violation] };
    if (temporary) return configured(decision, terms, requested, { temporary, choice: 'network' }, matched);
  }
  if (matched.length === 0) return configured(decision, terms, requested, null, []);

  const fields = temporaryFieldsOf(requested, matched.some((match) => classify(match.effective).kind === 'wildcard'));
  // What refuses a value that no field holds on the wire refuses every value of the field.
  const field = fields.find((candidate) => isFreeOf(state, withTemporary(requested, { field: candidate, value: impossibleValue }), isOthers));
  const chosen = field && chooseTemporary(state, terms, logicalFlow, requested, field, isOthers);
  if (!chosen) return exhausted(state, field ?? fields[0]!, matched);
  return configured(decision, terms, requested, chosen, matched);
}

/** Whose holdings count: not those of the flow itself, nor of what it merges. */
export function othersThan(logicalFlow: string, merges: readonly Session[]): (holding: SessionHolding) => boolean {
  if (merges.length === 0) return (holding) => holding.logicalFlow !== logicalFlow;
  const merged = new Set(merges.map((session) => session.sessionId));
  return (holding) => holding.logicalFlow !== logicalFlow && !merged.has(holding.sessionId);
}

/**
 * Styles and port zero, judged on the requested ids of live sessions. A session that stands in the style that is asked for met no
 * conflict when it took it, and nothing that would be one was let in since: it is not judged again with every refresh.
 */
function conflictOf(state: FlowTableState, terms: SessionTerms, requested: FlowId, existing: Session | undefined): Rejection | null {
  if (existing && existing.style === terms.style && existing.state !== 'path-only') return null;
  return styleConflict(state, terms, requested, existing) ?? portZeroConflict(state, terms, requested, existing);
}

export function sessionOf(state: FlowTableState, logicalFlow: string): Session | undefined {
  return state.sessionByLogicalFlow.get(logicalFlow);
}

export function requestedOf(state: FlowTableState, terms: Pick<SessionTerms, 'mobileNode' | 'flow' | 'style'>): FlowId {
  const viaHomeAgent = state.policy.outerSource === 'home-agent' && terms.mobileNode !== null;
  const homeAgent = viaHomeAgent ? state.visitors.get(terms.mobileNode)?.homeAgent : undefined;
  return requestedFlowId(terms.flow, terms.style, state.careOfAddress, homeAgent === undefined ? itself : () => homeAgent);
}

const itself = (correspondentNode: string): string => correspondentNode;

/**
 * Styles of one node's sessions on one (protocol, destination port) are incompatible (RSVP error 05). An observed reservation may follow one
 * of another style that was torn: what is left of that is a path. A command is judged on all that hold an id (domain.md §3, step 1).
 */
function styleConflict(state: FlowTableState, terms: SessionTerms, requested: FlowId, existing: Session | undefined): Rejection | null {
  const port = destinationPortOf(requested);
  if (port === null || terms.style === null) return null;
  for (const sessionId of state.sessionsByPort.get(portKey(terms.mobileNode, terms.flow.protocol, port)) ?? []) {
    const { style, state: held } = state.sessions.get(sessionId)!;
    if (sessionId === existing?.sessionId || style === null || (held === 'path-only' && terms.refreshes !== 'both')) continue;
    if (style === terms.style) return null;
    const detail = `Style ${terms.style} cannot stand beside ${style} of the same node on protocol ${terms.flow.protocol}, destination port ${port}.`;
    return reject('style-conflict', detail, { sessionId, style, code: rsvpErrors.conflictingStyle });
  }
  return null;
}

/** Destination port zero and non-zero cannot meet in one scope and protocol, whatever the source (RSVP error 07). */
function portZeroConflict(state: FlowTableState, terms: SessionTerms, requested: FlowId, existing: Session | undefined): Rejection | null {
  const port = destinationPortOf(requested);
  if (port === null) return null;
  for (const sessionId of state.sessionsByZeroPort.get(zeroPortKey(terms.flow.protocol, port !== 0)) ?? []) {
    if (sessionId === existing?.sessionId) continue;
    const other = port === 0 ? 'non-zero' : 'zero';
    const detail = `Destination port ${port} cannot stand beside a ${other} destination port of protocol ${terms.flow.protocol} at ${state.careOfAddress}.`;
    return reject('port-zero-conflict', detail, { sessionId, code: rsvpErrors.conflictingDestinationPorts });
  }
  return null;
}

/** What the terms would match here. */
export function matchesFor(state: FlowTableState, terms: SessionTerms): readonly Match[] {
  const logicalFlow = logicalFlowKey(terms.mobileNode, terms.flow, terms.style);
  return matchesOf(state, requestedOf(state, terms), (holding) => holding.logicalFlow !== logicalFlow);
}

/** X of step 3: sessions that hold an overlapping effective id, then quarantined ids, each in order of arrival. */
function matchesOf(state: FlowTableState, requested: FlowId, isOthers: (holding: SessionHolding) => boolean): readonly Match[] {
  const live = state.effectiveIds.overlapping(requested, isOthers);
  const quarantined = state.quarantinedIds.overlapping(requested, isOthers);
  if (live.length === 0 && quarantined.length === 0) return noMatch;
  return [...live.sort(inOrder).map((holding) => matchOf(holding, 'live')), ...quarantined.sort(inOrder).map((holding) => matchOf(holding, 'quarantined'))];
}

const noMatch: readonly Match[] = [];
const inOrder = (a: SessionHolding, b: SessionHolding): number => a.ordinal - b.ordinal;
const matchOf = ({ sessionId, mobileNode, id }: SessionHolding, state: Match['state']): Match => ({ sessionId, mobileNode, state, effective: id });

interface ChosenTemporary {
  readonly temporary: TemporaryFlowId;
  readonly choice: TemporaryFlowIdAllocated['choice'];
}

/** Step 5: the flow's own quarantined id first, then the pool's order. Nothing is drawn: the same state chooses the same. */
function chooseTemporary(
  state: FlowTableState,
  { merges }: SessionTerms,
  logicalFlow: string,
  requested: FlowId,
  field: TemporaryFlowId['field'],
  isOthers: (holding: SessionHolding) => boolean,
): ChosenTemporary | null {
  const pool = state.pools[field];
  const isFree = (value: number): boolean => isFreeOf(state, withTemporary(requested, { field, value }), isOthers);
  const names = state.quarantinesByLogicalFlow.get(logicalFlow);
  const own = names === undefined ? [] : [...names].map((name) => state.quarantines.get(name)!).sort((a, b) => b.ordinal - a.ordinal);
  for (const { temporary, id } of own) {
    if (temporary?.field !== field || !pool.offers(temporary.value)) continue;
    const isSame = flowIdText(withTemporary(requested, temporary)) === flowIdText(id);
    if (isSame && isFree(temporary.value)) return { temporary, choice: 'reclaimed' };
  }
  // What is the flow's own refuses others and not itself: then it looks for itself alone.
  const isAlone = own.length > 0 || merges.length > 0 || state.policy.mixedClassifiers;
  const chosen = pool.choose(isFree, isAlone ? null : searchKindOf(requested, field));
  return chosen && { temporary: { field, value: chosen.value }, choice: chosen.choice };
}

/** Overlaps no live effective id, no quarantined id of another flow and no live requested id. */
function isFreeOf(state: FlowTableState, id: FlowId, isOthers: (holding: SessionHolding) => boolean): boolean {
  return (
    !state.effectiveIds.overlapsAny(id, isOthers) &&
    !state.quarantinedIds.overlapsAny(id, isOthers) &&
    !state.requestedIds.overlapsAny(id, isOthers)
  );
}

const poolExhausted = { code: rsvpErrors.admissionFailure, value: admissionValues.flowIdPoolExhausted };

function exhausted(state: FlowTableState, field: TemporaryFlowId['field'], matched: readonly Match[]): Rejection {
  const range = state.pools[field].currentRange;
  const { free, allocated, quarantined, size } = state.pools[field].counts;
  const pool = { field, first: range?.first ?? null, last: range?.last ?? null, size, free, allocated, quarantined };
  const what = range === null ? 'empty' : `${range.first} to ${range.last}`;
  const detail = `The pool of ${field} (${what}) at ${state.careOfAddress} has no value that overlaps nothing.`;
  return reject('flow-id-pool-exhausted', detail, { pool, matched: matched.map(({ sessionId, mobileNode, state: held }) => ({ sessionId, mobileNode, state: held })), ...poolExhausted });
}

/** Steps 4 and 5, in one append. */
function configured(
  decision: FlowTableDecision,
  terms: SessionTerms,
  requested: FlowId,
  chosen: ChosenTemporary | null,
  matched: readonly Match[],
): SessionAnswer {
  const { state, occurredAt } = decision;
  const { sessionId, mobileNode } = terms;
  const effective = chosen ? withTemporary(requested, chosen.temporary) : requested;
  const reclaimed = ownsQuarantine(state, logicalFlowKey(mobileNode, terms.flow, terms.style), effective);
  for (const session of terms.merges) decision.merge(session, effective);
  if (chosen) {
    const { temporary: { field, value }, choice } = chosen;
    const told = choice === 'network' ? networkAllocation(state, terms) : { matched, allocatedBy: terms.allocator };
    decision.emit({ type: 'TemporaryFlowIdAllocated', sessionId, mobileNode, field, value, ...told, choice, occurredAt });
  }
  const visitor = mobileNode === null ? undefined : state.visitors.get(mobileNode);
  const event: QosSessionConfigured = {
    type: 'QosSessionConfigured',
    sessionId,
    foreignAgent: state.foreignAgent,
    careOfAddress: state.careOfAddress,
    mobileNode,
    homeAddress: visitor?.homeAddress ?? null,
    homeAgent: visitor?.homeAgent ?? null,
    registrationExpiresAt: visitor && visitor.expiresAt !== null ? toTimestamp(visitor.expiresAt) : null,
    flow: sortedFlow(terms.flow),
    style: terms.style,
    service: terms.service,
    tspec: terms.tspec,
    ...firstLeases(decision, terms),
    state: terms.state,
    requested,
    effective,
    temporary: chosen?.temporary ?? null,
    matched,
    reclaimed,
    replaces: terms.replaces,
    occurredAt,
    ...(terms.handoffId !== undefined && { handoffId: terms.handoffId }),
    ...(terms.violations && terms.violations.length > 0 && { violations: terms.violations }),
  };
  decision.emit(event);
  return { outcome: 'configured', sessionId, effective, temporary: event.temporary, matched, revision: state.revision };
}

/** The network chose without regard to what the id overlaps; what it overlaps stands in the session's own event. */
function networkAllocation(
  state: FlowTableState,
  { association, mobileNode }: SessionTerms,
): Pick<TemporaryFlowIdAllocated, 'matched' | 'allocatedBy' | 'association'> {
  const homeAgent = mobileNode === null ? undefined : state.visitors.get(mobileNode)?.homeAgent;
  return { matched: [], allocatedBy: allocatorOf(association!, homeAgent), association: association! };
}

/** A reservation that merges paths has a lease beside theirs; any other session begins with one. */
function firstLeases({ now }: FlowTableDecision, terms: SessionTerms): Pick<QosSessionConfigured, 'refreshPeriodMs' | 'expiresAt' | 'reservation'> {
  const refreshPeriodMs = terms.refreshPeriodMs ?? defaultRefreshPeriodMs;
  const until = leaseUntil(now, refreshPeriodMs);
  const expiresAt = until === null ? null : toTimestamp(until);
  const path = mergedPath(terms.merges);
  if (path === null || expiresAt === null) return { refreshPeriodMs, expiresAt };
  return { refreshPeriodMs: path.refreshPeriodMs, expiresAt: toTimestamp(path.until), reservation: { refreshPeriodMs, expiresAt } };
}

function ownsQuarantine(state: FlowTableState, logicalFlow: string, effective: FlowId): boolean {
  const own = state.quarantinesByLogicalFlow.get(logicalFlow);
  if (own === undefined) return false;
  const text = flowIdText(effective);
  return [...own].some((name) => flowIdText(state.quarantines.get(name)!.id) === text);
}

/** Senders in one order, each once. */
export function sortedFlow(flow: Flow): Flow {
  if (!flow.senders) return flow;
  const senders = distinctSenders(flow.senders.map((sender) => ({ ...sender, source: sender.correspondentNode })));
  return { ...flow, senders: senders.map(({ correspondentNode, sourcePort }) => ({ correspondentNode, sourcePort })) };
}
