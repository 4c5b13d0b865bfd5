import {
  anyHomeAgent, defaultPolicy, directAgent, isAccepted, noHomeAddress, unknownHomeAgent, type Binding, type ForeignAgent,
  type MobileNodeAnswer, type MobileNodeCommand, type ObserveReply, type ObserveRequest, type RegistrationEnded,
} from '#domain';
import type { MobileIpMessage, RegistrationReply, RegistrationRequest, RegistrationRevocation, RegistrationRevocationAck } from '#signalling';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import type { Handoffs } from '../handoff/handoffs';
import type { KnownAgents } from '../processes/known-agents';
import { stepOf, type Registrations } from '../processes/registrations';
import type { Scopes } from '../processes/scopes';
import { flowTableStream, foreignAgentsStream, mobileNodeStream } from '../mailbox/stream-names';
import type { BindingDirectory } from './binding-directory';
import { holdUntilOver } from './lanes';
import { seenAt, type ObservationRun } from './observation-run';
import type { SeenRequest } from './observer-memory';
import type { Sighted } from './sighted';

/** What Mobile IP messages come to: registrations, agents and their reboots. */
export class MobileIpObserver {
  constructor(
    private readonly run: ObservationRun,
    private readonly registrations: Registrations,
    private readonly handoffs: Handoffs,
    private readonly agents: KnownAgents,
    private readonly bindings: BindingDirectory,
    private readonly agentScopes: Scopes,
  ) {}

  async observe(sighted: Sighted, message: MobileIpMessage): Promise<void> {
    switch (message.kind) {
      case 'registration-request':
        return this.observeRequest(sighted, message);
      case 'registration-reply':
        return this.observeReply(sighted, message);
      case 'registration-revocation':
        return this.observeRevocation(sighted, message);
      case 'agent-advertisement': {
        const { careOfAddresses } = message;
        if (careOfAddresses.length === 0) return;
        const isRepeat = (await this.run.isRepeat(sighted, foreignAgentsStream)) !== false;
        if (!isRepeat) await this.learnAgent(sighted, careOfAddresses, 'advertisement');
        // Registrations that came first may have made several agents of them.
        const [first, ...others] = new Set(careOfAddresses.flatMap((address) => this.agents.agentOf(address) ?? []));
        const identity = this.run.identityOf(sighted);
        if (first) await this.observeSequence(sighted, first, message.sequenceNumber, isRepeat, identity);
        for (const agent of others) await this.observeSequence(sighted, agent, message.sequenceNumber, isRepeat, stepOf(identity, `reboot ${agent.foreignAgent}`));
        return;
      }
      case 'registration-revocation-ack':
        return this.observeRevocationAck(sighted, message);
      case 'agent-solicitation':
        await this.run.isRepeat(sighted, foreignAgentsStream);
    }
  }

  /** Nothing else goes on meanwhile: who comes behind the reboot comes to empty scopes. A repeat may have to tell them what a crash left out. */
  private async observeSequence(sighted: Sighted, agent: ForeignAgent, sequenceNumber: number, isRepeat: boolean, identity: CommandIdentity): Promise<void> {
    const at = sighted.observedMs;
    const { foreignAgent, careOfAddresses } = agent;
    const sequenceNumbers = this.run.memory.sequences.advertised(foreignAgent, sighted.decoded.source, sequenceNumber, at);
    if (!sequenceNumbers) return;
    await this.run.settle();
    if (!isRepeat) {
      const command = { type: 'ReportReboot', foreignAgent, reportedBy: 'advertisement', sequenceNumbers } as const;
      const { events } = await this.run.mailboxes.foreignAgents().send({ identity, command, at });
      this.run.eventsAppended += events.length;
    }
    const visitors = await this.agentScopes.visitors(foreignAgent, careOfAddresses);
    const events = await this.agentScopes.tellReboot(foreignAgent, careOfAddresses, identity, at);
    this.run.eventsAppended += events.length;
    // Of a visitor with several bindings there the scope knows one.
    const lost = [...visitors, ...events.flatMap((event) => (event.type === 'RegistrationEnded' ? bindingThatEnded(event) : []))];
    if (events.length > 0) this.bindings.learn({ outcome: 'ended', revision: 0n, ended: lost.map((binding) => ({ ...binding, cause: 'reboot' })) }, at);
  }

