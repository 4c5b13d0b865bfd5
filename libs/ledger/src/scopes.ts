import { reject, type ForeignAgent, type Rejection } from '#domain';
import { stepOf } from './registrations';
import type { CommandIdentity } from './command-identity';
import type { Mailboxes } from './mailboxes';

/** The second append of provisioning: each scope of an agent is told its pools and policy, or that it is no more. */
export class Scopes {
  constructor(private readonly mailboxes: Mailboxes) {}

  async provision({ foreignAgent, careOfAddresses, pools, policy, revision }: ForeignAgent, cause: CommandIdentity): Promise<void> {
    await Promise.all(
      careOfAddresses.map((careOfAddress) =>
        this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
          identity: stepOf(cause, `provision ${revision} ${careOfAddress}`),
          command: { type: 'ProvisionScope', pools, policy, revision },
        }),
      ),
    );
  }

  /** Releases what is live there: whether that may be was asked before. */
  async withdraw(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity): Promise<void> {
    await Promise.all(
      careOfAddresses.map((careOfAddress) =>
        this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
          identity: stepOf(cause, `withdraw ${revision} ${careOfAddress}`),
          command: { type: 'WithdrawScope', revision, force: true },
        }),
      ),
    );
  }

  /** Sessions that hold flow ids at these addresses now. */
  async liveSessions(foreignAgent: string, careOfAddresses: readonly string[]): Promise<number> {
    const counts = await Promise.all(
      careOfAddresses.map(async (careOfAddress) => {
        const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
        await mailbox.refresh();
        return mailbox.fold.state.sessions.size;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async refusalOfLive(foreignAgent: string, careOfAddresses: readonly string[]): Promise<Rejection | null> {
    const live = await this.liveSessions(foreignAgent, careOfAddresses);
    if (live === 0) return null;
    const detail = `${live} sessions hold flow ids at ${careOfAddresses.join(', ')}, which ${foreignAgent} would lose.`;
    return reject('foreign-agent-in-use', detail, { sessions: live, careOfAddresses });
  }
}
