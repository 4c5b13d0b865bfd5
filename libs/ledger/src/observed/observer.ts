import { LRUCache } from 'lru-cache';
import { v4 } from 'uuid';
import {
  defaultPolicy, directAgent, nextDeadline, nextMobileNodeDeadline, type EventViolation, type FlowTableCommand, type MobileNodeAnswer, type MobileNodeCommand,
  type TunnelAssociation,
} from '#domain';
import type { AgentAdvertisement, MobileIpMessage, RegistrationReply, RegistrationRequest, RsvpMessage } from '#signalling';
import { sessionIdOf, stepId, type CommandIdentity } from '../command-identity';
import type { KnownAgents } from '../known-agents';
import type { Mailboxes } from '../mailboxes';
import type { Handoffs } from '../handoffs';
import type { Registrations } from '../registrations';
import type { Scopes } from '../scopes';
import type { Scope } from '../session-directory';
import { flowTableStream, foreignAgentsStream, mobileNodeStream } from '../stream-names';
import type { BindingDirectory } from './binding-directory';
import type { ObservedMessages } from './observed-messages';
import { holdUntilOver, Lanes } from './lanes';
import { NodesOnLinks } from './nodes-on-links';
import { PendingAtAgents } from './pending-at-agents';
import { associationOf, isTunnelSession, rsvpObservations } from './rsvp-observations';
import { SequenceNumbers } from './sequence-numbers';
import type { Sighted } from './sighted';
import { whoseSession } from './whose-session';

/** What a reply is matched with: it names neither the care-of address nor, at times, the node. */
interface SeenRequest {
  readonly node: string;
  readonly scope: Scope;
  readonly lifetimeSeconds: number;
}

/** More are waited for before the next message is told. */
const maximumUnderWay = 2_048;

/**
 * Tells the streams what a capture showed, in the order of its frames. Messages queue in the mailboxes of their streams and are not waited
 * for. What comes behind a registration in a scope waits in its lane until the scope's mailbox has what the registration came to; and
 * where a registration may move a node, the messages to that node's home address wait to know where it is. A handoff holds the lanes of
 * its node and scopes until it is over: the log is the same however the capture is read.
 */