  private async observeRevocation(sighted: Sighted, message: RegistrationRevocation): Promise<void> {
    const { homeDomainAgent: homeAgent, homeAddress } = message;
    const foreignDomainAgent = message.foreignDomainAgent === '0.0.0.0' ? null : message.foreignDomainAgent;
    const node = message.nai ?? (await this.nodeBoundBy(sighted, homeAddress, homeAgent, foreignDomainAgent)) ?? `${homeAddress}@${homeAgent}`;
    this.run.memory.revocations.set(revocationKey(message), node);
    if (await this.run.isRepeat(sighted, mobileNodeStream(node))) return;
    const command = { type: 'ObserveRevocation', mobileNode: node, foreignDomainAgent, homeAgent, homeAddress, ...seenAt(sighted) } as const;
    this.tellOutcome(sighted, node, homeAddress, command, undefined);
  }

  /**
   * Between the two agents of the binding: without the revocation that it answers, the one that is no foreign agent is the home agent. One that
   * an earlier capture showed is known by the binding that it ended.
   */
  private async observeRevocationAck(sighted: Sighted, message: RegistrationRevocationAck): Promise<void> {
    const { homeAddress, revocationIdentifier, flags } = message;
    const { source, destination } = sighted.decoded;
    const homeAgent = this.agents.agentOf(destination) ? source : destination;
    const node = message.nai ?? this.run.memory.revocations.get(revocationKey(message))
      ?? (await this.bindings.lastEnded(homeAddress, homeAgent, sighted.observedMs))?.mobileNode ?? `${homeAddress}@${homeAgent}`;
    if (await this.run.isRepeat(sighted, mobileNodeStream(node))) return;
    const command = { type: 'ObserveRevocationAck', mobileNode: node, homeAddress, revocationIdentifier, flags, ...seenAt(sighted) } as const;
    this.run.trackMessage(sighted, mobileNodeStream(node), this.tellNode(node, command, this.run.identityOf(sighted), sighted.observedMs));
  }

  /** A binding is known by its three addresses (RFC 3543 §3.3): a revocation need not tell the NAI of its node. Undefined: none stands. */
  private async nodeBoundBy(sighted: Sighted, homeAddress: string, homeAgent: string, foreignDomainAgent: string | null): Promise<string | undefined> {
    await this.run.registrationsOf.get(homeAddress);
    const bound = await this.bindings.bindingsOf(homeAddress, sighted.observedMs);
    const agent = foreignDomainAgent === null ? undefined : this.agents.agentOf(foreignDomainAgent)?.foreignAgent;
    const isAt = ({ foreignAgent, careOfAddress }: Binding): boolean =>
      foreignDomainAgent === null || careOfAddress === foreignDomainAgent || [foreignDomainAgent, agent].includes(foreignAgent);
    return bound.find((binding) => binding.homeAgent === homeAgent && isAt(binding))?.mobileNode;
  }

  private async observeRequest(sighted: Sighted, message: RegistrationRequest): Promise<void> {
    const { homeAgent, homeAddress, careOfAddress, lifetimeSeconds, flags } = message;
    const node = nodeOf(message);
    this.run.memory.links.learn(sighted.decoded, node, homeAddress);
    const known = this.agents.agentOf(careOfAddress);
    if (known) this.run.noteScopes([{ foreignAgent: known.foreignAgent, careOfAddress }]);
    const at = sighted.observedMs;
    // A repeat of what an earlier reading told waits as it did then.
    const pendingKey = requestKey(message);
    if (known) this.run.memory.pending.requested(pendingKey, known.foreignAgent, at);
    if (await this.run.isRepeat(sighted, mobileNodeStream(node))) return;
    const agent = known ?? (await this.agentAt(sighted, message));
    if (agent.foreignAgent !== directAgent) this.run.noteScopes([{ foreignAgent: agent.foreignAgent, careOfAddress }]);
    const scope = { foreignAgent: agent.foreignAgent, careOfAddress };
    const command: ObserveRequest = {
      type: 'ObserveRequest', mobileNode: node, foreignAgent: agent.foreignAgent, careOfAddress, homeAgent, homeAddress,
      identification: String(message.identification), lifetimeSeconds, flags, policy: agent.policy,
      pendingAtAgent: this.run.memory.pending.requested(pendingKey, agent.foreignAgent, at), ...seenAt(sighted),
    };
    const asked = isUnnamed(message) ? { asked: command } : {};
    for (const key of keysOfRequest(message)) this.run.memory.requests.set(key, { node, scope, lifetimeSeconds, pendingKey, at, ...asked });
    this.run.trackMessage(sighted, mobileNodeStream(node), this.tellNode(node, command, this.run.identityOf(sighted), at));
  }

