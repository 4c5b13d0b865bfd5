import { randomInt } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ArrayUnique, IsArray, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import {
  allBindings, defaultPolicy, directAgent, isToBeDenied, isUnicast, parseAddress, reject, type MobileNodeAnswer, type Policy, type Register, type Rejection,
} from '#domain';
import { LedgerCommand, PreconditionFailed, type Answered, type BodyFault, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import { etagMatches, etagOf } from './etag';
import { Handoffs } from '../handoff/handoffs';
import { endColocated } from '../processes/colocated-nodes';
import { KnownAgents } from '../processes/known-agents';
import { Mailboxes } from '../mailbox/mailboxes';
import { RegistrationProcess } from '../processes/registration-process';
import { Registrations } from '../processes/registrations';
import { Scopes } from '../processes/scopes';
import type { Scope } from '../processes/session-directory';
import type { MobileNodeFold } from '../mailbox/stream-fold';
import { mobileNodeStream } from '../mailbox/stream-names';
import { foreignAgentIdPattern, IsAddress, IsUnsigned64 } from './validation';

export const registrationFlags = ['S', 'B', 'D', 'M', 'G', 'r', 'T', 'x'] as const;

export interface RegistrationAnswer extends Answered {
  readonly mobileNode: string;
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  readonly code: number;
  readonly codeName: string;
  readonly grantedLifetimeSeconds: number;
  /** Null: infinite, or deregistered. */
  readonly expiresAt: string | null;
  /** Of the reply: under `nonces` its high 32 bits are what the next request must begin with; null: the request had none. */
  readonly identification: string | null;
  /** The handoff that it started, which is over by now; null: none. */
  readonly handoffId: string | null;
  readonly revision: string;
}

/** `POST /v1/mobile-nodes/{mn}/registrations`; a denial is the rejection `registration-denied` with the RFC's `code`. */
export class RegisterMobileNode extends LedgerCommand<RegistrationAnswer> {
  mobileNode!: string;
  @Matches(foreignAgentIdPattern) foreignAgent!: string;
  @IsAddress() homeAgent!: string;
  @IsAddress() homeAddress!: string;
  @IsAddress() careOfAddress!: string;
  /** 0 deregisters, 65535 is infinite. */
  @IsInt() @Min(0) @Max(65535) lifetimeSeconds!: number;
  @IsOptional() @IsUnsigned64() identification?: string;
  @IsOptional() @IsArray() @ArrayUnique() @IsIn(registrationFlags, { each: true }) flags?: (typeof registrationFlags)[number][];

  /** A node id of the form `homeAddress@homeAgent` must say what the body says. */
  static faults(body: Pick<RegisterMobileNode, 'homeAddress' | 'homeAgent'>, mobileNode: string): BodyFault[] {
    const at = mobileNode.lastIndexOf('@');
    const [address, agent] = [parseAddress(mobileNode.slice(0, at)), parseAddress(mobileNode.slice(at + 1))];
    if (at < 0 || !address || !agent) return [];
    const differs = (pointer: string, told: string, here: string): BodyFault[] =>
      told === here ? [] : [{ pointer, detail: `must be ${here}, as the mobile node id says` }];
    return [...differs('/homeAddress', body.homeAddress, address.canonical), ...differs('/homeAgent', body.homeAgent, agent.canonical)];
  }
}

interface Agent {
  readonly policy: Policy;
  readonly careOfAddressValid: boolean;
  /** It is not learned: the registration is to be denied. */
  readonly isUnheardOf?: true;
}

type Accepted = Extract<Outcome<RegistrationAnswer>, { readonly outcome: 'accepted' }>;

@CommandHandler(RegisterMobileNode)
export class RegisterMobileNodeHandler implements ICommandHandler<RegisterMobileNode> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly agents: KnownAgents,
    private readonly registrations: Registrations,
    private readonly process: RegistrationProcess,
    private readonly scopes: Scopes,
    private readonly handoffs: Handoffs,
  ) {}

  async execute(request: RegisterMobileNode): Promise<Outcome<RegistrationAnswer>> {
    const outcome = await this.commands.once<RegistrationAnswer>(request.context, (identity) => this.register(request, identity));
    if (!outcome.replayed || outcome.outcome === 'refused') return outcome;
    // The first time may have ended between two appends, unanswered: who is told that a node is registered may configure.
    const { body } = outcome;
    const { mobileNode, handoffId, revision } = body;
    if (!handoffId) {
      await this.process.retell(mobileNodeStream(mobileNode), BigInt(revision));
      return { ...outcome, body: { ...body, handoffId: null } };
    }
    await this.handoffs.resume(mobileNode);
    return this.behindHandoff(outcome, handoffId);
  }

  /** A registration that starts a handoff is answered behind its last step, with the tag that the node has then. */
  private async behindHandoff(outcome: Accepted, handoffId: string): Promise<Accepted> {
    const { body } = outcome;
    const record = await this.handoffs.events.read(body.mobileNode, handoffId, BigInt(body.revision));
    if (!record) throw new Error(`The handoff ${handoffId} of ${body.mobileNode} is not in its stream.`);
    return { ...outcome, body: { ...body, position: String(record.position) }, etag: etagOf(record.revision) };
  }

  private async register(request: RegisterMobileNode, identity: CommandIdentity): Promise<Executed<RegistrationAnswer>> {
    const isColocated = request.flags?.includes('D') ?? false;
    const foreignAgent = isColocated ? directAgent : request.foreignAgent;
    const agent = await this.agentOf(request, foreignAgent, identity);
    if ('rejection' in agent) return { outcome: { outcome: 'refused', rejection: agent, position: String(await this.mailboxes.head()), replayed: false }, appended: false };
    const { mobileNode, homeAgent, homeAddress, careOfAddress, lifetimeSeconds } = request;
    const { policy, careOfAddressValid } = agent;
    await this.scopes.tellReboot(foreignAgent, [careOfAddress], identity);
    await this.leaveOwnAddress(mobileNode, { foreignAgent, careOfAddress }, identity);
    const command: Register = {
      type: 'Register', mobileNode, foreignAgent, homeAgent, homeAddress, careOfAddress, lifetimeSeconds,
      identification: request.identification ?? null, flags: request.flags ?? [], nonce: randomInt(2 ** 32),
      handoffId: stepId(identity.commandId, 'handoff'), policy, careOfAddressValid,
    };
    const scope = { foreignAgent, careOfAddress };
    return this.mailboxes.renewals.during(scope, mobileNode, () => this.decide(request, command, identity, agent.isUnheardOf ? scope : null));
  }

  /** It had the address for its own, which became the agent's meanwhile. */
  private async leaveOwnAddress(mobileNode: string, { foreignAgent, careOfAddress }: Scope, identity: CommandIdentity): Promise<void> {
    const node = this.mailboxes.mobileNode(mobileNode);
    await node.load();
    const isOwn = (binding: Scope): boolean => binding.foreignAgent === directAgent && binding.careOfAddress === careOfAddress;
    if (foreignAgent === directAgent || !allBindings(node.fold.state.bindings).some(isOwn)) return;
    await endColocated(this.mailboxes, { foreignAgent, careOfAddresses: [careOfAddress], only: mobileNode }, identity);
  }

  /** @param unheardOf an agent that is not learned from a registration that was to be denied; null: it is known */
  private async decide(
    request: RegisterMobileNode,
    command: Register,
    identity: CommandIdentity,
    unheardOf: Scope | null,
  ): Promise<Executed<RegistrationAnswer>> {
    const { mobileNode } = request;
    const { ifMatch } = request.context;
    const { answer, position, events } = await this.mailboxes.mobileNode(mobileNode).send({
      identity,
      command,
      ...(ifMatch !== null && { precondition: (fold: MobileNodeFold) => requireUnchanged(fold, ifMatch) }),
      storedAnswer: (given) => answerToStore(outcomeOf(given, 0n)),
    });
    const outcome = outcomeOf(answer, position);
    // What was to deny it has changed meanwhile.
    if (unheardOf && outcome.outcome === 'accepted') await this.learn(unheardOf, identity);
    const appended = events.length > 0;
    const handoff = answer.outcome === 'registered' ? answer.handoff : null;
    if (!handoff || outcome.outcome === 'refused') {
      const told = await this.registrations.tellScopes(answer, identity);
      // One that a failure left on its way here, and whose registration is only renewed.
      if (this.mailboxes.mobileNode(mobileNode).fold.state.handoff) await this.handoffs.resume(mobileNode);
      if (outcome.outcome === 'refused' || (told === 0 && (answer.outcome !== 'registered' || answer.ended.length === 0))) return { outcome, appended };
      // Whoever waits for this position finds the visitor in the scope, and the legs that it left behind as they are now.
      return { outcome: { ...outcome, body: { ...outcome.body, position: String(await this.mailboxes.head()) } }, appended, tellsMore: true };
    }
    await this.handoffs.run(handoff, identity);
    return { outcome: await this.behindHandoff(outcome, handoff.started.handoffId), appended };
  }

  /** An agent that nobody knows, or home, has no policy: what the binding was made by protects it. */
  private async policyOfBinding(mobileNode: string, careOfAddress: string): Promise<Policy> {
    const node = this.mailboxes.mobileNode(mobileNode);
    await node.load();
    const { bindings } = node.fold.state;
    const [binding] = bindings.has(careOfAddress) ? [bindings.get(careOfAddress)!] : bindings.values();
    return (binding && this.agents.policyOf(binding.foreignAgent)) ?? defaultPolicy;
  }

  /** An agent first heard of here is learned; what a deregistration names need not be known. */
  private async agentOf(
    request: RegisterMobileNode,
    foreignAgent: string,
    identity: CommandIdentity,
  ): Promise<Agent | Rejection> {
    const { mobileNode, careOfAddress, lifetimeSeconds } = request;
    // No agent has it, nor any node: nobody is learned from it.
    if (lifetimeSeconds > 0 && !isUnicast(careOfAddress)) return { policy: this.agents.policyOf(foreignAgent) ?? defaultPolicy, careOfAddressValid: false };
    const owner = this.agents.agentOf(careOfAddress)?.foreignAgent;
    // A co-located care-of address is the node's own (RFC 5944 §1.5).
    if (foreignAgent === directAgent && lifetimeSeconds > 0 && owner !== undefined && owner !== directAgent) {
      return reject('care-of-address-taken', `${careOfAddress} belongs to ${owner}.`, { careOfAddress, foreignAgent: owner });
    }
    if (lifetimeSeconds === 0) {
      const policy = this.agents.policyOf(foreignAgent) ?? (await this.policyOfBinding(mobileNode, careOfAddress));
      return { policy, careOfAddressValid: true };
    }
    if (foreignAgent === directAgent) return { policy: this.agents.policyOf(foreignAgent) ?? defaultPolicy, careOfAddressValid: true };
    const scope = { foreignAgent, careOfAddress };
    const policy = this.agents.policyOf(foreignAgent) ?? defaultPolicy;
    if (this.agents.isNews(scope) && (await this.isToBeDenied(request, policy))) return { policy, careOfAddressValid: true, isUnheardOf: true };
    const learned = await this.learn(scope, identity);
    if ('rejection' in learned) return learned;
    return { policy: learned.policy, careOfAddressValid: learned.careOfAddresses.includes(careOfAddress) };
  }

  private learn({ foreignAgent, careOfAddress }: Scope, identity: CommandIdentity): ReturnType<KnownAgents['learn']> {
    return this.agents.learn({ foreignAgent, careOfAddresses: [careOfAddress], learnedFrom: 'registration' }, identity);
  }

  private async isToBeDenied({ mobileNode, homeAgent, identification }: RegisterMobileNode, policy: Policy): Promise<boolean> {
    const node = this.mailboxes.mobileNode(mobileNode);
    await node.refresh();
    return isToBeDenied(node.fold.state, { homeAgent, identification: identification ?? null, policy }, this.mailboxes.clock());
  }
}

export function requireUnchanged(fold: MobileNodeFold, ifMatch: string): void {
  const current = fold.revision < 0n ? null : etagOf(fold.revision);
  if (!etagMatches(ifMatch, current)) throw new PreconditionFailed(current);
}

function outcomeOf(answer: MobileNodeAnswer, at: bigint): Outcome<RegistrationAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  if (answer.outcome !== 'registered') throw new Error(`A registration cannot be answered with ${answer.outcome}.`);
  const { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, code, codeName, grantedLifetimeSeconds, expiresAt } = answer.event;
  const revision = String(answer.revision);
  const identification = answer.event.replyIdentification ?? answer.event.identification;
  const terms = { mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress };
  const handoffId = answer.handoff?.started.handoffId ?? null;
  const body = { ...terms, code, codeName, grantedLifetimeSeconds, expiresAt, identification, handoffId, revision, position };
  return { outcome: 'accepted', body, etag: etagOf(answer.lastRevision), replayed: false };
}
