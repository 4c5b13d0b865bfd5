/** What a decision emits, folded as it goes. */
import { fullWeight, weightOf } from '../events/decision-weight';
import type { FlowTableEvent, MergedInto, QosSessionReleased, ReleaseCause, SenderPath } from '../events/events';
import type { DegradedLeg } from './degraded-legs';
import type { FlowIdSender } from '../flow/flow';
import { evolveFlowTable } from './flow-table-evolve';
import type { FlowTableState, Session } from './flow-table-state';
import { endsElsewhere } from './leg-hold';
import { rsvpErrors } from '../refusals/rsvp-errors';
import { fromTimestamp, quarantineMs, toTimestamp } from '../flow/soft-state';
import type { SessionTerms } from '../rule/session-terms';

type Elsewhere = Pick<QosSessionReleased, 'broughtBy' | 'mergedInto'>;

/** What does not pass on of a session that another takes over. */
export interface LeftOver {
  /** Of a list; undefined: all of its id. */
  readonly senders?: readonly FlowIdSender[];
  /** Paths under it that stand on; undefined: none. */
  readonly paths?: readonly SenderPath[];
}

const whole: LeftOver = {};

/** Emitting an event folds it at once: the next decision of the same append sees it. */
export class FlowTableDecision {
  readonly events: FlowTableEvent[] = [];
  private weight = 0;
  private writtenNow: string | undefined;

  constructor(
    readonly state: FlowTableState,
    /** Milliseconds: the caller's clock, or the time of the stream's last event if that is later. */
    readonly now: number,
    /** Milliseconds that the stream's own time is ahead of the clock. */
    readonly ahead = 0,
    /** Milliseconds: what the frame's time counts as, of what was observed. */
    readonly frame: number | null = null,
  ) {}

  emit(event: FlowTableEvent): void {
    this.events.push(event);
    this.weight += weightOf(event);
    evolveFlowTable(this.state, event);
  }

  /** One append takes little more: whatever can be left to the next one is. */
  get isFull(): boolean {
    return this.weight >= fullWeight;
  }

  /** `now` as events carry it; of a refresh nobody asks. */
  get occurredAt(): string {
    return (this.writtenNow ??= toTimestamp(this.now));
  }

  /** Of what an administrator says of a scope: where nothing happened yet, it says nothing of when something does. */
  get untouched(): { readonly untouched?: true } {
    return this.state.lastOccurredAt === Number.NEGATIVE_INFINITY ? { untouched: true } : {};
  }

  /** @param elsewhere whether the session is over with this leg, and what took it over */
  release(session: Session, cause: ReleaseCause, at = this.now, elsewhere: Elsewhere = endsElsewhere(session, cause)): void {
    this.end(session, cause, at, elsewhere, whole);
  }

  /** A leg that held no id. */
  endDegraded(leg: DegradedLeg, cause: string, at = this.now, elsewhere = endsElsewhere(leg, cause)): void {
    const { sessionId, mobileNode } = leg;
    this.emit({ type: 'DegradedLegEnded', sessionId, mobileNode, cause, ...elsewhere, occurredAt: toTimestamp(at) });
  }

  /**
   * A reservation takes over a path-only session that it covers: its id passes on.
   * @param leftOver what of it does not; null: all of it does
   */
  merge(session: Session, leftOver: LeftOver | null, by: Pick<SessionTerms, 'flow' | 'style'>): void {
    const brought = endsElsewhere(session, 'merged');
    const elsewhere = brought.broughtBy === undefined ? brought : { ...brought, mergedInto: namedBy(by) };
    this.end(session, 'merged', this.now, elsewhere, leftOver);
  }

  private end(session: Session, cause: ReleaseCause, at: number, elsewhere: Elsewhere, leftOver: LeftOver | null): void {
    const { sessionId, mobileNode, temporary } = session;
    const { senders, paths } = leftOver ?? {};
    // Path state holds the id before the quarantine begins (domain.md §5).
    const from = (paths ?? []).reduce((latest, { expiresAt }) => Math.max(latest, fromTimestamp(expiresAt!)), at);
    const until = from + quarantineMs(this.state.policy.quarantineSeconds, session.refreshPeriodMs);
    this.emit({
      type: 'QosSessionReleased',
      sessionId,
      mobileNode,
      cause,
      ...(cause === 'preemption' && { code: rsvpErrors.servicePreempted }),
      effective: session.effective.id,
      temporary,
      quarantinedUntil: leftOver === null ? null : toTimestamp(until),
      ...(senders && { senders }),
      ...(paths && { paths }),
      ...elsewhere,
      occurredAt: toTimestamp(at),
    });
  }

  sessionsOf(mobileNode: string): Session[] {
    return [...this.state.indexes.nodes.sessionsOf(mobileNode)].sort((a, b) => a.ordinal - b.ordinal);
  }
}

function namedBy({ flow: { senders: _listed, ...flow }, style }: Pick<SessionTerms, 'flow' | 'style'>): MergedInto {
  return { flow, style: style! };
}
