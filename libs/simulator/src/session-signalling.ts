import type { RsvpSender, RsvpSession } from '#signalling';
import { dataPacket } from './data-packet';
import type { FlowPlan } from './flow-plan';
import type { ForeignAgentActor } from './foreign-agent';
import { Hops, timeToLive } from './hops';
import { insideFrame, outsideFrame } from './link';
import type { MobileNodeActor } from './mobile-node';
import type { ActiveSender } from './qos-session';
import {
  pathMessage, pathTearMessage, resvConfMessage, resvErrMessage, resvMessage, resvTearMessage, rsvpPacket, type HopOfSession,
} from './rsvp-packet';
import type { SessionLog } from './session-log';
import { TunnelSession } from './tunnel-session';

/** What is said for one session, on every hop, and what the log of the truth hears of it. */
export class SessionSignalling {
  private readonly hops: Hops;
  private readonly tunnel: TunnelSession | null;
  private packets = 0;

  constructor(
    private readonly owner: MobileNodeActor,
    private readonly plan: FlowPlan,
    private readonly session: RsvpSession,
  ) {
    this.hops = new Hops(owner, plan, session);
    this.tunnel = TunnelSession.carries(owner, plan) ? new TunnelSession(owner, plan, session) : null;
  }

  sendPaths(active: readonly ActiveSender[], heard: () => void): void {
    const { node } = this.owner;
    this.tunnel?.sendPath();
    const association = this.tunnel?.association() ?? null;
    const chosen = this.tunnel?.chosen() ?? null;
    for (const { sender, log } of active) {
      const packetOf = (hop: HopOfSession): Uint8Array => {
        const isInTunnel = hop.timeToLive === timeToLive.homeAgent;
        // The end of the tunnel takes the association out again.
        const message = pathMessage(hop, sender, isInTunnel ? 1 : 2, isInTunnel ? association : null);
        return rsvpPacket(sender.source, node.homeAddress, message);
      };
      const atAgent = ({ agent }: ForeignAgentActor): void => log.pathSeen(sender, agent.id, agent.careOfAddress, chosen);
      this.hops.down([sender], packetOf, { atAgent, atNode: heard });
    }
  }

  /** False: the node has nobody to send to. */
  sendResv(active: readonly ActiveSender[], confirms: boolean): boolean {
    const { world, random, node } = this.owner;
    return this.hops.up(sendersOf(active), (hop) => resvMessage(hop, confirms ? node.homeAddress : null), (via) => {
      for (const log of logsOf(active)) log.resvSeen(via.agent.careOfAddress);
      this.tunnel?.sendResv(via);
      if (!this.plan.isAdmitted) world.after(random.between(8_000, 30_000), () => this.sendResvErr(via, sendersOf(active)));
    });
  }

  sendConfirmation(active: readonly ActiveSender[]): void {
    const receiver = this.owner.node.homeAddress;
    const confirmedBy = this.plan.senders[0]!.source;
    this.hops.down(sendersOf(active), (hop) => rsvpPacket(confirmedBy, receiver, resvConfMessage(hop, confirmedBy, receiver)));
  }

  sendPathTears(active: readonly ActiveSender[]): void {
    const { homeAddress } = this.owner.node;
    for (const { sender, log } of active) {
      const packetOf = (hop: HopOfSession): Uint8Array => rsvpPacket(sender.source, homeAddress, pathTearMessage(hop, sender));
      this.hops.down([sender], packetOf, { atAgent: ({ agent }) => log.tearSeen(sender, agent.careOfAddress) });
    }
    this.tunnel?.sendPathTear();
  }

  sendResvTear(active: readonly ActiveSender[]): void {
    this.hops.up(sendersOf(active), (hop) => resvTearMessage(hop), ({ agent }) => {
      for (const log of logsOf(active)) log.resvTearSeen(agent.careOfAddress);
    });
  }

  sendData(active: readonly ActiveSender[]): void {
    const { sender } = active[this.packets % active.length]!;
    this.packets += 1;
    const packet = dataPacket(this.plan, sender, this.session.destination, this.packets);
    if (this.tunnel) this.tunnel.sendData(packet);
    else this.hops.down([sender], () => packet);
  }

  /** The home agent refuses; hop by hop to the node, which then gives up. */
  private sendResvErr({ agent }: ForeignAgentActor, senders: readonly RsvpSender[]): void {
    const { world, node, random } = this.owner;
    const refusedBy = node.homeAgent.address;
    const from = (hop: string): HopOfSession => ({ plan: this.plan, session: this.session, senders, hop, timeToLive: timeToLive.hop });
    const outside = rsvpPacket(refusedBy, agent.careOfAddress, resvErrMessage(from(refusedBy), refusedBy));
    const inside = rsvpPacket(agent.address, node.homeAddress, resvErrMessage(from(agent.address), refusedBy));
    world.send(outsideFrame(agent, 'agent', outside), () =>
      world.after(random.between(200, 900), () => world.send(insideFrame(agent, 'node', node, inside))),
    );
  }
}

function logsOf(active: readonly ActiveSender[]): ReadonlySet<SessionLog> {
  return new Set(active.map(({ log }) => log));
}

function sendersOf(active: readonly ActiveSender[]): readonly RsvpSender[] {
  return active.map(({ sender }) => sender);
}
