/** Handoffs of one mobile node (domain.md §6): one is active at a time, and how far it is stands on the node's stream. */
import type { HandoffKind, HandoffOrigin, HandoffRolledBack, HandoffStarted, HandoffTarget } from '../events/handoff-events';
import type { MobileNodeDecision } from './mobile-node';
import type {
  CommitHandoff, CompleteHandoff, EndedBinding, HandoffAnswer, MobileNodeAnswer, RequestFields, RollBackHandoff, StartHandoff,
} from '../commands/mobile-node-commands';
import { allBindings, bindingOf, bindingsAt, longestOf, termsOfVisitor, visitorBeside, type Binding } from './bindings';
import { endBinding } from './end-bindings';
import type { ActiveHandoff, MobileNodeState } from './mobile-node-state';
import { reject } from '../refusals/rejection';
import { replyCode } from '../refusals/reply-codes';
import { fromTimestamp, toTimestamp } from '../flow/soft-state';

/** RFC 5944 §3.3. */
const infiniteLifetimeSeconds = 65_535;

/** How a registration came: who asked is told, and an agent that was only observed is not. */
export interface RegistrationOrigin {
  readonly handoffId: string;
  readonly oldLegs: HandoffStarted['oldLegs'];
}

/** What came of a request. */
export interface Granted {
  /** Seconds; 0 deregisters. */
  readonly granted: number;
  /** The other bindings stay (S bit). */
  readonly isSimultaneous: boolean;
}

/**
 * Which kind of handoff an accepted registration starts; null: none. A refresh where the active handoff leads to, or where the binding
 * stands until a commanded one is committed, starts none and supersedes none. Policy `none` leaves the old legs to expiry, but not
 * while legs are on their way: those must come to stand somewhere.
 * @param before the state that the registration found
 * @param ended what it ends
 */
export function handoffOf(
  before: MobileNodeState,
  request: RequestFields,
  { granted, isSimultaneous }: Granted,
  ended: readonly EndedBinding[],
): HandoffKind | null {
  const { handoff, bindings } = before;
  const policy = request.policy.handoff ?? 'make-before-break';
  if (policy === 'none' && !handoff) return null;
  if (granted === 0) return ended.length > 0 && ended.length === allBindings(bindings).length ? 'return-home' : null;
  if (isSimultaneous && !beginsAnew(before, request.careOfAddress)) return null;
  const staysInActive = handoff !== null && bindings.has(request.careOfAddress) && concerns(handoff, request.careOfAddress);
  if (ended.length === 0 && (handoff === null || staysInActive)) return null;
  return policy === 'none' ? 'make-before-break' : policy;
}

/** The binding that the active handoff led to ended before the legs came, and is here again: what the old scopes hold comes to it all the same. */
function beginsAnew({ handoff, bindings }: MobileNodeState, careOfAddress: string): boolean {
  if (handoff === null || handoff.started.to?.careOfAddress !== careOfAddress || bindings.has(careOfAddress)) return false;
  return handoff.started.cause === 'registration' || handoff.committed !== null;
}

function concerns({ started, committed }: ActiveHandoff, careOfAddress: string): boolean {
  if (started.to?.careOfAddress === careOfAddress) return true;
  return started.cause === 'command' && committed === null && started.from.some((origin) => origin.careOfAddress === careOfAddress);
}

/** In the append of the registration. */
export function startByRegistration(
  decision: MobileNodeDecision,
  kind: HandoffKind,
  binding: Binding,
  ended: readonly Binding[],
  { handoffId, oldLegs }: RegistrationOrigin,
): void {
  const superseded = decision.state.handoff;
  const to = kind === 'return-home' ? null : targetOf(binding);
  if (superseded) supersede(decision, superseded, handoffId);
  start(decision, {
    handoffId, mobileNode: binding.mobileNode, kind, cause: 'registration', to, from: originsOf(superseded, ended, to), ifRefused: 'degrade', deadline: null,
    oldLegs: kind === 'return-home' ? 'release' : oldLegs, supersedes: superseded?.started.handoffId ?? null,
  });
  // Nothing is configured anywhere: there is nothing to wait for.
  if (kind === 'return-home') commit(decision, handoffId, binding.mobileNode, [], []);
}

/** The last come first: where the superseded handoff led to, where the node was bound, what that handoff had not left yet. */
function originsOf(superseded: ActiveHandoff | null, left: readonly Binding[], to: HandoffTarget | null): HandoffOrigin[] {
  const origins = new Map<string, HandoffOrigin>();
  const add = (origin: HandoffOrigin): void => {
    if (origin.careOfAddress !== to?.careOfAddress && !origins.has(origin.careOfAddress)) origins.set(origin.careOfAddress, origin);
  };
  const bound = originsAt(left);
  if (superseded?.started.to) {
    const { foreignAgent, careOfAddress, expiresAt } = superseded.started.to;
    const binding = bound.find((origin) => origin.careOfAddress === careOfAddress);
    add({ foreignAgent, careOfAddress, bindingExpiresAt: binding ? binding.bindingExpiresAt : expiresAt, handoffId: superseded.started.handoffId });
  }
  for (const origin of [...bound, ...(superseded?.started.from ?? [])]) add(origin);
  return [...origins.values()];
}

