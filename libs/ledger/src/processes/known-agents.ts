import type { ForeignAgent, Learn, Policy, Rejection } from '#domain';
import { endColocated } from './colocated-nodes';
import type { Scope } from './session-directory';
import { stepOf } from './registrations';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';

/** Foreign agents as this server knows them; what it does not know yet is asked of the stream. */
export class KnownAgents {
  constructor(private readonly mailboxes: Mailboxes) {}

  /**
   * The agent that a registration or a capture names, learned if it was not known.
   * @param appended told how many events that took
   */
  async learn(
    named: Omit<Learn, 'type'>,
    cause: CommandIdentity,
    at?: number,
    appended: (events: number) => void = () => undefined,
  ): Promise<ForeignAgent | Rejection> {
    const mailbox = this.mailboxes.foreignAgents();
    // What could not be read is read once more, and refuses the command where it still cannot.
    const known = mailbox.unreadable ? undefined : this.knownBy(named);
    if (known) return known;
    const { answer, events } = await mailbox.send({
      identity: stepOf(cause, `learn ${named.foreignAgent ?? ''} ${named.careOfAddresses.join(' ')}`),
      command: { type: 'Learn', ...named },
      ...(at !== undefined && { at }),
    });
    appended(events.length);
    if (answer.outcome === 'refused') return answer.rejection;
    // What stands on an address that a capture tells of ends by the ledger's clock, not by the frame's: the registration process sees to it.
    const { foreignAgent, careOfAddresses } = answer.agent;
    const isToEnd = events.length > 0 && cause.origin !== 'observed';
    if (isToEnd) await endColocated(this.mailboxes, { foreignAgent, careOfAddresses, only: null }, cause);
    return answer.agent;
  }

  /** Whether the registration alone would tell of it: nobody has the address, and the agent was not provisioned without it. */
  isNews({ foreignAgent, careOfAddress }: Scope): boolean {
    return this.agentOf(careOfAddress) === undefined && this.mailboxes.knownAgents().agents.get(foreignAgent)?.provisioned !== true;
  }

  agentOf(careOfAddress: string): ForeignAgent | undefined {
    const { agents, agentByCareOfAddress } = this.mailboxes.knownAgents();
    const foreignAgent = agentByCareOfAddress.get(careOfAddress);
    return foreignAgent === undefined ? undefined : agents.get(foreignAgent);
  }

  policyOf(foreignAgent: string): Policy | undefined {
    return this.mailboxes.knownAgents().agents.get(foreignAgent)?.policy;
  }

  private knownBy({ foreignAgent, careOfAddresses }: Omit<Learn, 'type'>): ForeignAgent | undefined {
    const owner = this.agentOf(careOfAddresses[0]!);
    const isOwner = foreignAgent === null || owner?.foreignAgent === foreignAgent;
    return isOwner && owner && careOfAddresses.every((address) => owner.careOfAddresses.includes(address)) ? owner : undefined;
  }
}
