import type { Binding, EndedBinding, FlowTableEvent, MobileNodeAnswer, OfNode } from '#domain';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { WithdrawnScopes } from './withdrawn-scopes';

type Dismissed = Omit<EndedBinding, 'homeAgent' | 'homeAddress' | 'visitor'>;

/**
 * The second append of a registration: what a decision of a scope needs is in the scope's own stream, so the scope is told who
 * came and who left, before the registration is answered. After a crash the registration process tells it again; an older
 * registration revision is a no-op there.
 */
export class Registrations {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly withdrawn: WithdrawnScopes,
  ) {}

  async tellScopes(answer: MobileNodeAnswer, cause: CommandIdentity, at?: number): Promise<number> {
    // What a handoff moves is told by its steps.
    if ((answer.outcome !== 'registered' && answer.outcome !== 'ended') || ('handoff' in answer && answer.handoff)) return 0;
    const { revision, ended } = answer;
    const came = answer.outcome === 'registered' && answer.visitor !== null
      ? this.admitted(answer.visitor, revision, cause, at, Date.parse(answer.event.occurredAt))
      : [];
    const told = await Promise.all([this.tellEnded(ended, revision, cause, at), came]);
    return told.flat().length;
  }

  /**
   * Where another binding of the node stands, it visits on.
   * @returns what it came to in the scopes
   */
  async tellEnded(ended: readonly EndedBinding[], revision: bigint, cause: CommandIdentity, at?: number): Promise<readonly FlowTableEvent[]> {
    // Of several that ended at one address the last one tells what is left there.
    const scopes = new Map(ended.map((binding) => [`${binding.foreignAgent}@${binding.careOfAddress}`, binding]));
    const told = [...scopes.values()].map((binding) =>
      binding.visitor ? this.admitted(binding.visitor, revision, cause, at) : this.dismissed(binding, revision, cause, at),
    );
    return (await Promise.all(told)).flat();
  }

  /** @param acceptedAt milliseconds */
  async admit(binding: Binding, revision: bigint, cause: CommandIdentity, at?: number, acceptedAt?: number): Promise<number> {
    return (await this.admitted(binding, revision, cause, at, acceptedAt)).length;
  }

  private async admitted(binding: Binding, revision: bigint, cause: CommandIdentity, at?: number, acceptedAt?: number): Promise<readonly FlowTableEvent[]> {
    const { mobileNode, homeAddress, homeAgent, foreignAgent, careOfAddress } = binding;
    const expiresAt = binding.expiresAt === null ? null : new Date(binding.expiresAt).toISOString();
    const visit = { mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision: revision };
    const mail = {
      identity: stepOf(cause, `admit ${revision} ${careOfAddress}`),
      command: { type: 'AdmitVisitor', ...visit, ...(acceptedAt === undefined ? this.asOf(mobileNode, at) : { acceptedAt }), ...(at !== undefined && { isObserved: true }) } as const,
      ...(at !== undefined && { at }),
    };
    const scope = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    let settled = await scope.send(mail);
    if (settled.answer.outcome === 'closed') {
      await this.withdrawn.serveAgain(binding, cause);
      settled = await scope.send({ ...mail, command: { ...mail.command, evenWithdrawn: true } });
    }
    return settled.events as readonly FlowTableEvent[];
  }

  async dismiss(binding: Dismissed, revision: bigint, cause: CommandIdentity, at?: number): Promise<number> {
    return (await this.dismissed(binding, revision, cause, at)).length;
  }

  private async dismissed(binding: Dismissed, revision: bigint, cause: CommandIdentity, at?: number): Promise<readonly FlowTableEvent[]> {
    const { mobileNode, foreignAgent, careOfAddress } = binding;
    const orphanedUntil = binding.expiresAt === null ? null : new Date(binding.expiresAt).toISOString();
    const { events } = await this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
      identity: stepOf(cause, `dismiss ${revision} ${careOfAddress}`),
      command: { type: 'DismissVisitor', mobileNode, cause: binding.cause, registrationRevision: revision, orphanedUntil, ...this.asOf(mobileNode, at) },
      ...(at !== undefined && { at }),
    });
    return events as readonly FlowTableEvent[];
  }

  /** The node's own time, as far as it is known here; that of what was observed is its frame's. */
  private asOf(mobileNode: string, at: number | undefined): OfNode {
    const { lastOccurredAt } = this.mailboxes.mobileNode(mobileNode).fold.state;
    return at !== undefined || lastOccurredAt === Number.NEGATIVE_INFINITY ? {} : { asOf: lastOccurredAt };
  }
}

/** A step of a process: known by its cause and its name, never by the caller's key. */
export function stepOf(cause: CommandIdentity, step: string): CommandIdentity {
  const { commandId, actor, bodyDigest, correlationId } = cause;
  const origin = cause.origin === 'commanded' ? 'process' : cause.origin;
  // One of a batch makes its members where they are asked for: by their names.
  return { ...cause, actor, bodyDigest, correlationId, commandId: stepId(commandId, step), idempotencyKey: null, origin, causationId: commandId, isStep: true };
}
