import type { RsvpMessage, RsvpSender, RsvpSession } from '#signalling';
import type { FlowPlan } from './flow-plan';
import type { ForeignAgentActor } from './foreign-agent';
import { insideFrame, outsideFrame } from './link';
import type { MobileNodeActor } from './mobile-node';
import { rsvpPacket, type HopOfSession } from './rsvp-packet';
import { tunnelToCareOfAddress } from './tunnel';

/** Times to live on the way: down from the correspondent, and of what goes from one hop to the next. */
export const timeToLive = { homeAgent: 62, foreignAgent: 61, hop: 64 } as const;

/** Who is told where a packet has come to. */
export interface Arrivals {
  readonly atAgent?: (agent: ForeignAgentActor) => void;
  readonly atNode?: () => void;
}

/**
 * The way of a session's packets: home agent and foreign agent are RSVP hops, the tunnel between them is one logical link.
 * Each hop sends a packet of its own, when the one before has come.
 */
export class Hops {
  constructor(
    private readonly owner: MobileNodeActor,
    private readonly plan: FlowPlan,
    private readonly session: RsvpSession,
  ) {}

  /** Through the tunnel to the foreign agent, and from there to the node. */
  down(senders: readonly RsvpSender[], packetOf: (hop: HopOfSession) => Uint8Array, { atAgent, atNode }: Arrivals = {}): void {
    const { world, node, random } = this.owner;
    const via = this.owner.boundAgent();
    if (via === null || !via.isUp) return;
    const { agent } = via;
    const outside = packetOf(this.hop(senders, node.homeAgent.address, timeToLive.homeAgent));
    world.send(outsideFrame(agent, 'agent', tunnelToCareOfAddress(node, agent, outside)), () => {
      atAgent?.(via);
      const inside = packetOf(this.hop(senders, agent.address, timeToLive.foreignAgent));
      world.after(random.between(200, 900), () => {
        if (this.owner.isVisitorOf(via)) world.send(insideFrame(agent, 'node', node, inside), atNode);
      });
    });
  }

  /** From the node to its agent, and from there to the home agent. False: the node has nobody to send to. */
  up(senders: readonly RsvpSender[], messageOf: (hop: HopOfSession) => RsvpMessage, atAgent?: (agent: ForeignAgentActor) => void): boolean {
    const { world, node, random } = this.owner;
    const via = this.owner.reachableAgent();
    if (via === null) return false;
    const { agent } = via;
    const inside = messageOf(this.hop(senders, node.homeAddress, timeToLive.hop));
    world.send(insideFrame(agent, 'agent', node, rsvpPacket(node.homeAddress, agent.address, inside)), () => {
      atAgent?.(via);
      const outside = messageOf(this.hop(senders, agent.careOfAddress, timeToLive.hop));
      const onward = rsvpPacket(agent.careOfAddress, node.homeAgent.address, outside);
      world.after(random.between(200, 900), () => {
        if (via.isUp) world.send(outsideFrame(agent, 'router', onward));
      });
    });
    return true;
  }

  private hop(senders: readonly RsvpSender[], hop: string, ttl: number): HopOfSession {
    return { plan: this.plan, session: this.session, senders, hop, timeToLive: ttl };
  }
}
