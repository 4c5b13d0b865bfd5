import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, IsNumber, IsOptional, IsUUID, Matches, Max, Min, ValidateNested,
} from 'class-validator';
import {
  flowFaults, type ConfigureSession, type FlowId, type FlowTableAnswer, type FlowTableCommand, type Match, type Service, type Style,
  type TemporaryFlowId, type Tspec,
} from '#domain';
import { LedgerCommand, PreconditionFailed, type Answered, type BodyFault, type Outcome } from '../idempotency/command';
import { sessionIdOf, type CommandIdentity } from '../idempotency/command-identity';
import { answerToStore, CommandLog } from '../idempotency/command-log';
import { etagMatches, sessionEtagOf } from './etag';
import type { MailOptions, Settled } from '../mailbox/mail';
import { Mailboxes, type FlowTableMailbox } from '../mailbox/mailboxes';
import { releaseReplaced, replacedBy } from './replaced-session';
import { leavesLegs, LeftLegs } from '../processes/left-legs';
import { SessionDirectory, type KnownSession } from '../processes/session-directory';
import type { FlowTableFold } from '../mailbox/stream-fold';
import { foreignAgentIdPattern, IsAddress, IsRate, largestRate, mobileNodeIdPattern } from './validation';

export class FlowSenderBody {
  @IsAddress() correspondentNode!: string;
  @IsOptional() @IsInt() @Min(0) @Max(65535) sourcePort?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xfffff) flowLabel?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) spi?: number;
}

/** Which fields go together is told by `flowFaults` of the domain. */
export class FlowBody {
  @IsOptional() @IsAddress() correspondentNode?: string;
  @IsInt() @Min(0) @Max(255) protocol!: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) destinationPort?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65535) sourcePort?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xfffff) flowLabel?: number;
  @IsOptional() @IsInt() @Min(1) @Max(0xffffffff) spi?: number;
  @IsOptional() @IsArray() @ArrayMinSize(1) @ArrayMaxSize(1000) @ValidateNested({ each: true }) @Type(() => FlowSenderBody)
  senders?: FlowSenderBody[];
}

export class TspecBody {
  @IsNumber() @Min(0) @Max(largestRate) r!: number;
  @IsNumber() @Min(0) @Max(largestRate) b!: number;
  @IsRate() p!: number | 'Infinity';
  @IsInt() @Min(0) @Max(0xffffffff) m!: number;
  @IsInt() @Min(0) @Max(0xffffffff) M!: number;
}

export interface ConfigureAnswer extends Answered {
  readonly sessionId: string;
  readonly outcome: 'configured' | 'refreshed' | 'modified';
  readonly effective: FlowId;
  readonly temporary: TemporaryFlowId | null;
  readonly matched: readonly Omit<Match, 'effective'>[];
  readonly stream: string;
  readonly revision: string;
}

/** `POST /v1/qos-sessions`: configure, refresh or change a QoS session (domain.md §3). */
export class ConfigureQosSession extends LedgerCommand<ConfigureAnswer> {
  @Matches(foreignAgentIdPattern) foreignAgent!: string;
  @IsAddress() careOfAddress!: string;
  @Matches(mobileNodeIdPattern) mobileNode!: string;
  @ValidateNested() @Type(() => FlowBody) flow!: FlowBody;
  @IsOptional() @IsIn(['FF', 'SE', 'WF']) style?: Style;
  @IsOptional() @IsIn(['controlled-load', 'guaranteed']) service?: Service;
  @IsOptional() @ValidateNested() @Type(() => TspecBody) tspec?: TspecBody;
  /** 0: no soft state, the session ends with the registration. */
  @IsOptional() @IsInt() @Min(0) @Max(0xffffffff) refreshPeriodMs?: number;
  /** The session that this one takes over from (ESP rekey). */
  @IsOptional() @IsUUID() replaces?: string;

  /** What the fields show only together. */
  static faults(body: Pick<ConfigureQosSession, 'flow' | 'style' | 'careOfAddress'>): BodyFault[] {
    return flowFaults(body.flow, body.style ?? 'FF', body.careOfAddress);
  }
}

@CommandHandler(ConfigureQosSession)
export class ConfigureQosSessionHandler implements ICommandHandler<ConfigureQosSession> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly sessions: SessionDirectory,
    private readonly leftLegs: LeftLegs,
  ) {}

  execute(request: ConfigureQosSession): Promise<Outcome<ConfigureAnswer>> {
    const mailbox = this.mailboxes.flowTable(request.foreignAgent, request.careOfAddress);
    return this.commands.once<ConfigureAnswer>(request.context, async (identity) => {
      const replaced = await replacedBy(request, mailbox, this.sessions);
      const mail = configureMail(request, identity, mailbox, replaced);
      const settled = await mailbox.send(mail);
      // What was replaced, or a path that was taken over, may have been left elsewhere.
      if (settled.events.some(leavesLegs)) await this.leftLegs.end(settled.events, request, identity);
      if (replaced) await releaseReplaced(replaced, settled, { request, identity, mailboxes: this.mailboxes, leftLegs: this.leftLegs });
      return { outcome: configureOutcome(request, mail.command, settled, mailbox, this.sessions), appended: settled.events.length > 0 };
    });
  }
}

