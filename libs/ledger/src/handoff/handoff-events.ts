import type {
  ActiveHandoff, HandoffCommitted, HandoffCompleted, HandoffRolledBack, HandoffStarted, HandoffSuperseded, LedgerEvent, LostCause, QosSessionConfigured,
  QosSessionReleased, RegistrationEnded,
} from '#domain';
import type { EventStore, RecordedEvent } from '#event-store';
import type { EventMetadata } from '../mailbox/metadata';
import { leavesLegs, type SessionEnd } from '../processes/left-legs';
import { readEvent } from '../mailbox/read-event';
import { mobileNodeStream } from '../mailbox/stream-names';

/** A handoff as the node's stream tells it. */
export interface HandoffRecord {
  readonly started: HandoffStarted;
  readonly startedMetadata: EventMetadata;
  /** Everything that it did stands behind it. */
  readonly startedPosition: bigint;
  readonly committed: HandoffCommitted | null;
  /** Null: it is not over. */
  readonly end: HandoffCompleted | HandoffSuperseded | HandoffRolledBack | null;
  /** Of its last event, and the position of that event's append. */
  readonly revision: bigint;
  readonly position: bigint;
}

interface LegChange {
  readonly event: QosSessionConfigured | QosSessionReleased;
  readonly position: bigint;
}

interface EndedWithVisitor {
  readonly sessionIds: readonly string[];
  readonly cause: LostCause;
}

/** Few events are read at a time, the first time very few: what is looked for is near. */
const [firstPage, furtherPages] = [16, 200];

/** What the streams keep of a handoff, where no state does any more. */
export class HandoffEvents {
  constructor(private readonly store: EventStore) {}

  /** @param from revision at or before that of HandoffStarted */
  async read(mobileNode: string, handoffId: string, from: bigint): Promise<HandoffRecord | null> {
    let record: HandoffRecord | undefined;
    for await (const recorded of this.store.readStream(mobileNodeStream(mobileNode), { from })) {
      const { event, metadata } = readEvent(recorded);
      if (!('handoffId' in event) || event.handoffId !== handoffId) continue;
      const reached = { revision: recorded.revision, position: recorded.position + (BigInt(metadata.batchEnd) - recorded.revision) };
      if (event.type === 'HandoffStarted') record = { started: event, startedMetadata: metadata, startedPosition: recorded.position, committed: null, end: null, ...reached };
      if (!record) continue;
      if (event.type === 'HandoffCommitted') record = { ...record, committed: event, ...reached };
      if (event.type === 'HandoffCompleted' || event.type === 'HandoffSuperseded' || event.type === 'HandoffRolledBack') {
        return { ...record, end: event, ...reached };
      }
    }
    return record ?? null;
  }

  /** How the last binding there ended between the two revisions, for good; null: it did not, or the handoff itself ended it. */
  async endOfBinding(mobileNode: string, careOfAddress: string, within: { readonly after: bigint; readonly before: bigint }): Promise<LostCause | null> {
    const { after, before } = within;
    const between = Number(before - after - 1n);
    if (between <= 0) return null;
    let cause: RegistrationEnded['cause'] | null = null;
    for await (const recorded of this.store.readStream(mobileNodeStream(mobileNode), { from: after + 1n, limit: between })) {
      const { event } = readEvent(recorded);
      // Where another stands, it visits on.
      if (event.type === 'RegistrationEnded' && event.careOfAddress === careOfAddress && !event.visitor) cause = event.cause;
      if (event.type === 'RegistrationAccepted' && event.careOfAddress === careOfAddress) cause = null;
    }
    return cause !== null && isLost(cause) ? cause : null;
  }

  /**
   * What ended in the scope with the node, when it left there since and did not move on, and how; null: it did not leave so.
   * @param after position of HandoffStarted: the times of two streams are not compared, each has the clock of the server that wrote it
   */
  async endedWithVisitor(stream: string, mobileNode: string, after: bigint): Promise<EndedWithVisitor | null> {
    let cause: RegistrationEnded['cause'] | null = null;
    const causes = new Map<string, string>();
    for await (const recorded of this.backwards(stream)) {
      if (recorded.position <= after) break;
      const { event } = readEvent(recorded);
      if (!('mobileNode' in event) || event.mobileNode !== mobileNode) continue;
      if (event.type === 'VisitorLeft') cause ??= event.cause;
      const isEnd = event.type === 'QosSessionReleased' || event.type === 'DegradedLegEnded';
      if (isEnd && !causes.has(event.sessionId)) causes.set(event.sessionId, event.cause);
    }
    if (cause === null || !isLost(cause)) return null;
    return { cause, sessionIds: [...causes].flatMap(([sessionId, its]) => (its === cause ? [sessionId] : [])) };
  }

