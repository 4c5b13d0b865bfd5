import { buildIpv4, encodeMobileIp, IpProtocol, type AgentAdvertisement } from '#signalling';
import { insideMulticast } from './link';
import type { ForeignAgent } from './network';
import { Random } from './random';
import { RandomStream } from './random-stream';
import type { World } from './world';

/** Seconds between advertisements; RFC 1256 §4 leaves a third of the advertised router lifetime. */
const advertisementPeriodSeconds = 5;

/** The longest lifetime that a foreign agent lets through, as it advertises. */
export const foreignAgentLifetimeSeconds = 120;

/** Of a link: who hears what the agent says there. */
export interface Listener {
  /** The agent's sequence numbers began again: it has no visitors any more (RFC 5944 §2.3). */
  agentBeganAgain(agent: ForeignAgentActor): void;
}

export class ForeignAgentActor {
  isUp = true;
  /** How often it has started: what it knew before the last start is gone. */
  starts = 1;
  readonly listeners = new Set<Listener>();
  /** Tunnel sessions that home agents set up to here so far. */
  tunnelSessions = 0;
  private readonly random: Random;
  private sequenceNumber: number;
  private isNew = false;

  constructor(
    private readonly world: World,
    readonly agent: ForeignAgent,
  ) {
    this.random = new Random(world.options.seed, RandomStream.agent + agent.index);
    // They started long before the run; of every third the number is about to roll over.
    this.sequenceNumber = agent.index % 3 === 1 ? 0xffff - this.random.integer(2, 8) : this.random.integer(256, 0xf000);
  }

  start(): void {
    this.world.after(this.random.between(0, 50_000), () => this.advertisePeriodically());
  }

  /** Down for a few seconds; visitors and reservations are lost, and the sequence begins at 0 again. */
  reboot(): void {
    if (!this.isUp) return;
    const { id: foreignAgent, careOfAddress } = this.agent;
    const truth = this.world.truth.reboot({ foreignAgent, careOfAddress });
    this.isUp = false;
    this.world.after(this.random.between(1, 4) * 1_000_000, () => {
      this.isUp = true;
      this.starts += 1;
      this.isNew = true;
      this.sequenceNumber = 0;
      truth.upAt = this.world.truth.now();
      this.world.truth.complete(truth);
      this.advertise();
    });
  }

  /** Also the answer to a solicitation. */
  advertise(): void {
    if (!this.isUp) return;
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
    this.world.send(insideMulticast(this.agent, 'agent', buildIpv4(header, encodeMobileIp(advertisement))), () => this.heard());
  }

  private heard(): void {
    if (!this.isNew) return;
    this.isNew = false;
    for (const listener of [...this.listeners]) listener.agentBeganAgain(this);
  }

  private advertisePeriodically(): void {
    this.advertise();
    this.world.after(advertisementPeriodSeconds * 1_000_000 * this.random.between(0.9, 1.1), () => this.advertisePeriodically());
  }
}
