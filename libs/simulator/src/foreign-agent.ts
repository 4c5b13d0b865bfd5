import { buildIpv4, encodeMobileIp, IpProtocol, type AgentAdvertisement } from '#signalling';
import { insideMulticast } from './link';
import type { ForeignAgent } from './network';
import { Random } from './random';
import type { World } from './world';

/** Seconds between advertisements; RFC 1256 §4 leaves a third of the advertised router lifetime. */
const advertisementPeriodSeconds = 5;

/** The longest lifetime that a foreign agent lets through, as it advertises. */
export const foreignAgentLifetimeSeconds = 120;

/** Streams of actors that are no mobile nodes start far behind those that are. */
const agentStream = 0x4000_0000;

export class ForeignAgentActor {
  private sequenceNumber = 0;
  private readonly random: Random;

  constructor(
    private readonly world: World,
    readonly agent: ForeignAgent,
  ) {
    this.random = new Random(world.options.seed, agentStream + agent.index);
  }

  start(): void {
    this.world.after(this.random.between(0, 50_000), () => this.advertisePeriodically());
  }

  /** Also the answer to a solicitation. */
  advertise(): void {
    const { address, careOfAddress } = this.agent;
    const advertisement: AgentAdvertisement = {
      kind: 'agent-advertisement',
      code: 0,
      routerLifetimeSeconds: advertisementPeriodSeconds * 3,
      routerAddresses: [{ address, preference: 0 }],
      sequenceNumber: this.sequenceNumber,
      registrationLifetimeSeconds: foreignAgentLifetimeSeconds,
      flags: ['R', 'F', 'M', 'G'],
      careOfAddresses: [careOfAddress],
      prefixLengths: [],
      extensions: [],
    };
    // RFC 5944 §2.3: behind 65535 comes 256, so that a reboot (a number below 256) is told from a roll-over.
    this.sequenceNumber = this.sequenceNumber === 0xffff ? 256 : this.sequenceNumber + 1;
    const header = { source: address, destination: '224.0.0.1', protocol: IpProtocol.ICMP, timeToLive: 1 };
    this.world.put(insideMulticast(this.agent, 'agent', buildIpv4(header, encodeMobileIp(advertisement))));
  }

  private advertisePeriodically(): void {
    this.advertise();
    this.world.after(advertisementPeriodSeconds * 1_000_000 * this.random.between(0.9, 1.1), () => this.advertisePeriodically());
  }
}
