import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { LedgerEvent } from '#domain';
import { LedgerCommand, NotFound, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import { Mailboxes } from '../mailbox/mailboxes';
import { requireSameAgent } from './provision-foreign-agent';
import { RegistrationProcess } from '../processes/registration-process';
import { Scopes } from '../processes/scopes';
import type { ForeignAgentsFold } from '../mailbox/stream-fold';
import { foreignAgentsStream } from '../mailbox/stream-names';

export interface RebootAnswer extends Answered {
  readonly foreignAgent: string;
  readonly careOfAddresses: readonly string[];
  /** Nodes that must register again before they configure. */
  readonly visitors: number;
  /** Sessions that were lost. */
  readonly released: number;
  /** Of the report in the stream of the agents. */
  readonly revision: string;
}

/** `POST /v1/foreign-agents/{fa}/reboots`: the agent lost its state, and everything that it held is lost. Each report is a fact of its own. */
export class RebootForeignAgent extends LedgerCommand<RebootAnswer> {
  foreignAgent!: string;
}

@CommandHandler(RebootForeignAgent)
export class RebootForeignAgentHandler implements ICommandHandler<RebootForeignAgent> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly scopes: Scopes,
    private readonly process: RegistrationProcess,
  ) {}

  async execute({ foreignAgent, context }: RebootForeignAgent): Promise<Outcome<RebootAnswer>> {
    const outcome = await this.commands.once<RebootAnswer>(context, (identity) => this.reboot(foreignAgent, context.ifMatch, identity));
    // The first time may have ended between its appends, unanswered: whoever is answered may count on the scopes.
    if (outcome.replayed && outcome.outcome === 'accepted') await this.process.retell(foreignAgentsStream, BigInt(outcome.body.revision));
    return outcome;
  }

  /** @throws NotFound */
  private async reboot(foreignAgent: string, ifMatch: string | null, identity: CommandIdentity): Promise<Executed<RebootAnswer>> {
    const mailbox = this.mailboxes.foreignAgents();
    await mailbox.load();
    const { careOfAddresses = [] } = mailbox.fold.state.agents.get(foreignAgent) ?? {};
    const expected = await this.scopes.held(foreignAgent, careOfAddresses);
    const outcomeOf = (lost: Lost, at: bigint, revision: bigint): Outcome<RebootAnswer> => {
      const body = { foreignAgent, careOfAddresses, ...lost, revision: String(revision), position: String(at) };
      return { outcome: 'accepted', body, etag: null, replayed: false };
    };
    const { answer, position, revision } = await mailbox.send({
      identity,
      command: { type: 'ReportReboot', foreignAgent, reportedBy: 'command', sequenceNumbers: null },
      ...(ifMatch !== null && { precondition: (fold: ForeignAgentsFold) => requireSameAgent(fold, foreignAgent, ifMatch) }),
      storedAnswer: (given) => (given.outcome === 'done' ? answerToStore(outcomeOf(expected, 0n, given.agent.rebooted!)) : null),
    });
    if (answer.outcome === 'refused') throw new NotFound(answer.rejection.detail);
    const events = await this.scopes.reboot(foreignAgent, answer.agent.careOfAddresses, revision, identity);
    const end = events.length === 0 ? position : await this.mailboxes.head();
    return { outcome: outcomeOf(lostBy(events), end, revision), appended: true, tellsMore: true };
  }
}

type Lost = Pick<RebootAnswer, 'visitors' | 'released'>;

function lostBy(events: readonly LedgerEvent[]): Lost {
  const count = (type: LedgerEvent['type']): number => events.filter((event) => event.type === type).length;
  return { visitors: count('VisitorLeft'), released: count('QosSessionReleased') };
}
