import type { ActiveHandoff, FlowTableAnswer, FlowTableCommand, HandoffOrigin, HandoffStarted, LedgerEvent, MobileNodeCommand } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { HandoffEvents } from './handoff-events';
import { handoffStep, stepIn } from './handoff-step';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { Scope } from '../processes/session-directory';
import { flowTableStream } from '../mailbox/stream-names';

/** Under whose name a handoff goes through its steps. */
export interface Beginning {
  readonly cause: CommandIdentity;
  /** Milliseconds: the frame's time of what was observed. */
  readonly at: number | undefined;
}

/**
 * The steps of one way of a handoff, each an append on one stream under an id of its own, which may be repeated; and what is known of the
 * handoff by them.
 */
export class HandoffSteps {
  /** Events that they came to. */
  appended = 0;
  readonly started: HandoffStarted;
  private startedPosition: Promise<bigint> | null = null;

  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly events: HandoffEvents,
    /** As the node's stream told it last. */
    public active: ActiveHandoff,
    private readonly beginning: Beginning,
  ) {
    this.started = active.started;
  }

  get at(): number | undefined {
    return this.beginning.at;
  }

  get isObserved(): boolean {
    return this.beginning.cause.origin === 'observed';
  }

  /** @returns whether the handoff is still active */
  async tellNode(step: string, command: MobileNodeCommand): Promise<boolean> {
    const node = this.mailboxes.mobileNode(this.started.mobileNode);
    const { answer, events } = await node.send({ identity: this.identity(step), command, ...this.time() });
    this.appended += events.length;
    if (answer.outcome !== 'handoff' || answer.handoff === null) return false;
    this.active = answer.handoff;
    return true;
  }

  async tellScope(scope: Scope, step: string, command: FlowTableCommand): Promise<FlowTableAnswer> {
    const { foreignAgent, careOfAddress } = scope;
    const name = stepIn(careOfAddress, step);
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    const { answer, events } = await mailbox.send({ identity: this.identity(name), command, ...this.time() });
    this.appended += events.length;
    return answer;
  }

  /** As its stream tells it: another run may have done a part of the step, before this one or beside it. */
  async stepsOf({ foreignAgent, careOfAddress }: Scope): Promise<(step: string) => readonly LedgerEvent[]> {
    this.startedPosition ??= this.events.positionOf(this.started.mobileNode, this.active.revision);
    const steps = await this.events.ofSteps(flowTableStream(foreignAgent, careOfAddress), await this.startedPosition);
    return (step) => steps.get(this.identity(stepIn(careOfAddress, step)).commandId) ?? [];
  }

  /** As the stream says: what is decided and not yet written there may come to nothing. */
  async isActive(): Promise<boolean> {
    const node = this.mailboxes.mobileNode(this.started.mobileNode);
    await node.refresh();
    const { handoff } = node.fold.state;
    return handoff?.started.handoffId === this.started.handoffId;
  }

  inScope() {
    const { handoffId, mobileNode, occurredAt } = this.started;
    return { handoffId, mobileNode, registrationRevision: this.active.revision, asOf: Date.parse(occurredAt) };
  }

  oldLegsOf({ bindingExpiresAt }: HandoffOrigin) {
    return { oldLegs: this.started.oldLegs, orphanedUntil: bindingExpiresAt };
  }

  identity(step: string): CommandIdentity {
    return handoffStep(this.beginning.cause, this.started.handoffId, step);
  }

  private time(): { readonly at?: number } {
    return this.at === undefined ? {} : { at: this.at };
  }
}
