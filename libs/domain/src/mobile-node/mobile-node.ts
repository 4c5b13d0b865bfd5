/** Registrations of one mobile node (RFC 5944, domain.md §4). */
import { emitDue, loseBinding, observeRevocation, revoke } from './end-bindings';
import { accept, originOf } from './accept-registration';
import type { EventViolation, MobileNodeEvent, RegistrationDenied, RegistrationRequested } from '../events/events';
import { directAgent } from '../foreign-agents/foreign-agents';
import { keepAcknowledgement, keepLate, keepReply } from './keep-as-seen';
import type { MobileNodeAnswer, MobileNodeCommand, ObserveReply, ObserveRequest, Register, RequestFields } from '../commands/mobile-node-commands';
import { commitHandoff, completeHandoff, rollBackHandoff, rollBackIfDue, startHandoff } from './mobile-node-handoff';
import { evolveMobileNode, type MobileNodeState } from './mobile-node-state';
import { askedAgain, deniedBefore, refusedAgain } from './denied-requests';
import { homeAgentOf, isWaiting, namedElsewhere, noHomeAddress, overtakenViolation, pendingMs, requestOf } from './pending-requests';
import { reject } from '../refusals/rejection';
import { clockedIdentification, isOfNonce, noReplayRecord, replayFault, replayViolations, replyIdentification, type ReplayRecord } from './replay-protection';
import { denialSentence, isAccepted, replyCode } from '../refusals/reply-codes';
import { toTimestamp } from '../flow/soft-state';

/** More wait at one foreign agent than it keeps (code 66), RFC 5944 §3.7.1. */
export const maximumPendingPerAgent = 5;

export class MobileNodeDecision {
  readonly events: MobileNodeEvent[] = [];

  constructor(
    public state: MobileNodeState,
    readonly now: number,
    /** As it is shown, be it behind the stream's own time. */
    readonly clock = now,
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
): HandledMobileNode {
  const decision = new MobileNodeDecision(state, Math.max(clock, state.lastOccurredAt), clock);
  emitDue(decision);
  rollBackIfDue(decision);
  const due = decision.events.length;
  const answer = decide(decision, command);
  rollBackIfDue(decision);
  return { state: decision.state, answer, events: decision.events, due };
}

interface HandledMobileNode {
  readonly state: MobileNodeState;
  readonly answer: MobileNodeAnswer;
  readonly events: readonly MobileNodeEvent[];
  /** So many of the events, the first ones, were due, whatever the command. */
  readonly due: number;
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
    case 'ObserveRevocationAck':
      return keepAcknowledgement(decision, command);
    case 'Revoke':
      return revoke(decision, command);
    case 'LoseBinding':
      return loseBinding(decision, command);
    case 'StartHandoff':
      return startHandoff(decision, command);
    case 'CommitHandoff':
      return commitHandoff(decision, command);
    case 'CompleteHandoff':
      return completeHandoff(decision, command);
    case 'RollBackHandoff':
      return rollBackHandoff(decision, command);
    case 'Tick':
      return { outcome: 'done' };
  }
}

function register(decision: MobileNodeDecision, command: Register): MobileNodeAnswer {
  const denial = denialOf(decision, command);
  const { replayProtection, maximumLifetimeSeconds } = command.policy;
  const record = replayRecordOf(decision.state, command.homeAgent);
  const reply = replayProtection === 'nonces' ? replyIdentification(command.identification, command.nonce, record) : undefined;
  const denied = replayProtection === 'timestamps' ? clockedIdentification(command.identification, decision.clock) : reply;
  const known = denial && deniedBefore(decision.state.denied, command);
  // Under `nonces` what was given before may be of no use any more.
  const stands = replayProtection !== 'nonces' || isOfNonce(known?.denial.replyIdentification, record);
  if (known && known.denial.code === denial.code && stands) {
    return refusedAgain(known, replayProtection === 'timestamps' && denial.code === 133 ? denied : known.denial.replyIdentification);
  }
  // The agent's own denial never came to the home agent, which alone gives nonces and its time.
  if (denial) return deny(decision, command, denial.code, denial.detail, replyCode(denial.code).origin === 'home-agent' ? denied : undefined);
  const granted = Math.min(command.lifetimeSeconds, maximumLifetimeSeconds);
  return accept(decision, command, command.lifetimeSeconds, { granted, code: 0, reply, violations: [], origin: originOf(command, 'release') });
}

interface Denial {
  readonly code: number;
  readonly detail: string;
}

