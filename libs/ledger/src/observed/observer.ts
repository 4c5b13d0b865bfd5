import { v4 } from 'uuid';
import { defaultPolicy, directAgent, type Binding, type EventViolation, type FlowTableCommand, type MobileNodeCommand } from '#domain';
import type { DecodedMessage, MobileIpMessage, RegistrationReply, RegistrationRequest, RsvpMessage } from '#signalling';
import { sessionIdOf, sha256, stepId, type CommandIdentity } from '../command-identity';
import type { KnownAgents } from '../known-agents';
import type { Mailboxes } from '../mailboxes';
import type { Registrations } from '../registrations';
import { flowTableStream, foreignAgentsStream, mobileNodeStream } from '../stream-names';
import type { BindingDirectory } from './binding-directory';
import type { ObservedMessages } from './observed-messages';
import { rsvpObservations } from './rsvp-observations';

interface Scope {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

/** An observed message with what it is known by. */
export interface Sighted {
  readonly decoded: DecodedMessage;
  /** 16 bytes, hex. */
  readonly digest: string;
  readonly observedMs: number;
  /** Of the command that it comes to, whichever stream it concerns. */
  readonly commandId: string;
}

const observationNamespace = '0d4c2f8e-91b5-5c1e-a1f3-7a3e5d9b6c20';

export function sightedOf(decoded: DecodedMessage): Sighted {
  const digest = sha256(decoded.identity).slice(0, 32);
  const observedMs = Number(decoded.timeNs / 1_000_000n);
  return { decoded, digest, observedMs, commandId: stepId(observationNamespace, `${digest} ${observedMs}`) };
}

/**
 * Tells the streams what a capture showed, in the order of its frames. Messages of one stream queue in its mailbox and are not waited
 * for; only what a registration changes is: an RSVP message behind it must find the scope as the registration left it.
 */
export class Observer {
  repeats = 0;
  eventsAppended = 0;
  readonly scopes = new Map<string, Scope>();
  readonly nodes = new Set<string>();
  private inFlight: Promise<unknown>[] = [];
  /** Registrations in order, each until its scopes' mailboxes have what it came to. */
  private registrationsTold: Promise<void> | null = null;
  /** Node by the low half of the Identification: a reply may leave out the NAI that its request had. */
  private readonly nodeOfRequest = new Map<string, string>();

  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly registrations: Registrations,
    private readonly agents: KnownAgents,
    private readonly bindings: BindingDirectory,
    private readonly messages: ObservedMessages,
    private readonly cause: Pick<CommandIdentity, 'actor'> & { readonly capture: string },
  ) {}

  async observe(sighted: Sighted): Promise<void> {
    const { message } = sighted.decoded;
    if ('messageType' in message) await this.observeRsvp(sighted, message);
    else await this.observeMobileIp(sighted, message);
    if (this.inFlight.length >= 1_024) await this.settle();
  }

  /** Until everything told is durable. @throws what the first failure was */
  async settle(): Promise<void> {
    await this.registrationsTold;
    this.registrationsTold = null;
    while (this.inFlight.length > 0) await Promise.all(this.inFlight.splice(0));
  }

