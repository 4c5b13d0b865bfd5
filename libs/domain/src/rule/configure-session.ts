/** The rule (domain.md §3): what configuring a QoS session comes to, for commanded and observed sessions alike. */
import type { Match, QosSessionConfigured, TemporaryFlowIdAllocated } from '../events/events';
import { allocatorOf, checkNetworkChoice } from './tunnel-sessions';
import { toldBy, type Flow, type FlowId, type Style } from '../flow/flow';
import type { ConfigureSession, FlowTableAnswer, OfHome, SessionAnswer } from '../commands/flow-table-commands';
import type { FlowTableState, Session } from '../scope/flow-table-state';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import { distinctSenders, flowIdText, logicalFlowKey, requestedFlowId, temporaryFieldsOf, withTemporary } from '../flow/flow-id';
import { changeSession } from './change-session';
import type { DegradedLeg } from '../scope/degraded-legs';
import { chooseTemporary, exhausted, isFreeOf, type ChosenTemporary } from './choose-temporary';
import { refusalOfClosed } from './closed-scope';
import { commandedTerms } from './commanded-terms';
import { refusalOfHeld } from './held-configure';
import { mergedPath } from '../leases/lease-changes';
import { matchesOf, othersThanNewcomer, toldOf } from './matches';
import { quarantinesOfSender } from './path-quarantines';
import { reject, type Rejection } from '../refusals/rejection';
import { conflictOf } from './session-conflicts';
import type { PartsTold, SessionTerms } from './session-terms';
import { settleDegraded } from './settle-leg';
import { takeOver } from './take-over';
import { rsvpErrors } from '../refusals/rsvp-errors';
import { leaseUntil, toTimestamp } from '../flow/soft-state';

const defaultRefreshPeriodMs = 30_000;
const impossibleValue = -1;

export function configureSession(decision: FlowTableDecision, command: ConfigureSession): FlowTableAnswer {
  const { state } = decision;
  const { mobileNode } = command;
  const held = refusalOfHeld(state, command);
  if (held) return { outcome: 'refused', rejection: held };
  if (!state.indexes.nodes.visitor(mobileNode)) {
    const detail = `${mobileNode} has no accepted, unexpired registration at ${state.careOfAddress} of ${state.foreignAgent}.`;
    return { outcome: 'refused', rejection: reject('no-binding', detail, { code: rsvpErrors.policyFailure }) };
  }
  const closed = refusalOfClosed(state, command);
  if (closed) return { outcome: 'refused', rejection: closed };
  const replaced = replacedHere(state, command);
  const notReplaced = refusalOfReplaced(command, replaced);
  if (notReplaced) return { outcome: 'refused', rejection: notReplaced };
  const terms = commandedTerms(decision, command);
  const answer = settleSession(decision, terms);
  if ('rejection' in answer) return { outcome: 'refused', rejection: answer };
  if (answer.outcome === 'configured' && replaced && replaced.sessionId !== answer.sessionId) endReplaced(decision, replaced, terms);
  return answer;
}

function replacedHere(state: FlowTableState, { replaces }: ConfigureSession): Session | DegradedLeg | undefined {
  return replaces === null ? undefined : (state.sessions.get(replaces) ?? state.degraded.get(replaces));
}

/** Only what a node has it may replace, wherever that stands. */
function refusalOfReplaced({ mobileNode, replaces, replacedElsewhere }: ConfigureSession, here: Session | DegradedLeg | undefined): Rejection | null {
  if (replaces === null || (!here && replacedElsewhere === undefined)) return null;
  if (!here && replacedElsewhere === null) return reject('session-unknown', `The session to be replaced, ${replaces}, is none.`, { sessionId: replaces });
  const owner = here ? here.mobileNode : replacedElsewhere!.owner;
  if (owner === mobileNode) return null;
  return reject('not-owner', `The session to be replaced belongs to ${owner ?? 'no known node'}.`, { owner });
}

