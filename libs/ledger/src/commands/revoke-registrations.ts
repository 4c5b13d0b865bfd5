import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsOptional, Matches } from 'class-validator';
import type { EndedBinding, FlowTableEvent, MobileNodeAnswer, QosSessionReleased, Revoke } from '#domain';
import { LedgerCommand, NotFound, PreconditionFailed, type Answered, type Outcome } from '../idempotency/command';
import { answerToStore, CommandLog, type Executed } from '../idempotency/command-log';
import type { CommandIdentity } from '../idempotency/command-identity';
import { etagMatches, etagOf } from './etag';
import { Mailboxes } from '../mailbox/mailboxes';
import { RegistrationProcess } from '../processes/registration-process';
import { Registrations } from '../processes/registrations';
import { Scopes } from '../processes/scopes';
import type { MobileNodeFold } from '../mailbox/stream-fold';
import { mobileNodeStream } from '../mailbox/stream-names';
import { foreignAgentIdPattern, IsAddress } from './validation';

export interface RevokedBinding {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
  readonly homeAgent: string;
  readonly homeAddress: string;
  /** When it would have expired; null: never. */
  readonly expiresAt: string | null;
}

export interface RevocationAnswer extends Answered {
  readonly mobileNode: string;
  /** Empty: none stood. */
  readonly revoked: readonly RevokedBinding[];
  /** Ids of the sessions that ended with them. */
  readonly released: readonly string[];
  readonly revision: string;
}

/** `POST /v1/mobile-nodes/{mn}/revocations` (RFC 3543): the bindings that agree with whatever is given end; nothing given: all of them. */
export class RevokeRegistrations extends LedgerCommand<RevocationAnswer> {
  mobileNode!: string;
  @IsOptional() @Matches(foreignAgentIdPattern) foreignAgent?: string;
  @IsOptional() @IsAddress() careOfAddress?: string;
  @IsOptional() @IsAddress() homeAgent?: string;
  @IsOptional() @IsAddress() homeAddress?: string;
}

@CommandHandler(RevokeRegistrations)
export class RevokeRegistrationsHandler implements ICommandHandler<RevokeRegistrations> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly registrations: Registrations,
    private readonly scopes: Scopes,
    private readonly process: RegistrationProcess,
  ) {}

  async execute(request: RevokeRegistrations): Promise<Outcome<RevocationAnswer>> {
    const outcome = await this.commands.once<RevocationAnswer>(request.context, (identity) => this.revoke(request, identity));
    // The first time may have ended between its two appends, unanswered.
    const isTold = !outcome.replayed || outcome.outcome === 'refused' || outcome.body.revoked.length === 0;
    if (!isTold) await this.process.retell(mobileNodeStream(request.mobileNode), BigInt(outcome.body.revision));
    return outcome;
  }

  /** @throws NotFound */
  private async revoke(request: RevokeRegistrations, identity: CommandIdentity): Promise<Executed<RevocationAnswer>> {
    const { mobileNode } = request;
    const { ifMatch } = request.context;
    const mailbox = this.mailboxes.mobileNode(mobileNode);
    await mailbox.refresh();
    if (mailbox.fold.revision < 0n) throw new NotFound('No mobile node has this id.');
    const sessions = await this.scopes.sessionsOf(mobileNode, [...mailbox.fold.state.bindings.values()]);
    const sessionsAt = (ended: readonly EndedBinding[]): string[] =>
      ended.flatMap(({ visitor, careOfAddress }) => (visitor ? [] : (sessions.get(careOfAddress) ?? [])));
    const { answer, position, events, revision } = await mailbox.send({
      identity,
      command: revokeOf(request),
      ...(ifMatch !== null && { precondition: (fold: MobileNodeFold) => requireUnchanged(fold, ifMatch) }),
      storedAnswer: (given) => answerToStore(outcomeOf(mobileNode, given, sessionsAt(endedBy(given)), revisionOf(given, mailbox.fold.revision), 0n)),
    });
    const told = await this.registrations.tellEnded(endedBy(answer), revisionOf(answer, revision), identity);
    const end = told.length === 0 ? position : await this.mailboxes.head();
    const outcome = outcomeOf(mobileNode, answer, releasedBy(mobileNode, told), revisionOf(answer, revision), end);
    return { outcome, appended: events.length > 0, tellsMore: true };
  }
}

function revokeOf({ foreignAgent, careOfAddress, homeAgent, homeAddress }: RevokeRegistrations): Revoke {
  const given = (value: string | undefined): string | null => value ?? null;
  return {
    type: 'Revoke', foreignAgent: given(foreignAgent), careOfAddress: given(careOfAddress), homeAgent: given(homeAgent), homeAddress: given(homeAddress),
  };
}

function requireUnchanged(fold: MobileNodeFold, ifMatch: string): void {
  const current = etagOf(fold.revision);
  if (!etagMatches(ifMatch, current)) throw new PreconditionFailed(current);
}

function endedBy(answer: MobileNodeAnswer): readonly EndedBinding[] {
  return answer.outcome === 'ended' ? answer.ended : [];
}

function revisionOf(answer: MobileNodeAnswer, otherwise: bigint): bigint {
  return answer.outcome === 'ended' ? answer.revision : otherwise;
}

/** Without what fell due in the scope meanwhile, of whatever node. */
function releasedBy(mobileNode: string, events: readonly FlowTableEvent[]): string[] {
  const isMeant = (event: FlowTableEvent): event is QosSessionReleased =>
    event.type === 'QosSessionReleased' && event.mobileNode === mobileNode && event.cause === 'revocation';
  return events.filter(isMeant).map(({ sessionId }) => sessionId);
}

function outcomeOf(mobileNode: string, answer: MobileNodeAnswer, released: readonly string[], at: bigint, position: bigint): Outcome<RevocationAnswer> {
  const revoked = endedBy(answer).map(({ foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt }) => ({
    foreignAgent, careOfAddress, homeAgent, homeAddress, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  }));
  const revision = String(at);
  return { outcome: 'accepted', body: { mobileNode, revoked, released, revision, position: String(position) }, etag: etagOf(revision), replayed: false };
}
