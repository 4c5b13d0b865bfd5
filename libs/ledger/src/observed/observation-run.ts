import { v4 } from 'uuid';
import { nextDeadline, nextMobileNodeDeadline, type EventViolation, type LedgerEvent } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { Scope } from '../processes/session-directory';
import { flowTableStream } from '../mailbox/stream-names';
import { Lanes } from './lanes';
import type { ObservedMessages, Repeat } from './observed-messages';
import type { ObserverMemory } from './observer-memory';
import type { Sighted } from './sighted';

/** One capture that is being told: its lanes, its counts, and what it knows. */
export class ObservationRun {
  /** Whether its first message was seen. */
  begun = false;
  repeats = 0;
  eventsAppended = 0;
  /** Scopes and nodes that this capture showed itself. */
  readonly shownScopes = new Map<string, Scope>();
  readonly lanes = new Lanes();
  /** Home address → the last registration under way that may end or move a binding of it, and the last one of any kind. */
  readonly moves = new Map<string, Promise<unknown>>();
  readonly registrationsOf = new Map<string, Promise<unknown>>();
  /** Home address → where the registrations under way ask to be. */
  readonly headedFor = new Map<string, readonly Scope[]>();

  constructor(
    readonly mailboxes: Mailboxes,
    readonly messages: ObservedMessages,
    readonly memory: ObserverMemory,
    private readonly cause: Pick<CommandIdentity, 'actor'> & { readonly capture: string },
  ) {}

  /** Until everything told is durable. @throws what the first failure was */
  settle(): Promise<void> {
    return this.lanes.settle();
  }

  /** Time has come to this where something was observed. @param isEnd nothing comes behind it: what waits is written */
  async tick(at: number, isEnd: boolean): Promise<void> {
    await this.settle();
    for (const { foreignAgent, careOfAddress } of this.memory.scopes.values()) {
      const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
      const writeWaitingExtensions = isEnd && mailbox.fold.unwritten !== null;
      if (!writeWaitingExtensions && (nextDeadline(mailbox.fold.state) ?? Infinity) > at) continue;
      this.track(mailbox.send({ identity: this.identity(v4(), null), command: { type: 'Tick', writeWaitingExtensions }, at }));
    }
    for (const node of this.memory.nodes) {
      const mailbox = this.mailboxes.mobileNode(node);
      if ((nextMobileNodeDeadline(mailbox.fold.state) ?? Infinity) > at) continue;
      this.track(mailbox.send({ identity: this.identity(v4(), null), command: { type: 'Tick' }, at }));
    }
    await this.settle();
  }

  async isRepeat(sighted: Sighted, stream: string): Promise<Repeat | false> {
    const repeat = await this.messages.isRepeat(sighted, stream);
    if (repeat) this.repeats++;
    return repeat;
  }

  track(settled: Promise<{ readonly events: readonly unknown[] }>): void {
    this.lanes.track(settled.then(({ events }) => (this.eventsAppended += events.length)));
  }

  /** Of a message itself: its copy is none where this one is out of time. */
  trackMessage(sighted: Sighted, stream: string, settled: Promise<{ readonly events: readonly LedgerEvent[] }>): void {
    this.track(settled);
    const isLate = settled.then(({ events }) => events.some(({ type }) => type === 'ObservedLate'), () => false);
    this.messages.noteOutcome(sighted, stream, isLate);
  }

  noteScopes(scopes: readonly Scope[]): void {
    for (const { foreignAgent, careOfAddress } of scopes) {
      const stream = flowTableStream(foreignAgent, careOfAddress);
      this.shownScopes.set(stream, { foreignAgent, careOfAddress });
      this.memory.scopes.set(stream, { foreignAgent, careOfAddress });
    }
  }

  identityOf({ decoded, digest, commandId }: Sighted): CommandIdentity {
    return { ...this.identity(commandId, decoded.frame), messageDigest: digest };
  }

  private identity(commandId: string, frame: number | null): CommandIdentity {
    const where = frame === null ? {} : { frame: String(frame) };
    const { actor, capture } = this.cause;
    return { commandId, idempotencyKey: null, bodyDigest: '', actor, origin: 'observed', correlationId: commandId, causationId: commandId, capture, ...where };
  }
}

export function seenAt({ decoded, observedMs }: Sighted): { observedAt: number; violations: readonly EventViolation[] } {
  return { observedAt: observedMs, violations: decoded.violations };
}