/** A path that was taken over has ended with that. */
function endReplaced(decision: FlowTableDecision, replaced: Session | DegradedLeg, { merges }: SessionTerms): void {
  if (!('effective' in replaced)) decision.endDegraded(replaced, 'replaced');
  else if (!merges.includes(replaced)) decision.release(replaced, 'replaced');
}

/** Steps 2 to 6, for a session that may be configured here. */
export function settleSession(decision: FlowTableDecision, terms: SessionTerms): SessionAnswer | Rejection {
  const { state } = decision;
  const existing = sessionOf(state, terms.mobileNode, terms.flow, terms.style);
  const requested = requestedOf(state, terms, existing);
  const degraded = terms.handoffId === undefined ? state.degraded.ofFlow(terms.mobileNode, terms.flow, terms.style) : undefined;
  if (degraded && !existing) return settleDegraded(decision, degraded, terms);
  const conflict = conflictOf(state, terms, requested, existing);
  if (conflict) return conflict;
  if (existing) return changeSession(decision, existing, terms, requested);

  const logicalFlow = logicalFlowKey(terms.mobileNode, terms.flow, terms.style);
  const isOthers = othersThanNewcomer(state, terms, requested);
  const matched = matchesOf(state, requested, isOthers);
  if (terms.association) {
    const { temporary, violation } = checkNetworkChoice(state, requested, terms.association, logicalFlow, isOthers);
    if (violation) terms = { ...terms, sessionId: terms.sessionId, violations: [...(terms.violations ?? []), violation] };
    if (temporary) return configured(decision, terms, requested, { temporary, choice: 'network' }, matched);
  }
  if (matched.length === 0) return configured(decision, terms, requested, null, []);

  const fields = temporaryFieldsOf(requested);
  // What refuses a value that no field holds on the wire refuses every value of the field, as a WF does every source port.
  const field = fields.find((candidate) => isFreeOf(state, withTemporary(requested, { field: candidate, value: impossibleValue }), isOthers));
  const chosen = field && chooseTemporary(state, terms, logicalFlow, requested, field, isOthers);
  if (!chosen) return exhausted(state, field ?? fields[0]!, toldOf(matched));
  return configured(decision, terms, requested, chosen, matched);
}

/** The session of that logical flow. */
export function sessionOf(state: FlowTableState, mobileNode: string | null, flow: Flow, style: Style | null): Session | undefined {
  return state.indexes.nodes.sessionOf(mobileNode, flow, style);
}

/** @param of the session that is asked for again: it stays of the home agent by which it came */
export function requestedOf(
  state: FlowTableState,
  terms: Pick<SessionTerms, 'mobileNode' | 'flow' | 'style' | 'home'>,
  of?: Pick<Session, 'homeAgent'>,
): FlowId {
  const viaHomeAgent = state.policy.outerSource === 'home-agent' && terms.mobileNode !== null;
  const homeAgent = viaHomeAgent ? (of ?? homeOf(state, terms))?.homeAgent : undefined;
  return requestedFlowId(terms.flow, terms.style, state.careOfAddress, homeAgent ? () => homeAgent : itself);
}

/** By which of its node's bindings it comes; undefined: the node has none here. */
function homeOf(state: FlowTableState, { mobileNode, home }: Pick<SessionTerms, 'mobileNode' | 'home'>): OfHome | undefined {
  const visitor = mobileNode === null ? undefined : state.indexes.nodes.visitor(mobileNode);
  return visitor && (home ?? visitor);
}

const itself = (correspondentNode: string): string => correspondentNode;

/** What the terms would match here. */
export function matchesFor(state: FlowTableState, terms: SessionTerms): readonly Match[] {
  const requested = requestedOf(state, terms);
  return toldOf(matchesOf(state, requested, othersThanNewcomer(state, terms, requested, [])));
}

type Writable<T, K extends keyof T> = Omit<T, K> & { -readonly [F in K]: T[F] };

