import type { DegradedLegEnded, LedgerEvent, QosSessionReleased } from '#domain';
import type { CommandIdentity } from '../idempotency/command-identity';
import type { Mailboxes } from '../mailbox/mailboxes';
import { stepOf } from './registrations';
import type { Scope } from './session-directory';

type End = QosSessionReleased | DegradedLegEnded;

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

  private async endOf({ sessionId, mobileNode, cause: why }: End, here: Scope, cause: CommandIdentity, at: number | undefined): Promise<number> {
    const node = this.mailboxes.mobileNode(mobileNode!);
    // Another server may have handed it off.
    await node.refresh();
    const places = node.fold.state.left.filter(({ careOfAddress }) => careOfAddress !== here.careOfAddress);
    const told = places.map(async ({ foreignAgent, careOfAddress }) => {
      const { events } = await this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
        identity: stepOf(cause, `left ${sessionId} ${careOfAddress}`),
        command: { type: 'ReleaseSession', sessionId, cause: why as 'path-tear', claimedBy: null, leftBy: mobileNode! },
        ...(at !== undefined && { at }),
      });
      return events.length;
    });
    return (await Promise.all(told)).reduce((sum, appended) => sum + appended, 0);
  }
}

export function leavesLegs(event: LedgerEvent): event is End {
  return (event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded') && event.broughtBy !== undefined;
}
