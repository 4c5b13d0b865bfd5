import type { EndedLeg, FlowTableAnswer, FlowTableCommand, RolledBackHandoff } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import { handoffStep, stepIn } from './handoff-step';
import type { FlowTableMailbox, Mailboxes } from '../mailbox/mailboxes';

/**
 * First step of undoing a handoff that was rolled back: what came to its new scope leaves. It may be repeated.
 * @returns what ended of its sessions in the new scope meanwhile, and how many events it came to
 */
export async function undoLegs(
  mailboxes: Mailboxes,
  { started, revision }: RolledBackHandoff,
  cause: CommandIdentity,
): Promise<{ readonly ended: readonly EndedLeg[]; readonly appended: number }> {
  const { handoffId, mobileNode, to } = started;
  const { foreignAgent, careOfAddress } = to!;
  const isBound = mailboxes.mobileNode(mobileNode).fold.state.bindings.has(careOfAddress);
  const identity = handoffStep(cause, handoffId, stepIn(careOfAddress, 'undo'));
  const command = { type: 'UndoLegs', handoffId, mobileNode, registrationRevision: revision, isBound } as const;
  const { answer, appended } = await sendUntilDone(mailboxes.flowTable(foreignAgent, careOfAddress), identity, command);
  return { ended: answer.outcome === 'undone' ? answer.ended : [], appended };
}

/** A step that takes several appends says so: it is sent again until nothing is left. */
export async function sendUntilDone(
  mailbox: FlowTableMailbox,
  identity: CommandIdentity,
  command: FlowTableCommand,
): Promise<{ readonly answer: FlowTableAnswer; readonly appended: number }> {
  for (let appended = 0; ; ) {
    const { answer, events } = await mailbox.send({ identity, command });
    appended += events.length;
    if (answer.outcome !== 'more') return { answer, appended };
  }
}