/** One a care-of address: its agent learns by the expiry of the last of the bindings there. */
function originsAt(left: readonly Binding[]): HandoffOrigin[] {
  const addresses = new Set(left.map(({ careOfAddress }) => careOfAddress));
  return [...addresses].map((careOfAddress) => originOf(longestOf(left.filter((binding) => binding.careOfAddress === careOfAddress))!));
}

function originOf({ foreignAgent, careOfAddress, expiresAt }: Binding): HandoffOrigin {
  return { foreignAgent, careOfAddress, bindingExpiresAt: timestamp(expiresAt) };
}

function targetOf({ foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt }: Binding): HandoffTarget {
  return { foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt: timestamp(expiresAt) };
}

function timestamp(at: number | null): string | null {
  return at === null ? null : toTimestamp(at);
}

function start(decision: MobileNodeDecision, terms: Omit<HandoffStarted, 'type' | 'occurredAt'>): void {
  decision.emit({ type: 'HandoffStarted', ...terms, occurredAt: decision.occurredAt });
}

function supersede(decision: MobileNodeDecision, { started, committed }: ActiveHandoff, by: string): void {
  const { handoffId, mobileNode } = started;
  decision.emit({ type: 'HandoffSuperseded', handoffId, mobileNode, by, committed: committed !== null, occurredAt: decision.occurredAt });
}

export function startHandoff(decision: MobileNodeDecision, command: StartHandoff): MobileNodeAnswer {
  const { state, now } = decision;
  const { handoffId, mobileNode, foreignAgent, careOfAddress, kind, oldLegs, ifRefused, deadlineMs, maximumLifetimeSeconds } = command;
  if (state.handoff) {
    const active = state.handoff.started;
    if (active.handoffId === handoffId) return handoffAnswer(decision, handoffId);
    const detail = `The handoff ${active.handoffId} of ${mobileNode} is not over.`;
    return { outcome: 'refused', rejection: reject('handoff-in-progress', detail, { handoffId: active.handoffId }) };
  }
  const bindings = allBindings(state.bindings);
  if (bindings.length === 0) return { outcome: 'refused', rejection: reject('no-binding', `${mobileNode} has no accepted, unexpired registration.`) };
  const left = bindings.filter((binding) => binding.careOfAddress !== careOfAddress);
  if (left.length === 0) return { outcome: 'refused', rejection: reject('already-bound-there', `${mobileNode} is bound at ${careOfAddress} and nowhere else.`) };
  const longest = longestOf(left)!;
  const { homeAgent, homeAddress } = longest;
  // A binding that stands there already stays as it is: the scope may not keep the visitor longer than that.
  const standing = state.bindings.get(careOfAddress);
  const expiresAt = capped(longest.expiresAt, now, maximumLifetimeSeconds);
  const to = targetOf(standing ?? { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt });
  // What it brought there ends with the binding that the new scope knows, also where the node renews the old one meanwhile.
  const deadline = toTimestamp(Math.min(now + deadlineMs, (standing ? standing.expiresAt : expiresAt) ?? Infinity));
  start(decision, {
    handoffId, mobileNode, kind, cause: 'command', from: originsAt(left), to, oldLegs, ifRefused, deadline, supersedes: null,
    ...(maximumLifetimeSeconds < infiniteLifetimeSeconds && { maximumLifetimeSeconds }),
  });
  return handoffAnswer(decision, handoffId);
}

/** As of a registration there: no agent grants more than its maximum. */
function capped(expiresAt: number | null, now: number, maximumLifetimeSeconds: number): number | null {
  if (maximumLifetimeSeconds >= infiniteLifetimeSeconds) return expiresAt;
  return Math.min(expiresAt ?? Infinity, now + maximumLifetimeSeconds * 1000);
}

/** The point of no return; where a command started the handoff the binding moves here. One that is over is told to be so: its legs are undone. */
export function commitHandoff(decision: MobileNodeDecision, { handoffId, mobileNode, configured, degraded }: CommitHandoff): MobileNodeAnswer {
  const active = decision.state.handoff;
  if (active?.started.handoffId !== handoffId || active.committed !== null) return handoffAnswer(decision, handoffId);
  if (active.started.cause === 'command') moveBindings(decision, active.started);
  commit(decision, handoffId, mobileNode, configured, degraded);
  return handoffAnswer(decision, handoffId);
}

function commit(decision: MobileNodeDecision, handoffId: string, mobileNode: string, configured: readonly string[], degraded: readonly string[]): void {
  decision.emit({ type: 'HandoffCommitted', handoffId, mobileNode, configured, degraded, occurredAt: decision.occurredAt });
}