  /** Time has come to this where something was observed. */
  async tick(at: number): Promise<void> {
    await this.settle();
    for (const { foreignAgent, careOfAddress } of this.scopes.values()) {
      const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
      if ((mailbox.fold.state.deadlines.first()?.rank ?? Infinity) > at) continue;
      this.track(mailbox.send({ identity: this.identity(v4(), null), command: { type: 'Tick' }, at }));
    }
    for (const node of this.nodes) {
      const mailbox = this.mailboxes.mobileNode(node);
      if (![...mailbox.fold.state.bindings.values()].some(({ expiresAt }) => expiresAt !== null && expiresAt <= at)) continue;
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
        this.tellNode(sighted, node, { type: 'ObserveRevocation', mobileNode: node, foreignDomainAgent, ...seenAt(sighted) });
        return;
      }
      case 'agent-advertisement': {
        const { careOfAddresses } = message;
        if (careOfAddresses.length === 0 || this.isRepeat(sighted, foreignAgentsStream)) return;
        await this.agents.learn({ foreignAgent: null, careOfAddresses, learnedFrom: 'advertisement' }, this.identityOf(sighted), sighted.observedMs);
        return;
      }
      case 'registration-revocation-ack':
      case 'agent-solicitation':
        this.isRepeat(sighted, foreignAgentsStream);
    }
  }

  private async observeRequest(sighted: Sighted, message: RegistrationRequest): Promise<void> {
    const { homeAgent, homeAddress, careOfAddress, lifetimeSeconds, flags } = message;
    const node = nodeOf(message);
    if (this.isRepeat(sighted, mobileNodeStream(node))) return;
    this.nodeOfRequest.set(requestKey(message), node);
    const agent = await this.agentAt(sighted, message);
    const command: MobileNodeCommand = {
      type: 'ObserveRequest', mobileNode: node, foreignAgent: agent.foreignAgent, careOfAddress, homeAgent, homeAddress,
      identification: String(message.identification), lifetimeSeconds, flags, policy: agent.policy, ...seenAt(sighted),
    };
    this.tellNode(sighted, node, command);
  }

  /** A co-located care-of address has no agent; neither has a node that is at home. */
  private async agentAt(sighted: Sighted, { careOfAddress, homeAddress, flags, lifetimeSeconds }: RegistrationRequest) {
    const known = this.agents.agentOf(careOfAddress);
    if (known) return known;
    const direct = { foreignAgent: directAgent, policy: defaultPolicy };
    if (flags.includes('D') || careOfAddress === homeAddress || lifetimeSeconds === 0) return direct;
    const named = { foreignAgent: null, careOfAddresses: [careOfAddress], learnedFrom: 'registration' } as const;
    const learned = await this.agents.learn(named, this.identityOf(sighted), sighted.observedMs);
    return 'rejection' in learned ? direct : learned;
  }

  private observeReply(sighted: Sighted, message: RegistrationReply): void {
    const { homeAgent, homeAddress, code, lifetimeSeconds } = message;
    const node = message.nai ?? this.nodeOfRequest.get(requestKey(message)) ?? nodeOf(message);
    if (this.isRepeat(sighted, mobileNodeStream(node))) return;
    const identification = String(message.identification);
    this.tellNode(sighted, node, {
      type: 'ObserveReply', mobileNode: node, homeAgent, homeAddress, identification, code, lifetimeSeconds, ...seenAt(sighted),
    });
  }

  private tellNode(sighted: Sighted, node: string, command: MobileNodeCommand): void {
    this.nodes.add(node);
    const identity = this.identityOf(sighted);
    const at = sighted.observedMs;
    const settled = this.mailboxes.mobileNode(node).send({ identity, command, at });
    const before = this.registrationsTold;
    const told = (async () => {
      const [{ answer }] = await Promise.all([settled, before]);
      this.bindings.learn(answer);
      this.noteScopes(answer.outcome === 'registered' && answer.admitted ? [answer.admitted] : []);
      this.inFlight.push(this.registrations.tellScopes(answer, identity, at).then((events) => (this.eventsAppended += events)));
    })();
    this.registrationsTold = told;
    told.catch(() => undefined);
    this.track(settled);
  }

  private async observeRsvp(sighted: Sighted, message: RsvpMessage): Promise<void> {
    if (message.session === null || message.te) return;
    await this.registrationsTold;
    this.registrationsTold = null;
    const { mobileNode, ...scope } = await this.scopeOf(sighted, message.session.destination);
    const stream = flowTableStream(scope.foreignAgent, scope.careOfAddress);
    if (this.isRepeat(sighted, stream)) return;
    const identity = this.identityOf(sighted);
    const { observedAt, violations } = seenAt(sighted);
    const sessionId = (index: number): string => sessionIdOf(stepId(identity.commandId, `session ${index} ${stream}`));
    const observations: FlowTableCommand[] = rsvpObservations(message, { mobileNode, observedAt, violations, sessionId });
    this.noteScopes(observations.length > 0 ? [scope] : []);
    for (const [index, command] of observations.entries()) {
      const own = index === 0 ? identity : { ...identity, commandId: stepId(identity.commandId, `flow ${index}`) };
      this.track(this.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress).send({ identity: own, command, at: observedAt }));
    }
  }

  /** Whose session it is (domain.md §5): of a bound node, of a care-of address, or of neither. */
  private async scopeOf({ decoded, observedMs }: Sighted, destination: string): Promise<Scope & { mobileNode: string | null }> {
    const candidates = await this.bindings.bindingsOf(destination, observedMs);
    const binding = candidates.find((candidate) => isOnTheWay(candidate, decoded)) ?? candidates[0];
    if (binding) return { foreignAgent: binding.foreignAgent, careOfAddress: binding.careOfAddress, mobileNode: binding.mobileNode };
    const agent = this.agents.agentOf(destination);
    return { foreignAgent: agent?.foreignAgent ?? directAgent, careOfAddress: destination, mobileNode: null };
  }

  private isRepeat({ digest, observedMs }: Sighted, stream: string): boolean {
    const repeat = this.messages.isRepeat(digest, observedMs, stream);
    if (repeat) this.repeats++;
    return repeat;
  }

  private track(settled: Promise<{ readonly events: readonly unknown[] }>): void {
    this.inFlight.push(settled.then(({ events }) => (this.eventsAppended += events.length)));
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

/** The tunnel's outer addresses tell two equal home addresses apart. */
function isOnTheWay({ careOfAddress, homeAgent }: Binding, { tunnels, source, destination }: DecodedMessage): boolean {
  const outer = tunnels.flatMap((tunnel) => [tunnel.source, tunnel.destination]);
  if (outer.length === 0) return [source, destination].some((address) => address === careOfAddress || address === homeAgent);
  return outer.includes(careOfAddress) && (outer.includes(homeAgent) || outer.length < 2);
}
