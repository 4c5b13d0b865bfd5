import { directAgent } from '#domain';
import { stepOf } from './registrations';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';

/**
 * A co-located care-of address is its node's own (RFC 5944 §1.5) until it is an agent's: then no registration there can be renewed, and what stood
 * on it would hold its ids beside the agent's scope, where nobody compares them. Those bindings end, and with them the sessions of their nodes. What
 * captures showed ends by its own frames. It may be repeated: a crash behind the end of a binding leaves the rest to the registration process.
 * @param only of this node; null: of all
 */
export async function endColocated(
  mailboxes: Mailboxes,
  { foreignAgent, careOfAddresses, only }: { readonly foreignAgent: string; readonly careOfAddresses: readonly string[]; readonly only: string | null },
  cause: CommandIdentity,
): Promise<void> {
  const { agentByCareOfAddress } = mailboxes.knownAgents();
  await Promise.all(careOfAddresses.map(async (careOfAddress) => {
    if (agentByCareOfAddress.get(careOfAddress) !== foreignAgent) return;
    const scope = mailboxes.flowTable(directAgent, careOfAddress);
    await scope.refresh();
    const { state, commanded } = scope.fold;
    const nodes = [...state.visitors.values()].map(({ mobileNode }) => mobileNode);
    const ending = nodes.filter((node) => (only === null || node === only) && commanded.includesVisitor(node));
    const visits = ending.map((mobileNode) => ({ careOfAddress, mobileNode, registrationRevision: state.registrationRevisions.get(mobileNode)! }));
    await Promise.all(visits.map((visit) => endAt(mailboxes, visit, cause)));
  }));
}

interface Visit {
  readonly careOfAddress: string;
  readonly mobileNode: string;
  readonly registrationRevision: bigint;
}

async function endAt(mailboxes: Mailboxes, { careOfAddress, mobileNode, registrationRevision }: Visit, cause: CommandIdentity): Promise<void> {
  const why = { foreignAgent: directAgent, careOfAddress, cause: 'administrator' } as const;
  const step = `give way ${registrationRevision} ${careOfAddress}`;
  const { answer } = await mailboxes.mobileNode(mobileNode).send({
    identity: stepOf(cause, `${step} ${mobileNode}`), command: { type: 'LoseBinding', ...why, registrationRevision },
  });
  if (answer.outcome !== 'ended') return;
  await mailboxes.flowTable(directAgent, careOfAddress).send({
    identity: stepOf(cause, `dismiss ${step} ${mobileNode}`),
    command: { type: 'DismissVisitor', mobileNode, cause: 'administrator', registrationRevision: answer.revision, orphanedUntil: null },
  });
}
