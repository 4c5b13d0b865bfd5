/** Registrations of one mobile node (RFC 5944, domain.md §4). */
import type {
  EventViolation, MobileNodeEvent, RegistrationAccepted, RegistrationDenied, RegistrationRequested, VisitorLeaveCause,
} from './events';
import type {
  EndedBinding, MobileNodeAnswer, MobileNodeCommand, Observation, ObserveReply, ObserveRequest, ObserveRevocation, Register, RequestFields,
} from './mobile-node-commands';
import { evolveMobileNode, pendingKey, type Binding, type MobileNodeState } from './mobile-node-state';
import { reject } from './rejection';
import { isAccepted, replyCode } from './reply-codes';
import { toTimestamp } from './soft-state';

/** RFC 5944 §3.3: 65535 is infinite. */
const infiniteLifetime = 65_535;
/** A request waits for its reply (code 78 after it), RFC 5944 §3.7.1. */
export const pendingMs = 7_000;
/** `timestamps`: how far the Identification may be from the clock, RFC 5944 §5.7.1. */
const timestampToleranceMs = 7_000;

export class MobileNodeDecision {
  readonly events: MobileNodeEvent[] = [];

  constructor(
    public state: MobileNodeState,
    readonly now: number,
  ) {}

  emit(event: MobileNodeEvent): void {
    this.events.push(event);
    this.state = evolveMobileNode(this.state, event);
  }

  get occurredAt(): string {
    return toTimestamp(this.now);
  }
}

/**
 * Emits what is due by `now`, then decides.
 * @param clock milliseconds
 */
export function handleMobileNode(
  state: MobileNodeState,
  command: MobileNodeCommand,
  clock: number,
): { readonly state: MobileNodeState; readonly answer: MobileNodeAnswer; readonly events: readonly MobileNodeEvent[] } {
  const decision = new MobileNodeDecision(state, Math.max(clock, state.lastOccurredAt));
  emitExpired(decision);
  const answer = decide(decision, command);
  return { state: decision.state, answer, events: decision.events };
}

/** Expiry is silent (RFC 5944 §3.7): each binding ends at its own deadline. */
function emitExpired(decision: MobileNodeDecision): void {
  const due = [...decision.state.bindings.values()].filter((binding) => binding.expiresAt !== null && binding.expiresAt <= decision.now);
  for (const { mobileNode, foreignAgent, careOfAddress, expiresAt } of due.sort((a, b) => a.expiresAt! - b.expiresAt!)) {
    const occurredAt = toTimestamp(expiresAt!);
    decision.emit({
      type: 'RegistrationEnded', mobileNode, foreignAgent, careOfAddress, cause: 'registration-expiry',
      bindingExpiresAt: occurredAt, identification: null, occurredAt,
    });
  }
}

function decide(decision: MobileNodeDecision, command: MobileNodeCommand): MobileNodeAnswer {
  if ('observedAt' in command && command.observedAt < decision.state.lastOccurredAt) return keepLate(decision, command);
  switch (command.type) {
    case 'Register':
      return register(decision, command);
    case 'ObserveRequest':
      return observeRequest(decision, command);
    case 'ObserveReply':
      return observeReply(decision, command);
    case 'ObserveRevocation':
      return observeRevocation(decision, command);
    case 'Tick':
      return { outcome: 'done' };
  }
}

function register(decision: MobileNodeDecision, command: Register): MobileNodeAnswer {
  const denial = denialOf(decision, command);
  if (denial) return deny(decision, command, denial.code, denial.detail);
  const granted = Math.min(command.lifetimeSeconds, command.policy.maximumLifetimeSeconds);
  return accept(decision, command, command.lifetimeSeconds, granted, 0, []);
}

interface Denial {
  readonly code: number;
  readonly detail: string;
}