function denialOf({ state, clock }: MobileNodeDecision, command: Register): Denial | null {
  if (!command.careOfAddressValid) {
    return { code: 77, detail: `${command.careOfAddress} is no care-of address of ${command.foreignAgent}.` };
  }
  const { replayProtection } = command.policy;
  const fault = replayFault(command.identification, { replayProtection, record: replayRecordOf(state, command.homeAgent), now: clock });
  return fault === null ? null : { code: 133, detail: fault };
}

function replayRecordOf(state: MobileNodeState, homeAgent: string): ReplayRecord {
  return state.replay.get(homeAgent) ?? noReplayRecord;
}

function deny(decision: MobileNodeDecision, command: RequestFields, code: number, detail: string, reply: string | undefined): MobileNodeAnswer {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags } = command;
  const codeName = replyCode(code).name;
  const event: RegistrationDenied = {
    type: 'RegistrationDenied', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds, flags, code, codeName, detail, occurredAt: decision.occurredAt, ...(reply !== undefined && { replyIdentification: reply }),
  };
  decision.emit(event);
  const facts = { code, codeName, ...(reply !== undefined && { identification: reply }) };
  return { outcome: 'refused', rejection: reject('registration-denied', detail, facts) };
}

/** A pending request alters no binding. The repeat of the last accepted one is a duplicate and extends nothing. */
function observeRequest(decision: MobileNodeDecision, command: ObserveRequest): MobileNodeAnswer {
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification, lifetimeSeconds, flags, pendingAtAgent, observedAt } = command;
  const { state, now } = decision;
  const record = replayRecordOf(state, homeAgent);
  const isLast = record.lastCareOfAddress === careOfAddress && [record.lastHomeAddress, noHomeAddress].includes(homeAddress);
  const isAccepted = isLast && identification !== null && record.last === BigInt(identification);
  if (isAccepted || isWaiting(state.pending, command) || deniedBefore(state.denied, command)?.asked) return { outcome: 'done' };
  const { replayProtection } = command.policy;
  const violations = [...command.violations, ...replayViolations(identification, { replayProtection, record, now: observedAt }), ...pendingViolation(command)];
  const event: RegistrationRequested = {
    type: 'RegistrationRequested', mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, identification,
    lifetimeSeconds, flags, policy: command.policy, pendingUntil: toTimestamp(now + pendingMs), pendingAtAgent, occurredAt: decision.occurredAt,
    ...(violations.length > 0 && { violations }),
  };
  decision.emit(event);
  return { outcome: 'done' };
}

/** The network may go on with it all the same: then its reply is matched as any other. */
function pendingViolation({ foreignAgent, pendingAtAgent }: ObserveRequest): EventViolation[] {
  if (foreignAgent === directAgent || pendingAtAgent < maximumPendingPerAgent) return [];
  const { code, name } = replyCode(66);
  const detail = `${pendingAtAgent} requests waited at ${foreignAgent} already: a foreign agent answers ${code}, ${name} (RFC 5944 §3.7.1).`;
  return [{ name: 'too-many-pending-registrations', detail }];
}

function observeReply(decision: MobileNodeDecision, command: ObserveReply): MobileNodeAnswer {
  const { homeAddress, identification, code, lifetimeSeconds, violations } = command;
  const { pending: waiting, denied } = decision.state;
  const again = requestOf(waiting, command) ? undefined : askedAgain(denied, command);
  const pending = again?.asked ?? requestOf(waiting, command);
  if (!pending) return keepReply(decision, command, violations);
  if (command.names !== undefined) return keepReply(decision, command, [...violations, namedElsewhere(command.names)]);
  const { request } = pending;
  const reply = identification === request.identification ? undefined : identification;
  if (again?.denial.code === code && again.denial.replyIdentification === reply) return refusedAgain(again, reply);
  if (!isAccepted(code)) return deny(decision, { ...request, policy: pending.policy }, code, denialSentence(code), reply);
  const overtaken = overtakenViolation(pending, homeAddress);
  if (overtaken) return keepReply(decision, command, [...violations, overtaken]);
  const granted = Math.min(lifetimeSeconds, request.lifetimeSeconds, pending.policy.maximumLifetimeSeconds);
  const above = lifetimeSeconds > request.lifetimeSeconds
    ? [{ name: 'granted-above-requested', detail: `${lifetimeSeconds} s granted where ${request.lifetimeSeconds} s were asked for (RFC 5944 §3.4).` }]
    : [];
  // RFC 2794 §3: a node that asks for a home address with zeros is given one by the reply; any other comes back unchanged.
  const given = { homeAddress, homeAgent: homeAgentOf(request, command), policy: pending.policy };
  return accept(decision, { ...request, ...given }, request.lifetimeSeconds, { granted, code, reply, violations: [...violations, ...above], origin: originOf(command, 'orphan') });
}