/** With what is left of its lifetime; of several homes each with its own. One that stands there already stays as it is. */
function moveBindings(decision: MobileNodeDecision, started: HandoffStarted): void {
  const { from, to, maximumLifetimeSeconds = infiniteLifetimeSeconds } = started;
  const { foreignAgent, careOfAddress } = to!;
  const left = from.flatMap((origin) => bindingsAt(decision.state.bindings.get(origin.careOfAddress)));
  for (const binding of left) endBinding(decision, binding, { cause: 'handoff' });
  for (const binding of left) {
    const { homeAgent, homeAddress } = binding;
    if (bindingOf(decision.state.bindings, { careOfAddress, homeAgent, homeAddress })) continue;
    const longest = longestOf(left.filter((one) => one.homeAgent === homeAgent && one.homeAddress === homeAddress))!;
    const expiresAt = capped(longest.expiresAt, fromTimestamp(started.occurredAt), maximumLifetimeSeconds);
    // The binding of another home had the handoff wait for longer than the new agent grants.
    if (expiresAt === null || expiresAt > decision.now) acceptMoved(decision, { ...longest, foreignAgent, careOfAddress, expiresAt });
  }
}

function acceptMoved(decision: MobileNodeDecision, moved: Binding): void {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt } = moved;
  const { state: { bindings }, now, occurredAt } = decision;
  const visitor = visitorBeside(bindings, moved);
  decision.emit({
    type: 'RegistrationAccepted', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification: null, lifetimeSeconds: null,
    grantedLifetimeSeconds: expiresAt === null ? infiniteLifetimeSeconds : Math.ceil((expiresAt - now) / 1000),
    flags: [], code: 0, codeName: replyCode(0).name, expiresAt: timestamp(expiresAt), refresh: false, occurredAt,
    ...(visitor && { visitor: termsOfVisitor(visitor) }),
  });
}

export function completeHandoff(decision: MobileNodeDecision, { handoffId, mobileNode, released, orphaned, gapMs }: CompleteHandoff): MobileNodeAnswer {
  const active = decision.state.handoff;
  if (active?.started.handoffId !== handoffId) return handoffAnswer(decision, handoffId);
  if (active.committed === null) throw new Error(`The handoff ${handoffId} cannot be completed before it is committed.`);
  decision.emit({ type: 'HandoffCompleted', handoffId, mobileNode, released, orphaned, gapMs, occurredAt: decision.occurredAt });
  return handoffAnswer(decision, handoffId);
}

/** Only of one that a command started, and only before the commit. */
export function rollBackHandoff(decision: MobileNodeDecision, { handoffId, reason, detail }: RollBackHandoff): MobileNodeAnswer {
  const active = decision.state.handoff;
  if (active && active.started.handoffId === handoffId && mayRollBack(active)) rollBack(decision, active, reason, detail);
  return handoffAnswer(decision, handoffId);
}

/**
 * What a commanded handoff that is not committed cannot outlive: its deadline, the binding that it moves, and one that the node has where it
 * leads: that one took along what came there.
 */
export function rollBackIfDue(decision: MobileNodeDecision): void {
  const { state, now } = decision;
  const active = state.handoff;
  if (!active || !mayRollBack(active)) return;
  const { from, to, mobileNode, deadline } = active.started;
  // One that ended before the handoff began, in the same append, took nothing along.
  const begun = decision.events.findIndex((event) => event.type === 'HandoffStarted');
  const isLeft = decision.events.slice(begun + 1).some((event) => event.type === 'RegistrationEnded' && event.careOfAddress === to!.careOfAddress && !event.visitor);
  if (isLeft) {
    rollBack(decision, active, 'binding-ended', `The binding of ${mobileNode} at ${to!.careOfAddress}, where it was to move, ended.`);
  } else if (!from.some(({ careOfAddress }) => state.bindings.has(careOfAddress))) {
    rollBack(decision, active, 'binding-ended', `The binding of ${mobileNode} at ${from.map(({ careOfAddress }) => careOfAddress).join(', ')} ended.`);
  } else if (deadline !== null && fromTimestamp(deadline) <= now) {
    rollBack(decision, active, 'deadline', `It was not committed by ${deadline}.`);
  }
}

function mayRollBack({ started, committed }: ActiveHandoff): boolean {
  return started.cause === 'command' && committed === null;
}

function rollBack(decision: MobileNodeDecision, { started }: ActiveHandoff, reason: HandoffRolledBack['reason'], detail: string): void {
  const { handoffId, mobileNode } = started;
  decision.emit({ type: 'HandoffRolledBack', handoffId, mobileNode, reason, detail, occurredAt: decision.occurredAt });
}

function handoffAnswer({ state }: MobileNodeDecision, handoffId: string): HandoffAnswer {
  const { handoff, revision } = state;
  return { outcome: 'handoff', handoff: handoff?.started.handoffId === handoffId ? handoff : null, revision };
}
