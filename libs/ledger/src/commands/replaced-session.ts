/** The session that a configured one takes over from, where another scope has it, or legs of it: the scope of the command cannot know them. */
import type { FlowTableAnswer } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { ConfigureQosSession } from './configure-qos-session';
import type { Settled } from '../mailbox/mail';
import type { FlowTableMailbox, Mailboxes } from '../mailbox/mailboxes';
import type { LeftLegs } from '../processes/left-legs';
import { stepOf } from '../processes/registrations';
import type { KnownSession, SessionDirectory } from '../processes/session-directory';

/** @returns undefined: nothing is replaced, or what the scope itself holds; null: no session has the id */
export async function replacedBy(
  { replaces }: ConfigureQosSession,
  mailbox: FlowTableMailbox,
  sessions: SessionDirectory,
): Promise<KnownSession | null | undefined> {
  if (replaces === undefined || replaces === null) return undefined;
  await mailbox.load();
  const { state } = mailbox.fold;
  return state.sessions.has(replaces) || state.degraded.get(replaces) ? undefined : sessions.find(replaces);
}

interface Replacing {
  readonly request: ConfigureQosSession;
  readonly identity: CommandIdentity;
  readonly mailboxes: Mailboxes;
  readonly leftLegs: LeftLegs;
}

/** After the new one stands. Repeated with a refresh that says so again: a crash may have left it out. */
export async function releaseReplaced(replaced: KnownSession, { answer }: Settled<FlowTableAnswer>, replacing: Replacing): Promise<void> {
  const { request: { replaces, mobileNode, foreignAgent, careOfAddress }, identity, mailboxes, leftLegs } = replacing;
  const isHere = replaced.foreignAgent === foreignAgent && replaced.careOfAddress === careOfAddress;
  if (answer.outcome === 'refused' || replaced.released || isHere || !replaces) return;
  const { events } = await mailboxes.flowTable(replaced.foreignAgent, replaced.careOfAddress).send({
    identity: stepOf(identity, `replaced ${replaces}`),
    command: { type: 'ReleaseSession', sessionId: replaces, cause: 'replaced', claimedBy: mobileNode },
  });
  await leftLegs.end(events, replaced, identity);
}
