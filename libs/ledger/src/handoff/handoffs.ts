import type { ActiveHandoff, Binding, HandoffStarted } from '#domain';
import type { EventStore } from '#event-store';
import type { CommandIdentity } from '../idempotency/command-identity';
import { beginningOf } from './beginning-of';
import { HandoffEvents, type HandoffRecord } from './handoff-events';
import { gapOfUndone } from './handoff-gap';
import { HandoffRun, type HandoffParts } from './handoff-run';
import { handoffStep, stepIn } from './handoff-step';
import type { Beginning } from './handoff-steps';
import type { KnownAgents } from '../processes/known-agents';
import { LeftLegs } from '../processes/left-legs';
import type { Mailboxes } from '../mailbox/mailboxes';
import type { Registrations } from '../processes/registrations';
import type { SessionDirectory } from '../processes/session-directory';
import { sendUntilDone, undoLegs } from './undo-legs';
import type { WithdrawnScopes } from '../processes/withdrawn-scopes';

/**
 * Handoffs as one process over several streams (domain.md §6). Whoever appends HandoffStarted runs it to its end; what a crash left is
 * resumed by the handoff process. One that is rolled back is undone in its scopes.
 */
export class Handoffs {
  readonly events: HandoffEvents;
  private readonly parts: HandoffParts;
  /** One run of a handoff at a time on this server. */
  private readonly running = new Map<string, Promise<number>>();

  constructor(
    private readonly mailboxes: Mailboxes,
    store: EventStore,
    agents: KnownAgents,
    registrations: Registrations,
    private readonly sessions: SessionDirectory,
    withdrawn: WithdrawnScopes,
  ) {
    this.events = new HandoffEvents(store);
    this.parts = { mailboxes, agents, registrations, withdrawn, sessions, events: this.events, leftLegs: new LeftLegs(mailboxes) };
  }

  /**
   * From where it stands to its end.
   * @param at milliseconds: the frame's time of what was observed
   * @returns how many events it came to
   */
  run(active: ActiveHandoff, cause: CommandIdentity, at?: number): Promise<number> {
    return this.runOnce(active, { cause, at });
  }

  private runOnce(active: ActiveHandoff, beginning: Beginning): Promise<number> {
    const { handoffId } = active.started;
    const known = this.running.get(handoffId);
    if (known) return known.then(() => 0);
    const run = this.runAlone(active, beginning).finally(() => this.running.delete(handoffId));
    this.running.set(handoffId, run);
    return run;
  }

  private async runAlone(active: ActiveHandoff, beginning: Beginning): Promise<number> {
    const { started, revision } = active;
    const run = new HandoffRun(this.parts, active, beginning);
    await run.toEnd();
    // Whoever takes its place, or rolls it back, may be about to write that.
    await this.mailboxes.mobileNode(started.mobileNode).refresh();
    if (this.activeOf(started.mobileNode)?.started.handoffId === started.handoffId) return run.appended;
    const record = await this.events.read(started.mobileNode, started.handoffId, revision);
    if (record?.end?.type !== 'HandoffRolledBack') return run.appended;
    return run.appended + (await this.undo(started, record.revision, beginning.cause));
  }

  /** The handoff of the node that is not over, whoever began it: under the name of who did. */
  async resume(mobileNode: string): Promise<void> {
    const mailbox = this.mailboxes.mobileNode(mobileNode);
    await mailbox.refresh();
    const active = mailbox.fold.state.handoff;
    if (!active) return;
    const record = await this.events.read(mobileNode, active.started.handoffId, active.revision);
    if (!record) throw new Error(`The handoff ${active.started.handoffId} of ${mobileNode} has no beginning in its stream.`);
    const { cause, at } = beginningOf(record);
    // What is past its deadline is not begun again.
    if (active.started.cause === 'command') await mailbox.send({ identity: handoffStep(cause, active.started.handoffId, `tick ${mailbox.fold.revision}`), command: { type: 'Tick' } });
    await this.runOnce(this.activeOf(mobileNode) ?? active, { cause, at });
  }

  /**
   * A handoff that was rolled back, in its scopes: what came to the new scope leaves; the old legs stand, or are made again, but for what
   * ended in the new scope meanwhile.
   * @param revision of HandoffRolledBack
   * @returns how many events it came to
   */
  async undo(started: HandoffStarted, revision: bigint, cause: CommandIdentity): Promise<number> {
    const { handoffId, mobileNode, from } = started;
    const node = this.mailboxes.mobileNode(mobileNode);
    await node.refresh();
    const undone = await undoLegs(this.mailboxes, { started, revision }, cause);
    const { bindings, lastOccurredAt: asOf } = node.fold.state;
    let { appended } = undone;
    const command = { type: 'UnholdLegs', handoffId, mobileNode, registrationRevision: revision, asOf, allocator: null, ended: undone.ended } as const;
    for (const origin of from) {
      const visitor = visitorOf(bindings.get(origin.careOfAddress));
      const mailbox = this.mailboxes.flowTable(origin.foreignAgent, origin.careOfAddress);
      const identity = handoffStep(cause, handoffId, stepIn(origin.careOfAddress, 'unhold'));
      appended += (await sendUntilDone(mailbox, identity, { ...command, visitor })).appended;
      const { nodes } = mailbox.fold.state.indexes;
      for (const { sessionId } of nodes.sessionsOf(mobileNode)) this.sessions.learn(sessionId, origin);
    }
    return appended;
  }

  /** Milliseconds; of one that is over. */
  async gapOf(record: HandoffRecord): Promise<number | null> {
    const { end } = record;
    if (end?.type === 'HandoffRolledBack') return gapOfUndone(record, this.events);
    return end?.type === 'HandoffCompleted' ? end.gapMs : null;
  }

  private activeOf(mobileNode: string): ActiveHandoff | null {
    return this.mailboxes.mobileNode(mobileNode).fold.state.handoff;
  }
}

function visitorOf(binding: Binding | undefined) {
  if (!binding) return null;
  const { homeAddress, homeAgent, expiresAt } = binding;
  return { homeAddress, homeAgent, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
}
