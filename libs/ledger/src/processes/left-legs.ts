import type { DegradedLegEnded, LedgerEvent, MobileNodeState, QosSessionReleased } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import { stepOf } from './registrations';
import type { Scope } from './session-directory';

export type SessionEnd = QosSessionReleased | DegradedLegEnded;

/**
 * The second append of a session's end: with the leg that a handoff brought, what it left of the session at other agents ends too, be it
 * orphaned or held still. It may be repeated: a scope where nothing of the session stands says so and appends nothing. After a crash the
 * registration process tells it again.
 */
export class LeftLegs {
  constructor(private readonly mailboxes: Mailboxes) {}

  /** Where handoffs of the node may have left legs, as far as this server knows. */
  async placesOf(mobileNode: string): Promise<readonly Scope[]> {
    const node = this.mailboxes.mobileNode(mobileNode);
    await node.load();
    return node.fold.state.left;
  }

  /**
   * @param events of the append that ended the session
   * @param here its scope
   * @param at milliseconds: the frame's time of what was observed
   * @returns how many events it came to
   */
  async end(events: readonly LedgerEvent[], here: Scope, cause: CommandIdentity, at?: number): Promise<number> {
    const told = events.filter(leavesLegs).map((end) => this.endOf(end, here, cause, at));
    return (await Promise.all(told)).reduce((sum, appended) => sum + appended, 0);
  }

  private async endOf(end: SessionEnd, here: Scope, cause: CommandIdentity, at: number | undefined): Promise<number> {
    const { sessionId, mobileNode, cause: why } = end;
    const mergedInto = end.type === 'QosSessionReleased' ? end.mergedInto : undefined;
    const node = this.mailboxes.mobileNode(mobileNode!);
    // Another server may have handed it off.
    await node.refresh();
    if (endsHereAlone(end) && isUncommitted(node.fold.state, end)) return 0;
    const places = node.fold.state.left.filter(({ careOfAddress }) => careOfAddress !== here.careOfAddress);
    const told = places.map(async ({ foreignAgent, careOfAddress }) => {
      const { events } = await this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
        identity: stepOf(cause, `left ${sessionId} ${careOfAddress}`),
        command: { type: 'ReleaseSession', sessionId, cause: why as 'path-tear', claimedBy: null, leftBy: mobileNode!, ...(mergedInto && { mergedInto }) },
        ...(at !== undefined && { at }),
      });
      return events.length;
    });
    return (await Promise.all(told)).reduce((sum, appended) => sum + appended, 0);
  }
}

/**
 * What the agent alone says of a session (it has another one in its place, or none in its table) is no word about the old legs before the commit: they
 * stand as they did, and the handoff tells it once it is committed.
 */
export function endsHereAlone({ cause }: { readonly cause: string }): boolean {
  return cause === 'merged' || cause === 'reconciled';
}

function isUncommitted({ handoff }: MobileNodeState, { broughtBy }: SessionEnd): boolean {
  return handoff?.started.handoffId === broughtBy && handoff?.started.cause === 'command' && handoff.committed === null;
}

export function leavesLegs(event: LedgerEvent): event is SessionEnd {
  return (event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded') && event.broughtBy !== undefined;
}