  private tellNode(node: string, command: MobileNodeCommand, identity: CommandIdentity, at: number) {
    this.run.memory.nodes.add(node);
    return this.run.lanes.turn([mobileNodeStream(node)], () => this.run.mailboxes.mobileNode(node).send({ identity, command, at }));
  }

  /** A co-located care-of address has no agent; neither has a node that is at home. */
  private async agentAt(sighted: Sighted, { careOfAddress, homeAddress, flags, lifetimeSeconds }: RegistrationRequest) {
    const direct = { foreignAgent: directAgent, policy: defaultPolicy };
    if (flags.includes('D') || careOfAddress === homeAddress || lifetimeSeconds === 0) return direct;
    const learned = await this.learnAgent(sighted, [careOfAddress], 'registration');
    return 'rejection' in learned ? direct : learned;
  }

  private learnAgent(sighted: Sighted, careOfAddresses: readonly string[], learnedFrom: 'advertisement' | 'registration') {
    const named = { foreignAgent: null, careOfAddresses, learnedFrom };
    return this.agents.learn(named, this.run.identityOf(sighted), sighted.observedMs, (events) => (this.run.eventsAppended += events));
  }

  private async observeReply(sighted: Sighted, message: RegistrationReply): Promise<void> {
    const { homeAgent, homeAddress, code, lifetimeSeconds } = message;
    const request = keysOfReply(message).map((key) => this.run.memory.requests.get(key)).find((known) => known !== undefined);
    const isNaming = request?.asked !== undefined && isAccepted(code) && !isUnnamed(message);
    const node = message.nai ?? (isNaming ? undefined : request?.node) ?? nodeOf(message);
    this.run.memory.pending.replied(request?.pendingKey ?? requestKey(message));
    if (await this.run.isRepeat(sighted, mobileNodeStream(node))) return;
    const identification = String(message.identification);
    const answered = request?.at === undefined ? {} : { requestedAt: request.at };
    const command = { type: 'ObserveReply', mobileNode: node, homeAgent, homeAddress, identification, code, lifetimeSeconds, ...answered, ...seenAt(sighted) } as const;
    if (isNaming) this.name(sighted, request.asked, command, message);
    this.tellOutcome(sighted, node, homeAddress, { ...command, handoffId: stepId(sighted.commandId, 'handoff') }, request);
  }

  /** The request of a node that was named by nothing but its reply is that node's from here on. It names one node only: a further reply finds none. */
  private name(sighted: Sighted, asked: ObserveRequest, reply: ObserveReply, message: RegistrationReply): void {
    const { mobileNode, homeAddress, homeAgent } = reply;
    const at = sighted.observedMs;
    for (const key of keysOfReply(message)) if (this.run.memory.requests.get(key)?.asked === asked) this.run.memory.requests.delete(key);
    const identity = this.run.identityOf(sighted);
    this.run.track(this.tellNode(asked.mobileNode, { ...reply, mobileNode: asked.mobileNode, names: mobileNode }, stepOf(identity, 'name'), at));
    this.run.track(this.tellNode(mobileNode, { ...asked, mobileNode, homeAddress, homeAgent, observedAt: at }, stepOf(identity, 'ask'), at));
  }

