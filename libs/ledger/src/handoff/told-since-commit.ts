import type { ActiveHandoff } from '#domain';
import type { HandoffParts } from './handoff-run';
import type { HandoffSteps } from './handoff-steps';
import { endsHereAlone } from '../processes/left-legs';
import { flowTableStream } from '../mailbox/stream-names';

/**
 * What the new agent alone said of a session before the commit (it merged into another, or was not in the agent's table) was no word about the old
 * legs; of those that are orphaned since it is one.
 */
export async function tellSinceCommit({ started, revision }: ActiveHandoff, { mailboxes, events, leftLegs }: HandoffParts, steps: HandoffSteps): Promise<void> {
  const { to, cause, oldLegs, handoffId, mobileNode } = started;
  if (!to || cause !== 'command' || oldLegs === 'release') return;
  const target = mailboxes.flowTable(to.foreignAgent, to.careOfAddress);
  await target.refresh();
  const takeover = target.fold.state.takeovers.get(mobileNode);
  if (takeover?.handoffId !== handoffId || !takeover.ended?.some(endsHereAlone)) return;
  const after = await events.positionOf(mobileNode, revision);
  const ends = await events.endsOf(flowTableStream(to.foreignAgent, to.careOfAddress), handoffId, after);
  steps.appended += await leftLegs.end(ends.filter(endsHereAlone), to, steps.identity('told'), steps.at);
}
