import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext, Outcome } from '../idempotency/command';
import { commandIdOf, type CommandIdentity } from '../idempotency/command-identity';
import { configureMail, configureOutcome, type ConfigureAnswer, type ConfigureMail, type ConfigureQosSession } from './configure-qos-session';
import { Mailboxes, type FlowTableMailbox } from '../mailbox/mailboxes';
import { releaseReplaced, replacedBy } from './replaced-session';
import { leavesLegs, LeftLegs } from '../processes/left-legs';
import { SessionDirectory, type KnownSession } from '../processes/session-directory';

/** What each came to, in their order: its outcome, or the error that it ended with. */
export type ConfigureOutcomes = readonly (Outcome<ConfigureAnswer> | Error)[];

/**
 * Many commands begun together, in their order, none of them with a key: what an agent refreshes in a batch. Each is decided by itself, as if
 * it had come alone; what they share is the way there and back.
 */
export class ConfigureQosSessions extends Command<ConfigureOutcomes> {
  constructor(readonly requests: readonly ConfigureQosSession[]) {
    super();
  }
}

interface OfScope {
  readonly mailbox: FlowTableMailbox;
  readonly mails: ConfigureMail[];
  /** Of each mail among all requests. */
  readonly places: number[];
  /** Of each mail: what it takes over from, where another scope has it. */
  readonly replaced: (KnownSession | null | undefined)[];
}

@CommandHandler(ConfigureQosSessions)
export class ConfigureQosSessionsHandler implements ICommandHandler<ConfigureQosSessions> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly sessions: SessionDirectory,
    private readonly leftLegs: LeftLegs,
  ) {}

  async execute({ requests }: ConfigureQosSessions): Promise<ConfigureOutcomes> {
    const outcomes = new Array<Outcome<ConfigureAnswer> | Error>(requests.length);
    const settle = async (scope: OfScope): Promise<void> => {
      for (const [index, settled] of (await scope.mailbox.sendAll(scope.mails)).entries()) {
        const [place, { command }] = [scope.places[index]!, scope.mails[index]!];
        const [request, replaced] = [requests[place]!, scope.replaced[index]];
        const { identity } = scope.mails[index]!;
        if (!(settled instanceof Error) && settled.events.some(leavesLegs)) await this.leftLegs.end(settled.events, request, identity);
        if (replaced && !(settled instanceof Error)) {
          await releaseReplaced(replaced, settled, { request, identity, mailboxes: this.mailboxes, leftLegs: this.leftLegs });
        }
        outcomes[place] = settled instanceof Error ? settled : configureOutcome(request, command, settled, scope.mailbox, this.sessions);
      }
    };
    await Promise.all([...(await this.scopesOf(requests))].map(settle));
    return outcomes;
  }

  private async scopesOf(requests: readonly ConfigureQosSession[]): Promise<Iterable<OfScope>> {
    const scopes = new Map<FlowTableMailbox, OfScope>();
    for (const [place, request] of requests.entries()) {
      const mailbox = this.mailboxes.flowTable(request.foreignAgent, request.careOfAddress);
      let scope = scopes.get(mailbox);
      if (!scope) scopes.set(mailbox, (scope = { mailbox, mails: [], places: [], replaced: [] }));
      const replaced = request.replaces ? await replacedBy(request, mailbox, this.sessions) : undefined;
      scope.mails.push(configureMail(request, new IdentityWithoutKey(request.context), mailbox, replaced));
      scope.replaced.push(replaced);
      scope.places.push(place);
    }
    return scopes.values();
  }
}

/**
 * Id and digest are made where they are asked for: a refresh appends nothing. To be read by its members, never spread: what
 * is made late is none of its own.
 */
class IdentityWithoutKey implements CommandIdentity {
  readonly idempotencyKey = null;
  readonly origin = 'commanded';
  #commandId: string | undefined;

  constructor(private readonly context: CommandContext) {}

  get commandId(): string {
    return (this.#commandId ??= commandIdOf(null));
  }

  get causationId(): string {
    return this.commandId;
  }

  get correlationId(): string {
    return this.context.correlationId ?? this.commandId;
  }

  get actor(): string {
    return this.context.actor;
  }

  get bodyDigest(): string {
    return this.context.bodyDigest;
  }
}