export class Observer {
  repeats = 0;
  eventsAppended = 0;
  readonly scopes = new Map<string, Scope>();
  readonly nodes = new Set<string>();
  private readonly lanes = new Lanes();
  private readonly links = new NodesOnLinks();
  /** Home address → the last registration under way that may end or move a binding of it, and the last one of any kind. */
  private readonly moves = new Map<string, Promise<unknown>>();
  private readonly registrationsOf = new Map<string, Promise<unknown>>();
  /** By the low half of the Identification, which a reply brings back. */
  private readonly requests = new LRUCache<string, SeenRequest>({ max: 10_000 });
  private readonly pending = new PendingAtAgents();
  private readonly sequences = new SequenceNumbers();

  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly registrations: Registrations,
    private readonly handoffs: Handoffs,
    private readonly agents: KnownAgents,
    private readonly bindings: BindingDirectory,
    private readonly messages: ObservedMessages,
    private readonly agentScopes: Scopes,
    private readonly cause: Pick<CommandIdentity, 'actor'> & { readonly capture: string },
  ) {}

  async observe(sighted: Sighted): Promise<void> {
    const { message } = sighted.decoded;
    if ('messageType' in message) await this.observeRsvp(sighted, message);
    else await this.observeMobileIp(sighted, message);
    if (this.lanes.size >= maximumUnderWay) await this.settle();
  }

  /** Until everything told is durable. @throws what the first failure was */
  settle(): Promise<void> {
    return this.lanes.settle();
  }

  /** Time has come to this where something was observed. @param isEnd nothing comes behind it: what waits is written */
  async tick(at: number, isEnd = false): Promise<void> {
    await this.settle();
    for (const { foreignAgent, careOfAddress } of this.scopes.values()) {
      const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
      const writeWaitingExtensions = isEnd && mailbox.fold.unwritten !== null;
      if (!writeWaitingExtensions && (nextDeadline(mailbox.fold.state) ?? Infinity) > at) continue;
      this.track(mailbox.send({ identity: this.identity(v4(), null), command: { type: 'Tick', writeWaitingExtensions }, at }));
    }
    for (const node of this.nodes) {
      const mailbox = this.mailboxes.mobileNode(node);
      if ((nextMobileNodeDeadline(mailbox.fold.state) ?? Infinity) > at) continue;
      this.track(mailbox.send({ identity: this.identity(v4(), null), command: { type: 'Tick' }, at }));
    }
    await this.settle();
  }

  private async observeMobileIp(sighted: Sighted, message: MobileIpMessage): Promise<void> {
    switch (message.kind) {
      case 'registration-request':
        return this.observeRequest(sighted, message);
      case 'registration-reply':
        return this.observeReply(sighted, message);
      case 'registration-revocation': {
        const node = message.nai ?? `${message.homeAddress}@${message.homeDomainAgent}`;
        if (this.isRepeat(sighted, mobileNodeStream(node))) return;
        const foreignDomainAgent = message.foreignDomainAgent === '0.0.0.0' ? null : message.foreignDomainAgent;
        const command = { type: 'ObserveRevocation', mobileNode: node, foreignDomainAgent, ...seenAt(sighted) } as const;
        this.tellOutcome(sighted, node, message.homeAddress, command, undefined);
        return;
      }
      case 'agent-advertisement': {
        const { careOfAddresses } = message;
        if (careOfAddresses.length === 0) return;
        const isRepeat = this.isRepeat(sighted, foreignAgentsStream);
        if (!isRepeat) await this.learnAgent(sighted, careOfAddresses, 'advertisement');
        return this.observeSequence(sighted, message, isRepeat);
      }
      case 'registration-revocation-ack':
      case 'agent-solicitation':
        this.isRepeat(sighted, foreignAgentsStream);
    }
  }

  /** Nothing else goes on meanwhile: who comes behind the reboot comes to empty scopes. A repeat may have to tell them what a crash left out. */
  private async observeSequence(sighted: Sighted, message: AgentAdvertisement, isRepeat: boolean): Promise<void> {
    const agent = this.agents.agentOf(message.careOfAddresses[0]!);
    const at = sighted.observedMs;
    const sequenceNumbers = agent && this.sequences.advertised(agent.foreignAgent, sighted.decoded.source, message.sequenceNumber, at);
    if (!agent || !sequenceNumbers) return;
    await this.settle();
    const { foreignAgent, careOfAddresses } = agent;
    const identity = this.identityOf(sighted);
    if (!isRepeat) {
      const command = { type: 'ReportReboot', foreignAgent, reportedBy: 'advertisement', sequenceNumbers } as const;
      const { events } = await this.mailboxes.foreignAgents().send({ identity, command, at });
      this.eventsAppended += events.length;
    }
    const lost = await this.agentScopes.visitors(foreignAgent, careOfAddresses);
    const events = await this.agentScopes.tellReboot(foreignAgent, careOfAddresses, identity, at);
    this.eventsAppended += events.length;
    if (events.length > 0) this.bindings.learn({ outcome: 'ended', revision: 0n, ended: lost.map((binding) => ({ ...binding, cause: 'reboot' })) }, at);
  }

  private async observeRequest(sighted: Sighted, message: RegistrationRequest): Promise<void> {
    const { homeAgent, homeAddress, careOfAddress, lifetimeSeconds, flags } = message;
    const node = nodeOf(message);
    this.links.learn(sighted.decoded, node, homeAddress);
    const known = this.agents.agentOf(careOfAddress);
    if (known) this.noteScopes([{ foreignAgent: known.foreignAgent, careOfAddress }]);
    const at = sighted.observedMs;
    // A repeat of what an earlier reading told waits as it did then.
    const pendingKey = `${homeAddress} ${requestKey(message)}`;
    if (known) this.pending.requested(pendingKey, known.foreignAgent, at);
    if (this.isRepeat(sighted, mobileNodeStream(node))) return;
    const agent = known ?? (await this.agentAt(sighted, message));
    if (agent.foreignAgent !== directAgent) this.noteScopes([{ foreignAgent: agent.foreignAgent, careOfAddress }]);
    const scope = { foreignAgent: agent.foreignAgent, careOfAddress };
    this.requests.set(requestKey(message), { node, scope, lifetimeSeconds });
    const command: MobileNodeCommand = {
      type: 'ObserveRequest', mobileNode: node, foreignAgent: agent.foreignAgent, careOfAddress, homeAgent, homeAddress,
      identification: String(message.identification), lifetimeSeconds, flags, policy: agent.policy,
      pendingAtAgent: this.pending.requested(pendingKey, agent.foreignAgent, at), ...seenAt(sighted),
    };
    this.nodes.add(node);
    const identity = this.identityOf(sighted);
    this.lanes.enter([mobileNodeStream(node)], () => this.track(this.mailboxes.mobileNode(node).send({ identity, command, at })));
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
    return this.agents.learn(named, this.identityOf(sighted), sighted.observedMs, (events) => (this.eventsAppended += events));
  }

  private observeReply(sighted: Sighted, message: RegistrationReply): void {
    const { homeAgent, homeAddress, code, lifetimeSeconds } = message;
    const request = this.requests.get(requestKey(message));
    const node = message.nai ?? request?.node ?? nodeOf(message);
    // A node that has no home address yet asks with zeros (RFC 5944 §3.3).
    for (const asked of [homeAddress, '0.0.0.0']) this.pending.replied(`${asked} ${requestKey(message)}`);
    if (this.isRepeat(sighted, mobileNodeStream(node))) return;
    const identification = String(message.identification);
    const command = { type: 'ObserveReply', mobileNode: node, homeAgent, homeAddress, identification, code, lifetimeSeconds, ...seenAt(sighted) } as const;
    this.tellOutcome(sighted, node, homeAddress, { ...command, handoffId: stepId(sighted.commandId, 'handoff') }, request);
  }

  /** What a registration comes to is told to the scopes in their lanes, in the order of the frames. */
  private tellOutcome(sighted: Sighted, node: string, homeAddress: string, command: MobileNodeCommand, request: SeenRequest | undefined): void {
    this.nodes.add(node);
    const identity = this.identityOf(sighted);
    const at = sighted.observedMs;
    const settled = this.lanes.turn([mobileNodeStream(node)], () => this.mailboxes.mobileNode(node).send({ identity, command, at }));
    this.track(settled);
    const bound = this.bindings.openOf(homeAddress).filter(({ mobileNode }) => mobileNode === node);
    const isRefresh = request !== undefined && request.lifetimeSeconds > 0 && bound.every(({ careOfAddress }) => careOfAddress === request.scope.careOfAddress);
    const streams = new Set([...bound, ...(request ? [request.scope] : [])].map((scope) => flowTableStream(scope.foreignAgent, scope.careOfAddress)));
    let answer: MobileNodeAnswer = { outcome: 'done' };
    const known = settled.then((registration) => {
      answer = registration.answer;
      this.bindings.learn(answer, at);
    });
    holdUntilOver(this.registrationsOf, homeAddress, known);
    if (bound.length === 0 || !isRefresh) holdUntilOver(this.moves, homeAddress, known);
    this.lanes.enter([mobileNodeStream(node), ...streams], () => this.tellOf(answer, identity, at), known);
  }

  /** @returns a promise where what comes behind must wait for it: a handoff, which takes several appends */
  private tellOf(answer: MobileNodeAnswer, identity: CommandIdentity, at: number): Promise<unknown> | undefined {
    if (answer.outcome === 'registered' && answer.admitted) this.noteScopes([answer.admitted]);
    const handoff = answer.outcome === 'registered' ? answer.handoff : null;
    const told = handoff ? this.handoffs.run(handoff, identity, at) : this.registrations.tellScopes(answer, identity, at);
    this.lanes.track(told.then((events) => (this.eventsAppended += events)));
    return handoff ? told : undefined;
  }

  private async observeRsvp(sighted: Sighted, message: RsvpMessage): Promise<void> {
    if (message.session === null || message.te) return;
    const { destination } = message.session;
    await this.moves.get(destination);
    // What stands now may be about to be renewed; where nothing stands at this time, the renewal decides.
    if (!this.bindings.stands(destination, sighted.observedMs)) await this.registrationsOf.get(destination);
    const { mobileNode, scope } = await whoseSession(this.bindings, this.agents, this.links, sighted.decoded, sighted.observedMs, destination);
    const stream = flowTableStream(scope.foreignAgent, scope.careOfAddress);
    this.noteScopes([scope]);
    if (this.isRepeat(sighted, stream)) return;
    const identity = this.identityOf(sighted);
    const { observedAt, violations } = seenAt(sighted);
    const sessionId = (index: number): string => sessionIdOf(stepId(identity.commandId, `session ${index} ${stream}`));
    const association = isTunnelSession(message) ? associationOf(message) : null;
    const observations: FlowTableCommand[] = association
      ? [{ type: 'ObserveTunnel', message: message.kind, association, mobileNode: await this.nodeInTunnel(sighted, association, scope), observedAt, violations }]
      : rsvpObservations(message, { mobileNode, observedAt, violations, node: sighted.decoded.destination, sessionId });
    for (const [index, command] of observations.entries()) {
      const own = index === 0 ? identity : { ...identity, commandId: stepId(identity.commandId, `flow ${index}`) };
      const mailbox = this.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
      this.lanes.enter([stream], () => this.track(mailbox.send({ identity: own, command, at: observedAt })));
    }
  }

  /** Whose end-to-end session it is that travels in a tunnel to this care-of address. */
  private async nodeInTunnel(sighted: Sighted, { session: { destination } }: TunnelAssociation, { careOfAddress }: Scope): Promise<string | null> {
    await this.moves.get(destination);
    if (!this.bindings.stands(destination, sighted.observedMs)) await this.registrationsOf.get(destination);
    const { mobileNode, scope } = await whoseSession(this.bindings, this.agents, this.links, sighted.decoded, sighted.observedMs, destination);
    return scope.careOfAddress === careOfAddress ? mobileNode : null;
  }

  private isRepeat({ digest, observedMs }: Sighted, stream: string): boolean {
    const repeat = this.messages.isRepeat(digest, observedMs, stream);
    if (repeat) this.repeats++;
    return repeat;
  }

  private track(settled: Promise<{ readonly events: readonly unknown[] }>): void {
    this.lanes.track(settled.then(({ events }) => (this.eventsAppended += events.length)));
  }

  private noteScopes(scopes: readonly Scope[]): void {
    for (const { foreignAgent, careOfAddress } of scopes) this.scopes.set(flowTableStream(foreignAgent, careOfAddress), { foreignAgent, careOfAddress });
  }

  private identityOf({ decoded, digest, commandId }: Sighted): CommandIdentity {
    return { ...this.identity(commandId, decoded.frame), messageDigest: digest };
  }

  private identity(commandId: string, frame: number | null): CommandIdentity {
    const where = frame === null ? {} : { frame: String(frame) };
    const { actor, capture } = this.cause;
    return { commandId, idempotencyKey: null, bodyDigest: '', actor, origin: 'observed', correlationId: commandId, causationId: commandId, capture, ...where };
  }
}

function seenAt({ decoded, observedMs }: Sighted): { observedAt: number; violations: readonly EventViolation[] } {
  return { observedAt: observedMs, violations: decoded.violations };
}

function nodeOf({ nai, homeAddress, homeAgent }: RegistrationRequest | RegistrationReply): string {
  return nai ?? `${homeAddress}@${homeAgent}`;
}

function requestKey({ homeAgent, identification }: RegistrationRequest | RegistrationReply): string {
  return `${homeAgent} ${identification & 0xffffffffn}`;
}