  /** Revision of HandoffStarted, looked for from the given revision (or the end) back; null: there is none. */
  async startOf(mobileNode: string, handoffId: string, before?: bigint): Promise<bigint | null> {
    for await (const recorded of this.backwards(mobileNodeStream(mobileNode), before)) {
      const { event } = readEvent(recorded);
      if (event.type === 'HandoffStarted' && event.handoffId === handoffId) return recorded.revision;
    }
    return null;
  }

  /** Events of each step, by its command's id, in all its appends, which others may stand between. @param after position of HandoffStarted */
  async ofSteps(stream: string, after: bigint): Promise<ReadonlyMap<string, readonly LedgerEvent[]>> {
    const steps = new Map<string, LedgerEvent[]>();
    for await (const recorded of this.backwards(stream)) {
      if (recorded.position <= after) break;
      const { event, metadata } = readEvent(recorded);
      const events = steps.get(metadata.commandId);
      if (events) events.push(event);
      else steps.set(metadata.commandId, [event]);
    }
    for (const events of steps.values()) events.reverse();
    return steps;
  }

  /** Of sessions that the handoff brought there. @param after position of HandoffStarted */
  async endsOf(stream: string, handoffId: string, after: bigint): Promise<readonly SessionEnd[]> {
    const ends: SessionEnd[] = [];
    for await (const recorded of this.backwards(stream)) {
      if (recorded.position <= after) break;
      const { event } = readEvent(recorded);
      if (leavesLegs(event) && event.broughtBy === handoffId) ends.push(event);
    }
    return ends.reverse();
  }

  /** Position of the first HandoffStarted of those before it, and of whatever those had taken the place of. */
  async beginningOf({ started: { mobileNode }, revision }: ActiveHandoff, before: readonly string[]): Promise<bigint> {
    const wanted = new Set(before);
    let position = 0n;
    for await (const recorded of this.backwards(mobileNodeStream(mobileNode), revision)) {
      const { event } = readEvent(recorded);
      if (event.type !== 'HandoffStarted' || !wanted.delete(event.handoffId)) continue;
      position = recorded.position;
      if (event.supersedes !== null) wanted.add(event.supersedes);
      if (wanted.size === 0) break;
    }
    return position;
  }

  /** Where legs of these sessions began and ended, the last first. @param after position */
  async legsSince(stream: string, sessions: ReadonlySet<string>, after: bigint): Promise<readonly LegChange[]> {
    const changes: LegChange[] = [];
    for await (const recorded of this.backwards(stream)) {
      if (recorded.position <= after) break;
      const { event } = readEvent(recorded);
      const isOfLeg = event.type === 'QosSessionConfigured' || event.type === 'QosSessionReleased';
      if (isOfLeg && sessions.has(event.sessionId)) changes.push({ event, position: recorded.position });
    }
    return changes;
  }

  async positionOf(mobileNode: string, revision: bigint): Promise<bigint> {
    for await (const { position } of this.store.readStream(mobileNodeStream(mobileNode), { from: revision, limit: 1 })) return position;
    throw new Error(`The stream of ${mobileNode} has no revision ${revision}.`);
  }

  private async *backwards(stream: string, from?: bigint): AsyncGenerator<RecordedEvent> {
    for (let next = from, limit = firstPage; next === undefined || next >= 0n; limit = furtherPages) {
      let last: bigint | undefined;
      for await (const recorded of this.store.readStream(stream, { direction: 'backwards', limit, ...(next !== undefined && { from: next }) })) {
        yield recorded;
        last = recorded.revision;
      }
      if (last === undefined) return;
      next = last - 1n;
    }
  }
}

/** The node did not only move on. */
function isLost(cause: RegistrationEnded['cause']): cause is LostCause {
  return cause !== 'handoff' && cause !== 'superseded' && cause !== 'handoff-rolled-back';
}
