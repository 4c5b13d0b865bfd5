import type { FlowPlan } from './flow-plan';
import { outsideFrame } from './link';
import type { ForeignAgent } from './network';
import { Random } from './random';
import { pathMessage, resvMessage, rsvpPacket } from './rsvp-packet';
import type { World } from './world';

const directStream = 0x6000_0000;

/** RSVP between two hosts that no agent serves, which passes by on the outside link: no mobile node, no tunnel. */
export class DirectFlow {
  private readonly random: Random;
  private readonly plan: FlowPlan;

  constructor(
    private readonly world: World,
    private readonly agent: ForeignAgent,
  ) {
    this.random = new Random(world.options.seed, directStream + agent.index);
    const sender = { source: `192.0.2.${100 + (agent.index % 100)}`, sourcePort: 5004, flowLabel: null, spi: null };
    const tspec = { r: 6_000, b: 6_000, p: 6_000, m: 80, M: 300 };
    this.plan = {
      style: 'FF', protocol: 17, destinationPort: 5004, generalized: false, senders: [sender],
      flowspec: { service: 'controlled-load', tspec, rspec: null },
      refreshPeriodMs: 30_000, asksForConfirmation: false, hasAdspec: false, isAdmitted: true, ends: 'timeout',
    };
  }

  start(): void {
    this.world.after(this.random.between(0.5, 4) * 1_000_000, () => this.refresh());
  }

  private refresh(): void {
    const { world, random, plan, agent } = this;
    const sender = plan.senders[0]!;
    const receiver = `203.0.113.${100 + (agent.index % 100)}`;
    const session = { destination: receiver, protocol: plan.protocol, destinationPort: plan.destinationPort, generalized: false, flags: 0 };
    const down = { plan, session, hop: '192.0.2.254', timeToLive: 62 };
    world.put(outsideFrame(agent, 'agent', rsvpPacket(sender.source, receiver, pathMessage(down, sender, 1))));
    world.after(random.between(5_000, 20_000), () => {
      const up = { plan, session, hop: receiver, timeToLive: 62 };
      world.put(outsideFrame(agent, 'router', rsvpPacket(receiver, down.hop, resvMessage(up, null))));
    });
    world.after(plan.refreshPeriodMs * 1_000 * random.between(0.5, 1.5), () => this.refresh());
  }
}
