import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AddressClosings, refusedAs, type TakenAnswer, type Taking } from '../processes/address-closings';
import { LedgerCommand, NotFound, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import { Mailboxes } from '../mailbox/mailboxes';
import { requireSameAgent } from './provision-foreign-agent';
import { Scopes } from '../processes/scopes';
import type { ForeignAgentsFold } from '../mailbox/stream-fold';

export interface RemovalAnswer extends Answered {
  readonly foreignAgent: string;
  readonly released: number;
}

/** `DELETE /v1/foreign-agents/{fa}`. */
export class RemoveForeignAgent extends LedgerCommand<RemovalAnswer> {
  foreignAgent!: string;
  /** Release live sessions first instead of refusing with `foreign-agent-in-use`. */
  force = false;
}

@CommandHandler(RemoveForeignAgent)
export class RemoveForeignAgentHandler implements ICommandHandler<RemoveForeignAgent> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly scopes: Scopes,
    private readonly closings: AddressClosings,
  ) {}

  execute(request: RemoveForeignAgent): Promise<Outcome<RemovalAnswer>> {
    return this.commands.once<RemovalAnswer>(request.context, (identity) => this.remove(request, identity));
  }

  private async remove({ foreignAgent, force, context }: RemoveForeignAgent, identity: CommandIdentity): Promise<Executed<RemovalAnswer>> {
    const { ifMatch } = context;
    const live = force ? await this.liveSessions(foreignAgent) : 0;
    const removal: Taking = {
      identity,
      command: { type: 'Remove', foreignAgent },
      ...(ifMatch !== null && { precondition: (fold: ForeignAgentsFold) => requireSameAgent(fold, foreignAgent, ifMatch) }),
      storedAnswer: (given) => answerToStore(removalOf(given, foreignAgent, live, 0n)),
    };
    const taken = force ? await this.closings.takeByForce(removal) : await this.closings.take(removal);
    if ('refusal' in taken) {
      const { refusal } = taken;
      return refusedAs(this.mailboxes, removal.command, { ...refusal, detail: `${refusal.detail} force=true releases what stands first.` });
    }
    const { answer, position, events, revision } = taken;
    if (answer.outcome === 'refused' && answer.rejection.rejection === 'foreign-agent-unknown') throw new NotFound(answer.rejection.detail);
    if (answer.outcome === 'refused') return { outcome: removalOf(answer, foreignAgent, live, position), appended: events.length > 0 };
    const released = await this.scopes.withdraw(foreignAgent, answer.agent.careOfAddresses, revision, identity);
    // Fewer than were there: the process that looks after what a crash leaves has told a scope of it first.
    return { outcome: removalOf(answer, foreignAgent, Math.max(live, released), await this.mailboxes.head()), appended: events.length > 0, tellsMore: true };
  }

  private async liveSessions(foreignAgent: string): Promise<number> {
    const mailbox = this.mailboxes.foreignAgents();
    await mailbox.load();
    return this.scopes.liveSessions(foreignAgent, mailbox.fold.state.agents.get(foreignAgent)?.careOfAddresses ?? []);
  }
}

function removalOf(answer: TakenAnswer, foreignAgent: string, released: number, at: bigint): Outcome<RemovalAnswer> {
  const position = String(at);
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  return { outcome: 'accepted', body: { foreignAgent, released, position }, etag: null, replayed: false };
}