function denialOf({ state, now }: MobileNodeDecision, command: Register): Denial | null {
  if (!command.careOfAddressValid) {
    return { code: 77, detail: `${command.careOfAddress} is no care-of address of ${command.foreignAgent}.` };
  }
  const { replayProtection } = command.policy;
  const last = state.identifications.get(command.homeAgent);
  if (command.identification === null) {
    return replayProtection === 'rising' ? null : { code: 133, detail: `Replay protection by ${replayProtection} needs an identification.` };
  }
  const identification = BigInt(command.identification);
  if (replayProtection === 'nonces') {
    return last === identification ? { code: 133, detail: `The identification ${identification} was used before.` } : null;
  }
  if (last !== undefined && identification <= last) {
    return { code: 133, detail: `The identification ${identification} does not rise above ${last}.` };
  }
  if (replayProtection === 'timestamps' && Math.abs(ntpToMs(identification) - now) > timestampToleranceMs) {
    return { code: 133, detail: `The identification is more than ${timestampToleranceMs / 1000} s away from the clock.` };
  }
  return null;
}

/** RFC 5944 §5.7.1: the 64 bits are an NTP timestamp, seconds since 1900 and their fraction. */
function ntpToMs(identification: bigint): number {
  const seconds = Number(identification >> 32n) - 2_208_988_800;
  return seconds * 1000 + Number(((identification & 0xffffffffn) * 1000n) >> 32n);
}

function deny(decision: MobileNodeDecision, command: RequestFields, code: number, detail: string): MobileNodeAnswer {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags } = command;
  const codeName = replyCode(code).name;
  const event: RegistrationDenied = {
    type: 'RegistrationDenied', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds, flags, code, codeName, detail, occurredAt: decision.occurredAt,
  };
  decision.emit(event);
  return { outcome: 'refused', rejection: reject('registration-denied', detail, { code, codeName }) };
}

/** Granted = min(request, reply, the agent's maximum); 0 deregisters. */
function accept(
  decision: MobileNodeDecision,
  request: RequestFields,
  requestedSeconds: number | null,
  granted: number,
  code: number,
  violations: readonly EventViolation[],
): MobileNodeAnswer {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, flags } = request;
  const before = decision.state;
  const until = decision.now + granted * 1000;
  const event: RegistrationAccepted = {
    type: 'RegistrationAccepted', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds: requestedSeconds, grantedLifetimeSeconds: granted, flags, code, codeName: replyCode(code).name,
    expiresAt: granted === 0 || granted === infiniteLifetime ? null : toTimestamp(until),
    refresh: granted > 0 && before.bindings.has(careOfAddress),
    occurredAt: decision.occurredAt,
    ...(violations.length > 0 && { violations }),
  };
  decision.emit(event);
  const { revision } = decision.state;
  const ended = bindingsEndedBy(before, request, granted);
  for (const { cause, ...binding } of ended) endBinding(decision, binding, cause, identification);
  return { outcome: 'registered', event, revision, admitted: decision.state.bindings.get(careOfAddress) ?? null, ended };
}

/** Lifetime 0 ends the binding (all of them where the node is at home); without the S bit a registration ends the others. */
function bindingsEndedBy(state: MobileNodeState, request: RequestFields, granted: number): EndedBinding[] {
  const all = [...state.bindings.values()];
  const { careOfAddress, homeAddress, flags } = request;
  if (granted === 0) {
    const isHome = careOfAddress === homeAddress;
    return all.filter((binding) => isHome || binding.careOfAddress === careOfAddress).map((binding) => ({ ...binding, cause: 'deregistration' }));
  }
  if (flags.includes('S')) return [];
  return all.filter((binding) => binding.careOfAddress !== careOfAddress).map((binding) => ({ ...binding, cause: 'superseded' }));
}