export interface ConfigureMail extends MailOptions<FlowTableCommand, FlowTableAnswer, FlowTableFold> {
  readonly command: ConfigureSession;
}

export function configureMail(
  request: ConfigureQosSession,
  identity: CommandIdentity,
  mailbox: FlowTableMailbox,
  replaced?: KnownSession | null,
): ConfigureMail {
  const { ifMatch } = request.context;
  const command = new ConfigureCommand(request, identity, replaced && { owner: replaced.mobileNode });
  return {
    identity,
    command,
    ...(ifMatch !== null && { precondition: () => requireUnchanged(mailbox, command, ifMatch) }),
    ...(identity.idempotencyKey !== null && { storedAnswer: (answer: FlowTableAnswer) => answerKept(answer, mailbox) }),
  };
}

function answerKept(answer: FlowTableAnswer, { stream, fold }: FlowTableMailbox): unknown {
  // A refresh that extends a lease appends, and is answered with the session's last change all the same.
  const lastChange = answer.outcome === 'refreshed' ? fold.positions.get(answer.sessionId) : undefined;
  return lastChange === undefined ? answerToStore(outcomeOf(answer, stream, '0')) : outcomeOf(answer, stream, String(lastChange));
}

/** What the caller is told, now that it stands. */
export function configureOutcome(
  { foreignAgent, careOfAddress }: ConfigureQosSession,
  command: ConfigureSession,
  { answer, position }: Settled<FlowTableAnswer>,
  { stream, fold }: FlowTableMailbox,
  sessions: SessionDirectory,
): Outcome<ConfigureAnswer> {
  if (answer.outcome === 'refused') return outcomeOf(answer, stream, String(position));
  const sessionId = 'sessionId' in answer ? answer.sessionId : command.sessionId;
  if (answer.outcome !== 'refreshed') sessions.learn(sessionId, { foreignAgent, careOfAddress });
  const lastChange = answer.outcome === 'refreshed' ? (fold.positions.get(sessionId) ?? position) : position;
  return outcomeOf(answer, stream, String(lastChange));
}

/** The id of a new session is made where it is asked for: most commands refresh one that stands. */
class ConfigureCommand implements ConfigureSession {
  readonly type = 'ConfigureSession';
  readonly mobileNode: string;
  readonly flow: ConfigureSession['flow'];
  readonly style: Style;
  readonly service: Service | null;
  readonly tspec: ConfigureSession['tspec'];
  readonly refreshPeriodMs: number | undefined;
  readonly replaces: string | null;
  #sessionId: string | undefined;

  constructor(
    request: ConfigureQosSession,
    private readonly identity: CommandIdentity,
    readonly replacedElsewhere: ConfigureSession['replacedElsewhere'],
  ) {
    const { mobileNode, flow, style = 'FF', service = null, tspec = null, refreshPeriodMs, replaces = null } = request;
    this.mobileNode = mobileNode;
    this.flow = flow;
    this.style = style;
    this.service = service;
    this.tspec = tspec && bucketOf(tspec);
    this.refreshPeriodMs = refreshPeriodMs ?? undefined;
    this.replaces = replaces;
  }

  get sessionId(): string {
    return (this.#sessionId ??= sessionIdOf(this.identity.commandId));
  }

  /** As events keep it. */
  toJSON(): ConfigureSession {
    const { type, sessionId, mobileNode, flow, style, service, tspec, refreshPeriodMs, replaces } = this;
    return { type, sessionId, mobileNode, flow, style, service, tspec, refreshPeriodMs, replaces };
  }
}

/** As the wire has it, 32-bit floats (RFC 2215 §3.6): what is commanded and what is observed of one bucket is the same. */
function bucketOf({ r, b, p, m, M }: TspecBody): Tspec {
  return { r: Math.fround(r), b: Math.fround(b), p: p === 'Infinity' ? p : Math.fround(p), m, M };
}

/** If-Match: the resource is the session of the same logical flow. */
function requireUnchanged({ fold: { state }, stream }: FlowTableMailbox, { mobileNode, flow, style }: ConfigureSession, ifMatch: string): void {
  const session = state.indexes.nodes.sessionOf(mobileNode, flow, style) ?? state.degraded.ofFlow(mobileNode, flow, style);
  const current = session ? sessionEtagOf(stream, session.revision) : null;
  if (!etagMatches(ifMatch, current)) throw new PreconditionFailed(current);
}

function outcomeOf(answer: FlowTableAnswer, stream: string, position: string): Outcome<ConfigureAnswer> {
  if (answer.outcome === 'refused') return { outcome: 'refused', rejection: answer.rejection, position, replayed: false };
  if (!('effective' in answer)) throw new Error(`A configured session cannot be answered with ${answer.outcome}.`);
  const { sessionId, outcome, effective, temporary, revision } = answer;
  const matched = answer.matched.map(({ effective: _effective, ...match }) => match);
  const body = { sessionId, outcome, effective, temporary, matched, stream, revision: String(revision), position };
  return { outcome: 'accepted', body, etag: sessionEtagOf(stream, revision), replayed: false };
}
