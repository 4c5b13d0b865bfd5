import type { Binding, EndedBinding, FlowTableEvent, MobileNodeAnswer } from '#domain';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { WithdrawnScopes } from './withdrawn-scopes';

interface Consequences {
  readonly revision: bigint;
  readonly admitted: Binding | null;
  readonly acceptedAt: number | undefined;
  readonly ended: readonly EndedBinding[];
}

type Dismissed = Omit<EndedBinding, 'homeAgent' | 'homeAddress'>;

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
    const admitted = answer.outcome === 'registered' ? answer.admitted : null;
    const acceptedAt = answer.outcome === 'registered' ? Date.parse(answer.event.occurredAt) : undefined;
    return this.tell({ revision, admitted, acceptedAt, ended }, cause, at);
  }

  /** @returns how many events it came to */
  private async tell({ revision, admitted, acceptedAt, ended }: Consequences, cause: CommandIdentity, at?: number): Promise<number> {
    const steps = ended.map((binding) => this.dismiss(binding, revision, cause, at));
    if (admitted) steps.push(this.admit(admitted, revision, cause, at, acceptedAt));
    const appended = await Promise.all(steps);
    return appended.reduce((sum, events) => sum + events, 0);
  }

  /** @param acceptedAt milliseconds */
  async admit(binding: Binding, revision: bigint, cause: CommandIdentity, at?: number, acceptedAt?: number): Promise<number> {
    const { mobileNode, homeAddress, homeAgent, foreignAgent, careOfAddress } = binding;
    const expiresAt = binding.expiresAt === null ? null : new Date(binding.expiresAt).toISOString();
    const visit = { mobileNode, homeAddress, homeAgent, expiresAt, registrationRevision: revision };
    const mail = {
      identity: stepOf(cause, `admit ${revision} ${careOfAddress}`),
      command: { type: 'AdmitVisitor', ...visit, ...(acceptedAt !== undefined && { acceptedAt }), ...(at !== undefined && { isObserved: true }) } as const,
      ...(at !== undefined && { at }),
    };
    const scope = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    let settled = await scope.send(mail);
    if (settled.answer.outcome === 'closed') {
      await this.withdrawn.serveAgain(binding, cause);
      settled = await scope.send({ ...mail, command: { ...mail.command, evenWithdrawn: true } });
    }
    return settled.events.length;
  }

  async dismiss(binding: Dismissed, revision: bigint, cause: CommandIdentity, at?: number): Promise<number> {
    return (await this.dismissed(binding, revision, cause, at)).length;
  }

  /** @returns what it came to in the scope */
  async dismissed(binding: Dismissed, revision: bigint, cause: CommandIdentity, at?: number): Promise<readonly FlowTableEvent[]> {
    const { mobileNode, foreignAgent, careOfAddress } = binding;
    const orphanedUntil = binding.expiresAt === null ? null : new Date(binding.expiresAt).toISOString();
    const { events } = await this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
      identity: stepOf(cause, `dismiss ${revision} ${careOfAddress}`),
      command: { type: 'DismissVisitor', mobileNode, cause: binding.cause, registrationRevision: revision, orphanedUntil },
      ...(at !== undefined && { at }),
    });
    return events as readonly FlowTableEvent[];
  }
}

/** A step of a process: known by its cause and its name, never by the caller's key. */
export function stepOf(cause: CommandIdentity, step: string): CommandIdentity {
  const origin = cause.origin === 'commanded' ? 'process' : cause.origin;
  return { ...cause, commandId: stepId(cause.commandId, step), idempotencyKey: null, origin, causationId: cause.commandId, isStep: true };
}