function endBinding(decision: MobileNodeDecision, binding: Binding, cause: VisitorLeaveCause, identification: string | null): void {
  const { mobileNode, foreignAgent, careOfAddress, expiresAt } = binding;
  const bindingExpiresAt = expiresAt === null ? null : toTimestamp(expiresAt);
  const { occurredAt } = decision;
  decision.emit({ type: 'RegistrationEnded', mobileNode, foreignAgent, careOfAddress, cause, bindingExpiresAt, identification, occurredAt });
}

/** A pending request alters no binding. The repeat of the last accepted one is a duplicate and extends nothing. */
function observeRequest(decision: MobileNodeDecision, command: ObserveRequest): MobileNodeAnswer {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags } = command;
  const last = decision.state.identifications.get(homeAgent);
  const isDuplicate = identification !== null && (last === BigInt(identification) || decision.state.pending.has(pendingKey(identification)));
  if (isDuplicate) return { outcome: 'done' };
  const violations = [...command.violations, ...risingViolation(last, identification)];
  const event: RegistrationRequested = {
    type: 'RegistrationRequested', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds, flags, policy: command.policy, pendingUntil: toTimestamp(decision.now + pendingMs), occurredAt: decision.occurredAt,
    ...(violations.length > 0 && { violations }),
  };
  decision.emit(event);
  return { outcome: 'done' };
}

function risingViolation(last: bigint | undefined, identification: string | null): EventViolation[] {
  if (last === undefined || identification === null || BigInt(identification) > last) return [];
  return [{ name: 'identification-not-rising', detail: `The identification ${identification} does not rise above ${last} (RFC 5944 §5.7).` }];
}

function observeReply(decision: MobileNodeDecision, command: ObserveReply): MobileNodeAnswer {
  const { mobileNode, homeAgent, homeAddress, identification, code, lifetimeSeconds, violations } = command;
  const pending = decision.state.pending.get(pendingKey(identification));
  if (!pending || pending.until < decision.now) {
    decision.emit({
      type: 'RegistrationReplyUnmatched', mobileNode, homeAgent, homeAddress, identification, code, codeName: replyCode(code).name,
      lifetimeSeconds, occurredAt: decision.occurredAt, ...(violations.length > 0 && { violations }),
    });
    return { outcome: 'done' };
  }
  const { request } = pending;
  if (!isAccepted(code)) {
    const { name, origin } = replyCode(code);
    return deny(decision, { ...request, policy: pending.policy }, code, `The ${origin.replace('-', ' ')} answered ${code}, ${name}.`);
  }
  const granted = Math.min(lifetimeSeconds, request.lifetimeSeconds, pending.policy.maximumLifetimeSeconds);
  const above = lifetimeSeconds > request.lifetimeSeconds
    ? [{ name: 'granted-above-requested', detail: `${lifetimeSeconds} s granted where ${request.lifetimeSeconds} s were asked for (RFC 5944 §3.4).` }]
    : [];
  return accept(decision, { ...request, policy: pending.policy }, request.lifetimeSeconds, granted, code, [...violations, ...above]);
}

function observeRevocation(decision: MobileNodeDecision, command: ObserveRevocation): MobileNodeAnswer {
  const { foreignDomainAgent } = command;
  const ended: EndedBinding[] = [...decision.state.bindings.values()]
    .filter((binding) => foreignDomainAgent === null || [binding.careOfAddress, binding.foreignAgent].includes(foreignDomainAgent))
    .map((binding) => ({ ...binding, cause: 'revocation' }));
  for (const { cause, ...binding } of ended) endBinding(decision, binding, cause, null);
  return ended.length === 0 ? { outcome: 'done' } : { outcome: 'ended', revision: decision.state.revision, ended };
}

function keepLate(decision: MobileNodeDecision, command: MobileNodeCommand & Observation): MobileNodeAnswer {
  const { type, observedAt, ...detail } = command;
  decision.emit({ type: 'ObservedLate', message: type, observedAt: toTimestamp(observedAt), detail: { ...detail }, occurredAt: decision.occurredAt });
  return { outcome: 'done' };
}
