import type { RsvpSender } from '#signalling';
import type { SimulatedStyle } from './options';

/** What routers see of a session, but for the destination. */
export interface StandingFlow {
  readonly style: SimulatedStyle;
  readonly protocol: number;
  readonly destinationPort: number;
  readonly senders: readonly RsvpSender[];
}

/** The flows that stand at each care-of address, by what every two that routers cannot tell apart have in common. */
export class StandingFlows {
  private readonly flows = new Map<string, Set<StandingFlow>>();

  add(careOfAddress: string, flow: StandingFlow): void {
    const key = keyOf(careOfAddress, flow);
    const standing = this.flows.get(key);
    if (standing) standing.add(flow);
    else this.flows.set(key, new Set([flow]));
  }

  remove(careOfAddress: string, flow: StandingFlow): void {
    const key = keyOf(careOfAddress, flow);
    const standing = this.flows.get(key);
    standing?.delete(flow);
    if (standing?.size === 0) this.flows.delete(key);
  }

  /** Whether routers at this address could not tell the flow from one that stands there. */
  collides(careOfAddress: string, flow: StandingFlow): boolean {
    return [...(this.flows.get(keyOf(careOfAddress, flow)) ?? [])].some((other) => other !== flow && cannotBeTold(other, flow));
  }
}

/** A list of senders changes, the protocol and the port do not. */
function keyOf(careOfAddress: string, { protocol, destinationPort }: StandingFlow): string {
  return `${careOfAddress} ${protocol} ${destinationPort}`;
}

function cannotBeTold(a: StandingFlow, b: StandingFlow): boolean {
  if (a.style === 'WF' || b.style === 'WF') return true;
  return a.senders.some((one) => b.senders.some((other) => isSameSender(one, other)));
}

export function isSameSender(a: RsvpSender, b: RsvpSender): boolean {
  return a.source === b.source && a.sourcePort === b.sourcePort && a.spi === b.spi && a.flowLabel === b.flowLabel;
}
