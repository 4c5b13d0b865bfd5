import type { CommandIdentity } from '../idempotency/command-identity';
import type { KnownAgents } from './known-agents';
import type { Mailboxes } from '../mailbox/mailboxes';
import { stepOf } from './registrations';
import type { Scope } from './session-directory';

/**
 * Who comes to a care-of address that was taken from its agent, by a registration that was accepted all the same: on another server, or at the
 * same time. An agent that was removed is heard of again, as by any registration; at an address that the agent lost no session begins.
 */
export class WithdrawnScopes {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly agents: KnownAgents,
  ) {}

  /** @returns whether the address is the agent's again, and its scope was told so */
  async serveAgain({ foreignAgent, careOfAddress }: Scope, cause: CommandIdentity): Promise<boolean> {
    // What this server knew of the agent may be of before it was removed.
    await this.mailboxes.foreignAgents().refresh();
    const agent = await this.agents.learn({ foreignAgent, careOfAddresses: [careOfAddress], learnedFrom: 'registration' }, cause);
    if ('rejection' in agent || !agent.careOfAddresses.includes(careOfAddress)) return false;
    // It is about to be taken again: what an earlier word says of it would open what is closed.
    if (agent.closing?.careOfAddresses.includes(careOfAddress)) return true;
    const { pools, policy, revision } = agent;
    await this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
      identity: stepOf(cause, `provision ${revision} ${careOfAddress}`),
      command: { type: 'ProvisionScope', pools, policy, revision },
    });
    return true;
  }
}
