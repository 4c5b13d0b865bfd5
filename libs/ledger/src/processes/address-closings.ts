import { setTimeout as delay } from 'node:timers/promises';
import type { ForeignAgentsAnswer, ForeignAgentsCommand, LedgerEvent, Provision, Rejection, Remove } from '#domain';
import { ScopeContended } from '../idempotency/command';
import type { Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { MailOptions, Settled } from '../mailbox/mail';
import type { Mailboxes } from '../mailbox/mailboxes';
import { stepOf } from './registrations';
import { inUseBy, type Scopes } from './scopes';
import type { ForeignAgentsFold } from '../mailbox/stream-fold';
import { foreignAgentsStream } from '../mailbox/stream-names';

export type TakenAnswer = Exclude<ForeignAgentsAnswer, { readonly outcome: 'to-close' }>;

/** What takes addresses from an agent, unless somebody lives there. */
export interface Taking extends Pick<MailOptions<ForeignAgentsCommand, ForeignAgentsAnswer, ForeignAgentsFold>, 'identity' | 'precondition'> {
  readonly command: Provision | Remove;
  readonly storedAnswer: (answer: TakenAnswer) => unknown;
}

export type Taken =
  | (Omit<Settled<ForeignAgentsAnswer>, 'answer'> & { readonly answer: TakenAnswer })
  /** Nothing is written of it. */
  | { readonly refusal: Rejection };

const mostAttempts = 40;
/** Another closing of the agent is over by then, or was left by a crash. */
const patientAttempts = 15;
const attemptMs = 100;

/**
 * An address is taken from its agent in two phases (ADR 0024). The closing is a fact of the agents' stream, and each scope is asked and closed in
 * one append of its own: whoever configures there is before the question, and refuses the removal, or behind it, and is refused. The removal
 * itself stands only while its closing does, so that whoever undoes a closing (a crash, an impatient other server) undoes the removal with it.
 */
export class AddressClosings {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly scopes: Scopes,
  ) {}

  async take(taking: Taking): Promise<Taken> {
    const { identity, command: { foreignAgent } } = taking;
    let closing: bigint | null = null;
    try {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const command = { ...taking.command, closing };
        const storedAnswer = (answer: ForeignAgentsAnswer): unknown => taking.storedAnswer(answer as TakenAnswer);
        const settled = await this.mailboxes.foreignAgents().send({ ...taking, command, storedAnswer });
        const { answer } = settled;
        if (answer.outcome !== 'to-close') {
          if (answer.outcome === 'refused') await this.reopen(foreignAgent, closing, identity);
          return { ...settled, answer };
        }
        // It was ended by others, or the agent has further addresses by now.
        await this.reopen(foreignAgent, closing, identity);
        closing = null;
        const { careOfAddresses } = answer;
        const refusal = await this.scopes.refusalOfLive(foreignAgent, careOfAddresses);
        if (refusal) return { refusal };
        closing = await this.begin(foreignAgent, careOfAddresses, attempt, identity);
        const sessions = closing === null ? 0 : await this.close(foreignAgent, careOfAddresses, closing, identity);
        if (sessions === 0) continue;
        await this.reopen(foreignAgent, closing, identity);
        return { refusal: inUseBy(sessions, foreignAgent, careOfAddresses) };
      }
    } catch (error) {
      // Where that fails, too, the process does it that looks after what a crash leaves; the first error is the one to tell.
      await this.reopen(foreignAgent, closing, identity).catch(() => undefined);
      throw error;
    }
    throw new ScopeContended(`The addresses of ${foreignAgent} could not be closed for its removal: others change the agent all the time.`);
  }

  /** Whoever lives there: what stands is released with the address. */
  async takeByForce(taking: Taking): Promise<Taken> {
    const storedAnswer = (answer: ForeignAgentsAnswer): unknown => taking.storedAnswer(answer as TakenAnswer);
    const settled = await this.mailboxes.foreignAgents().send({ ...taking, storedAnswer });
    return { ...settled, answer: settled.answer as TakenAnswer };
  }

  /**
   * Opens what was closed, unless the removal came first: both need the closing.
   * @param closing revision of it; null: there is none
   */
  async reopen(foreignAgent: string, closing: bigint | null, cause: CommandIdentity): Promise<void> {
    if (closing === null) return;
    const agents = this.mailboxes.foreignAgents();
    await agents.refresh();
    if (agents.fold.state.agents.get(foreignAgent)?.closing?.revision !== closing) return;
    const { events } = await agents.send({
      identity: stepOf(cause, `reopen ${closing}`),
      command: { type: 'ReopenAddresses', foreignAgent, closing },
    });
    for (const event of events) await this.tellReopened(event, cause);
  }

  async tellReopened(event: LedgerEvent, cause: CommandIdentity): Promise<void> {
    if (event.type !== 'CareOfAddressesReopened') return;
    const revision = BigInt(event.closing);
    const told = event.careOfAddresses.map((careOfAddress) =>
      this.mailboxes.flowTable(event.foreignAgent, careOfAddress).send({
        identity: stepOf(cause, `reopen ${revision} ${careOfAddress}`),
        command: { type: 'ReopenScope', revision },
      }),
    );
    await Promise.all(told);
  }

  /** @returns revision of the closing; null: another one stands in the way, or the agent is another by now */
  private async begin(foreignAgent: string, careOfAddresses: readonly string[], attempt: number, cause: CommandIdentity): Promise<bigint | null> {
    const { answer, events } = await this.mailboxes.foreignAgents().send({
      identity: stepOf(cause, `close ${attempt}`),
      command: { type: 'CloseAddresses', foreignAgent, careOfAddresses },
    });
    if (answer.outcome === 'refused') return null;
    const { closing } = answer.agent;
    if (events.length > 0) return closing!.revision;
    if (closing && attempt >= patientAttempts) await this.reopen(foreignAgent, closing.revision, cause);
    else if (closing) await delay(attemptMs);
    return null;
  }

  /** @returns how many sessions stand in the way; where a scope finds the closing too late, so will the removal */
  private async close(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity): Promise<number> {
    const told = careOfAddresses.map((careOfAddress) =>
      this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
        identity: stepOf(cause, `close ${revision} ${careOfAddress}`),
        command: { type: 'CloseScope', revision },
      }),
    );
    return (await Promise.all(told)).reduce((sum, { answer }) => sum + (answer.outcome === 'in-use' ? answer.sessions : 0), 0);
  }
}

/** Refused before the stream was asked: counted all the same, and the answer tells how far the ledger is. */
export async function refusedAs(mailboxes: Mailboxes, command: ForeignAgentsCommand, rejection: Rejection): Promise<Executed<never>> {
  mailboxes.noteRefused(foreignAgentsStream, command, rejection);
  return { outcome: { outcome: 'refused', rejection, position: String(await mailboxes.head()), replayed: false }, appended: false };
}