  /** What a registration comes to is told to the scopes in their lanes, in the order of the frames. */
  private tellOutcome(sighted: Sighted, node: string, homeAddress: string, command: MobileNodeCommand, request: SeenRequest | undefined): void {
    this.run.memory.nodes.add(node);
    const identity = this.run.identityOf(sighted);
    const at = sighted.observedMs;
    const settled = this.run.lanes.turn([mobileNodeStream(node)], () => this.run.mailboxes.mobileNode(node).send({ identity, command, at }));
    this.run.trackMessage(sighted, mobileNodeStream(node), settled);
    // Without S it ends what the node has elsewhere, by whichever home.
    const homes = this.bindings.homesOf(node, homeAddress);
    const bound = homes.flatMap((home) => this.bindings.openOf(home)).filter(({ mobileNode }) => mobileNode === node);
    // One that is told already and not yet answered may move the node: what the directory says of it is then out of date.
    const underWay = homes.flatMap((home) => this.run.headedFor.get(home) ?? []);
    const isOfBinding = request !== undefined && request.lifetimeSeconds > 0 && bound.every((one) => one.careOfAddress === request.scope.careOfAddress);
    const isRefresh = isOfBinding && underWay.length === 0;
    const asked = request ? [request.scope] : [];
    const streams = new Set([...bound, ...underWay, ...asked].map((scope) => flowTableStream(scope.foreignAgent, scope.careOfAddress)));
    let answer: MobileNodeAnswer = { outcome: 'done' };
    const known = settled.then((registration) => {
      answer = registration.answer;
      const told = registration.events.at(-1);
      this.bindings.learn(answer, told ? Date.parse(told.occurredAt) : at);
    });
    this.run.headedFor.set(homeAddress, [...(this.run.headedFor.get(homeAddress) ?? []), ...asked]);
    holdUntilOver(this.run.registrationsOf, homeAddress, known);
    const over = (): void => {
      if (!this.run.registrationsOf.has(homeAddress)) this.run.headedFor.delete(homeAddress);
    };
    this.run.registrationsOf.get(homeAddress)!.then(over, over);
    if (bound.length === 0 || !isRefresh) for (const home of homes) holdUntilOver(this.run.moves, home, known);
    void this.run.lanes.enter([mobileNodeStream(node), ...streams], () => this.tellOf(answer, identity, at), known);
  }

  /** @returns a promise where what comes behind must wait for it: a handoff, which takes several appends */
  private tellOf(answer: MobileNodeAnswer, identity: CommandIdentity, at: number): Promise<unknown> | undefined {
    if (answer.outcome === 'registered' && answer.admitted) this.run.noteScopes([answer.admitted]);
    const handoff = answer.outcome === 'registered' ? answer.handoff : null;
    const told = handoff ? this.handoffs.run(handoff, identity, at) : this.registrations.tellScopes(answer, identity, at);
    this.run.lanes.track(told.then((events) => (this.run.eventsAppended += events)));
    return handoff ? told : undefined;
  }
}

function bindingThatEnded({ mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, bindingExpiresAt }: RegistrationEnded): Binding[] {
  if (homeAgent === undefined || homeAddress === undefined) return [];
  return [{ mobileNode, foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt: bindingExpiresAt === null ? null : Date.parse(bindingExpiresAt) }];
}

function nodeOf({ nai, homeAddress, homeAgent }: RegistrationRequest | RegistrationReply): string {
  return nai ?? `${homeAddress}@${homeAgent}`;
}

/** Without an NAI its id is its home address and home agent (RFC 2794): it knows one of them from the reply. */
function isUnnamed({ nai, homeAddress, homeAgent }: RegistrationRequest | RegistrationReply): boolean {
  return nai === null && (homeAddress === noHomeAddress || anyHomeAgent.has(homeAgent));
}

type Asked = Pick<RegistrationRequest, 'homeAgent' | 'homeAddress' | 'identification'>;

/** Under which the replies to it find a request: also one from whoever says that the home agent asked for is none (code 136). */
function keysOfRequest(message: RegistrationRequest): string[] {
  return [requestKey(message), wholeKey(message), requestKey({ ...message, homeAgent: whoever })];
}

/** Nearest first. A node that has no home address yet asks with zeros (RFC 5944 §3.3); one that knows no home agent asks any. */
function keysOfReply(message: RegistrationReply): string[] {
  const homeAgents = [message.homeAgent, ...anyHomeAgent, ...(message.code === unknownHomeAgent ? [whoever] : [])];
  const asked = homeAgents.flatMap((homeAgent) => [message.homeAddress, noHomeAddress].map((homeAddress) => ({ ...message, homeAgent, homeAddress })));
  return asked.flatMap((request) => [wholeKey(request), requestKey(request)]);
}

function revocationKey({ homeAddress, revocationIdentifier }: Pick<RegistrationRevocation, 'homeAddress' | 'revocationIdentifier'>): string {
  return `${homeAddress} ${revocationIdentifier}`;
}

/** In the place of a home agent in a key. */
const whoever = '*';

/** What a reply brings back of its request in any case (RFC 5944 §3.7.3). */
function requestKey({ homeAgent, homeAddress, identification }: Asked): string {
  return `${homeAddress} ${homeAgent} ${identification & 0xffffffffn}`;
}

/** The high half comes back unless it is a new nonce: two requests may have the same low one. */
function wholeKey({ homeAgent, homeAddress, identification }: Asked): string {
  return `${homeAddress} ${homeAgent} whole ${identification}`;
}
