import { buildIpv4, buildUdp, IpProtocol, UdpPort, type RsvpMessage, type RsvpSender, type RsvpSession } from '#signalling';
import type { FlowPlan } from './flow-plan';
import type { ForeignAgentActor } from './foreign-agent';
import { timeToLive } from './hops';
import { insideFrame, outsideFrame } from './link';
import type { MobileNodeActor } from './mobile-node';
import type { LegTruth } from './truth';
import { pathMessage, pathTearMessage, resvMessage, rsvpPacket, type HopOfSession } from './rsvp-packet';

type SessionAssoc = NonNullable<RsvpMessage['sessionAssoc']>;

/** Below the dynamic ports, of which a ledger allocates: two that choose from one range would collide themselves. */
const firstSourcePort = 32_768;
const sourcePorts = 16_384;

/**
 * RFC 2746: the home agent gives a session a tunnel session of its own, UDP to port 363 of the care-of address, told from others
 * by its source port. SESSION_ASSOC names both, in the PATH of the tunnel session and in the one that travels through it.
 */
export class TunnelSession {
  private current: { readonly via: ForeignAgentActor; readonly sourcePort: number } | null = null;

  constructor(
    private readonly owner: MobileNodeActor,
    private readonly plan: FlowPlan,
    private readonly session: RsvpSession,
  ) {}

  /** One sender, told by ports of UDP: what a tunnel session of UDP can stand for. */
  static carries({ world, node }: MobileNodeActor, plan: FlowPlan): boolean {
    return world.options.tunnels && node.homeAgentChooses && plan.style === 'FF' && plan.protocol === IpProtocol.UDP;
  }

  chosen(): LegTruth['tunnel'] {
    const current = this.atBoundAgent();
    return current && { homeAgent: this.owner.node.homeAgent.address, sourcePort: current.sourcePort };
  }

  association(): SessionAssoc | null {
    const current = this.atBoundAgent();
    return current && { session: this.session, sender: this.sender(current.sourcePort) };
  }

  sendPath(): void {
    const association = this.association();
    if (association === null) return;
    this.fromHomeAgent((hop) => pathMessage(hop, association.sender, 1, association));
  }

  sendPathTear(): void {
    const association = this.association();
    if (association === null) return;
    this.fromHomeAgent((hop) => pathTearMessage(hop, association.sender));
    this.current = null;
  }

  /** The end of the tunnel reserves in it what the node reserves end to end. */
  sendResv(via: ForeignAgentActor): void {
    const current = this.atBoundAgent();
    if (current?.via !== via) return;
    const { careOfAddress } = via.agent;
    const packet = rsvpPacket(careOfAddress, this.owner.node.homeAgent.address, resvMessage(this.hop(current.sourcePort, careOfAddress), null));
    this.owner.world.send(outsideFrame(via.agent, 'router', packet));
  }

  /** Data of the session travels as UDP, with the source port that the reservation is for. */
  sendData(packet: Uint8Array): void {
    const current = this.atBoundAgent();
    if (current === null || !current.via.isUp) return;
    const { world, random, node } = this.owner;
    const { agent } = current.via;
    const ends = { source: node.homeAgent.address, destination: agent.careOfAddress };
    const ports = { sourcePort: current.sourcePort, destinationPort: UdpPort.RSVP_TUNNEL };
    const outer = buildIpv4({ ...ends, protocol: IpProtocol.UDP, timeToLive: timeToLive.homeAgent }, buildUdp({ ...ends, ...ports }, packet));
    world.send(outsideFrame(agent, 'agent', outer), () =>
      world.after(random.between(200, 900), () => world.send(insideFrame(agent, 'node', node, packet))),
    );
  }

  private fromHomeAgent(messageOf: (hop: HopOfSession) => RsvpMessage): void {
    const current = this.atBoundAgent();
    if (current === null || !current.via.isUp) return;
    const { address } = this.owner.node.homeAgent;
    const { agent } = current.via;
    const packet = rsvpPacket(address, agent.careOfAddress, messageOf(this.hop(current.sourcePort, address)));
    this.owner.world.send(outsideFrame(agent, 'agent', packet));
  }

  /** Another care-of address is another tunnel: there the home agent chooses anew. */
  private atBoundAgent(): TunnelSession['current'] {
    const via = this.owner.boundAgent();
    if (via === null) return null;
    if (this.current?.via !== via) this.current = { via, sourcePort: firstSourcePort + (via.tunnelSessions++ % sourcePorts) };
    return this.current;
  }

  private hop(sourcePort: number, hop: string): HopOfSession {
    const destination = this.current!.via.agent.careOfAddress;
    const session = { destination, protocol: IpProtocol.UDP, destinationPort: UdpPort.RSVP_TUNNEL, generalized: false, flags: 0 };
    return { plan: this.plan, session, senders: [this.sender(sourcePort)], hop, timeToLive: timeToLive.homeAgent };
  }

  private sender(sourcePort: number): RsvpSender {
    return { source: this.owner.node.homeAgent.address, sourcePort, flowLabel: null, spi: null };
  }
}