/** Steps 4 and 5, in one append. */
function configured(
  decision: FlowTableDecision,
  terms: SessionTerms,
  requested: FlowId,
  chosen: ChosenTemporary | null,
  allMatched: readonly Match[],
): SessionAnswer {
  const { state, occurredAt } = decision;
  const matched = toldOf(allMatched);
  const { sessionId, mobileNode } = terms;
  const effective = chosen ? withTemporary(requested, chosen.temporary) : requested;
  const reclaimedFrom = quarantinesOfSender(state, terms, effective);
  const reclaimed = reclaimedFrom.length > 0 || ownsQuarantine(state, logicalFlowKey(mobileNode, terms.flow, terms.style), effective);
  takeOver(decision, terms, effective);
  if (chosen) {
    const { temporary: { field, value }, choice } = chosen;
    const told = choice === 'network' ? networkAllocation(state, terms) : { matched, allocatedBy: terms.allocator };
    decision.emit({ type: 'TemporaryFlowIdAllocated', sessionId, mobileNode, field, value, ...told, choice, occurredAt });
  }
  const visitor = mobileNode === null ? undefined : state.indexes.nodes.visitor(mobileNode);
  const home = homeOf(state, terms);
  const event: Writable<QosSessionConfigured, 'matchedInAll' | 'reclaimedFrom' | 'handoffId' | 'violations' | Exclude<keyof PartsTold, 'senderTspec'>> = {
    type: 'QosSessionConfigured',
    sessionId,
    foreignAgent: state.foreignAgent,
    careOfAddress: state.careOfAddress,
    mobileNode,
    homeAddress: home?.homeAddress ?? null,
    homeAgent: home?.homeAgent ?? null,
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
  };
  // Most have none of these: they are added behind, not spread into each.
  if (terms.told) Object.assign(event, terms.told);
  if (matched !== allMatched) event.matchedInAll = allMatched.length;
  if (reclaimedFrom.length > 0) event.reclaimedFrom = reclaimedFrom;
  if (terms.handoffId !== undefined) event.handoffId = terms.handoffId;
  if (terms.violations && terms.violations.length > 0) event.violations = terms.violations;
  decision.emit(event);
  return { outcome: 'configured', sessionId, effective, temporary: event.temporary, matched, revision: state.revision };
}

/** The network chose without regard to what the id overlaps; what it overlaps stands in the session's own event. */
function networkAllocation(
  state: FlowTableState,
  { association, mobileNode, home }: SessionTerms,
): Pick<TemporaryFlowIdAllocated, 'matched' | 'allocatedBy' | 'association'> {
  const homeAgent = mobileNode === null ? undefined : (home ?? state.visitors.get(mobileNode))?.homeAgent;
  return { matched: [], allocatedBy: allocatorOf(association!, homeAgent), association: association! };
}

/** A reservation that was seen and merges paths has a lease beside theirs; any other session begins with one. */
function firstLeases({ now }: FlowTableDecision, terms: SessionTerms): Pick<QosSessionConfigured, 'refreshPeriodMs' | 'expiresAt' | 'reservation'> {
  const refreshPeriodMs = terms.refreshPeriodMs ?? defaultRefreshPeriodMs;
  const until = leaseUntil(now, refreshPeriodMs);
  const expiresAt = until === null ? null : toTimestamp(until);
  const path = terms.refreshes === 'both' ? null : mergedPath(terms);
  if (path === null || expiresAt === null) return { refreshPeriodMs, expiresAt };
  return { refreshPeriodMs: path.refreshPeriodMs, expiresAt: toTimestamp(path.until), reservation: { refreshPeriodMs, expiresAt } };
}

function ownsQuarantine(state: FlowTableState, logicalFlow: string, effective: FlowId): boolean {
  const own = state.indexes.quarantinesByLogicalFlow.get(logicalFlow);
  if (own === undefined) return false;
  const text = flowIdText(effective);
  return [...own].some((name) => flowIdText(state.quarantines.get(name)!.id) === text);
}

/** Senders in one order, each once. */
export function sortedFlow(flow: Flow): Flow {
  if (!flow.senders) return flow;
  const senders = distinctSenders(flow.senders.map((sender) => ({ source: sender.correspondentNode, ...toldBy(sender) })));
  return { ...flow, senders: senders.map(({ source, ...told }) => ({ correspondentNode: source, ...told })) };
}
